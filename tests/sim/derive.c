/* How it works: an entry is indexed when it comes. Standing is evaluated again when an entry came
 * that calls for it, and leaves rows in the state. A node with an odd number then gives up
 * what is not wanted; one with an even number keeps everything, so that the two kinds of node
 * show that evaluating the wanted part is evaluating the whole.
 */
#include "tests/sim/derive.h"

#include "protocol/authority/docket.h"
#include "protocol/authority/item.h"
#include "protocol/authority/standing.h"
#include "protocol/authority/update.h"
#include "protocol/authority/walk.h"
#include "protocol/authority/wanted.h"
#include "protocol/rules/export.h"
#include "protocol/rules/fold.h"
#include "protocol/rules/loose.h"

#include <stdlib.h>
#include <string.h>

static void demand(enum copse_err err)
{
    if (err != COPSE_OK) {
        fprintf(stderr, "not expected: %s\n", copse_error_name(err));
    }
    COPSE_ASSERT(err == COPSE_OK);
}

static bool is_clipping(const struct sim_node *node)
{
    return node->clips;
}

/* ---- the index ---- */

static bool read_op(struct copse_op *op, const struct copse_held *held)
{
    return !copse_entry_has_unknown_ext(&held->entry) &&
           copse_op_decode(op, held->entry.op, held->entry.class) == COPSE_OK;
}

/* SPEC 4.11: leaves that a cut names keep their signatures. Where an entry came without, the
 * cut has it. */
static void name_leaves(struct sim_node *node, struct copse_op_list cut)
{
    struct copse_op_leaf leaf;
    while (copse_op_next_leaf(&cut, &leaf)) {
        struct sim_note *named = sim_node_find(node, &leaf.id);
        bool is_good = named != NULL && !named->is_named &&
                       copse_bytes_equal_ids(&named->author, &leaf.device) &&
                       copse_key_verify(node->scheme, &leaf.device, COPSE_KEY_ENTRY,
                                        copse_bytes_of_id(&leaf.id), &leaf.signature) == COPSE_OK;
        if (is_good) {
            named->is_named = true;
            named->signature = named->is_signed ? named->signature : leaf.signature;
            named->is_signed = true;
        }
    }
}

static void name_all_leaves(struct sim_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        struct copse_op op;
        if (read_op(&op, memory_source_at(node->source, i))) {
            name_leaves(node, op.cut);
        }
    }
}

void derive_entry(struct sim_node *node, struct sim_note *note, const struct copse_held *held)
{
    struct copse_op op;
    bool is_read = read_op(&op, held);
    struct copse_source port = memory_source_port(node->source);
    demand(copse_update_add(&node->update, copse_state_memory_port(node->state),
                            port.log(port.context, held->position.log), held,
                            is_read ? &op : NULL));
    node->is_stale = node->is_stale || !copse_update_is_empty(&node->update);
    if (!is_read) {
        return;
    }
    note->kind = (uint32_t)op.kind;
    note->about = op.target;
    note->field = op.field;
    demand(copse_fold_add(copse_state_memory_port(node->state), &held->id, &held->entry, &op));
    demand(copse_docket_add(copse_state_memory_port(node->state), held, &op));
}

void derive_before_drop(struct sim_node *node, const struct copse_id *id)
{
    struct copse_source port = memory_source_port(node->source);
    bool *drops = calloc(node->count + 1, sizeof *drops);
    COPSE_ASSERT(drops != NULL);
    for (size_t i = 0; i < node->count; i++) {
        const struct copse_held *held = memory_source_at(node->source, i);
        struct copse_op op;
        const struct sim_note *prev =
            held->entry.has_prev ? sim_node_find(node, &held->entry.prev) : NULL;
        drops[i] =
            copse_bytes_equal_ids(&held->id, id) || (prev != NULL && drops[prev - node->notes]);
        if (drops[i]) {
            demand(copse_update_remove(&node->update, copse_state_memory_port(node->state),
                                       port.log(port.context, held->position.log), held));
        }
        if (drops[i] && read_op(&op, held)) {
            demand(copse_fold_remove(copse_state_memory_port(node->state), &held->id, &held->entry,
                                     &op));
            demand(copse_docket_remove(copse_state_memory_port(node->state), held, &op));
            if (op.kind == COPSE_OP_EDIT) {
                memory_source_add_loose(node->source, &op.target,
                                        memory_source_bytes(node->source, &held->id));
            }
        }
    }
    free(drops);
}

