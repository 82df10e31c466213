/* How it works: logs are cached in a hash table by number for the length of a transaction.
 * A changed one is written once, by copse_entries_flush, however many entries it got.
 */
#include "storage/txn.h"

#include <string.h>

#define LOG_SLOTS_MIN 16u

enum copse_err copse_txn_begin(struct copse_txn **out, struct copse_db *db,
                               const struct copse_txn_options *options, struct copse_error *error)
{
    struct copse_txn *txn = copse_memory_new(options->memory, 1, sizeof *txn);
    if (txn == NULL) {
        return COPSE_ERR_NOMEM;
    }
    txn->mode = options->mode;
    txn->memory = options->memory;
    txn->scheme = options->scheme;
    txn->arrived_ms = options->now_ms;
    enum copse_err err = copse_db_begin(&txn->db, db, txn->mode, error);
    if (err != COPSE_OK) {
        copse_memory_free(txn->memory, txn);
        return err;
    }
    copse_layers_init(&txn->layers, txn->db, txn->memory);
    copse_index_init(&txn->index, &txn->layers, txn->memory);
    *out = txn;
    return COPSE_OK;
}

static void free_txn(struct copse_txn *txn)
{
    for (size_t i = 0; i < txn->log_slots; i++) {
        copse_memory_free(txn->memory, txn->logs[i]);
    }
    copse_memory_free(txn->memory, txn->logs);
    for (size_t i = 0; i < txn->pending_count; i++) {
        copse_update_deinit(&txn->pending[i].update);
    }
    copse_index_deinit(&txn->index);
    copse_layers_deinit(&txn->layers);
    copse_memory_free(txn->memory, txn);
}

enum copse_err copse_txn_commit(struct copse_txn *txn, struct copse_error *error)
{
    enum copse_err err = copse_db_commit(txn->db, error);
    free_txn(txn);
    return err;
}

void copse_txn_abort(struct copse_txn *txn)
{
    if (txn == NULL) {
        return;
    }
    copse_db_abort(txn->db);
    free_txn(txn);
}

enum copse_err copse_txn_note(struct copse_txn *txn, struct copse_txn_pending **out,
                              uint32_t community)
{
    for (size_t i = 0; i < txn->pending_count; i++) {
        if (txn->pending[i].community == community) {
            *out = &txn->pending[i];
            return COPSE_OK;
        }
    }
    if (txn->pending_count == COPSE_TXN_COMMUNITIES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    *out = &txn->pending[txn->pending_count++];
    (*out)->community = community;
    copse_update_init(&(*out)->update, txn->memory);
    return COPSE_OK;
}

/* Numbers are given in a row, so they spread by themselves. */
static size_t find_slot(const struct copse_txn *txn, uint32_t number)
{
    size_t slot = number & (txn->log_slots - 1);
    while (txn->logs[slot] != NULL && txn->logs[slot]->number != number) {
        slot = (slot + 1) & (txn->log_slots - 1);
    }
    return slot;
}

struct copse_txn_log *copse_txn_find_log(const struct copse_txn *txn, uint32_t number)
{
    return txn->log_slots == 0 ? NULL : txn->logs[find_slot(txn, number)];
}

static enum copse_err grow_logs(struct copse_txn *txn)
{
    struct copse_txn_log **old = txn->logs;
    size_t old_slots = txn->log_slots;
    size_t slots = old_slots == 0 ? LOG_SLOTS_MIN : old_slots * 2;
    struct copse_txn_log **fresh = copse_memory_new(txn->memory, slots, sizeof *fresh);
    if (fresh == NULL) {
        return COPSE_ERR_NOMEM;
    }
    txn->logs = fresh;
    txn->log_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        if (old[i] != NULL) {
            txn->logs[find_slot(txn, old[i]->number)] = old[i];
        }
    }
    copse_memory_free(txn->memory, old);
    return COPSE_OK;
}

enum copse_err copse_txn_keep_log(struct copse_txn *txn, struct copse_txn_log *log)
{
    if ((txn->log_count + 1) * 2 > txn->log_slots) {
        enum copse_err err = grow_logs(txn);
        if (err != COPSE_OK) {
            return err;
        }
    }
    size_t slot = find_slot(txn, log->number);
    COPSE_ASSERT(txn->logs[slot] == NULL);
    txn->logs[slot] = log;
    txn->log_count++;
    return COPSE_OK;
}
