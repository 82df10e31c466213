/* Reconcile: find in few bytes where two sets of leaves differ (SPEC 10.11 to 10.13).
 *
 * Pure functions over a sorted array and its prefix sums. A set of parts comes in, in one or more
 * messages; for each part the caller learns which own items lie in it and chooses an answer; the
 * answers go out the same way.
 *
 *   init, add.., finish, start --write--> (peer) --open_set, open, next, answer..--> write --> ..
 *
 * Words:  item    one leaf of a log, or one frozen log
 *         tag     8 bytes that stand for an item in this session only
 *         part    a stretch of the order of items, with what one side says about it
 *         set     parts that cover the whole order; sides take turns sending one
 */
#ifndef COPSE_PROTOCOL_WIRE_RECONCILE_H
#define COPSE_PROTOCOL_WIRE_RECONCILE_H

#include "protocol/base/memory.h"
#include "protocol/base/reader.h"
#include "protocol/wire/message.h"
#include "protocol/wire/port.h"

#define COPSE_RECONCILE_ITEMS_MAX 200000u /* SPEC 10.16 */
#define COPSE_RECONCILE_SPLIT 16u         /* parts that a part is cut into; SPEC 10.13 */
#define COPSE_RECONCILE_LIST_BELOW 16u    /* own items that are listed; SPEC 10.13 */
#define COPSE_RECONCILE_SMALL 32u         /* items in all that are listed at once; SPEC 10.13 */
#define COPSE_RECONCILE_SETS_MAX 12u      /* after which nothing is split; SPEC 10.13 */
#define COPSE_RECONCILE_PARTS_MAX 65536u  /* of a set; SPEC 10.16 */
#define COPSE_RECONCILE_SPLIT_REPLIES                                                              \
    16384u                            /* more parts than this in a set: none is split further */
#define COPSE_RECONCILE_BOUND_MAX 40u /* SPEC 10.12 */
#define COPSE_RECONCILE_ROW_BYTES 18u /* author 6, seq 4, tag 8; SPEC 10.12 */
#define COPSE_RECONCILE_AUTHOR_BYTES 6u

enum copse_reconcile_mode {
    COPSE_RECONCILE_SETTLED = 0,
    COPSE_RECONCILE_SUM = 1,
    COPSE_RECONCILE_LIST = 2,
    COPSE_RECONCILE_ANSWER = 3, /* a list that is not answered again */
};

struct copse_reconcile_key {
    uint8_t bytes[16];
};

struct copse_reconcile_item {
    struct copse_id author;
    uint64_t tag;
    struct copse_position position; /* of the leaf; its seq is the item's */
    bool is_frozen;
};

struct copse_reconcile_bound {
    uint8_t size; /* 0: no bound */
    uint8_t bytes[COPSE_RECONCILE_BOUND_MAX];
};

/* One part that came. */
struct copse_reconcile_part {
    enum copse_reconcile_mode mode;
    struct copse_reconcile_bound bound;
    size_t first;            /* own items in it: from first.. */
    size_t end;              /* ..to before end */
    uint64_t sum;            /* mode SUM */
    struct copse_slice rows; /* modes LIST and ANSWER; packed, borrowed */
    bool is_last;            /* of the set */
};

/* One row of a list. */
struct copse_reconcile_row {
    const uint8_t *author; /* its first COPSE_RECONCILE_AUTHOR_BYTES */
    uint32_t seq;
    uint64_t tag;
};

struct copse_reconcile_reply {
    enum copse_reconcile_mode mode;
    uint32_t first;
    uint32_t end;
    struct copse_reconcile_bound bound;
};

struct copse_reconcile {
    const struct copse_memory *memory;
    struct copse_reconcile_item *items; /* sorted by author and tag after finish */
    uint64_t *sums;                     /* sums[i]: of the first i items; NULL before finish */
    size_t count;
    size_t capacity;
    struct copse_reconcile_reply *replies; /* the set that goes out */
    size_t reply_count;
    size_t reply_capacity;
    size_t written;       /* replies that have gone out */
    size_t written_items; /* of the list that is half gone out */
    size_t in_parts;      /* of the set that comes in */
    size_t in_end;        /* own items before its last bound */
    struct copse_reconcile_bound in_bound;
    bool in_done;
};

