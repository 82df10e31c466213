/* How it works: each op is applied in the order of the history, which has parents first. The
 * version it saw is the set of its ancestors; the units of that version are read off the whole
 * tree from left to right. A new unit is the right child of the unit it stands behind, or, if
 * that has right children in this version, the left child of the unit that follows. Children on
 * one side are ordered by (author, id). This is the definition of Fugue as its paper gives it,
 * and has nothing in common with a replay that moves from version to version. */
#include "tests/support/text_oracle.h"

#include <stdlib.h>
#include <string.h>

enum { UNITS_MAX = 8192, NO_UNIT = -1 };

struct set {
    uint64_t words[COPSE_TEXT_ORACLE_OPS_MAX / 64];
};

struct unit {
    size_t op;
    size_t byte, bytes; /* in the op's content */
    struct set deleters;
    int children[2]; /* the first on the left, on the right */
    int sibling;
};

struct oracle {
    const struct copse_text_history *history;
    struct set ancestors[COPSE_TEXT_ORACLE_OPS_MAX]; /* with the op itself */
    bool refused[COPSE_TEXT_ORACLE_OPS_MAX];
    struct unit units[UNITS_MAX];
    int unit_count;
    int root; /* children of the start, as a unit without text */
    int line[UNITS_MAX];
    int line_count;
};

static bool has(const struct set *set, size_t op)
{
    return (set->words[op / 64] >> (op % 64) & 1u) != 0;
}

static void put(struct set *set, size_t op)
{
    set->words[op / 64] |= (uint64_t)1 << (op % 64);
}

static bool meets(const struct set *a, const struct set *b)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(a->words); i++) {
        if ((a->words[i] & b->words[i]) != 0) {
            return true;
        }
    }
    return false;
}

/* All units below `unit`, itself among them, from left to right; a history is small enough for
 * the stack. */
static void read_tree(struct oracle *oracle, int unit)
{
    for (int child = oracle->units[unit].children[0]; child != NO_UNIT;
         child = oracle->units[child].sibling) {
        read_tree(oracle, child);
    }
    if (unit != oracle->root) {
        oracle->line[oracle->line_count++] = unit;
    }
    for (int child = oracle->units[unit].children[1]; child != NO_UNIT;
         child = oracle->units[child].sibling) {
        read_tree(oracle, child);
    }
}

static bool is_smaller(const struct oracle *oracle, size_t a, size_t b)
{
    const struct copse_text_history_op *ops = oracle->history->ops;
    int order = memcmp(ops[a].author.bytes, ops[b].author.bytes, COPSE_ID_BYTES);
    return order != 0 ? order < 0 : memcmp(ops[a].id.bytes, ops[b].id.bytes, COPSE_ID_BYTES) < 0;
}

static void hang(struct oracle *oracle, int unit, int parent, int side)
{
    int *link = &oracle->units[parent].children[side];
    while (*link != NO_UNIT &&
           is_smaller(oracle, oracle->units[*link].op, oracle->units[unit].op)) {
        link = &oracle->units[*link].sibling;
    }
    oracle->units[unit].sibling = *link;
    *link = unit;
}

/* The units of the version, deleted ones too. */
static int units_here(struct oracle *oracle, const struct set *version, int *out)
{
    int count = 0;
    oracle->line_count = 0;
    read_tree(oracle, oracle->root);
    for (int i = 0; i < oracle->line_count; i++) {
        if (has(version, oracle->units[oracle->line[i]].op)) {
            out[count++] = oracle->line[i];
        }
    }
    return count;
}

static bool is_counted(const struct oracle *oracle, int unit, const struct set *version)
{
    return !meets(&oracle->units[unit].deleters, version);
}

