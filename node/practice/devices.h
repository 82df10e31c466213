/* A person's devices: which there are, letting one more in, giving one up, repairing one.
 *
 * A device is what its person's root key signed for (SPEC 1.1), in each community by itself; here
 * one deed goes through all of them. What is signed by the root key needs it in the deed.
 *
 * Words:  repair  give this machine a new device key, in every community, in place of one that
 *                 wrote in two places or may have
 *         places  in how many a device wrote at once: the branches of its log
 */
#ifndef COPSE_NODE_PRACTICE_DEVICES_H
#define COPSE_NODE_PRACTICE_DEVICES_H

#include "node/practice/practice.h"
#include "protocol/wire/ticket.h"

#define COPSE_DEVICES_NAME_BYTES_MAX 64u

/* One device of the person who acts. */
struct copse_devices_item {
    struct copse_id device;
    size_t communities; /* in which it writes or wrote */
    size_t given_up;    /* in how many of all it was */
    uint64_t last_ms;   /* of what is held of it, as its own clock had it; 0: nothing */
    size_t places;      /* at most, in any community */
    bool is_frozen;     /* in some community it wrote in more places than can count */
    bool is_own;
    char name[COPSE_DEVICES_NAME_BYTES_MAX + 1]; /* "": none was given on this machine */
};

/* Begin with zeros; the caller deinits. The one that wrote last comes first. */
struct copse_devices {
    const struct copse_memory *memory;
    struct copse_devices_item *items;
    size_t count;
    size_t capacity;
};

/* All devices of the person in all communities of the store, and this one. COPSE_OK or a fault.
 * Cost: O(class 0) in each. */
enum copse_err copse_devices_read(const struct copse_practice *practice, struct copse_devices *out,
                                  struct copse_error *error) COPSE_MUST_CHECK;
void copse_devices_deinit(struct copse_devices *devices);

/* Call a device by a name (size 0: none any more), on this machine alone. COPSE_ERR_LIMIT,
 * COPSE_ERR_FORM: no possible name. */
enum copse_err copse_devices_set_name(const struct copse_practice *practice,
                                      const struct copse_id *device, struct copse_slice name,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* What another device of the person needs to join the deed's community: an invitation that names a
 * grant of theirs instead of a key (SPEC 9.3), with the addresses that this one came by. Before
 * the community is here, the invitation it came by. The caller forgets it. COPSE_ERR_NOT_FOUND: the
 * person is not in it. */
enum copse_err copse_devices_ticket(struct copse_practice_deed *deed,
                                    struct copse_ticket *out) COPSE_MUST_CHECK;

/* Has a person ever been in one of the communities of the store, or are there none? Asked of a
 * copy, by whoever says that it is theirs. */
enum copse_err copse_devices_knows(const struct copse_practice *practice, bool *out,
                                   const struct copse_id *person,
                                   struct copse_error *error) COPSE_MUST_CHECK;

/* How a deed on all communities went. */
struct copse_devices_done {
    size_t communities; /* in which it was done */
    size_t skipped;     /* the person holds nothing there, or has left */
    size_t joined;      /* by this device just now */
};

/* Join, with this device, every community of the store in which the person holds a role and this
 * device does not write: after a restore, a recovery, a repair. COPSE_OK or a fault. */
enum copse_err copse_devices_enter(const struct copse_practice *practice,
                                   struct copse_devices_done *done,
                                   struct copse_error *error) COPSE_MUST_CHECK;

/* Give a device up everywhere, signed with the root key. What is held of it stands, but for what
 * follows the entries of `from`; what it writes from now on, or wrote and is not here, counts
 * nowhere, until the same is done again with more of it here. `from` is remembered here for that.
 * COPSE_OK; COPSE_ERR_LIMIT: too many of them; or a fault. */
#define COPSE_DEVICES_FROM_MAX 64u
struct copse_devices_giving_up {
    struct copse_id device;
    const struct copse_id *from; /* entries from which on nothing stands */
    size_t from_count;
    const struct copse_secret *root;
};
enum copse_err copse_devices_give_up(const struct copse_practice *practice,
                                     struct copse_devices_done *done,
                                     const struct copse_devices_giving_up *plan,
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* A new device key for this machine: joins everywhere with it, and gives the old one up as above.
 * Cut short, it goes on where it was when called again. Sets plan->device to the old one;
 * plan->root is not looked at. Errors of copse_keyring_renew too. */
enum copse_err copse_devices_repair(const struct copse_practice *practice,
                                    struct copse_keyring *keyring, struct copse_devices_done *done,
                                    struct copse_devices_giving_up *plan, const char *code,
                                    struct copse_error *error) COPSE_MUST_CHECK;

#endif