/* The key of a session from its handshake hash. Source: SPEC 10.11. */
void copse_reconcile_key_of(struct copse_reconcile_key *out,
                            const uint8_t session_hash[COPSE_NOISE_HASH_BYTES]);

/* The tag of an entry as a leaf; or, with the fork seq and its trunk's last id, of a frozen log. */
uint64_t copse_reconcile_tag(const struct copse_reconcile_key *key, enum copse_entry_class class,
                             const struct copse_id *author, uint32_t seq,
                             const struct copse_id *id);

/* Begin without items; end with deinit. deinit of a zeroed struct is fine. */
void copse_reconcile_init(struct copse_reconcile *reconcile, const struct copse_memory *memory);
void copse_reconcile_deinit(struct copse_reconcile *reconcile);

/* Add an item. COPSE_OK, COPSE_ERR_NOMEM, or COPSE_ERR_LIMIT beyond COPSE_RECONCILE_ITEMS_MAX. */
enum copse_err copse_reconcile_add(struct copse_reconcile *reconcile,
                                   const struct copse_reconcile_item *item) COPSE_MUST_CHECK;

/* Sort and sum up; then no item can be added. COPSE_OK or COPSE_ERR_NOMEM. O(n log n). */
enum copse_err copse_reconcile_finish(struct copse_reconcile *reconcile) COPSE_MUST_CHECK;

/* The sum of all items. */
uint64_t copse_reconcile_sum(const struct copse_reconcile *reconcile);

/* Make the first set. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_reconcile_start(struct copse_reconcile *reconcile) COPSE_MUST_CHECK;

/* A set begins to come in; what was to go out is forgotten. */
void copse_reconcile_open_set(struct copse_reconcile *reconcile);

/* Begin to read the parts of one message into *reader. Sets *count to the parts in it.
 * COPSE_OK or COPSE_ERR_DECODE. */
enum copse_err copse_reconcile_open(const struct copse_reconcile *reconcile,
                                    struct copse_reader *reader, size_t *count,
                                    struct copse_slice parts) COPSE_MUST_CHECK;

/* The next part of the message. COPSE_OK; COPSE_ERR_DECODE: malformed, or bounds that do not rise;
 * COPSE_ERR_LIMIT: more parts in the set than SPEC 10.16 allows. Cost: O(log n + rows). */
enum copse_err copse_reconcile_next(struct copse_reconcile *reconcile,
                                    struct copse_reconcile_part *out,
                                    struct copse_reader *reader) COPSE_MUST_CHECK;

/* Answer a part. With SUM it is split (or listed if it cannot be). COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_reconcile_answer(struct copse_reconcile *reconcile,
                                      const struct copse_reconcile_part *part,
                                      enum copse_reconcile_mode mode) COPSE_MUST_CHECK;

/* The answer that SPEC 10.13 gives to a part of mode SUM; `sets` is how many have passed. */
enum copse_reconcile_mode copse_reconcile_choose(const struct copse_reconcile *reconcile,
                                                 const struct copse_reconcile_part *part,
                                                 size_t sets);

/* Does the set that goes out want an answer: has it a part of mode SUM or LIST? */
bool copse_reconcile_asks(const struct copse_reconcile *reconcile);

/* Write the next message's parts into `room` (COPSE_MESSAGE_PARTS_MAX). *is_last: the set is
 * out. */
void copse_reconcile_write(struct copse_reconcile *reconcile, struct copse_slice *parts,
                           bool *is_last, struct copse_noise_room room);

/* The rows of a device in a list: their number, the first one's index in *first. O(log rows). */
size_t copse_reconcile_rows_of(const struct copse_reconcile_part *part, size_t *first,
                               const struct copse_id *author);
size_t copse_reconcile_row_count(const struct copse_reconcile_part *part);
struct copse_reconcile_row copse_reconcile_row(const struct copse_reconcile_part *part,
                                               size_t index);

/* The own items in the part whose author begins as a row's does: number, and *first. O(log n). */
size_t copse_reconcile_items_of(const struct copse_reconcile *reconcile, size_t *first,
                                const struct copse_reconcile_part *part,
                                const struct copse_reconcile_row *row);

#endif
