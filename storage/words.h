/* Text made comparable for search: folded, without marks, with pairs for scripts that do not
 * space their words.
 *
 * Compatibility forms and case are folded and combining marks taken off (utf8proc), so
 * that `cafe` finds `café`, `STRASSE` finds `Straße` and a ligature its letters. Runs of
 * Han, kana and Hangul become overlapping pairs of characters, so that a word inside a run
 * is found. Everything that is no letter, number or mark separates words.
 */
#ifndef COPSE_STORAGE_WORDS_H
#define COPSE_STORAGE_WORDS_H

#include "protocol/base/bytes.h"
#include "protocol/base/memory.h"

/* A text that grows; the memory's own. */
struct copse_words {
    const struct copse_memory *memory;
    char *text; /* words with one space between, not ended by a NUL; NULL when empty */
    size_t size;
    size_t capacity;
    int32_t *scalars; /* at work */
    size_t scalar_capacity;
};

void copse_words_init(struct copse_words *words, const struct copse_memory *memory);
void copse_words_deinit(struct copse_words *words);

/* An indexed run of unspaced characters ends with its last character alone, so that every character
 * begins some word; in a query that one would ask too much. */
enum copse_words_use { COPSE_WORDS_INDEX, COPSE_WORDS_QUERY };

/* Replace what `words` holds by the words of `text` (valid UTF-8). COPSE_OK or COPSE_ERR_NOMEM.
 * Cost: O(size). */
enum copse_err copse_words_fold(struct copse_words *words, struct copse_slice text,
                                enum copse_words_use use) COPSE_MUST_CHECK;

#endif
