/* How it works: the whole text is decomposed and case-folded into scalars, marks of scripts
 * that are read without them are taken out, and the rest is composed again, so that kana and
 * Hangul are whole characters. Then one pass writes words.
 */
#include "storage/words.h"

#include <string.h>
#include <utf8proc.h>

struct range {
    int32_t first;
    int32_t last;
};

/* Ranges rise: most letters there are lie before all of them. */
static bool is_in(int32_t scalar, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && scalar >= ranges[i].first; i++) {
        if (scalar <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Marks that people leave out when they type in a hurry: accents, Hebrew points, Arabic vowels.
 * Those of Indic and other scripts are part of the word. */
static bool is_optional_mark(int32_t scalar)
{
    static const struct range marks[] = {
        {0x0300, 0x036f}, {0x0483, 0x0487}, {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2},
        {0x05c4, 0x05c5}, {0x05c7, 0x05c7}, {0x0610, 0x061a}, {0x0640, 0x0640}, {0x064b, 0x065f},
        {0x0670, 0x0670}, {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x06e7, 0x06e8}, {0x06ea, 0x06ed},
        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe20, 0xfe2f},
    };
    return is_in(scalar, marks, COPSE_ARRAY_SIZE(marks));
}

/* Scripts written without spaces between words. */
static bool is_unspaced(int32_t scalar)
{
    static const struct range scripts[] = {
        {0x0e00, 0x0eff},   /* Thai, Lao */
        {0x1000, 0x109f},   /* Myanmar */
        {0x1100, 0x11ff},   /* Hangul letters */
        {0x1780, 0x17ff},   /* Khmer */
        {0x3005, 0x3007},   /* Han repetition and zero */
        {0x3041, 0x30ff},   /* kana */
        {0x31f0, 0x31ff},   /* kana */
        {0x3400, 0x4dbf},   /* Han */
        {0x4e00, 0x9fff},   /* Han */
        {0xac00, 0xd7a3},   /* Hangul */
        {0xf900, 0xfaff},   /* Han */
        {0x20000, 0x3134f}, /* Han */
    };
    return is_in(scalar, scripts, COPSE_ARRAY_SIZE(scripts));
}

/* Letters with a stroke, which decompose into nothing. */
static int32_t without_stroke(int32_t scalar)
{
    switch (scalar) {
    case 0x0111: /* d */
        return 'd';
    case 0x00f8: /* o */
        return 'o';
    case 0x0142: /* l */
        return 'l';
    case 0x0127: /* h */
        return 'h';
    case 0x0131: /* dotless i */
        return 'i';
    default:
        return scalar;
    }
}

static bool is_word_part(int32_t scalar)
{
    utf8proc_category_t category = utf8proc_category(scalar);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

_Static_assert(UTF8PROC_CATEGORY_LU < UTF8PROC_CATEGORY_MN &&
                   UTF8PROC_CATEGORY_MN < UTF8PROC_CATEGORY_NO,
               "letters, marks and numbers lie together");

void copse_words_init(struct copse_words *words, const struct copse_memory *memory)
{
    *words = (struct copse_words){.memory = memory};
}

void copse_words_deinit(struct copse_words *words)
{
    copse_memory_free(words->memory, words->text);
    copse_memory_free(words->memory, words->scalars);
    copse_words_init(words, words->memory);
}

static enum copse_err append(struct copse_words *words, int32_t scalar)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t size = utf8proc_encode_char(scalar, bytes);
    if (size <= 0) {
        return COPSE_OK; /* no scalar value: nothing to write */
    }
    enum copse_err err = copse_memory_grow(words->memory, &words->text, &words->capacity,
                                           words->size + (size_t)size, 1);
    if (err == COPSE_OK) {
        memcpy(words->text + words->size, bytes, (size_t)size);
        words->size += (size_t)size;
    }
    return err;
}

static enum copse_err end_word(struct copse_words *words)
{
    if (words->size == 0 || words->text[words->size - 1] == ' ') {
        return COPSE_OK;
    }
    return append(words, ' ');
}

/* Fill words->scalars; sets *count. */
static enum copse_err normalise(struct copse_words *words, size_t *count, struct copse_slice text)
{
    utf8proc_option_t options =
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    size_t room = text.size + 64;
    utf8proc_ssize_t size = 0;
    for (;;) {
        enum copse_err err = copse_memory_grow(words->memory, &words->scalars,
                                               &words->scalar_capacity, room, sizeof(int32_t));
        if (err != COPSE_OK) {
            return err;
        }
        size = utf8proc_decompose(text.data, (utf8proc_ssize_t)text.size, words->scalars,
                                  (utf8proc_ssize_t)words->scalar_capacity, options);
        if (size < 0) {
            *count = 0; /* not UTF-8: no words */
            return COPSE_OK;
        }
        if ((size_t)size < words->scalar_capacity) {
            break;
        }
        room = (size_t)size + 1;
    }
    size_t kept = 0;
    for (size_t i = 0; i < (size_t)size; i++) {
        if (!is_optional_mark(words->scalars[i])) {
            words->scalars[kept++] = without_stroke(words->scalars[i]);
        }
    }
    size = utf8proc_normalize_utf32(words->scalars, (utf8proc_ssize_t)kept,
                                    UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    *count = size < 0 ? 0 : (size_t)size;
    return COPSE_OK;
}

/* A run of unspaced characters as overlapping pairs. */
static enum copse_err append_pairs(struct copse_words *words, const int32_t *run, size_t count,
                                   enum copse_words_use use)
{
    enum copse_err err = end_word(words);
    for (size_t i = 0; i < count && err == COPSE_OK; i++) {
        bool is_last = i + 1 == count;
        if (is_last && count > 1 && use == COPSE_WORDS_QUERY) {
            break;
        }
        err = append(words, run[i]);
        if (err == COPSE_OK && !is_last) {
            err = append(words, run[i + 1]);
        }
        if (err == COPSE_OK) {
            err = append(words, ' ');
        }
    }
    return err;
}

enum copse_err copse_words_fold(struct copse_words *words, struct copse_slice text,
                                enum copse_words_use use)
{
    size_t count = 0;
    words->size = 0;
    enum copse_err err = normalise(words, &count, text);
    for (size_t i = 0; i < count && err == COPSE_OK;) {
        size_t end = i;
        while (end < count && is_unspaced(words->scalars[end]) &&
               is_word_part(words->scalars[end])) {
            end++;
        }
        if (end > i) {
            err = append_pairs(words, words->scalars + i, end - i, use);
            i = end;
        } else {
            err = is_word_part(words->scalars[i]) ? append(words, words->scalars[i])
                                                  : end_word(words);
            i++;
        }
    }
    while (words->size > 0 && words->text[words->size - 1] == ' ') {
        words->size--;
    }
    return err;
}
