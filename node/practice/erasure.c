/* How it works: what is erased follows from the acts alone, so nothing is remembered here of what
 * was let go and why: every look asks the view about each entry that an ERASE names, and brings the
 * state of its content in line. An erasure that is undone makes its words wanted again by that. */
#include "node/practice/erasure.h"

#include "node/practice/act.h"
#include "node/practice/annals.h"
#include "node/practice/capacity.h"
#include "node/practice/find.h"
#include "node/practice/moderation.h"
#include "protocol/base/sort.h"
#include "protocol/rules/view_act.h"

#include <string.h>

/* ---- which words ---- */

struct words {
    struct copse_practice_deed *deed;
    const struct copse_erasure_plan *plan;
    struct copse_id *ids;
    size_t count;
    size_t capacity;
    size_t others;
    struct copse_id erased; /* one that is erased already; zeros: none */
};

static int erasure_compare(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

static enum copse_err erasure_add(struct words *words, const struct copse_view_entry *entry)
{
    const struct copse_keyring *keyring = words->deed->practice->keyring;
    if (entry->words == COPSE_VIEW_NONE) {
        return COPSE_OK;
    }
    if (entry->words == COPSE_VIEW_ERASED) {
        words->erased = entry->held.id;
        return COPSE_OK;
    }
    if (!words->plan->is_moderation &&
        !copse_bytes_equal_ids(&entry->person, copse_keyring_person(keyring))) {
        words->others++;
        return COPSE_OK;
    }
    enum copse_err err = copse_memory_grow(words->deed->practice->memory, &words->ids,
                                           &words->capacity, words->count + 1, sizeof(*words->ids));
    if (err == COPSE_OK) {
        words->ids[words->count++] = entry->held.id;
    }
    return err;
}

static enum copse_err erasure_add_rows(struct words *words, const struct copse_fold_prefix *prefix)
{
    struct copse_state_cursor cursor;
    struct copse_slice key;
    struct copse_slice value;
    enum copse_err err;
    copse_state_open(&cursor, copse_fold_bytes(prefix));
    while ((err = copse_state_next(&cursor, &key, &value, &words->deed->state)) == COPSE_OK) {
        struct copse_view_entry entry;
        struct copse_id id;
        err = copse_fold_entry_of(&id, key);
        if (err == COPSE_OK) {
            err = copse_view_load(words->deed->view, &entry, &id);
        }
        if (err == COPSE_OK) {
            err = erasure_add(words, &entry);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* The words of an entry, or of all entries on a thing. A person and the community have no entry
 * here that made them, or one whose words are none of theirs. */
static enum copse_err erasure_gather(struct words *words)
{
    const struct copse_id *target = &words->plan->target;
    struct copse_view_object object;
    struct copse_view_entry entry;
    struct copse_view *view;
    enum copse_err err = copse_practice_view(words->deed, &view);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_view_object(view, &object, target);
    if (err == COPSE_ERR_NOT_FOUND) {
        err = copse_view_load(view, &entry, target);
        if (err == COPSE_OK && entry.held.entry.class == COPSE_ENTRY_CONTROL) {
            return COPSE_ERR_FORM;
        }
        return err == COPSE_OK ? erasure_add(words, &entry) : err;
    }
    if (err == COPSE_OK && copse_object_is_creatable(object.kind)) {
        err = erasure_add(words, &object.create);
    }
    if (err == COPSE_OK) {
        struct copse_fold_prefix fields = copse_fold_all_fields(target);
        err = erasure_add_rows(words, &fields);
    }
    if (err == COPSE_OK) {
        struct copse_fold_prefix edits = copse_fold_edits(target);
        err = erasure_add_rows(words, &edits);
    }
    if (err == COPSE_OK && words->count > 0) {
        copse_sort(words->ids, words->count, sizeof(*words->ids), erasure_compare);
    }
    return err;
}

/* ---- the deed ---- */

/* SPEC 8.11: "by a coordinator or moderator while it or its object is hidden" */
static enum copse_err erasure_hide(struct copse_practice_deed *deed,
                                   struct copse_erasure_result *out,
                                   const struct copse_erasure_plan *plan, struct copse_error *error)
{
    static const struct copse_op steward = {.kind = COPSE_OP_LOCK}; /* SPEC 7.10: theirs alone */
    struct copse_capacity capacity;
    struct copse_moderation_plan hide = {
        .kind = COPSE_OP_HIDE, .target = plan->target, .reason = plan->reason};
    struct copse_id id;
    enum copse_err err = copse_capacity_choose(deed, &capacity, &steward, NULL);
    if (err == COPSE_ERR_REFUSED) {
        return copse_moderation_refuse(deed, error);
    }
    return err == COPSE_OK ? copse_moderation_act(deed, &out->has_hidden, &id, &hide, error) : err;
}

static enum copse_err erasure_write(struct copse_practice_deed *deed, struct copse_id *first,
                                    const struct words *words, struct copse_error *error)
{
    uint8_t room[COPSE_OP_TARGETS_MAX * 34u + 8u];
    enum copse_err err = COPSE_OK;
    for (size_t done = 0; err == COPSE_OK && done < words->count; done += COPSE_OP_TARGETS_MAX) {
        struct copse_writer writer;
        struct copse_id id;
        size_t left = words->count - done;
        struct copse_op op = {.kind = COPSE_OP_ERASE};
        copse_writer_init(&writer, room, sizeof(room));
        op.ids = copse_op_list_ids(&writer, &words->ids[done],
                                   left < COPSE_OP_TARGETS_MAX ? left : COPSE_OP_TARGETS_MAX);
        err = copse_act_write(deed, &id, &op, NULL, words->plan->reason, error);
        if (err == COPSE_OK && done == 0) {
            *first = id;
        }
    }
    return err;
}

/* Has it come to what was meant? The last one stands for all: they were written alike. */
static enum copse_err erasure_confirm(struct copse_practice_deed *deed, const struct words *words,
                                      struct copse_error *error)
{
    struct copse_view_entry entry;
    struct copse_view *view;
    enum copse_err err = copse_practice_settle(deed);
    if (err == COPSE_OK) {
        err = copse_practice_view(deed, &view);
    }
    if (err == COPSE_OK) {
        err = copse_view_load(view, &entry, &words->ids[words->count - 1]);
    }
    return err == COPSE_OK && entry.words != COPSE_VIEW_ERASED
               ? copse_moderation_refuse(deed, error)
               : err;
}

static enum copse_err erasure_note_act(void *context, const struct copse_view_act *act)
{
    struct copse_id *id = context;
    if (act->is_in_force && copse_bytes_is_zero(id)) {
        *id = act->entry.held.id;
    }
    return COPSE_OK;
}

/* Nothing was left to erase: of others, or gone already. */
static enum copse_err erasure_idle(struct copse_practice_deed *deed,
                                   struct copse_erasure_result *out, const struct words *words,
                                   struct copse_error *error)
{
    if (!copse_bytes_is_zero(&words->erased)) {
        return copse_view_act_each(deed->view, &words->erased, COPSE_OP_ERASE, erasure_note_act,
                                   &out->act);
    }
    return words->others > 0 ? copse_moderation_refuse(deed, error)
                             : copse_error_set(error, COPSE_ERR_NOT_FOUND,
                                               "there are no words there that could be erased");
}

enum copse_err copse_erasure_erase(struct copse_practice_deed *deed,
                                   struct copse_erasure_result *out,
                                   const struct copse_erasure_plan *plan, struct copse_error *error)
{
    struct words words = {.deed = deed, .plan = plan};
    *out = (struct copse_erasure_result){.words = 0};
    enum copse_err err = copse_act_check_reason(plan->reason, error);
    if (err == COPSE_OK) {
        err = erasure_gather(&words);
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        err = copse_error_set(error, err, "that is not here");
    } else if (err == COPSE_ERR_FORM) {
        err = copse_error_set(error, err, "the reason of an act stands in the ledger for all");
    }
    if (err == COPSE_OK && words.count == 0) {
        err = erasure_idle(deed, out, &words, error);
    } else if (err == COPSE_OK) {
        err = plan->is_moderation ? erasure_hide(deed, out, plan, error) : COPSE_OK;
        if (err == COPSE_OK) {
            err = erasure_write(deed, &out->act, &words, error);
        }
        if (err == COPSE_OK) {
            err = erasure_confirm(deed, &words, error);
        }
        out->words = words.count;
    }
    out->others = words.others;
    copse_memory_free(deed->practice->memory, words.ids);
    return err;
}

/* ---- what is due ---- */

enum step { STEP_NONE, STEP_LET_GO, STEP_GIVE_UP, STEP_WANT };

struct look {
    struct copse_practice_deed *deed;
    const struct copse_view_entry *entry;
    bool by_author;
    uint64_t hidden_ms; /* when the first hiding in force arrived; UINT64_MAX: none */
};

static enum copse_err erasure_note_author(void *context, const struct copse_view_act *act)
{
    struct look *look = context;
    look->by_author =
        look->by_author ||
        (act->is_in_force && copse_bytes_equal_ids(&act->entry.person, &look->entry->person));
    return COPSE_OK;
}

static enum copse_err erasure_note_hidden(void *context, const struct copse_view_act *act)
{
    struct look *look = context;
    struct copse_practice_deed *deed = look->deed;
    struct copse_entries_arrival arrival;
    struct copse_entries_row row;
    struct copse_held held;
    if (!act->is_in_force) {
        return COPSE_OK;
    }
    enum copse_err err =
        copse_entries_find(deed->txn, &held, &row, deed->number, &act->entry.held.id);
    if (err == COPSE_OK) {
        err = copse_entries_arrival(deed->txn, &arrival, deed->number, COPSE_ENTRY_CONTROL,
                                    row.arrival);
    }
    if (err == COPSE_OK && arrival.arrived_ms < look->hidden_ms) {
        look->hidden_ms = arrival.arrived_ms;
    }
    return err;
}

/* When may the bytes of erased words go? */
static enum copse_err erasure_due(struct copse_practice_deed *deed, uint64_t *due_ms,
                                  const struct copse_view_entry *entry)
{
    struct look look = {deed, entry, false, UINT64_MAX};
    struct copse_id id = entry->held.id;
    enum copse_err err =
        copse_view_act_each(deed->view, &id, COPSE_OP_ERASE, erasure_note_author, &look);
    *due_ms = 0;
    if (err != COPSE_OK || look.by_author) {
        return err;
    }
    err = copse_view_act_each(deed->view, &id, COPSE_OP_HIDE, erasure_note_hidden, &look);
    if (err == COPSE_OK && entry->op.kind != COPSE_OP_CREATE) {
        struct copse_id object = entry->op.target;
        err = copse_view_act_each(deed->view, &object, COPSE_OP_HIDE, erasure_note_hidden, &look);
    }
    *due_ms = look.hidden_ms > UINT64_MAX - COPSE_ERASURE_GRACE_MS
                  ? UINT64_MAX
                  : look.hidden_ms + COPSE_ERASURE_GRACE_MS;
    return err;
}

/* What is to be done with the content of an entry that some ERASE names? */
static enum copse_err erasure_decide(struct copse_practice_deed *deed, enum step *out,
                                     struct copse_erasure_done *done, const struct copse_id *id)
{
    struct copse_view_entry entry;
    uint64_t due_ms = 0;
    *out = STEP_NONE;
    enum copse_err err = copse_view_load(deed->view, &entry, id);
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (entry.words != COPSE_VIEW_ERASED) {
        *out = entry.held.content_state == COPSE_CONTENT_ERASED ? STEP_WANT : STEP_NONE;
        return COPSE_OK;
    }
    if (entry.held.content_state != COPSE_CONTENT_PRESENT) {
        *out = entry.held.content_state == COPSE_CONTENT_MISSING ? STEP_GIVE_UP : STEP_NONE;
        return COPSE_OK;
    }
    err = erasure_due(deed, &due_ms, &entry);
    if (err == COPSE_OK && due_ms <= deed->began_ms) {
        *out = STEP_LET_GO;
    } else if (err == COPSE_OK && (done->due_ms == 0 || due_ms < done->due_ms)) {
        done->due_ms = due_ms;
    }
    return err;
}

static enum copse_err erasure_apply(struct copse_practice_deed *deed,
                                    struct copse_erasure_done *done, const struct copse_id *id)
{
    struct copse_view *view;
    struct copse_held held;
    enum step step = STEP_NONE;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = erasure_decide(deed, &step, done, id);
    }
    if (err != COPSE_OK || step == STEP_NONE) {
        return err;
    }
    err = copse_entries_find(deed->txn, &held, NULL, deed->number, id);
    if (err == COPSE_OK) {
        err = copse_contents_release(
            deed->txn, &held, step == STEP_WANT ? COPSE_CONTENT_MISSING : COPSE_CONTENT_ERASED);
    }
    done->let_go += step == STEP_LET_GO;
    done->wanted += step == STEP_WANT;
    return err;
}

/* A list of ids; the caller frees it. */
struct ids {
    struct copse_id *items;
    size_t count;
    size_t capacity;
};

/* What is to be done something with, found in a read transaction. */
static enum copse_err erasure_find(struct copse_practice_deed *deed, struct ids *out,
                                   struct copse_erasure_done *done)
{
    struct copse_annals annals;
    enum copse_err err =
        copse_annals_read(deed, &annals, COPSE_ANNALS_KIND(COPSE_OP_ERASE), NULL, NULL);
    for (size_t i = 0; err == COPSE_OK && i < annals.count; i++) {
        struct copse_op_list targets = annals.acts[i].op.ids;
        struct copse_id id;
        while (err == COPSE_OK && copse_op_next_id(&targets, &id)) {
            enum step step = STEP_NONE;
            err = erasure_decide(deed, &step, done, &id);
            if (err == COPSE_OK && step != STEP_NONE) {
                err = copse_memory_grow(deed->practice->memory, &out->items, &out->capacity,
                                        out->count + 1, sizeof(*out->items));
            }
            if (err == COPSE_OK && step != STEP_NONE) {
                out->items[out->count++] = id;
            }
        }
    }
    copse_annals_deinit(&annals);
    return err;
}

/* As many as one transaction takes, from *at on. */
static enum copse_err erasure_some(const struct copse_practice *practice,
                                   struct copse_erasure_done *done,
                                   const struct copse_id *community, const struct ids *ids,
                                   size_t *at, struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct copse_erasure_done now = *done;
    enum copse_err err = copse_practice_begin(&deed, practice, community, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    size_t next = *at;
    while (err == COPSE_OK && next < ids->count && (next == *at || !copse_practice_is_due(&deed))) {
        err = erasure_apply(&deed, &now, &ids->items[next++]);
    }
    if (err != COPSE_OK) {
        copse_practice_end(&deed);
        return err;
    }
    err = copse_practice_commit(&deed, error);
    if (err == COPSE_OK) {
        *done = now;
        *at = next;
    }
    return err;
}

enum copse_err copse_erasure_tend(const struct copse_practice *practice,
                                  struct copse_erasure_done *done, const struct copse_id *community,
                                  struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct ids ids = {.items = NULL};
    size_t let_go = done->let_go;
    size_t at = 0;
    enum copse_err err = copse_practice_begin(&deed, practice, community, COPSE_DB_READ, error);
    if (err == COPSE_OK) {
        err = erasure_find(&deed, &ids, done);
        copse_practice_end(&deed);
    }
    while (err == COPSE_OK && at < ids.count) {
        err = erasure_some(practice, done, community, &ids, &at, error);
        if (err == COPSE_OK && at < ids.count) {
            copse_store_pause();
        }
    }
    copse_memory_free(practice->memory, ids.items);
    if (err == COPSE_OK && done->let_go > let_go) {
        err = copse_find_refresh(practice, community, NULL);
    }
    return err;
}

enum copse_err copse_erasure_tend_all(const struct copse_practice *practice,
                                      struct copse_erasure_done *done, struct copse_error *error)
{
    struct copse_id community;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        err = copse_practice_next(practice, &community, &number, error);
        if (err == COPSE_OK) {
            err = copse_erasure_tend(practice, done, &community, error);
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- traces ---- */

enum copse_err copse_erasure_traces(const struct copse_practice *practice, uint64_t *since_ms,
                                    struct copse_error *error)
{
    struct copse_practice_deed deed;
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_READ, error);
    if (err == COPSE_OK) {
        err = copse_contents_traces(deed.txn, since_ms);
        copse_practice_end(&deed);
    }
    return err;
}

enum copse_err copse_erasure_compact(const struct copse_practice *practice,
                                     struct copse_error *error)
{
    struct copse_id community;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK) {
        err = copse_practice_next(practice, &community, &number, error);
        if (err == COPSE_OK) {
            err = copse_find_refresh(practice, &community, error);
        }
    }
    err = err == COPSE_ERR_NOT_FOUND ? copse_find_purge(practice, error) : err;
    return err == COPSE_OK ? copse_store_compact(practice->store, error) : err;
}
