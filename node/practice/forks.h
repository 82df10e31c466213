/* Identities that wrote in several places at once: a key or a store was copied (SPEC 4.8, 7.6).
 *
 * Nothing of it is lost, and all of it counts, up to 16 places; what comes after that is stopped
 * until the person repairs it (devices.h), or somebody senior lets it stand.
 *
 * Words:  place  one end of a log that its device wrote in two ways
 */
#ifndef COPSE_NODE_PRACTICE_FORKS_H
#define COPSE_NODE_PRACTICE_FORKS_H

#include "node/practice/practice.h"

/* What was written in one place and not in the others. */
struct copse_forks_place {
    struct copse_id from; /* its first entry */
    uint64_t count;       /* entries of its own; what a further place took over is not its own */
    uint64_t first_ms;    /* as its device's clock had it */
    uint64_t last_ms;
};

/* One log. The places are borrowed for the call. */
struct copse_forks_item {
    struct copse_id device;
    struct copse_id person;
    enum copse_entry_class class;
    bool is_frozen;  /* more places than count by themselves */
    bool is_settled; /* its device was given up, or all of it let stand: nothing is stopped */
    size_t place_count;
    struct copse_forks_place places[COPSE_LOG_BRANCHES_MAX];
};
typedef void copse_forks_tell(void *context, struct copse_practice_deed *deed,
                              const struct copse_forks_item *item);

/* Tell all of the deed's community. COPSE_OK or a fault. Cost: O(logs). */
enum copse_err copse_forks_walk(struct copse_practice_deed *deed, copse_forks_tell *tell,
                                void *context) COPSE_MUST_CHECK;

/* A senior's word that all that is here of a device's logs stands, though they are stopped.
 * COPSE_ERR_NOT_FOUND: nothing of it is stopped; COPSE_ERR_REFUSED: not for this person. */
enum copse_err copse_forks_accept(struct copse_practice_deed *deed, const struct copse_id *device,
                                  struct copse_slice reason,
                                  struct copse_error *error) COPSE_MUST_CHECK;

#endif
