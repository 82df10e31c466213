/* How it works: every class 0 entry whose op bears on standing becomes a record. First
 * entries with a good certificate become lines; the persons are those of lines, of grants
 * and the founders. Ids are looked up in sorted arrays, so that chosen ids cost nothing extra.
 */
#include "protocol/authority/control.h"

#include "protocol/base/sort.h"

#include <string.h>

/* ---- looking up ---- */

static uint64_t prefix_of(const struct copse_id *id)
{
    return copse_bytes_get_u64(id->bytes);
}

struct copse_control_record *copse_control_record_of(const struct copse_control *control,
                                                     const struct copse_id *id)
{
    uint64_t prefix = prefix_of(id);
    size_t low = 0;
    size_t high = control->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct copse_control_key *key = &control->keys[middle];
        int order = key->prefix == prefix  ? copse_bytes_compare_ids(&key->record->id, id)
                    : key->prefix < prefix ? -1
                                           : 1;
        if (order == 0) {
            return key->record;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct copse_control_person *copse_control_person_of(const struct copse_control *control,
                                                     const struct copse_id *id)
{
    size_t low = 0;
    size_t high = control->person_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&control->persons[middle].id, id);
        if (order == 0) {
            return &control->persons[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct copse_control_line *copse_control_line_of(const struct copse_control *control, uint64_t log)
{
    const struct copse_log *found = control->source.log(control->source.context, log);
    if (found == NULL) {
        return NULL;
    }
    size_t low = 0;
    size_t high = control->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = copse_bytes_compare_ids(&control->lines[middle].fence.join, &found->join);
        if (order == 0) {
            return &control->lines[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct copse_control_line **copse_control_lines_of(const struct copse_control *control,
                                                   const struct copse_id *device)
{
    size_t low = 0;
    size_t high = control->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (copse_bytes_compare_ids(&control->devices[middle]->fence.device, device) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found = low < control->line_count &&
                    copse_bytes_equal_ids(&control->devices[low]->fence.device, device);
    return is_found ? &control->devices[low] : NULL;
}

struct copse_fence_place copse_control_place(const struct copse_control *control,
                                             const struct copse_control_record *record)
{
    const struct copse_log *log =
        control->source.log(control->source.context, record->position.log);
    return (struct copse_fence_place){&record->line->fence, log, record->position};
}

enum copse_err copse_control_append(struct copse_control *control, struct copse_control_list *list,
                                    struct copse_control_record *record)
{
    struct copse_control_link *link = copse_arena_new(&control->arena, 1, sizeof *link);
    if (link == NULL) {
        return COPSE_ERR_NOMEM;
    }
    link->record = record;
    if (list->first == NULL) {
        list->first = link;
    } else {
        list->last->next = link;
    }
    list->last = link;
    return COPSE_OK;
}

/* ---- signatures inside ops ---- */

static void put_checks(struct copse_control *control, const struct copse_control_record *record)
{
    if (control->options.put_checks != NULL) {
        control->options.put_checks(control->options.context, &record->id, &record->checks);
    }
}

static void get_checks(struct copse_control *control, struct copse_control_record *record)
{
    if (!record->has_checks && control->options.get_checks != NULL) {
        control->options.get_checks(control->options.context, &record->checks, &record->id);
    }
    record->has_checks = true;
}

/* True if it was not known before. */
static bool check(struct copse_control *control, struct copse_control_record *record,
                  const struct copse_control_check *what)
{
    uint64_t bit = (uint64_t)1 << what->bit;
    get_checks(control, record);
    if ((record->checks.done & bit) != 0) {
        return false;
    }
    record->checks.done |= bit;
    if (copse_key_verify(control->options.scheme, what->key, what->purpose, what->message,
                         what->signature) == COPSE_OK) {
        record->checks.good |= bit;
    }
    return true;
}

bool copse_control_is_good(struct copse_control *control, struct copse_control_record *record,
                           const struct copse_control_check *what)
{
    if (check(control, record, what)) {
        put_checks(control, record);
    }
    return (record->checks.good & (uint64_t)1 << what->bit) != 0;
}

/* Find the entry a leaf names. False: it is here, but not what the leaf says, or a stranger's. */
static enum copse_err find_leaf(const struct copse_control *control,
                                struct copse_control_leaf *leaf,
                                const struct copse_signature *signature)
{
    struct copse_held held;
    enum copse_err err = control->source.find(control->source.context, &held, &leaf->id);
    if (err == COPSE_ERR_NOT_FOUND) {
        return COPSE_OK;
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_control_line *line = copse_control_line_of(control, held.position.log);
    leaf->is_void = line == NULL || held.entry.class != leaf->class ||
                    held.entry.seq != leaf->seq ||
                    !copse_bytes_equal_ids(&held.entry.author, &leaf->device);
    if (!leaf->is_void) {
        leaf->position = held.position;
        leaf->line = line;
        if (control->options.take_leaf != NULL) {
            control->options.take_leaf(control->options.context, &held.position, signature);
        }
    }
    return COPSE_OK;
}

enum copse_err copse_control_resolve(struct copse_control *control,
                                     struct copse_control_record *record)
{
    if (record->cut != NULL) {
        return COPSE_OK;
    }
    struct copse_op_list list = record->op.cut;
    struct copse_control_cut *cut = copse_arena_new(&control->arena, 1, sizeof *cut);
    struct copse_control_leaf *leaves =
        copse_arena_new(&control->arena, list.count, sizeof *leaves);
    if (cut == NULL || leaves == NULL) {
        return COPSE_ERR_NOMEM;
    }
    bool is_news = false;
    struct copse_op_leaf named;
    for (unsigned i = 0; copse_op_next_leaf(&list, &named); i++) {
        /* SPEC 7.3: "A leaf is void when the entry it names is not held, is not of the class,
         * device and seq it says, is in a log that no line opened, or when its signature is not
         * good" */
        struct copse_control_check what = {i, COPSE_KEY_ENTRY, &named.device,
                                           copse_bytes_of_id(&named.id), &named.signature};
        is_news = check(control, record, &what) || is_news;
        if ((record->checks.good & (uint64_t)1 << i) == 0) {
            continue;
        }
        struct copse_control_leaf *leaf = &leaves[cut->count];
        *leaf = (struct copse_control_leaf){
            .id = named.id, .device = named.device, .class = named.class, .seq = named.seq};
        enum copse_err err = find_leaf(control, leaf, &named.signature);
        if (err != COPSE_OK) {
            return err;
        }
        cut->count++;
    }
    if (is_news) {
        put_checks(control, record);
    }
    cut->leaves = leaves;
    record->cut = cut;
    return COPSE_OK;
}

/* ---- reading ---- */

/* The kinds whose entries become records; the others never bear on anybody's standing. */
static bool bears_on_standing(enum copse_op_kind kind)
{
    return kind <= COPSE_OP_ASSENT;
}

/* Is the op in its place? A JOIN comes first in its log and nowhere else, a genesis is the one. */
static bool is_in_place(const struct copse_control *control, const struct copse_held *held,
                        const struct copse_op *op)
{
    bool is_genesis = copse_bytes_equal_ids(&held->id, &control->community);
    if (is_genesis || op->kind == COPSE_OP_GENESIS) {
        return is_genesis && op->kind == COPSE_OP_GENESIS;
    }
    return op->kind != COPSE_OP_JOIN || held->entry.seq == 0;
}

static void fill_record(struct copse_control_record *record, const struct copse_held *held,
                        const struct copse_op *op)
{
    record->id = held->id;
    record->position = held->position;
    record->under = held->trail.under;
    record->has_under = held->trail.has_under;
    record->hlc = held->entry.hlc;
    record->log_time = held->trail.log_time;
    record->op = *op;
}

/* The id a root signature in a record is over depends on the whole entry; it is only at hand here.
 */
static bool is_root_signed(struct copse_control *control, struct copse_control_record *record,
                           const struct copse_id *person, const struct copse_entry *entry)
{
    struct copse_id message;
    if (copse_op_root_message(&message, entry) != COPSE_OK) {
        return false;
    }
    struct copse_control_check what = {COPSE_CONTROL_ROOT, COPSE_KEY_ROOT, person,
                                       copse_bytes_of_id(&message), &record->op.signature};
    return copse_control_is_good(control, record, &what);
}

static enum copse_err read_records(struct copse_control *control)
{
    size_t capacity = 0;
    uint64_t cursor = 0;
    for (;;) {
        struct copse_held held;
        struct copse_op op;
        enum copse_err err = control->source.next_control(control->source.context, &held, &cursor);
        if (err == COPSE_ERR_NOT_FOUND) {
            return COPSE_OK;
        }
        if (err != COPSE_OK) {
            return err;
        }
        if (copse_entry_has_unknown_ext(&held.entry) ||
            copse_op_decode(&op, held.entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK ||
            !bears_on_standing(op.kind) || !is_in_place(control, &held, &op)) {
            continue;
        }
        size_t count = control->record_count;
        err = copse_memory_grow(control->options.memory, &control->records, &capacity, count + 1,
                                sizeof *control->records);
        if (err != COPSE_OK) {
            return err;
        }
        memset(&control->records[count], 0, sizeof control->records[count]);
        fill_record(&control->records[count], &held, &op);
        control->record_count++;
    }
}

static int compare_keys(const void *a, const void *b)
{
    const struct copse_control_key *x = a;
    const struct copse_control_key *y = b;
    if (x->prefix != y->prefix) {
        return x->prefix < y->prefix ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->record->id, &y->record->id);
}

static enum copse_err index_records(struct copse_control *control)
{
    size_t count = control->record_count;
    control->keys = copse_arena_new(&control->arena, count, sizeof *control->keys);
    if (control->keys == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        struct copse_control_record *record = &control->records[i];
        control->keys[i] = (struct copse_control_key){prefix_of(&record->id), record};
    }
    copse_sort(control->keys, count, sizeof *control->keys, compare_keys);
    for (size_t i = 0; i < count; i++) {
        struct copse_control_record *record = &control->records[i];
        record->cited =
            record->has_under ? copse_control_record_of(control, &record->under.grant) : NULL;
        if (record->cited != NULL) {
            record->next_citing = record->cited->first_citing;
            record->cited->first_citing = record;
        }
    }
    control->genesis = copse_control_record_of(control, &control->community);
    return COPSE_OK;
}

/* A first entry of class 0 opens a line if the certificate of its device is good. */
static bool opens_line(struct copse_control *control, struct copse_control_record *record,
                       const struct copse_id *device, struct copse_id *person)
{
    if (record->op.kind == COPSE_OP_GENESIS) {
        struct copse_op_list founders = record->op.ids;
        if (!copse_op_next_id(&founders, person)) {
            return false;
        }
    } else if (record->op.kind == COPSE_OP_JOIN) {
        *person = record->op.target;
    } else {
        return false;
    }
    /* SPEC 7.1: "A JOIN or GENESIS whose certificate is not good opens no line" */
    struct copse_control_check what = {COPSE_CONTROL_CERTIFICATE, COPSE_KEY_DEVICE, person,
                                       copse_bytes_of_id(device), &record->op.signature};
    return copse_control_is_good(control, record, &what);
}

/* Lines in order of their joins, since the keys are; `owners` gets the person of each. */
static enum copse_err read_lines(struct copse_control *control, struct copse_id **owners)
{
    size_t count = 0;
    for (size_t i = 0; i < control->record_count; i++) {
        count += control->records[i].position.seq == 0 ? 1u : 0u;
    }
    control->lines = copse_arena_new(&control->arena, count, sizeof *control->lines);
    *owners = copse_arena_new(&control->arena, count, sizeof **owners);
    if (control->lines == NULL || *owners == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < control->record_count; i++) {
        struct copse_control_record *record = control->keys[i].record;
        if (record->position.seq != 0) {
            continue;
        }
        const struct copse_log *log =
            control->source.log(control->source.context, record->position.log);
        COPSE_ASSERT(log != NULL);
        struct copse_id person;
        if (!opens_line(control, record, &log->author, &person)) {
            continue;
        }
        struct copse_control_line *line = &control->lines[control->line_count];
        line->record = record;
        line->fence.join = record->id;
        line->fence.device = log->author;
        (*owners)[control->line_count++] = person;
    }
    return COPSE_OK;
}

static int compare_ids(const void *a, const void *b)
{
    return copse_bytes_compare_ids(a, b);
}

/* The persons of lines, grants and the genesis, each once, by id. */
static enum copse_err read_persons(struct copse_control *control, const struct copse_id *owners)
{
    size_t most = control->line_count + control->record_count + COPSE_OP_FOUNDERS_MAX;
    struct copse_id *ids = copse_arena_new(&control->arena, most, sizeof *ids);
    if (ids == NULL) {
        return COPSE_ERR_NOMEM;
    }
    size_t count = 0;
    for (size_t i = 0; i < control->line_count; i++) {
        ids[count++] = owners[i];
    }
    for (size_t i = 0; i < control->record_count; i++) {
        if (control->records[i].op.kind == COPSE_OP_GRANT) {
            ids[count++] = control->records[i].op.target;
        }
    }
    if (control->genesis != NULL) {
        struct copse_op_list founders = control->genesis->op.ids;
        while (copse_op_next_id(&founders, &ids[count])) {
            count++;
        }
    }
    copse_sort(ids, count, sizeof *ids, compare_ids);
    control->persons = copse_arena_new(&control->arena, count, sizeof *control->persons);
    if (control->persons == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !copse_bytes_equal_ids(&ids[i - 1], &ids[i])) {
            struct copse_control_person *person = &control->persons[control->person_count++];
            person->id = ids[i];
            person->founder = COPSE_CONTROL_NO_FOUNDER;
        }
    }
    return COPSE_OK;
}

static void find_founders(struct copse_control *control)
{
    struct copse_id id;
    struct copse_op_list founders = control->genesis->op.ids;
    while (copse_op_next_id(&founders, &id)) {
        struct copse_control_person *person = copse_control_person_of(control, &id);
        person->founder = (uint32_t)control->founder_count;
        control->founders[control->founder_count++] = person;
    }
}

static int compare_devices(const void *a, const void *b)
{
    const struct copse_fence_line *x = &(*(struct copse_control_line *const *)a)->fence;
    const struct copse_fence_line *y = &(*(struct copse_control_line *const *)b)->fence;
    int order = copse_bytes_compare_ids(&x->device, &y->device);
    return order != 0 ? order : copse_bytes_compare_ids(&x->join, &y->join);
}

static enum copse_err link_lines(struct copse_control *control, const struct copse_id *owners)
{
    size_t count = control->line_count;
    control->devices = copse_arena_new(&control->arena, count, sizeof(struct copse_control_line *));
    if (control->devices == NULL) {
        return COPSE_ERR_NOMEM;
    }
    for (size_t i = count; i > 0; i--) {
        struct copse_control_line *line = &control->lines[i - 1];
        control->devices[i - 1] = line;
        line->person = copse_control_person_of(control, &owners[i - 1]);
        line->next = line->person->lines;
        line->person->lines = line;
    }
    copse_sort(control->devices, count, sizeof(struct copse_control_line *), compare_devices);
    for (size_t i = 0; i < control->record_count; i++) {
        struct copse_control_record *record = &control->records[i];
        record->line = copse_control_line_of(control, record->position.log);
    }
    return COPSE_OK;
}

static enum copse_err read_own_acts(struct copse_control *control)
{
    for (size_t i = 0; i < control->record_count; i++) {
        struct copse_control_record *record = control->keys[i].record;
        if (!record->op.is_root_signed || record->line == NULL) {
            continue;
        }
        struct copse_held held;
        enum copse_err err = control->source.find(control->source.context, &held, &record->id);
        if (err != COPSE_OK) {
            return err;
        }
        struct copse_control_person *person = record->line->person;
        if (is_root_signed(control, record, &person->id, &held.entry)) {
            err = copse_control_append(control, &person->own_acts, record);
            if (err != COPSE_OK) {
                return err;
            }
        }
    }
    return COPSE_OK;
}

static bool is_device_leave(const struct copse_control_record *record)
{
    return record->op.kind == COPSE_OP_LEAVE && !record->op.is_root_signed && record->line != NULL;
}

/* Where devices have left: the first LEAVE on each branch of each line's log. */
static enum copse_err read_leaves(struct copse_control *control)
{
    size_t count = 0;
    for (size_t i = 0; i < control->record_count; i++) {
        count += is_device_leave(&control->records[i]) ? 1u : 0u;
    }
    struct copse_fence_leaf *leaves = copse_arena_new(&control->arena, count, sizeof *leaves);
    if (leaves == NULL) {
        return COPSE_ERR_NOMEM;
    }
    count = 0;
    for (size_t i = 0; i < control->record_count; i++) {
        const struct copse_control_record *record = &control->records[i];
        if (is_device_leave(record)) {
            leaves[count++] = (struct copse_fence_leaf){record->position, record->id};
        }
    }
    count = copse_fence_reduce_first(leaves, count, &control->source);
    for (size_t i = 0; i < count; i++) {
        struct copse_control_line *line = copse_control_line_of(control, leaves[i].position.log);
        struct copse_fence_set *set = &line->fence.leaves;
        if (set->count == 0) {
            set->leaves = &leaves[i];
        }
        set->count++;
    }
    return COPSE_OK;
}

void copse_control_deinit(struct copse_control *control)
{
    copse_memory_free(control->options.memory, control->records);
    copse_arena_deinit(&control->arena);
}

enum copse_err copse_control_read(struct copse_control *control)
{
    struct copse_id *owners = NULL;
    enum copse_err err = read_records(control);
    if (err == COPSE_OK) {
        err = index_records(control);
    }
    if (err == COPSE_OK) {
        err = read_lines(control, &owners);
    }
    if (err == COPSE_OK) {
        err = read_persons(control, owners);
    }
    if (err == COPSE_OK) {
        err = link_lines(control, owners);
    }
    if (err == COPSE_OK) {
        err = read_own_acts(control);
    }
    if (err == COPSE_OK) {
        err = read_leaves(control);
    }
    if (err != COPSE_OK || control->genesis == NULL) {
        return err;
    }
    /* SPEC 7.1: "A community whose genesis is refused or opens no line has no units" */
    if (control->genesis->line == NULL) {
        control->genesis = NULL;
    } else {
        find_founders(control);
    }
    return COPSE_OK;
}
