/* How it works: every log is walked branch by branch, each entry checked against the one
 * before it and against every row that should lead to it. What is led to but was not
 * walked shows in the counts of rows. At the end the state is derived again and compared.
 */
#include "storage/check.h"

#include "protocol/rules/fold.h"
#include "storage/admit.h"
#include "storage/logs.h"
#include "storage/shapes.h"

#include <stdarg.h>
#include <string.h>

struct check {
    struct copse_check_report *report;
    struct copse_txn *txn;
    const struct copse_key_scheme *scheme;
    enum copse_check_depth depth;
    uint32_t community;
};

/* The entry before the one that is looked at. */
struct before {
    bool is_there;
    struct copse_id id;
    struct copse_entry entry;
    struct copse_trail trail;
};

static void COPSE_PRINTF(2, 3) fault(struct check *check, const char *format, ...)
{
    struct copse_check_report *report = check->report;
    if (report->fault_count < COPSE_CHECK_FAULTS_MAX) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(report->faults[report->fault_count].text, sizeof report->faults[0].text,
                        format, arguments);
        va_end(arguments);
    }
    report->fault_count++;
}

/* An answer or damage that the walk can go past; anything else ends it. */
static bool goes_on(enum copse_err err)
{
    return err == COPSE_OK || err == COPSE_ERR_NOT_FOUND || err == COPSE_ERR_CORRUPT ||
           err == COPSE_ERR_LIMIT;
}

/* ---- one entry ---- */

static bool same_trail(const struct copse_trail *a, const struct copse_trail *b)
{
    return a->log_time == b->log_time && a->has_under == b->has_under &&
           (!a->has_under || (copse_bytes_equal_ids(&a->under.grant, &b->under.grant) &&
                              copse_bytes_equal_ids(&a->under.charter, &b->under.charter)));
}

static void check_links(struct check *check, const char *name, const struct copse_held *held,
                        const struct before *before)
{
    struct copse_trail trail;
    if (held->entry.has_prev != before->is_there) {
        fault(check, "entry %s has the wrong place in its log", name);
        return;
    }
    if (before->is_there &&
        (!copse_bytes_equal_ids(&held->entry.prev, &before->id) ||
         copse_entry_follows(&held->entry, &before->entry, &before->id) != COPSE_OK)) {
        fault(check, "entry %s does not follow the one before it", name);
    }
    copse_entry_trail(&trail, before->is_there ? &before->trail : NULL, &held->entry, &held->id);
    if (!same_trail(&trail, &held->trail)) {
        fault(check, "entry %s: its grant or log time is stored wrong", name);
    }
}

static enum copse_err check_rows(struct check *check, const char *name,
                                 const struct copse_held *held, const struct copse_entries_row *row)
{
    struct copse_held found;
    struct copse_entries_arrival arrival;
    enum copse_err err = copse_entries_find(check->txn, &found, NULL, check->community, &held->id);
    if (!goes_on(err)) {
        return err;
    }
    if (err != COPSE_OK || found.position.log != held->position.log ||
        found.position.branch != held->position.branch ||
        found.position.seq != held->position.seq) {
        fault(check, "entry %s is not found by its id", name);
    }
    err = copse_entries_arrival(check->txn, &arrival, check->community, held->entry.class,
                                row->arrival);
    if (!goes_on(err)) {
        return err;
    }
    if (err != COPSE_OK || arrival.position.log != held->position.log ||
        arrival.position.branch != held->position.branch ||
        arrival.position.seq != held->position.seq) {
        fault(check, "entry %s is not in the order of arrival", name);
    }
    return COPSE_OK;
}

static enum copse_err check_content(struct check *check, const char *name,
                                    const struct copse_held *held)
{
    enum copse_content_state state = COPSE_CONTENT_NONE;
    struct copse_slice salted;
    enum copse_err err = copse_contents_get(check->txn, &state, &salted, held);
    if (err != COPSE_OK) {
        if (goes_on(err)) {
            fault(check, "the content of entry %s is damaged", name);
            return COPSE_OK;
        }
        return err;
    }
    if (state == COPSE_CONTENT_MISSING) {
        struct copse_index_place place = copse_index_place_of(&held->position);
        struct copse_slice row;
        check->report->missing++;
        err = copse_db_get(check->txn->db, &row, COPSE_DB_MISSING,
                           (struct copse_slice){place.bytes, sizeof place.bytes});
        if (err == COPSE_ERR_NOT_FOUND) {
            fault(check, "the missing content of entry %s is not on the list of what is wanted",
                  name);
            return COPSE_OK;
        }
        return err;
    }
    if (state == COPSE_CONTENT_PRESENT) {
        check->report->contents++;
        if (copse_entry_check_content(&held->entry, salted) != COPSE_OK) {
            fault(check, "the content of entry %s is not what was signed", name);
        }
    }
    return COPSE_OK;
}