/* ---- standing ---- */

/* A port through which nothing may be written any more: the rows are there already. */
static enum copse_err refuse(struct copse_slice key)
{
    fprintf(stderr, "the row %c%c was not brought up to date\n", key.data[0], key.data[1]);
    return COPSE_ERR_EXISTS;
}

static enum copse_err refuse_put(void *context, struct copse_slice key, struct copse_slice value)
{
    (void)context;
    (void)value;
    return refuse(key);
}

static enum copse_err refuse_del(void *context, struct copse_slice key)
{
    (void)context;
    return refuse(key);
}

/* Bring standings up to date as a program does, and see that a whole evaluation leaves the same. */
static void evaluate(struct sim_node *node)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_state rows = *copse_state_memory_port(node->state);
    struct copse_governance *governance = NULL;
    const struct copse_governance_options options = {.memory = copse_memory_heap(),
                                                     .scheme = node->scheme};
    if (!copse_update_is_empty(&node->update)) {
        demand(copse_update_settle(&node->update, &rows, &node->community, &port, &options));
        rows.put = refuse_put;
        rows.del = refuse_del;
    }
    demand(copse_governance_new(&governance, &node->community, &port, &options));
    demand(copse_standing_write(&rows, governance));
    copse_governance_free(governance);
}

/* The first entry held that is not wanted; false when all are. */
static bool find_unwanted(const struct sim_node *node, struct copse_id *id)
{
    struct copse_source port = memory_source_port(node->source);
    for (size_t i = 0; i < node->count; i++) {
        const struct copse_held *held = memory_source_at(node->source, i);
        bool is_wanted = true;
        demand(copse_wanted_has(&is_wanted, copse_state_memory_port(node->state), &port, held));
        if (!is_wanted) {
            *id = held->id;
            return true;
        }
    }
    return false;
}

void derive_standing(struct sim_node *node)
{
    struct copse_id id;
    name_all_leaves(node);
    bool has_genesis = sim_node_find(node, &node->community) != NULL;
    evaluate(node);
    if (!is_clipping(node) || !has_genesis) {
        return;
    }
    bool is_clipped = false;
    while (find_unwanted(node, &id)) {
        sim_node_drop(node, &id);
        node->unwanted_count++;
        is_clipped = true;
    }
    if (is_clipped) {
        evaluate(node);
    }
    node->is_stale = false;
}

bool derive_is_wanted(const struct sim_node *node, const struct copse_held *held)
{
    bool is_wanted = true;
    struct copse_source port = memory_source_port(node->source);
    demand(copse_wanted_has(&is_wanted, copse_state_memory_port(node->state), &port, held));
    return is_wanted;
}

uint32_t derive_surplus(const struct sim_node *node, uint64_t log)
{
    struct copse_source port = memory_source_port(node->source);
    uint32_t branch = 0;
    demand(copse_wanted_surplus(&branch, copse_state_memory_port(node->state), &port, log));
    return branch;
}

/* Is what is held under the id of a leaf what the leaf says, in this log? Else it is void. */
static bool is_leaf_of(const struct copse_source *source, const struct copse_log *log,
                       const struct copse_wanted_leaf *leaf, const struct copse_held *named)
{
    const struct copse_log *other = source->log(source->context, named->position.log);
    return other != NULL && copse_bytes_equal_ids(&other->join, &log->join) &&
           other->class == log->class && leaf->class == log->class && leaf->seq == named->entry.seq;
}

/* Is the entry at the sender, which the node lacks, a leaf that is named, an ancestor of it, or on
 * the way to it? Where the node holds the leaf, it holds all its ancestors and asks for no more. */
static bool is_asked(const struct sim_node *node, const struct copse_source *sender,
                     const struct copse_held *held, const struct copse_wanted_leaf *leaf)
{
    const struct copse_log *log = sender->log(sender->context, held->position.log);
    struct copse_source port = memory_source_port(node->source);
    struct copse_held named;
    if (leaf->class != held->entry.class || leaf->seq < held->entry.seq) {
        return false;
    }
    bool is_here = port.find(port.context, &named, &leaf->id) == COPSE_OK;
    if (is_here && is_leaf_of(&port, log, leaf, &named)) {
        return false;
    }
    bool is_there = sender->find(sender->context, &named, &leaf->id) == COPSE_OK;
    if (is_there && is_leaf_of(sender, log, leaf, &named)) {
        return copse_log_reaches(log, &held->position, &named.position);
    }
    /* SPEC 7.9: "Until it is held, the entries of its log with a smaller seq are wanted too" */
    return held->entry.seq < leaf->seq;
}

