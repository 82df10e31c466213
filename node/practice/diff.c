/* How it works: both texts are cut into tokens (lines, or words and the blanks between them).
 * Equal tokens get equal numbers, so the comparison proper, Myers' greedy search, works on
 * numbers. It keeps the furthest points of every round and walks back through them. The changed
 * groups of lines are compared again word by word, and at last clean_up joins changes that are
 * divided by next to nothing. */
#include "node/practice/diff.h"

#include <string.h>

/* A text cut into tokens. Token i is bytes starts[i] to starts[i + 1]. */
struct tokens {
    const struct copse_memory *memory;
    struct copse_slice text;
    size_t *starts;
    uint32_t *names; /* equal tokens of both texts have equal names */
    size_t count;
    size_t capacity;
};

/* One table from token to name, for both texts: open addressing, at most half full. */
struct names {
    struct slot *slots;
    size_t mask;
    uint32_t next;
};

struct slot {
    struct copse_slice token;
    uint32_t name; /* 0: free */
};

enum letter { LETTER_WORD, LETTER_BLANK, LETTER_NEWLINE, LETTER_OTHER };

static enum letter diff_letter(uint8_t byte)
{
    if (byte == '\n') {
        return LETTER_NEWLINE;
    }
    if (byte == ' ' || byte == '\t') {
        return LETTER_BLANK;
    }
    bool is_word = byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                   (byte >= 'a' && byte <= 'z');
    return is_word ? LETTER_WORD : LETTER_OTHER;
}

/* Where the line that starts at `start` ends: behind its newline. */
static size_t diff_line_end(struct copse_slice text, size_t start)
{
    const uint8_t *newline = memchr(text.data + start, '\n', text.size - start);
    return newline == NULL ? text.size : (size_t)(newline - text.data) + 1;
}

/* Where the word, or the run of blanks, that starts at `start` ends. A sign and a newline are words
 * of one character. Blanks are none of a word's: a word behind which another one is written would
 * otherwise be replaced by both, and doubled where two people do it. */
static size_t diff_word_end(struct copse_slice text, size_t start)
{
    enum letter first = diff_letter(text.data[start]);
    size_t at = start + 1;
    while ((first == LETTER_WORD || first == LETTER_BLANK) && at < text.size &&
           diff_letter(text.data[at]) == first) {
        at++;
    }
    return at;
}

static void tokens_deinit(struct tokens *tokens)
{
    copse_memory_free(tokens->memory, tokens->starts);
    copse_memory_free(tokens->memory, tokens->names);
}

static enum copse_err tokens_init(struct tokens *out, struct copse_slice text,
                                  enum copse_diff_grain grain, const struct copse_memory *memory)
{
    *out = (struct tokens){.memory = memory, .text = text};
    size_t at = 0;
    for (;;) {
        if (copse_memory_grow(memory, &out->starts, &out->capacity, out->count + 1,
                              sizeof(*out->starts)) != COPSE_OK) {
            return COPSE_ERR_NOMEM;
        }
        out->starts[out->count] = at;
        if (at == text.size) {
            break;
        }
        at = grain == COPSE_DIFF_LINES ? diff_line_end(text, at) : diff_word_end(text, at);
        out->count++;
    }
    out->names = copse_memory_new(memory, out->count + 1, sizeof(*out->names));
    return out->names == NULL ? COPSE_ERR_NOMEM : COPSE_OK;
}

static struct copse_slice tokens_slice(const struct tokens *tokens, size_t index)
{
    size_t start = tokens->starts[index];
    return (struct copse_slice){tokens->text.data + start, tokens->starts[index + 1] - start};
}

/* FNV-1a: only this process looks at it, and a collision costs a comparison. */
static size_t names_hash(struct copse_slice token)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < token.size; i++) {
        hash = (hash ^ token.data[i]) * 0x100000001b3u;
    }
    return (size_t)(hash ^ (hash >> 29));
}

static void names_give(struct names *names, struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        struct copse_slice token = tokens_slice(tokens, i);
        size_t at = names_hash(token) & names->mask;
        while (names->slots[at].name != 0 && !copse_bytes_equal(names->slots[at].token, token)) {
            at = (at + 1) & names->mask;
        }
        if (names->slots[at].name == 0) {
            names->slots[at] = (struct slot){token, names->next++};
        }
        tokens->names[i] = names->slots[at].name;
    }
}

