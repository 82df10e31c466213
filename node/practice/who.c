#include "node/practice/who.h"

#include "node/practice/reading.h"
#include "protocol/authority/standing.h"
#include "storage/words.h"

#include <string.h>

/* ---- names ---- */

/* The name that some entry of the person gives, whether it counts or not. */
static enum copse_err who_claimed(struct copse_practice_deed *deed, struct copse_slice *out,
                                  const struct copse_id *person)
{
    struct copse_view *view;
    struct copse_state_cursor rows;
    struct copse_slice key;
    struct copse_slice value;
    struct copse_fold_prefix names = copse_fold_field(person, COPSE_OBJECT_FIELD_NAME);
    enum copse_err err = copse_practice_view(deed, &view);
    copse_state_open(&rows, copse_fold_bytes(&names));
    while (err == COPSE_OK &&
           (err = copse_state_next(&rows, &key, &value, &deed->state)) == COPSE_OK) {
        struct copse_view_entry entry;
        struct copse_id id;
        err = copse_fold_entry_of(&id, key);
        if (err == COPSE_OK) {
            err = copse_view_judge(view, &entry, &id);
        }
        bool is_theirs = err == COPSE_OK && copse_bytes_equal_ids(&entry.person, person) &&
                         entry.words == COPSE_VIEW_HERE;
        if (is_theirs &&
            copse_object_takes(copse_object_field(COPSE_OBJECT_PERSON, COPSE_OBJECT_FIELD_NAME),
                               entry.held.content)) {
            *out = copse_reading_text(entry.held.content);
            return COPSE_OK;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_who_name(struct copse_practice_deed *deed, struct copse_slice *out,
                              bool *is_claimed, const struct copse_id *person)
{
    *is_claimed = false;
    enum copse_err err = copse_reading_name(deed, out, person);
    if (err == COPSE_OK && out->size == 0) {
        err = who_claimed(deed, out, person);
        *is_claimed = out->size > 0;
    }
    return err;
}

/* ---- finding ---- */

/* How well a person answers to the word; the best sort that anybody has is taken. */
enum fit { FIT_NOT, FIT_PART, FIT_NAME };

static bool who_is_word_start(const char *text, size_t at)
{
    return at == 0 || text[at - 1] == ' ';
}

/* Do words of `name` begin with the words of `asked`, one after the other? Both folded. */
static bool who_begins(const struct copse_words *name, const struct copse_words *asked)
{
    for (size_t at = 0; at + asked->size <= name->size; at++) {
        if (who_is_word_start(name->text, at) &&
            memcmp(name->text + at, asked->text, asked->size) == 0) {
            return true;
        }
    }
    return false;
}

static enum fit who_fits(const struct copse_words *name, const struct copse_words *asked,
                         const struct copse_id *person, const char *text)
{
    if (asked->size > 0 && name->size == asked->size &&
        memcmp(name->text, asked->text, asked->size) == 0) {
        return FIT_NAME;
    }
    bool is_key = strlen(text) >= COPSE_READING_DIGITS_MIN && copse_reading_begins(person, text);
    return is_key || (asked->size > 0 && who_begins(name, asked)) ? FIT_PART : FIT_NOT;
}

/* What one search knows. */
struct search {
    struct copse_practice_deed *deed;
    struct copse_who *out;
    const char *text;
    struct copse_words asked;
    struct copse_words name;
    enum fit best;
};

static void who_keep(struct search *search, enum fit fit, const struct copse_id *person)
{
    struct copse_who *out = search->out;
    if (fit == FIT_NOT || fit < search->best) {
        return;
    }
    out->count = fit > search->best ? 0 : out->count;
    search->best = fit;
    for (size_t i = 0; i < out->count; i++) {
        if (copse_bytes_equal_ids(&out->persons[i], person)) {
            return;
        }
    }
    if (out->count < COPSE_WHO_MAX) {
        out->persons[out->count++] = *person;
    }
}

static enum copse_err who_look(struct search *search, const struct copse_id *person)
{
    struct copse_slice called;
    bool is_claimed = false;
    enum copse_err err = copse_who_name(search->deed, &called, &is_claimed, person);
    if (err == COPSE_OK) {
        err = copse_words_fold(&search->name, called, COPSE_WORDS_INDEX);
    }
    if (err == COPSE_OK) {
        who_keep(search, who_fits(&search->name, &search->asked, person, search->text), person);
    }
    return err;
}

/* Whoever has a device here, and whoever holds or held a role, which may come first. */
static enum copse_err who_search(struct search *search)
{
    struct copse_practice_deed *deed = search->deed;
    struct copse_view *view;
    struct copse_view_cursor cursor;
    struct copse_view_object object;
    struct copse_state_cursor rows;
    struct copse_id person;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_words_fold(&search->asked, copse_bytes_of_string(search->text),
                               COPSE_WORDS_INDEX);
    }
    copse_view_open_people(&cursor);
    while (err == COPSE_OK && (err = copse_view_next(view, &object, &cursor)) == COPSE_OK) {
        err = who_look(search, &object.id);
    }
    err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    copse_standing_open_people(&rows);
    while (err == COPSE_OK &&
           (err = copse_standing_next_person(&person, &rows, &deed->state)) == COPSE_OK) {
        err = who_look(search, &person);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_who_find(struct copse_practice_deed *deed, struct copse_who *out,
                              const char *text)
{
    struct search search = {.deed = deed, .out = out, .text = text};
    out->count = 0;
    if (!copse_bytes_is_utf8(copse_bytes_of_string(text))) {
        return COPSE_OK;
    }
    if (copse_bytes_id_from_hex(&out->persons[0], copse_bytes_of_string(text)) == COPSE_OK) {
        out->count = 1;
        return COPSE_OK;
    }
    copse_words_init(&search.asked, deed->practice->memory);
    copse_words_init(&search.name, deed->practice->memory);
    enum copse_err err = who_search(&search);
    copse_words_deinit(&search.asked);
    copse_words_deinit(&search.name);
    return err;
}