static bool is_named(const struct sim_node *node, const struct copse_source *sender,
                     const struct copse_held *held, const struct copse_id *join)
{
    struct copse_wanted_cursor cursor = {0, 0};
    struct copse_wanted_leaf leaf;
    while (copse_wanted_next_leaf(&leaf, &cursor, copse_state_memory_port(node->state), join) ==
           COPSE_OK) {
        if (is_asked(node, sender, held, &leaf)) {
            return true;
        }
    }
    return false;
}

bool derive_wants(const struct sim_node *node, const struct sim_node *sender,
                  const struct copse_held *held)
{
    bool is_join = held->entry.class == COPSE_ENTRY_CONTROL && held->entry.seq == 0;
    if (!is_clipping(node) || is_join) {
        return true;
    }
    struct copse_source port = memory_source_port(sender->source);
    const struct copse_log *log = port.log(port.context, held->position.log);
    enum copse_wanted_extent wanted = COPSE_WANTED_NOTHING;
    demand(copse_wanted_of_log(&wanted, copse_state_memory_port(node->state), &log->join,
                               held->entry.class));
    switch (wanted) {
    case COPSE_WANTED_NOTHING:
        return false;
    case COPSE_WANTED_CLIPPED:
        return is_named(node, &port, held, &log->join);
    case COPSE_WANTED_ALL:
        break;
    }
    return true;
}

/* ---- loose ---- */

/* Objects that have EDITs: those of notes first, then those of what is loose. NULL: `index` is past
 * the last. Some are said more than once. */
static const struct copse_id *text_at(const struct sim_node *node, size_t *index)
{
    for (; *index < node->count; (*index)++) {
        size_t before = *index;
        const struct sim_note *note = &node->notes[*index];
        bool is_first = note->kind == COPSE_OP_EDIT;
        while (is_first && before > 0) {
            before--;
            is_first = node->notes[before].kind != COPSE_OP_EDIT ||
                       !copse_bytes_equal_ids(&node->notes[before].about, &note->about);
        }
        if (is_first) {
            (*index)++;
            return &note->about;
        }
    }
    size_t loose = (*index)++ - node->count;
    return loose < memory_source_loose_count(node->source)
               ? memory_source_loose_object(node->source, loose)
               : NULL;
}

static struct copse_loose_look look_at(const struct sim_node *node, const struct copse_id *object)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_loose_look look;
    demand(copse_loose_look_at(&look, copse_state_memory_port(node->state), &port,
                               copse_memory_heap(), object));
    return look;
}

void derive_loose(struct sim_node *node)
{
    const struct copse_id *next = NULL;
    size_t index = memory_source_loose_count(node->source) > 0 ? 0 : node->count;
    while ((next = text_at(node, &index)) != NULL) {
        struct copse_id object = *next;
        struct copse_loose_look look = look_at(node, &object);
        for (size_t i = 0; i < look.surplus_count; i++) {
            memory_source_drop_loose(node->source, &look.surplus[i]);
        }
        copse_loose_look_free(&look);
    }
}

/* What a node answers when it is asked for an EDIT by id. */
static struct copse_slice edit_of(const struct sim_node *node, const struct copse_id *id)
{
    struct copse_slice bytes = memory_source_bytes(node->source, id);
    return bytes.data != NULL ? bytes : memory_source_loose(node->source, id);
}

static bool take_loose(struct sim_node *node, const struct copse_id *object,
                       const struct copse_id *asked, struct copse_slice bytes)
{
    struct copse_id id;
    struct copse_entry entry;
    struct copse_op op;
    copse_id_of_entry(&id, bytes);
    if (!copse_bytes_equal_ids(&id, asked) ||
        copse_loose_read(&entry, &op, &node->community, bytes) != COPSE_OK ||
        !copse_bytes_equal_ids(&op.target, object)) {
        return false;
    }
    memory_source_add_loose(node->source, object, bytes);
    node->loose_count++;
    return true;
}