/* Put a unit behind `left` and give it. */
static int insert(struct oracle *oracle, size_t op, int left, const struct set *version)
{
    static int here[UNITS_MAX];
    int count = units_here(oracle, version, here);
    int next = NO_UNIT;
    for (int i = 0; i < count; i++) {
        if (left == oracle->root ? i == 0 : (i > 0 && here[i - 1] == left)) {
            next = here[i];
        }
    }
    bool has_right_child = false;
    for (int child = oracle->units[left].children[1]; child != NO_UNIT;
         child = oracle->units[child].sibling) {
        has_right_child = has_right_child || has(version, oracle->units[child].op);
    }
    COPSE_ASSERT(oracle->unit_count < UNITS_MAX);
    int unit = oracle->unit_count++;
    oracle->units[unit] = (struct unit){.op = op, .children = {NO_UNIT, NO_UNIT}};
    if (has_right_child) {
        hang(oracle, unit, next, 0);
    } else {
        hang(oracle, unit, left, 1);
    }
    return unit;
}

/* The counted units before and behind a patch bound what it deletes. */
static int delete_patch(struct oracle *oracle, size_t op, const struct copse_text_patch *patch,
                        uint32_t pos)
{
    static int here[UNITS_MAX];
    struct set version = oracle->ancestors[op];
    int count = units_here(oracle, &version, here);
    int left = oracle->root;
    uint32_t index = 0;
    for (int i = 0; i < count; i++) {
        bool counts = is_counted(oracle, here[i], &version);
        bool is_between = index >= pos && index <= pos + patch->del;
        if (counts && index + 1 == pos) {
            left = here[i];
        }
        if (counts ? index >= pos && index < pos + patch->del : patch->sweep && is_between) {
            put(&oracle->units[here[i]].deleters, op);
        }
        index += counts ? 1 : 0;
    }
    return left;
}

static size_t scalar_bytes(const uint8_t *at)
{
    if (*at < 0x80) {
        return 1;
    }
    if (*at < 0xe0) {
        return 2;
    }
    return *at < 0xf0 ? 3 : 4;
}

static void apply(struct oracle *oracle, size_t op)
{
    const struct copse_text_history_op *edit = &oracle->history->ops[op];
    int64_t shift = 0;
    size_t byte = 0;
    for (size_t p = 0; p < edit->patch_count; p++) {
        const struct copse_text_patch *patch = &edit->patches[p];
        uint32_t pos = (uint32_t)(patch->pos + shift);
        int left = delete_patch(oracle, op, patch, pos);
        for (uint32_t i = 0; i < patch->ins; i++) {
            left = insert(oracle, op, left, &oracle->ancestors[op]);
            oracle->units[left].byte = byte;
            oracle->units[left].bytes =
                byte < edit->content_size ? scalar_bytes(edit->content + byte) : 0;
            byte += oracle->units[left].bytes;
        }
        shift += (int64_t)patch->ins - (int64_t)patch->del;
    }
}

static bool is_refused(struct oracle *oracle, size_t op)
{
    static int here[UNITS_MAX];
    const struct copse_text_history_op *edit = &oracle->history->ops[op];
    if (edit->is_malformed) {
        return true;
    }
    size_t inserted = 0;
    for (size_t p = 0; p < edit->patch_count; p++) {
        inserted += edit->patches[p].ins;
    }
    if (edit->content_size < inserted || edit->content_size > 4 * inserted) {
        return true;
    }
    uint32_t length = 0;
    int count = units_here(oracle, &oracle->ancestors[op], here);
    for (int i = 0; i < count; i++) {
        length += is_counted(oracle, here[i], &oracle->ancestors[op]) ? 1 : 0;
    }
    for (size_t p = 0; p < edit->patch_count; p++) {
        if (edit->patches[p].pos + edit->patches[p].del > length) {
            return true;
        }
    }
    return false;
}