static enum copse_err names_give_both(struct tokens *old_tokens, struct tokens *new_tokens)
{
    size_t room = 4;
    while (room < 2 * (old_tokens->count + new_tokens->count)) {
        room *= 2;
    }
    struct names names = {.mask = room - 1, .next = 1};
    names.slots = copse_memory_new(old_tokens->memory, room, sizeof(*names.slots));
    if (names.slots == NULL) {
        return COPSE_ERR_NOMEM;
    }
    names_give(&names, old_tokens);
    names_give(&names, new_tokens);
    copse_memory_free(old_tokens->memory, names.slots);
    return COPSE_OK;
}

/* Append a change; one that touches the last is joined to it. */
static enum copse_err diff_add(struct copse_diff *diff, const struct copse_diff_change *change)
{
    if (change->old_size == 0 && change->new_size == 0) {
        return COPSE_OK;
    }
    if (diff->count > 0) {
        struct copse_diff_change *last = &diff->changes[diff->count - 1];
        if (last->old_start + last->old_size == change->old_start &&
            last->new_start + last->new_size == change->new_start) {
            last->old_size += change->old_size;
            last->new_size += change->new_size;
            return COPSE_OK;
        }
    }
    enum copse_err err = copse_memory_grow(diff->memory, &diff->changes, &diff->capacity,
                                           diff->count + 1, sizeof(*diff->changes));
    if (err == COPSE_OK) {
        diff->changes[diff->count++] = *change;
    }
    return err;
}

/* Myers' search over the middle of two lists (common ends are cut off before).
 * Round d keeps, for each diagonal k = x - y of d's parity in [-d, d], the furthest x. */
struct search {
    const struct copse_memory *memory;
    const uint32_t *old_names;
    size_t old_count;
    const uint32_t *new_names;
    size_t new_count;
    uint32_t *rounds; /* round d starts at d (d + 1) / 2 and holds d + 1 points */
    size_t capacity;
};

static uint32_t *search_round(const struct search *search, size_t round)
{
    return search->rounds + round * (round + 1) / 2;
}

/* In round `round`, does the step to diagonal number `i` come from above (an insertion)? */
static bool search_from_above(const struct search *search, size_t round, size_t i)
{
    const uint32_t *before = search_round(search, round - 1);
    return i == 0 || (i != round && before[i - 1] < before[i]);
}

/* The furthest x of diagonal number `i` before following equal tokens. */
static size_t search_entry(const struct search *search, size_t round, size_t i)
{
    if (round == 0) {
        return 0;
    }
    const uint32_t *before = search_round(search, round - 1);
    return search_from_above(search, round, i) ? before[i] : before[i - 1] + (size_t)1;
}

/* y of a point on diagonal number `i` of `round`: k = 2 i - round, y = x - k. It may be negative or
 * past the end off the edges of the grid; then it wraps and the comparisons below refuse it. */
static size_t search_y(size_t x, size_t round, size_t i)
{
    return x + round - 2 * i;
}

/* Sets *rounds_out to the number of edits, or to SIZE_MAX when it is more than the limit. */
static enum copse_err search_run(struct search *search, size_t *rounds_out)
{
    for (size_t round = 0; round <= COPSE_DIFF_EDITS_MAX; round++) {
        size_t needed = (round + 1) * (round + 2) / 2;
        if (copse_memory_grow(search->memory, &search->rounds, &search->capacity, needed,
                              sizeof(*search->rounds)) != COPSE_OK) {
            return COPSE_ERR_NOMEM;
        }
        for (size_t i = 0; i <= round; i++) {
            size_t x = search_entry(search, round, i);
            size_t y = search_y(x, round, i);
            while (x < search->old_count && y < search->new_count &&
                   search->old_names[x] == search->new_names[y]) {
                x++;
                y++;
            }
            search_round(search, round)[i] = (uint32_t)x;
            if (x == search->old_count && y == search->new_count) {
                *rounds_out = round;
                return COPSE_OK;
            }
        }
    }
    *rounds_out = SIZE_MAX;
    return COPSE_OK;
}

