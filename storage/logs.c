/* How it works: a row of LOGS is the whole of a struct copse_log in fixed bytes:
 *
 *   community u32, class u8, join 32, author 32, branches u8, then for each
 *   parent u16, first seq u32, last seq u32, first id 32, leaf id 32
 *
 * NAMES leads to numbers by JOIN ('j' community join class) and by device ('a' community
 * author join class). The key 'n' holds the number given last; numbers are not used twice.
 */
#include "storage/logs.h"

#include <string.h>

#define HEAD_BYTES 70u
#define BRANCH_BYTES 74u
#define ROW_BYTES_MAX (HEAD_BYTES + COPSE_LOG_BRANCHES_MAX * BRANCH_BYTES)
#define JOIN_NAME_BYTES 38u

/* ---- names ---- */

size_t copse_logs_prefix(uint8_t out[37], uint32_t community, const struct copse_id *author)
{
    out[0] = author == NULL ? 'j' : 'a';
    copse_bytes_put_u32(out + 1, community);
    if (author == NULL) {
        return 5;
    }
    memcpy(out + 5, author->bytes, sizeof author->bytes);
    return 37;
}

static void name_by_join(uint8_t out[JOIN_NAME_BYTES], uint32_t community,
                         const struct copse_id *join, enum copse_entry_class class)
{
    (void)copse_logs_prefix(out, community, NULL);
    memcpy(out + 5, join->bytes, sizeof join->bytes);
    out[37] = (uint8_t) class;
}

void copse_logs_name(uint8_t out[COPSE_LOGS_NAME_BYTES], const struct copse_txn_log *log)
{
    (void)copse_logs_prefix(out, log->community, &log->log.author);
    memcpy(out + 37, log->log.join.bytes, sizeof log->log.join.bytes);
    out[69] = (uint8_t)log->log.class;
}

enum copse_err copse_logs_find(struct copse_txn *txn, uint32_t *number, uint32_t community,
                               const struct copse_id *join, enum copse_entry_class class)
{
    uint8_t name[JOIN_NAME_BYTES];
    name_by_join(name, community, join, class);
    struct copse_slice value;
    enum copse_err err =
        copse_db_get(txn->db, &value, COPSE_DB_NAMES, (struct copse_slice){name, sizeof name});
    if (err != COPSE_OK) {
        return err;
    }
    if (value.size != 4) {
        return COPSE_ERR_CORRUPT;
    }
    *number = copse_bytes_get_u32(value.data);
    return COPSE_OK;
}

static enum copse_err put_names(struct copse_txn *txn, const struct copse_txn_log *log)
{
    uint8_t number[4];
    uint8_t by_join[JOIN_NAME_BYTES];
    uint8_t by_author[COPSE_LOGS_NAME_BYTES];
    struct copse_slice value = {number, sizeof number};
    copse_bytes_put_u32(number, log->number);
    name_by_join(by_join, log->community, &log->log.join, log->log.class);
    copse_logs_name(by_author, log);
    enum copse_err err =
        copse_db_put(txn->db, COPSE_DB_NAMES, (struct copse_slice){by_join, sizeof by_join}, value);
    if (err != COPSE_OK) {
        return err;
    }
    return copse_db_put(txn->db, COPSE_DB_NAMES, (struct copse_slice){by_author, sizeof by_author},
                        value);
}

/* ---- rows ---- */

static size_t encode(uint8_t out[ROW_BYTES_MAX], const struct copse_txn_log *log)
{
    copse_bytes_put_u32(out, log->community);
    out[4] = (uint8_t)log->log.class;
    memcpy(out + 5, log->log.join.bytes, COPSE_ID_BYTES);
    memcpy(out + 37, log->log.author.bytes, COPSE_ID_BYTES);
    out[69] = (uint8_t)log->log.branch_count;
    uint8_t *at = out + HEAD_BYTES;
    for (size_t i = 0; i < log->log.branch_count; i++) {
        const struct copse_log_branch *branch = &log->log.branches[i];
        copse_bytes_put_u16(at, (uint16_t)branch->parent);
        copse_bytes_put_u32(at + 2, branch->first_seq);
        copse_bytes_put_u32(at + 6, branch->last_seq);
        memcpy(at + 10, branch->first.bytes, COPSE_ID_BYTES);
        memcpy(at + 42, branch->leaf.bytes, COPSE_ID_BYTES);
        at += BRANCH_BYTES;
    }
    return (size_t)(at - out);
}