static bool give_loose(struct sim_world *world, const struct sim_node *from, struct sim_node *to,
                       const struct copse_id *object)
{
    struct copse_loose_look look = look_at(to, object);
    bool is_any = false;
    for (size_t i = 0; i < look.missing_count; i++) {
        struct copse_slice bytes = edit_of(from, &look.missing[i]);
        if (bytes.data == NULL) {
            continue;
        }
        if (sim_world_chance(world, world->options.mutated_share)) {
            uint8_t room[COPSE_ENTRY_BYTES_MAX];
            memcpy(room, bytes.data, bytes.size);
            room[sim_world_below(world, bytes.size)] ^= 1;
            if (take_loose(to, object, &look.missing[i], (struct copse_slice){room, bytes.size})) {
                sim_world_fail(world, "node %zu took another EDIT than it asked for", to->number);
            }
        }
        is_any = take_loose(to, object, &look.missing[i], bytes) || is_any;
    }
    copse_loose_look_free(&look);
    return is_any;
}

void derive_give_loose(struct sim_world *world, const struct sim_node *from, struct sim_node *to)
{
    const struct copse_id *next = NULL;
    for (size_t index = 0; index < to->count && (next = text_at(to, &index)) != NULL;) {
        struct copse_id object = *next;
        while (give_loose(world, from, to, &object)) {
        }
    }
}

/* ---- views ---- */

static struct copse_view *open_view(const struct sim_node *node, struct copse_source *port)
{
    struct copse_view *view = NULL;
    *port = memory_source_port(node->source);
    const struct copse_view_options options = {.state = copse_state_memory_port(node->state),
                                               .source = port,
                                               .memory = copse_memory_heap(),
                                               .community = node->community};
    demand(copse_view_new(&view, &options));
    return view;
}

/* What an act erases is erased here; what no act erases any more is missing, and asked for again.
 */
void derive_erasures(struct sim_node *node)
{
    struct copse_source port;
    struct copse_view *view = open_view(node, &port);
    for (size_t i = 0; i < node->count; i++) {
        const struct copse_held *held = memory_source_at(node->source, i);
        if (held->content_state == COPSE_CONTENT_NONE || node->notes[i].kind == UINT32_MAX) {
            continue;
        }
        struct copse_view_entry entry;
        enum copse_err err = copse_view_load(view, &entry, &held->id);
        demand(err);
        bool is_erased = entry.words == COPSE_VIEW_ERASED;
        if (is_erased && held->content_state != COPSE_CONTENT_ERASED) {
            demand(memory_source_set_content(node->source, &held->id, COPSE_CONTENT_ERASED,
                                             (struct copse_slice){NULL, 0}));
            sim_node_forget_content(node, i);
            node->erased_count++;
        } else if (!is_erased && held->content_state == COPSE_CONTENT_ERASED) {
            demand(memory_source_set_content(node->source, &held->id, COPSE_CONTENT_MISSING,
                                             (struct copse_slice){NULL, 0}));
            node->restored_count++;
        }
    }
    copse_view_free(view);
}

struct copse_id derive_items(const struct sim_node *node)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_item *items = NULL;
    size_t count = 0;
    size_t capacity = 0;
    struct copse_id digest;
    for (uint64_t number = 0; port.log(port.context, number) != NULL; number++) {
        size_t more = 0;
        demand(copse_memory_grow(copse_memory_heap(), &items, &capacity,
                                 count + COPSE_ITEM_OF_LOG_MAX, sizeof *items));
        demand(copse_item_of_log(items + count, &more, copse_state_memory_port(node->state), &port,
                                 number));
        count += more;
    }
    copse_item_digest(&digest, items, count);
    copse_memory_free(copse_memory_heap(), items);
    return digest;
}

struct copse_id derive_export(const struct sim_node *node)
{
    struct copse_source port;
    struct copse_view *view = open_view(node, &port);
    struct copse_id digest = {{0}};
    demand(copse_export_digest(view, &digest));
    copse_view_free(view);
    return digest;
}

uint32_t derive_honoured(const struct sim_node *node)
{
    struct copse_source port;
    struct copse_view *view = open_view(node, &port);
    uint32_t count = 0;
    for (size_t i = 0; i < node->count; i++) {
        struct copse_view_entry entry;
        if (node->notes[i].kind == UINT32_MAX) {
            continue;
        }
        demand(copse_view_judge(view, &entry, &node->notes[i].id));
        count += entry.verdict == COPSE_VERDICT_HONOURED ? 1 : 0;
    }
    copse_view_free(view);
    return count;
}

