/* A member's deeds on an open store: begin, write, commit.
 *
 * Every way in, command line or portal, writes through here. A deed is one transaction: it happens
 * whole or not at all, and it has happened when copse_practice_commit returned COPSE_OK; only then
 * may its ids be shown.
 *
 * Words:  practice  the store together with who acts and the clock
 *         deed      what a member does: one entry or several, committed together
 */
#ifndef COPSE_NODE_PRACTICE_PRACTICE_H
#define COPSE_NODE_PRACTICE_PRACTICE_H

#include "protocol/authority/op.h"
#include "protocol/rules/object.h"
#include "protocol/rules/view.h"
#include "storage/keyring.h"
#include "storage/store.h"

#define COPSE_PRACTICE_NAME_BYTES 65u /* COPSE_TICKET_NAME_MAX and the end of the string */

struct copse_practice {
    struct copse_store *store;           /* open; borrowed */
    const struct copse_keyring *keyring; /* NULL: nobody acts, reading only; borrowed */
    const struct copse_memory *memory;   /* borrowed */
    uint64_t (*now_ms)(void *context);   /* wall clock, milliseconds since 1970 */
    void (*random)(void *context, uint8_t *out, size_t size); /* fit for secrets */
    void *context;
};

struct copse_commons;
struct copse_standing;

/* An open transaction in one community. It stays where it is until it is ended: the view looks into
 * it. */
struct copse_practice_deed {
    const struct copse_practice *practice;
    struct copse_txn *txn;
    struct copse_id community;
    uint32_t number; /* of the community in this store */
    uint64_t began_ms;
    uint8_t *room;                   /* COPSE_CONTENT_BYTES_MAX: for content under construction */
    uint8_t *op_room;                /* COPSE_ENTRY_OP_BYTES_MAX */
    const struct copse_under *under; /* NULL: what copse_capacity_choose gives; borrowed */
    const struct copse_secret
        *root; /* signs LEAVE and DEVICE_REVOKE; NULL: not at hand; borrowed */
    char name[COPSE_PRACTICE_NAME_BYTES]; /* of a community that is known by its invitation only */
    /* for reading; made when first asked for */
    struct copse_views views;
    struct copse_state state;
    struct copse_entries_source entries;
    struct copse_source source;
    struct copse_view *view;
    struct copse_commons *commons;   /* capacity.h */
    struct copse_standing *standing; /* of who acts; capacity.h */
};

/* Take a snapshot, or wait for the write lock. Ended by commit or by end (abort). Errors: store.h,
 * and COPSE_ERR_NOT_FOUND when there is no such community here. `community` NULL: none yet. */
enum copse_err copse_practice_begin(struct copse_practice_deed *out,
                                    const struct copse_practice *practice,
                                    const struct copse_id *community, enum copse_db_mode mode,
                                    struct copse_error *error) COPSE_MUST_CHECK;
enum copse_err copse_practice_commit(struct copse_practice_deed *deed,
                                     struct copse_error *error) COPSE_MUST_CHECK;
void copse_practice_end(struct copse_practice_deed *deed); /* after commit: nothing */

/* The next community of the store, in a transaction of its own; begin with *number = 0.
 * COPSE_ERR_NOT_FOUND after the last. */
enum copse_err copse_practice_next(const struct copse_practice *practice, struct copse_id *id,
                                   uint32_t *number, struct copse_error *error) COPSE_MUST_CHECK;

/* A deed in each community of the store, one after the other. What `each` gives: COPSE_OK commits;
 * COPSE_ERR_NOT_FOUND gives the deed up and goes on; anything else ends it all. */
typedef enum copse_err copse_practice_each(void *context, struct copse_practice_deed *deed,
                                           struct copse_error *error);
enum copse_err copse_practice_in_all(const struct copse_practice *practice, enum copse_db_mode mode,
                                     copse_practice_each *each, void *context,
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* The view of the community in this transaction, for reading what things come to. Borrowed until
 * the deed ends; what it gives, until the next write. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_practice_view(struct copse_practice_deed *deed,
                                   struct copse_view **out) COPSE_MUST_CHECK;

/* Evaluate what the deed has written so far: from here on standings and view are those that it
 * makes. Slices that were borrowed from the view are gone. COPSE_OK or a fault. */
enum copse_err copse_practice_settle(struct copse_practice_deed *deed) COPSE_MUST_CHECK;

/* Has this write transaction lasted so long that others should have a turn? */
bool copse_practice_is_due(const struct copse_practice_deed *deed);

/* Write one entry of this device. COPSE_ERR_REFUSED with the reason in `error`: it would count
 * nowhere (capacity.h), the store is behind its device, or nobody acts here. Errors:
 * copse_store_write. */
enum copse_err copse_practice_write(struct copse_practice_deed *deed, struct copse_id *id,
                                    const struct copse_op *op, struct copse_slice content,
                                    struct copse_error *error) COPSE_MUST_CHECK;

/* ---- values ---- */

/* The value of a field as it is created with: exactly one of the members that the field's row asks
 * for counts. `count` strings make a set. */
struct copse_practice_value {
    enum copse_object_number field;
    enum copse_practice_shape {
        COPSE_PRACTICE_STRING,
        COPSE_PRACTICE_STRINGS,
        COPSE_PRACTICE_NUMBER, /* of either sign */
        COPSE_PRACTICE_TRUTH,
        COPSE_PRACTICE_ID,
    } shape;
    struct copse_slice string;
    const struct copse_slice *strings;
    size_t count;
    int64_t number; /* TRUTH: 0 or 1 */
    struct copse_id id;
};

/* CREATE an object whose first values are `values`, in rising order of field, empty ones left out
 * by the caller. COPSE_ERR_LIMIT: too long for its field or altogether; COPSE_ERR_FORM: not what
 * the field takes. */
struct copse_practice_object {
    enum copse_object_kind kind;
    uint32_t type;
    const struct copse_id *ref; /* NULL: none */
    const struct copse_practice_value *values;
    size_t count;
};
enum copse_err copse_practice_create(struct copse_practice_deed *deed, struct copse_id *id,
                                     const struct copse_practice_object *object,
                                     struct copse_error *error) COPSE_MUST_CHECK;

/* Encode values as the map that a CREATE or GENESIS carries, into deed->room. */
enum copse_err copse_practice_map(struct copse_practice_deed *deed, struct copse_slice *out,
                                  enum copse_object_kind kind,
                                  const struct copse_practice_value *values, size_t count,
                                  struct copse_error *error) COPSE_MUST_CHECK;

/* SET, ADD or DEL a field of an object. `over` names what it replaces or takes away, rising.
 * `value` NULL unsets (SET), or takes away all that `over` added (DEL); otherwise DEL takes away
 * this value alone. */
struct copse_practice_change {
    enum copse_op_kind kind; /* COPSE_OP_SET, _ADD or _DEL */
    enum copse_object_kind object_kind;
    struct copse_id object;
    enum copse_object_number field;
    const struct copse_id *over;
    size_t over_count;
    const struct copse_practice_value *value;
};
enum copse_err copse_practice_change(struct copse_practice_deed *deed, struct copse_id *id,
                                     const struct copse_practice_change *change,
                                     struct copse_error *error) COPSE_MUST_CHECK;

#endif