/* A branch begins above the one that it leaves; one that leaves none names itself, and begins at 0.
 * So every walk from branch to parent ends. */
static bool is_tree(const struct copse_log *log)
{
    for (uint32_t i = 0; i < log->branch_count; i++) {
        const struct copse_log_branch *branch = &log->branches[i];
        bool is_good = branch->parent == i
                           ? branch->first_seq == 0
                           : log->branches[branch->parent].first_seq < branch->first_seq;
        if (!is_good) {
            return false;
        }
    }
    return true;
}

static enum copse_err decode(struct copse_txn_log *log, struct copse_slice row)
{
    if (row.size < HEAD_BYTES || row.data[4] > COPSE_ENTRY_DATA || row.data[69] == 0 ||
        row.data[69] > COPSE_LOG_BRANCHES_MAX ||
        row.size != HEAD_BYTES + row.data[69] * BRANCH_BYTES) {
        return COPSE_ERR_CORRUPT;
    }
    log->community = copse_bytes_get_u32(row.data);
    log->log.class = (enum copse_entry_class)row.data[4];
    memcpy(log->log.join.bytes, row.data + 5, COPSE_ID_BYTES);
    memcpy(log->log.author.bytes, row.data + 37, COPSE_ID_BYTES);
    log->log.branch_count = row.data[69];
    const uint8_t *at = row.data + HEAD_BYTES;
    for (uint32_t i = 0; i < log->log.branch_count; i++) {
        struct copse_log_branch *branch = &log->log.branches[i];
        branch->parent = copse_bytes_get_u16(at);
        branch->first_seq = copse_bytes_get_u32(at + 2);
        branch->last_seq = copse_bytes_get_u32(at + 6);
        memcpy(branch->first.bytes, at + 10, COPSE_ID_BYTES);
        memcpy(branch->leaf.bytes, at + 42, COPSE_ID_BYTES);
        at += BRANCH_BYTES;
        if (branch->parent >= log->log.branch_count || branch->last_seq < branch->first_seq) {
            return COPSE_ERR_CORRUPT;
        }
    }
    return is_tree(&log->log) ? COPSE_OK : COPSE_ERR_CORRUPT;
}

static enum copse_err new_log(struct copse_txn *txn, struct copse_txn_log **out, uint32_t number)
{
    struct copse_txn_log *log = copse_memory_new(txn->memory, 1, sizeof *log);
    if (log == NULL) {
        return COPSE_ERR_NOMEM;
    }
    log->number = number;
    *out = log;
    return COPSE_OK;
}

enum copse_err copse_logs_get(struct copse_txn *txn, struct copse_txn_log **out, uint32_t number)
{
    struct copse_txn_log *log = copse_txn_find_log(txn, number);
    if (log != NULL) {
        *out = log;
        return log->log.branch_count == 0 ? COPSE_ERR_NOT_FOUND : COPSE_OK;
    }
    uint8_t key[4];
    copse_bytes_put_u32(key, number);
    struct copse_slice row;
    enum copse_err err =
        copse_db_get(txn->db, &row, COPSE_DB_LOGS, (struct copse_slice){key, sizeof key});
    if (err == COPSE_OK) {
        err = new_log(txn, &log, number);
    }
    if (err != COPSE_OK) {
        return err;
    }
    err = decode(log, row);
    if (err == COPSE_OK) {
        err = copse_txn_keep_log(txn, log);
    }
    if (err != COPSE_OK) {
        copse_memory_free(txn->memory, log);
        return err;
    }
    *out = log;
    return COPSE_OK;
}