uint32_t derive_recalls(const struct sim_node *node)
{
    struct copse_source port = memory_source_port(node->source);
    struct copse_governance *governance = NULL;
    const struct copse_governance_options options = {.memory = copse_memory_heap(),
                                                     .scheme = node->scheme};
    uint32_t count = 0;
    demand(copse_governance_new(&governance, &node->community, &port, &options));
    for (size_t i = 0; i < governance->control.record_count; i++) {
        count += governance->control.records[i].is_in_effect ? 1 : 0;
    }
    copse_governance_free(governance);
    return count;
}

/* ---- comparing ---- */

struct text {
    char *bytes;
    size_t size, capacity;
};

static enum copse_err append(void *context, struct copse_slice bytes)
{
    struct text *text = context;
    enum copse_err err = copse_memory_grow(copse_memory_heap(), &text->bytes, &text->capacity,
                                           text->size + bytes.size + 1, 1);
    if (err == COPSE_OK) {
        memcpy(text->bytes + text->size, bytes.data, bytes.size);
        text->size += bytes.size;
        text->bytes[text->size] = 0;
    }
    return err;
}

static struct text write_export(const struct sim_node *node)
{
    struct copse_source port;
    struct copse_view *view = open_view(node, &port);
    struct text text = {NULL, 0, 0};
    demand(copse_export_all(view, append, &text));
    copse_view_free(view);
    return text;
}

/* Exports are equal, or the first line that differs is told. */
static void compare_exports(struct sim_world *world, const struct sim_node *one,
                            const struct sim_node *two)
{
    struct text texts[2] = {write_export(one), write_export(two)};
    size_t at = 0;
    size_t line = 0;
    while (at < texts[0].size && at < texts[1].size && texts[0].bytes[at] == texts[1].bytes[at]) {
        at++;
        line = texts[0].bytes[at - 1] == '\n' ? at : line;
    }
    if (at < texts[0].size || at < texts[1].size) {
        sim_world_fail(world, "nodes %zu and %zu export different things:\n  %.*s\n  %.*s",
                       one->number, two->number, (int)strcspn(texts[0].bytes + line, "\n"),
                       texts[0].bytes + line, (int)strcspn(texts[1].bytes + line, "\n"),
                       texts[1].bytes + line);
    }
    copse_memory_free(copse_memory_heap(), texts[0].bytes);
    copse_memory_free(copse_memory_heap(), texts[1].bytes);
}

/* What counts, counts at both. Why something does not may differ where one holds more of a log than
 * is wanted: so many branches that it is frozen, too. */
static bool is_same_verdict(const struct sim_node *one, const struct sim_node *two,
                            enum copse_verdict a, enum copse_verdict b)
{
    bool counts = a == COPSE_VERDICT_HONOURED || b == COPSE_VERDICT_HONOURED;
    return a == b || (!counts && sim_node_sum(one) != sim_node_sum(two));
}

static void compare_verdicts(struct sim_world *world, const struct sim_node *one,
                             const struct sim_node *two)
{
    struct copse_source ports[2];
    struct copse_view *views[2] = {open_view(one, &ports[0]), open_view(two, &ports[1])};
    for (size_t i = 0; i < one->count; i++) {
        struct copse_view_entry entries[2];
        const struct sim_note *note = &one->notes[i];
        if (note->kind == UINT32_MAX || sim_node_find(two, &note->id) == NULL) {
            continue;
        }
        demand(copse_view_judge(views[0], &entries[0], &note->id));
        demand(copse_view_judge(views[1], &entries[1], &note->id));
        if (!is_same_verdict(one, two, entries[0].verdict, entries[1].verdict)) {
            char hex[COPSE_ID_HEX_BYTES];
            copse_bytes_id_to_hex(hex, &note->id);
            sim_world_fail(world, "%.16s (%s) is %s at node %zu and %s at node %zu", hex,
                           copse_op_name(note->kind), copse_verdict_name(entries[0].verdict),
                           one->number, copse_verdict_name(entries[1].verdict), two->number);
        }
    }
    copse_view_free(views[0]);
    copse_view_free(views[1]);
}

void derive_compare(struct sim_world *world, const struct sim_node *one, const struct sim_node *two)
{
    compare_verdicts(world, one, two);
    compare_exports(world, one, two);
    if (sim_node_sum(one) == sim_node_sum(two) &&
        !copse_state_memory_equal(one->state, two->state)) {
        sim_world_fail(world, "nodes %zu and %zu hold the same entries and have derived other rows",
                       one->number, two->number);
    }
}