static enum copse_err check_entry(struct check *check, const struct copse_held *held,
                                  const struct copse_entries_row *row, const struct before *before)
{
    char name[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(name, &held->id);
    check->report->entries++;
    check_links(check, name, held, before);
    if (row->is_signed && check->depth == COPSE_CHECK_FULL) {
        check->report->signatures++;
        if (copse_key_verify(check->scheme, &held->entry.author, COPSE_KEY_ENTRY,
                             copse_bytes_of_id(&held->id), &row->signature) != COPSE_OK) {
            fault(check, "the signature of entry %s is not good", name);
        }
    }
    enum copse_err err = check_rows(check, name, held, row);
    return err == COPSE_OK ? check_content(check, name, held) : err;
}

/* ---- one log ---- */

/* What the first entry of a branch must follow. */
static enum copse_err find_before(struct check *check, struct before *out,
                                  const struct copse_txn_log *log, uint32_t branch)
{
    const struct copse_log_branch *own = &log->log.branches[branch];
    struct copse_held held;
    enum copse_err err = COPSE_OK;
    *out = (struct before){0};
    if (own->first_seq > 0) {
        struct copse_position leaf = {log->number, own->parent, own->first_seq - 1};
        struct copse_position at;
        err = copse_entries_on_path(&at, &log->log, &leaf, leaf.seq);
        if (err == COPSE_OK) {
            err = copse_entries_at(check->txn, &held, NULL, &at);
        }
    } else if (log->log.class == COPSE_ENTRY_DATA) {
        err = copse_entries_find(check->txn, &held, NULL, check->community, &log->log.join);
    } else {
        return COPSE_OK;
    }
    if (err == COPSE_OK) {
        *out = (struct before){true, held.id, held.entry, held.trail};
    }
    return err;
}

static enum copse_err check_branch(struct check *check, const struct copse_txn_log *log,
                                   uint32_t branch)
{
    const struct copse_log_branch *own = &log->log.branches[branch];
    struct before before;
    enum copse_err err = find_before(check, &before, log, branch);
    if (err != COPSE_OK && goes_on(err)) {
        fault(check, "branch %u of log %u hangs from nothing", branch, log->number);
        return COPSE_OK;
    }
    for (uint32_t seq = own->first_seq; err == COPSE_OK; seq++) {
        struct copse_position at = {log->number, branch, seq};
        struct copse_held held;
        struct copse_entries_row row;
        err = copse_entries_at(check->txn, &held, &row, &at);
        if (err != COPSE_OK && goes_on(err)) {
            fault(check, "log %u lacks entry %u of branch %u, or it is damaged", log->number, seq,
                  branch);
            return COPSE_OK;
        }
        if (err == COPSE_OK) {
            err = check_entry(check, &held, &row, &before);
            before = (struct before){true, held.id, held.entry, held.trail};
        }
        if (err == COPSE_OK && seq == own->first_seq &&
            !copse_bytes_equal_ids(&held.id, &own->first)) {
            fault(check, "branch %u of log %u begins with another entry", branch, log->number);
        }
        if (err == COPSE_OK && seq == own->last_seq) {
            if (!copse_bytes_equal_ids(&held.id, &own->leaf) || !row.is_signed) {
                fault(check,
                      "branch %u of log %u ends with another entry, or one without signature",
                      branch, log->number);
            }
            break;
        }
    }
    return err;
}

static enum copse_err check_logs(struct check *check)
{
    struct copse_entries_cursor cursor = {{0}, 0};
    for (;;) {
        uint32_t number = 0;
        struct copse_txn_log *log = NULL;
        enum copse_err err =
            copse_entries_next_log(check->txn, &number, &cursor, check->community, NULL);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        err = copse_logs_get(check->txn, &log, number);
        if (err != COPSE_OK && goes_on(err)) {
            fault(check, "log %u is damaged or missing", number);
            continue;
        }
        if (err != COPSE_OK) {
            return err;
        }
        check->report->logs++;
        for (uint32_t i = 0; i < log->log.branch_count && err == COPSE_OK; i++) {
            err = check_branch(check, log, i);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
}

/* ---- the rest ---- */

static enum copse_err check_state(struct check *check)
{
    struct copse_views_difference difference;
    enum copse_err err = copse_views_compare(check->txn, &difference, check->community);
    if (err != COPSE_OK && goes_on(err)) {
        fault(check, "the state of community %u cannot be derived", check->community);
        return COPSE_OK;
    }
    if (err != COPSE_OK) {
        return err;
    }
    check->report->state_rows += difference.rows;
    if (difference.count > 0) {
        fault(check, "%llu rows of the state of community %u are not what follows from entries",
              (unsigned long long)difference.count, check->community);
    }
    return COPSE_OK;
}

/* Of each text: what others lean on is here or awaited, and nothing else is kept for it. */
static enum copse_err check_shapes(struct check *check)
{
    struct copse_views views;
    struct copse_state state = copse_views_state(&views, check->txn, check->community);
    struct copse_state_cursor cursor;
    struct copse_id last = {{0}};
    struct copse_fold_prefix prefix = copse_fold_all_edits();
    copse_state_open(&cursor, copse_fold_bytes(&prefix));
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        struct copse_id object;
        uint64_t faults = 0;
        enum copse_err err = copse_state_next(&cursor, &key, &value, &state);
        if (err == COPSE_OK) {
            err = copse_fold_subject_of(&object, key);
        }
        if (err == COPSE_OK && !copse_bytes_equal_ids(&object, &last)) {
            err = copse_shapes_check(check->txn, &faults, check->community, &object);
            last = object;
        }
        if (faults > 0) {
            fault(check, "a text has %llu edits loose or awaited that should not be, or are not",
                  (unsigned long long)faults);
        }
        if (err == COPSE_ERR_CORRUPT) {
            fault(check, "an edit that others are built on is damaged");
        }
        if (err != COPSE_OK) {
            return goes_on(err) ? COPSE_OK : err;
        }
    }
}

static enum copse_err check_counts(struct check *check)
{
    static const struct {
        enum copse_db_table table;
        const char *name;
    } tables[] = {
        {COPSE_DB_ENTRIES, "entries"},
        {COPSE_DB_PLACES, "places"},
        {COPSE_DB_IDS, "ids"},
        {COPSE_DB_ARRIVALS, "arrivals"},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(tables); i++) {
        uint64_t count = 0;
        enum copse_err err = copse_layers_count(&check->txn->layers, &count, tables[i].table);
        if (err != COPSE_OK) {
            return err;
        }
        if (count != check->report->entries) {
            fault(check, "the table of %s has %llu rows for %llu entries", tables[i].name,
                  (unsigned long long)count, (unsigned long long)check->report->entries);
        }
    }
    return COPSE_OK;
}

static enum copse_err check_chunks(struct check *check)
{
    uint8_t from[COPSE_ID_BYTES + 1] = {0};
    struct copse_slice start = {from, 0};
    for (;;) {
        struct copse_slice key;
        struct copse_slice value;
        enum copse_err err = copse_db_seek(check->txn->db, &key, &value, COPSE_DB_CHUNKS, start);
        if (err != COPSE_OK) {
            return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
        }
        struct copse_id hash;
        struct copse_id actual;
        struct copse_slice salted;
        enum copse_contents_chunk state = COPSE_CONTENTS_MISSING;
        if (copse_bytes_to_id(&hash, key) != COPSE_OK) {
            return COPSE_ERR_CORRUPT;
        }
        err = copse_contents_get_chunk(check->txn, &state, &salted, &hash);
        if (!goes_on(err)) {
            return err;
        }
        check->report->chunks++;
        if (err == COPSE_OK && state == COPSE_CONTENTS_PRESENT) {
            copse_id_of_content(&actual, salted);
            err = copse_bytes_equal_ids(&actual, &hash) ? COPSE_OK : COPSE_ERR_CORRUPT;
        }
        if (err != COPSE_OK) {
            fault(check, "a chunk of a blob is damaged");
        }
        memcpy(from, hash.bytes, sizeof hash.bytes);
        start.size = sizeof from;
    }
}

/* Those who look for a community have its id. */
static void check_name(struct check *check, const struct copse_id *id)
{
    uint32_t number = 0;
    if (copse_entries_community(check->txn, &number, id) != COPSE_OK ||
        number != check->community) {
        fault(check, "community %u is not found by its id", check->community);
    }
}

static enum copse_err check_all(struct check *check)
{
    struct copse_id id;
    enum copse_err err = COPSE_OK;
    for (;;) {
        err = copse_entries_next_community(check->txn, &id, &check->community);
        if (err != COPSE_OK) {
            break;
        }
        check->report->communities++;
        check_name(check, &id);
        err = check_logs(check);
        if (err == COPSE_OK && check->depth == COPSE_CHECK_FULL) {
            err = check_state(check);
        }
        if (err == COPSE_OK && check->depth == COPSE_CHECK_FULL) {
            err = check_shapes(check);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        err = check_counts(check);
    }
    return err == COPSE_OK ? check_chunks(check) : err;
}

enum copse_err copse_check_store(struct copse_store *store, struct copse_check_report *report,
                                 enum copse_check_depth depth, struct copse_error *error)
{
    struct copse_txn *txn = NULL;
    enum copse_err err = copse_store_begin(&txn, store, COPSE_DB_READ, 0, error);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_check_report found;
    memset(&found, 0, sizeof found);
    struct check check = {&found, txn, txn->scheme, depth, 0};
    err = check_all(&check);
    copse_store_abort(txn);
    if (err != COPSE_OK) {
        return copse_error_set(error, err, "the check of %s came to a stop: %s",
                               copse_store_home(store), copse_error_text(err));
    }
    *report = found;
    return COPSE_OK;
}