/* Walk back from the end, marking what is not common. */
static void search_mark(const struct search *search, size_t rounds, bool *old_gone, bool *new_come)
{
    size_t x = search->old_count;
    size_t y = search->new_count;
    for (size_t round = rounds; round > 0; round--) {
        size_t i = (x + round - y) / 2;
        bool from_above = search_from_above(search, round, i);
        x = search_entry(search, round, i);
        y = search_y(x, round, i);
        if (from_above) {
            y--;
            new_come[y] = true;
        } else {
            x--;
            old_gone[x] = true;
        }
    }
}

/* Which tokens are not common? Both arrays are zero before. */
static enum copse_err diff_mark(const struct tokens *old_tokens, const struct tokens *new_tokens,
                                bool *old_gone, bool *new_come)
{
    size_t head = 0;
    size_t old_end = old_tokens->count;
    size_t new_end = new_tokens->count;
    while (head < old_end && head < new_end && old_tokens->names[head] == new_tokens->names[head]) {
        head++;
    }
    while (old_end > head && new_end > head &&
           old_tokens->names[old_end - 1] == new_tokens->names[new_end - 1]) {
        old_end--;
        new_end--;
    }
    struct search search = {
        .memory = old_tokens->memory,
        .old_names = old_tokens->names + head,
        .old_count = old_end - head,
        .new_names = new_tokens->names + head,
        .new_count = new_end - head,
    };
    size_t rounds = 0;
    enum copse_err err = search_run(&search, &rounds);
    if (err == COPSE_OK && rounds == SIZE_MAX) {
        memset(old_gone + head, true, search.old_count);
        memset(new_come + head, true, search.new_count);
    } else if (err == COPSE_OK) {
        search_mark(&search, rounds, old_gone + head, new_come + head);
    }
    copse_memory_free(search.memory, search.rounds);
    return err;
}

/* Turn marks into changes. `base` says where the two texts begin in the whole. */
static enum copse_err diff_collect(struct copse_diff *diff, const struct tokens *old_tokens,
                                   const bool *old_gone, const struct tokens *new_tokens,
                                   const bool *new_come, const struct copse_diff_change *base)
{
    size_t x = 0;
    size_t y = 0;
    for (;;) {
        size_t old_first = x;
        size_t new_first = y;
        while (x < old_tokens->count && old_gone[x]) {
            x++;
        }
        while (y < new_tokens->count && new_come[y]) {
            y++;
        }
        struct copse_diff_change change = {
            .old_start = base->old_start + old_tokens->starts[old_first],
            .old_size = old_tokens->starts[x] - old_tokens->starts[old_first],
            .new_start = base->new_start + new_tokens->starts[new_first],
            .new_size = new_tokens->starts[y] - new_tokens->starts[new_first],
        };
        enum copse_err err = diff_add(diff, &change);
        if (err != COPSE_OK) {
            return err;
        }
        if (x == old_tokens->count) {
            COPSE_ASSERT(y == new_tokens->count); /* what is common, both have */
            return COPSE_OK;
        }
        x++;
        y++;
    }
}

/* Compare the stretches that `base` names, at one grain, and append to `diff`. */
static enum copse_err diff_compare(struct copse_diff *diff, const struct copse_diff_pair *pair,
                                   const struct copse_diff_change *base,
                                   enum copse_diff_grain grain)
{
    const struct copse_memory *memory = diff->memory;
    struct copse_slice old_text = {pair->old_text.data + base->old_start, base->old_size};
    struct copse_slice new_text = {pair->new_text.data + base->new_start, base->new_size};
    struct tokens old_tokens = {.memory = memory};
    struct tokens new_tokens = {.memory = memory};
    bool *old_gone = NULL;
    bool *new_come = NULL;
    enum copse_err err = tokens_init(&old_tokens, old_text, grain, memory);
    if (err == COPSE_OK) {
        err = tokens_init(&new_tokens, new_text, grain, memory);
    }
    if (err == COPSE_OK) {
        err = names_give_both(&old_tokens, &new_tokens);
    }
    if (err == COPSE_OK) {
        old_gone = copse_memory_new(memory, old_tokens.count + 1, sizeof(*old_gone));
        new_come = copse_memory_new(memory, new_tokens.count + 1, sizeof(*new_come));
        err = old_gone == NULL || new_come == NULL ? COPSE_ERR_NOMEM : COPSE_OK;
    }
    if (err == COPSE_OK) {
        err = diff_mark(&old_tokens, &new_tokens, old_gone, new_come);
    }
    if (err == COPSE_OK) {
        err = diff_collect(diff, &old_tokens, old_gone, &new_tokens, new_come, base);
    }
    copse_memory_free(memory, old_gone);
    copse_memory_free(memory, new_come);
    tokens_deinit(&old_tokens);
    tokens_deinit(&new_tokens);
    return err;
}