static enum copse_err next_number(struct copse_txn *txn, uint32_t *number)
{
    static const uint8_t name[1] = {'n'};
    struct copse_slice key = {name, sizeof name};
    struct copse_slice value;
    uint32_t last = 0;
    enum copse_err err = copse_db_get(txn->db, &value, COPSE_DB_NAMES, key);
    if (err == COPSE_OK && value.size == 4) {
        last = copse_bytes_get_u32(value.data);
    } else if (err != COPSE_ERR_NOT_FOUND) {
        return err == COPSE_OK ? COPSE_ERR_CORRUPT : err;
    }
    if (last == UINT32_MAX) {
        return COPSE_ERR_LIMIT;
    }
    uint8_t bytes[4];
    copse_bytes_put_u32(bytes, last + 1);
    err = copse_db_put(txn->db, COPSE_DB_NAMES, key, (struct copse_slice){bytes, sizeof bytes});
    if (err == COPSE_OK) {
        *number = last + 1;
    }
    return err;
}

enum copse_err copse_logs_make(struct copse_txn *txn, struct copse_txn_log **out,
                               uint32_t community, const struct copse_id *join,
                               const struct copse_entry *first)
{
    uint32_t number = 0;
    struct copse_txn_log *log = NULL;
    enum copse_err err = next_number(txn, &number);
    if (err == COPSE_OK) {
        err = new_log(txn, &log, number);
    }
    if (err != COPSE_OK) {
        return err;
    }
    log->community = community;
    log->changed = true;
    log->log.join = *join;
    log->log.author = first->author;
    log->log.class = first->class;
    err = copse_txn_keep_log(txn, log);
    if (err != COPSE_OK) {
        copse_memory_free(txn->memory, log);
        return err;
    }
    err = put_names(txn, log);
    if (err == COPSE_OK) {
        *out = log;
    }
    return err;
}

enum copse_err copse_logs_drop(struct copse_txn *txn, uint32_t number)
{
    struct copse_txn_log *log = NULL;
    enum copse_err err = copse_logs_get(txn, &log, number);
    if (err != COPSE_OK) {
        return err;
    }
    uint8_t key[4];
    uint8_t by_join[JOIN_NAME_BYTES];
    uint8_t by_author[COPSE_LOGS_NAME_BYTES];
    copse_bytes_put_u32(key, number);
    name_by_join(by_join, log->community, &log->log.join, log->log.class);
    copse_logs_name(by_author, log);
    err = copse_db_del(txn->db, COPSE_DB_NAMES, (struct copse_slice){by_join, sizeof by_join});
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_NAMES,
                           (struct copse_slice){by_author, sizeof by_author});
    }
    if (err == COPSE_OK) {
        err = copse_db_del(txn->db, COPSE_DB_LOGS, (struct copse_slice){key, sizeof key});
    }
    /* It stays in the cache without branches: copse_logs_get says that it is not here. */
    log->log.branch_count = 0;
    log->changed = false;
    log->unproved = 0;
    return err;
}

enum copse_err copse_logs_flush(struct copse_txn *txn)
{
    for (size_t i = 0; i < txn->log_slots; i++) {
        struct copse_txn_log *log = txn->logs[i];
        if (log == NULL || !log->changed) {
            continue;
        }
        COPSE_ASSERT(log->log.branch_count > 0);
        uint8_t key[4];
        uint8_t row[ROW_BYTES_MAX];
        copse_bytes_put_u32(key, log->number);
        size_t size = encode(row, log);
        enum copse_err err =
            copse_db_put(txn->db, COPSE_DB_LOGS, (struct copse_slice){key, sizeof key},
                         (struct copse_slice){row, size});
        if (err != COPSE_OK) {
            return err;
        }
        log->changed = false;
    }
    return COPSE_OK;
}
