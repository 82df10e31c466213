/* Full-text search: a cache beside the store that any process may throw away.
 *
 * search.c alone includes sqlite3.h. One file, COPSE_HOME/search.db, holds an FTS5 index
 * over the words of objects as they are now. It knows the last arrival it has seen of
 * each community; whoever searches brings it up to date first. A file that is broken,
 * missing or of another version is made anew: never a reason to fail.
 *
 * Words are folded before they are indexed and before they are looked up: words.h.
 */
#ifndef COPSE_STORAGE_SEARCH_H
#define COPSE_STORAGE_SEARCH_H

#include "storage/entries.h"

#define COPSE_SEARCH_FILE "search.db"
#define COPSE_SEARCH_QUERY_BYTES_MAX 1024u
#define COPSE_SEARCH_TEXT_BYTES_MAX (1u << 20) /* of one object; the rest is not indexed */

struct copse_search;

/* Which objects does an entry concern, and what are the words of an object now? The first calls
 * `found` once for each object (possibly none). The second gives text that stays valid until its
 * next call; size 0: the object has no words now (or is hidden or erased). Errors end the update.
 */
struct copse_search_port {
    enum copse_err (*objects)(void *context, const struct copse_held *held,
                              enum copse_err (*found)(void *to, const struct copse_id *object),
                              void *to);
    enum copse_err (*words)(void *context, struct copse_slice *text, uint32_t community,
                            const struct copse_id *object);
    void *context;
};

/* Open or make the cache in `home`. COPSE_OK, COPSE_ERR_NOMEM, COPSE_ERR_IO or _FULL. */
enum copse_err copse_search_open(struct copse_search **out, const char *home,
                                 const struct copse_memory *memory,
                                 struct copse_error *error) COPSE_MUST_CHECK;
bool copse_search_is_there(const char *home);         /* nothing is made */
void copse_search_close(struct copse_search *search); /* NULL is fine */

/* Take in what arrived in a community since the last call, at most `max` entries; sets *left if
 * there is more. `txn` may be a read transaction. COPSE_ERR_BUSY: another process is at it. */
enum copse_err copse_search_update(struct copse_search *search, bool *left, struct copse_txn *txn,
                                   uint32_t community, size_t max,
                                   const struct copse_search_port *port) COPSE_MUST_CHECK;

/* Take an object's words in anew, or out, now: after an erasure, which must leave no words behind.
 */
enum copse_err copse_search_refresh(struct copse_search *search, uint32_t community,
                                    const struct copse_id *object,
                                    const struct copse_search_port *port) COPSE_MUST_CHECK;

enum copse_search_order { COPSE_SEARCH_NEWEST, COPSE_SEARCH_BEST };

struct copse_search_query {
    struct copse_slice text; /* as typed; all words must occur, the last one as a beginning */
    uint32_t community;      /* 0: all */
    enum copse_search_order order;
};

struct copse_search_hit {
    uint32_t community;
    struct copse_id object;
};

/* Up to `max` hits; sets *count. A query without a word gives none. COPSE_OK, COPSE_ERR_LIMIT
 * (query too long), COPSE_ERR_IO. */
enum copse_err copse_search_find(struct copse_search *search, struct copse_search_hit *out,
                                 size_t *count, size_t max,
                                 const struct copse_search_query *query) COPSE_MUST_CHECK;

/* Take what the index does not hold any more out of its files: they are written anew, or, where
 * another process is in the way, thrown away. Cost: O(index). COPSE_OK or a fault. */
enum copse_err copse_search_purge(struct copse_search *search) COPSE_MUST_CHECK;

/* Forget everything; the next updates begin at the first arrival. */
enum copse_err copse_search_reset(struct copse_search *search) COPSE_MUST_CHECK;

#endif