/* A content with the wrong number of units, or with a control character, prints as a gap. */
static bool is_printable(const struct copse_text_history_op *edit)
{
    size_t inserted = 0;
    size_t units = 0;
    for (size_t p = 0; p < edit->patch_count; p++) {
        inserted += edit->patches[p].ins;
    }
    for (size_t i = 0; i < edit->content_size; i += scalar_bytes(edit->content + i)) {
        uint8_t byte = edit->content[i];
        if (byte < 0x20 && byte != '\t' && byte != '\n') {
            return false;
        }
        units++;
    }
    return units == inserted;
}

static char *print(struct oracle *oracle, const struct set *version)
{
    char *text = calloc(1, (size_t)UNITS_MAX * 4 + 1);
    COPSE_ASSERT(text != NULL);
    size_t size = 0;
    oracle->line_count = 0;
    read_tree(oracle, oracle->root);
    struct set judged = *version;
    for (size_t i = 0; i < oracle->history->count; i++) {
        if (oracle->history->ops[i].is_muted) {
            judged.words[i / 64] &= ~((uint64_t)1 << (i % 64));
        }
    }
    for (int i = 0; i < oracle->line_count; i++) {
        const struct unit *unit = &oracle->units[oracle->line[i]];
        const struct copse_text_history_op *edit = &oracle->history->ops[unit->op];
        if (has(&judged, unit->op) && !meets(&judged, &unit->deleters) && !edit->is_erased &&
            is_printable(edit)) {
            memcpy(text + size, edit->content + unit->byte, unit->bytes);
            size += unit->bytes;
        }
    }
    return text;
}

static void join(struct set *set, const struct set *more)
{
    for (size_t w = 0; w < COPSE_ARRAY_SIZE(set->words); w++) {
        set->words[w] |= more->words[w];
    }
}

static struct oracle *replay(const struct copse_text_history *history)
{
    static struct oracle oracle;
    COPSE_ASSERT(history->count <= COPSE_TEXT_ORACLE_OPS_MAX);
    oracle.history = history;
    oracle.unit_count = 1;
    oracle.root = 0;
    oracle.units[0] = (struct unit){.children = {NO_UNIT, NO_UNIT}, .sibling = NO_UNIT};
    for (size_t i = 0; i < history->count; i++) {
        struct set version = {{0}};
        for (size_t p = 0; p < history->ops[i].parent_count; p++) {
            join(&version, &oracle.ancestors[history->ops[i].parents[p]]);
        }
        oracle.ancestors[i] = version;
        oracle.refused[i] = is_refused(&oracle, i);
        put(&oracle.ancestors[i], i);
        if (!oracle.refused[i]) {
            apply(&oracle, i);
        }
    }
    return &oracle;
}

/* The version that holds the ops of `heads` and their ancestors, or all ops. */
static struct set version_of(const struct oracle *oracle, const size_t *heads, size_t head_count)
{
    struct set version = {{0}};
    for (size_t i = 0; i < (heads == NULL ? oracle->history->count : head_count); i++) {
        join(&version, &oracle->ancestors[heads == NULL ? i : heads[i]]);
    }
    return version;
}

char *copse_text_oracle_print(const struct copse_text_history *history, const size_t *heads,
                              size_t head_count, size_t *refused_count)
{
    struct oracle *oracle = replay(history);
    struct set version = version_of(oracle, heads, head_count);
    *refused_count = 0;
    for (size_t i = 0; i < history->count; i++) {
        *refused_count += oracle->refused[i] ? 1 : 0;
    }
    return print(oracle, &version);
}

size_t copse_text_oracle_heads(const struct copse_text_history *history, size_t *out,
                               const size_t *heads, size_t head_count)
{
    const struct oracle *oracle = replay(history);
    struct set version = version_of(oracle, heads, head_count);
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++) {
        bool is_head = has(&version, i);
        for (size_t k = 0; k < history->count; k++) {
            bool has_effect = has(&version, k) && !oracle->refused[k] && !history->ops[k].is_muted;
            is_head =
                is_head && (k == i ? has_effect : !has_effect || !has(&oracle->ancestors[k], i));
        }
        if (is_head) {
            out[count++] = i;
        }
    }
    return count;
}
