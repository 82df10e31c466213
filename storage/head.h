/* How far this device's logs have been published, kept outside the store.
 *
 * A store that was restored from a copy does not know its newest own entries; writing
 * on would fork the log. So before entries leave the machine their highest (class, seq,
 * id) is written to a small file elsewhere, with the name of the machine, and synced. A
 * store that lacks an entry named there is behind: it reads, but writes nothing of its
 * own until it gets a new device key.
 */
#ifndef COPSE_STORAGE_HEAD_H
#define COPSE_STORAGE_HEAD_H

#include "protocol/base/memory.h"
#include "protocol/entry/entry.h"

#define COPSE_HEAD_ROWS_MAX 4096u /* two for each community */

struct copse_head_row {
    struct copse_id community;
    struct copse_id join; /* of the log */
    struct copse_id device;
    enum copse_entry_class class;
    uint32_t seq;
    struct copse_id id;
    struct copse_id machine; /* it left from; copse_head_machine */
};

struct copse_head {
    const struct copse_memory *memory;
    struct copse_head_row *rows;
    size_t count;
    size_t capacity;
};

void copse_head_init(struct copse_head *head, const struct copse_memory *memory);
void copse_head_deinit(struct copse_head *head);

/* The directory for it: $XDG_STATE_HOME/copse or ~/.local/state/copse. COPSE_ERR_NOT_FOUND when
 * neither is known, COPSE_ERR_LIMIT when it does not fit. */
enum copse_err copse_head_directory(char *out, size_t size) COPSE_MUST_CHECK;

/* Hash of what names this machine (/etc/machine-id; host name where there is none). */
void copse_head_machine(struct copse_id *out);

/* Wait until no other process changes the files in `directory` (made if absent). Sets *lock, for
 * release. COPSE_OK, COPSE_ERR_IO, _FULL. */
enum copse_err copse_head_lock(int *lock, const char *directory,
                               struct copse_error *error) COPSE_MUST_CHECK;
void copse_head_unlock(int lock);

/* Read the file of a store (named by `store`, an id made at its creation) in `directory`.
 * COPSE_OK; COPSE_ERR_NOT_FOUND: nothing was published; COPSE_ERR_CORRUPT; COPSE_ERR_IO; _NOMEM. */
enum copse_err copse_head_load(struct copse_head *head, const char *directory,
                               const struct copse_id *store,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* Write it: temporary file, sync, rename, sync of the directory. Hold the lock from before what is
 * written was read, or another process's later rows may be lost. */
enum copse_err copse_head_save(const struct copse_head *head, const char *directory,
                               const struct copse_id *store,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* Put or raise a row. Sets *changed if it was not so before. COPSE_OK, COPSE_ERR_NOMEM,
 * COPSE_ERR_LIMIT. */
enum copse_err copse_head_raise(struct copse_head *head, bool *changed,
                                const struct copse_head_row *row) COPSE_MUST_CHECK;

#endif