static size_t diff_characters(struct copse_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += (text.data[i] & 0xc0u) != 0x80u;
    }
    return count;
}

static size_t diff_larger(const struct copse_diff_change *change)
{
    return change->old_size > change->new_size ? change->old_size : change->new_size;
}

/* Is the equal stretch between two changes worth nothing to a reader? Never one with a newline in
 * it; one that is short, or no longer than the changes on both its sides. */
static bool diff_is_noise(const struct copse_diff_change *before,
                          const struct copse_diff_change *after, struct copse_slice old_text)
{
    size_t start = before->old_start + before->old_size;
    struct copse_slice equal = {old_text.data + start, after->old_start - start};
    if (memchr(equal.data, '\n', equal.size) != NULL) {
        return false;
    }
    return diff_characters(equal) < COPSE_DIFF_EQUAL_MIN ||
           (equal.size <= diff_larger(before) && equal.size <= diff_larger(after));
}

/* Join changes over noise until nothing changes. A join makes the left change larger, so the one
 * before it is looked at again: going back by one keeps the whole linear. */
static void diff_clean_up(struct copse_diff *diff, struct copse_slice old_text)
{
    size_t kept = 0; /* changes[0 .. kept) are done among themselves */
    for (size_t i = 0; i < diff->count; i++) {
        struct copse_diff_change change = diff->changes[i];
        while (kept > 0 && diff_is_noise(&diff->changes[kept - 1], &change, old_text)) {
            struct copse_diff_change *before = &diff->changes[--kept];
            change.old_size += change.old_start - before->old_start;
            change.new_size += change.new_start - before->new_start;
            change.old_start = before->old_start;
            change.new_start = before->new_start;
        }
        diff->changes[kept++] = change;
    }
    diff->count = kept;
}

enum copse_err copse_diff_init(struct copse_diff *out, const struct copse_diff_pair *pair,
                               enum copse_diff_grain grain, const struct copse_memory *memory)
{
    static const uint8_t nothing[1];
    struct copse_diff_pair texts = *pair;
    texts.old_text.data = texts.old_text.data == NULL ? nothing : texts.old_text.data;
    texts.new_text.data = texts.new_text.data == NULL ? nothing : texts.new_text.data;
    COPSE_ASSERT(texts.old_text.size < UINT32_MAX && texts.new_text.size < UINT32_MAX);
    struct copse_diff lines = {.memory = memory};
    struct copse_diff words = {.memory = memory};
    struct copse_diff_change whole = {.old_size = texts.old_text.size,
                                      .new_size = texts.new_text.size};
    enum copse_err err = diff_compare(&lines, &texts, &whole, COPSE_DIFF_LINES);
    for (size_t i = 0; err == COPSE_OK && grain == COPSE_DIFF_WORDS && i < lines.count; i++) {
        err = diff_compare(&words, &texts, &lines.changes[i], COPSE_DIFF_WORDS);
    }
    if (grain == COPSE_DIFF_WORDS) {
        copse_diff_deinit(&lines);
        lines = words;
        diff_clean_up(&lines, texts.old_text);
    }
    if (err != COPSE_OK) {
        copse_diff_deinit(&lines);
        return err;
    }
    *out = lines;
    return COPSE_OK;
}

void copse_diff_deinit(struct copse_diff *diff)
{
    copse_memory_free(diff->memory, diff->changes);
    *diff = (struct copse_diff){.memory = diff->memory};
}
