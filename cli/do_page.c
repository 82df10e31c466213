/* Pages: begin, edit, show, compare. */
#include "cli/deeds.h"
#include "cli/gap.h"
#include "cli/input.h"
#include "node/practice/diff.h"
#include "node/practice/page.h"
#include "protocol/entry/clock.h"

#include <inttypes.h>
#include <string.h>

#define CONTEXT_LINES 3u

/* ---- versions as words ---- */

static void page_answer_version(struct copse_command *command, const char *key,
                                const struct copse_page_version *version,
                                const struct copse_id *object)
{
    struct copse_builder *line = &command->output.line;
    struct copse_slice text;
    copse_builder_clear(line);
    copse_page_write_version(line, version, object);
    if (copse_builder_end(&text, line) == COPSE_OK) {
        copse_answer_string(&command->output.json, key, text);
    }
}

/* Short enough to read and to type. */
static void page_print_version(struct copse_command *command,
                               const struct copse_page_version *version,
                               const struct copse_id *object)
{
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    if (version->count == 0) {
        copse_output_short_id(shortened, object);
        copse_output_text(&command->output, "%s", shortened);
    }
    for (size_t i = 0; i < version->count; i++) {
        copse_output_short_id(shortened, &version->heads[i]);
        copse_output_text(&command->output, "%s%s", i > 0 ? "+" : "", shortened);
    }
}

static enum copse_exit page_bad_version(struct copse_command *command, enum copse_err err,
                                        const char *text)
{
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "no_such_version",
                                       "copse page history ID lists the versions."};
    if (err == COPSE_ERR_DECODE) {
        fault.status = COPSE_EXIT_USAGE;
        fault.code = "malformed";
    } else if (err == COPSE_ERR_EXISTS) {
        fault.status = COPSE_EXIT_USAGE;
        fault.code = "ambiguous";
        fault.hint = "Type more of it.";
    } else if (err != COPSE_ERR_NOT_FOUND) {
        return copse_command_fail(command, err, "the version");
    }
    return copse_output_fail(&command->output, &fault, "%s is no version of this page", text);
}

/* ---- new ---- */

static enum copse_exit page_save_new(struct copse_command *command, struct copse_slice title,
                                     struct copse_slice body)
{
    struct copse_practice_deed deed;
    struct copse_command_tags tags;
    struct copse_page_version version;
    struct copse_id id;
    enum copse_exit status = copse_command_tags(command, &tags);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_WRITE);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    const struct copse_practice_value values[] = {
        {.field = COPSE_OBJECT_FIELD_TITLE, .shape = COPSE_PRACTICE_STRING, .string = title},
        {.field = COPSE_OBJECT_FIELD_TAGS,
         .shape = COPSE_PRACTICE_STRINGS,
         .strings = tags.items,
         .count = tags.count},
    };
    struct copse_page_draft draft = {
        .values = values, .count = tags.count > 0 ? 2 : 1, .body = body};
    enum copse_err err = copse_page_create(&deed, &id, &version, &draft, &command->error);
    status = copse_command_commit(command, &deed, err, "the page was not saved");
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_id(&command->output.json, "id", &id);
    page_answer_version(command, "version", &version, &id);
    return copse_command_saved(command, &id, "page show");
}

enum copse_exit copse_do_page_new(struct copse_command *command)
{
    struct copse_builder title;
    struct copse_builder body;
    struct copse_slice title_text = {NULL, 0};
    struct copse_slice body_text = {NULL, 0};
    struct copse_input input = {
        .name = "page", .words = COPSE_INPUT_NO_WORDS, .empty = COPSE_INPUT_MAY_BE_EMPTY};
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_look_before(command, NULL);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&title, command->practice.memory);
    copse_builder_init(&body, command->practice.memory);
    status = copse_command_line(command, &title, &title_text, "title");
    if (status == COPSE_EXIT_OK) {
        status = copse_input_text(command, &body, &input);
    }
    if (status == COPSE_EXIT_OK && copse_builder_end(&body_text, &body) != COPSE_OK) {
        status = copse_command_fail(command, COPSE_ERR_NOMEM, "the page");
    } else if (status == COPSE_EXIT_OK) {
        status = page_save_new(command, title_text, body_text);
        if (status != COPSE_EXIT_OK) {
            copse_input_keep(command, body_text);
        }
    }
    copse_builder_deinit(&title);
    copse_builder_deinit(&body);
    return status;
}

/* ---- edit ---- */

/* The version that the writer starts from, and its text for the editor. */
static enum copse_exit page_base(struct copse_command *command, struct copse_page_version *base,
                                 struct copse_builder *text)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    struct copse_page page;
    const char *wanted = copse_arguments_get(&command->arguments, "base");
    enum copse_exit status = copse_command_begin_on(command, &deed, &object, COPSE_DB_READ,
                                                    command->arguments.words[0], COPSE_OBJECT_PAGE);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err =
        wanted == NULL ? COPSE_OK : copse_page_read_version(&deed, base, &object, wanted);
    if (err == COPSE_OK) {
        err = copse_page_open(&deed, &page, &object, wanted == NULL ? NULL : base);
    }
    if (err == COPSE_OK) {
        if (wanted == NULL) {
            copse_page_version_of(base, &page);
        }
        copse_builder_slice(text, page.view.text);
        copse_page_close(&page);
    } else {
        status = page_bad_version(command, err, wanted == NULL ? "this" : wanted);
    }
    copse_practice_end(&deed);
    return status;
}

static enum copse_err page_write(struct copse_command *command, struct copse_practice_deed *deed,
                                 const struct copse_view_object *object,
                                 struct copse_page_version *version, bool *changed,
                                 const struct copse_slice *text, const struct copse_page_plan *plan)
{
    const char *title = copse_arguments_get(&command->arguments, "title");
    struct copse_page_version base = *version;
    struct copse_page_edit edit = {.object = object, .base = &base};
    size_t ops = 0;
    enum copse_err err = COPSE_OK;
    if (text != NULL) { /* first: it goes by what is in the store, as the plan does */
        edit.text = *text;
        err = copse_page_change(deed, version, &ops, &edit, plan, &command->error);
        *changed = ops > 0;
    }
    if (err == COPSE_OK && title != NULL) {
        struct copse_view *view;
        struct copse_view_object now;
        struct copse_id id = object->id;
        bool is_new = false;
        struct copse_practice_value value = {.field = COPSE_OBJECT_FIELD_TITLE,
                                             .shape = COPSE_PRACTICE_STRING,
                                             .string = copse_bytes_of_string(title)};
        err = copse_practice_view(deed, &view);
        if (err == COPSE_OK) {
            err = copse_view_object(view, &now, &id); /* anew: a write ends what was read */
        }
        if (err == COPSE_OK) {
            err = copse_page_set(deed, &is_new, &now, &value, &command->error);
        }
        *changed = *changed || is_new;
    }
    return err;
}

/* Work the edit out before the lock is taken. */
static enum copse_exit page_foresee(struct copse_command *command, struct copse_page_plan *plan,
                                    const struct copse_page_version *version,
                                    struct copse_slice text)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    enum copse_exit status = copse_command_begin_on(command, &deed, &object, COPSE_DB_READ,
                                                    command->arguments.words[0], COPSE_OBJECT_PAGE);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct copse_page_edit edit = {.object = &object, .base = version, .text = text};
    enum copse_err err = copse_page_foresee(&deed, plan, &edit, &command->error);
    copse_practice_end(&deed);
    return err == COPSE_OK ? COPSE_EXIT_OK
                           : copse_command_fail(command, err, "the page was not saved");
}

/* `text` NULL: the title alone. */
static enum copse_exit page_save(struct copse_command *command, struct copse_page_version *version,
                                 const struct copse_slice *text)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    struct copse_page_plan plan = {.edit = NULL};
    struct copse_id id;
    bool changed = false;
    enum copse_exit status =
        text == NULL ? COPSE_EXIT_OK : page_foresee(command, &plan, version, *text);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin_on(command, &deed, &object, COPSE_DB_WRITE,
                                        command->arguments.words[0], COPSE_OBJECT_PAGE);
    }
    if (status != COPSE_EXIT_OK) {
        copse_page_forget(&plan);
        return status;
    }
    id = object.id;
    enum copse_err err = page_write(command, &deed, &object, version, &changed, text, &plan);
    copse_page_forget(&plan);
    if (err != COPSE_OK || changed) {
        status = copse_command_commit(command, &deed, err, "the page was not saved");
    } else {
        copse_practice_end(&deed);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_id(&command->output.json, "id", &id);
    page_answer_version(command, "version", version, &id);
    copse_answer_truth(&command->output.json, "changed", changed);
    copse_output_text(&command->output,
                      changed ? "Saved as version " : "Nothing changed: version ");
    page_print_version(command, version, &id);
    copse_output_text(&command->output, "\n");
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_page_edit(struct copse_command *command)
{
    struct copse_builder before;
    struct copse_builder after;
    struct copse_slice text = {NULL, 0};
    struct copse_page_version version;
    struct copse_input input = {
        .name = "page", .words = COPSE_INPUT_NO_WORDS, .empty = COPSE_INPUT_MAY_BE_EMPTY};
    bool has_text = copse_arguments_has(&command->arguments, "file") ||
                    copse_arguments_has(&command->arguments, "message");
    const char *title = copse_arguments_get(&command->arguments, "title");
    bool is_title_only = !has_text && title != NULL;
    if (title != NULL && copse_command_is_blank(copse_bytes_of_string(title))) {
        return copse_command_usage(command, NULL, "the title is empty: nothing was saved");
    }
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&before, command->practice.memory);
    copse_builder_init(&after, command->practice.memory);
    status = page_base(command, &version, &before);
    if (status == COPSE_EXIT_OK && copse_builder_end(&input.template, &before) != COPSE_OK) {
        status = copse_command_fail(command, COPSE_ERR_NOMEM, "the page");
    }
    if (status == COPSE_EXIT_OK && !is_title_only) {
        status = copse_input_text(command, &after, &input);
    }
    if (status == COPSE_EXIT_OK && copse_builder_end(&text, &after) != COPSE_OK) {
        status = copse_command_fail(command, COPSE_ERR_NOMEM, "the page");
    } else if (status == COPSE_EXIT_OK) {
        status = page_save(command, &version, is_title_only ? NULL : &text);
        if (status != COPSE_EXIT_OK) {
            copse_input_keep(command, text);
        }
    }
    copse_builder_deinit(&before);
    copse_builder_deinit(&after);
    return status;
}

/* ---- show ---- */

/* Fields that several people set without knowing of each other: for a person to settle. */
static enum copse_err page_answer_conflicts(struct copse_command *command,
                                            struct copse_practice_deed *deed,
                                            const struct copse_view_object *object)
{
    static const enum copse_object_number numbers[] = {
        COPSE_OBJECT_FIELD_TYPE, COPSE_OBJECT_FIELD_TITLE, COPSE_OBJECT_FIELD_LANG,
        COPSE_OBJECT_FIELD_STATUS};
    struct copse_answer *json = &command->output.json;
    enum copse_err err = COPSE_OK;
    copse_answer_array(json, "conflicts");
    for (size_t i = 0; err == COPSE_OK && i < COPSE_ARRAY_SIZE(numbers); i++) {
        struct copse_reading_values values;
        err = copse_reading_live(deed, &values, object, numbers[i]);
        if (err != COPSE_OK || values.count < 2) {
            continue;
        }
        const char *name = copse_object_field_name(copse_object_field(object->kind, numbers[i]));
        copse_answer_object(json, NULL);
        copse_answer_word(json, "field", name);
        copse_answer_array(json, "values");
        for (size_t j = 0; j < values.count; j++) {
            copse_answer_string(json, NULL, values.items[j]);
        }
        copse_answer_array_end(json);
        copse_answer_object_end(json);
        copse_output_note(&command->output,
                          "%zu people gave it a different %s at once; copse page edit ID "
                          "--title TITLE says which it is.",
                          values.count, name);
    }
    copse_answer_array_end(json);
    return err;
}

static enum copse_err page_show(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_view_object *object,
                                const struct copse_page *page,
                                const struct copse_page_version *version)
{
    struct copse_answer *json = &command->output.json;
    struct copse_slice title;
    struct copse_slice body = page->view.text;
    struct copse_reading_tags tags;
    bool is_gap = false;
    enum copse_err err = copse_reading_string(deed, &title, object, COPSE_OBJECT_FIELD_TITLE);
    if (err == COPSE_OK) {
        err = copse_reading_tags(deed, &tags, object);
    }
    if (err == COPSE_OK) {
        err = copse_gap_is(command, deed, &is_gap, object);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (is_gap) {
        title = body = (struct copse_slice){NULL, 0};
    }
    copse_answer_id(json, "id", &object->id);
    copse_answer_string(json, "title", title);
    copse_answer_string(json, "body", body);
    page_answer_version(command, "version", version, &object->id);
    copse_answer_array(json, "tags");
    for (size_t i = 0; i < tags.count; i++) {
        copse_answer_string(json, NULL, tags.items[i]);
    }
    copse_answer_array_end(json);
    copse_answer_number(json, "gaps", page->view.gap_count);
    copse_answer_number(json, "pending", page->view.pending_count);
    err = copse_gap_say(command, deed, object, 0);
    if (err == COPSE_OK) {
        err = page_answer_conflicts(command, deed, object);
    }
    if (command->output.is_terminal) { /* a pipe gets the Markdown alone */
        copse_output_styled_words(&command->output, COPSE_OUTPUT_STRONG, title);
        copse_output_text(&command->output, "\n");
        copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "version ");
        page_print_version(command, version, &object->id);
        copse_output_text(&command->output, "\n\n");
    }
    copse_output_document(&command->output, body);
    if (page->view.gap_count > 0) {
        copse_output_note(&command->output, "%zu passages are not here yet, or were removed.",
                          page->view.gap_count);
    }
    return err;
}

enum copse_exit copse_do_page_show(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    struct copse_page page;
    struct copse_page_version version;
    const char *wanted = copse_arguments_get(&command->arguments, "version");
    enum copse_exit status =
        copse_command_start_on(command, &deed, &object, COPSE_DB_READ, COPSE_OBJECT_PAGE);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err =
        wanted == NULL ? COPSE_OK : copse_page_read_version(&deed, &version, &object, wanted);
    if (err == COPSE_OK) {
        err = copse_page_open(&deed, &page, &object, wanted == NULL ? NULL : &version);
    }
    if (err != COPSE_OK) {
        copse_practice_end(&deed);
        return page_bad_version(command, err, wanted == NULL ? "this" : wanted);
    }
    if (wanted == NULL) {
        copse_page_version_of(&version, &page);
    }
    err = page_show(command, &deed, &object, &page, &version);
    copse_page_close(&page);
    copse_practice_end(&deed);
    return copse_command_end(command, err, "the page");
}

/* ---- history ---- */

static void page_print_step(struct copse_command *command, struct copse_practice_deed *deed,
                            const struct copse_page_step *step)
{
    struct copse_answer *json = &command->output.json;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    char when[COPSE_TERMINAL_TIME_BYTES];
    copse_output_short_id(shortened, &step->id);
    copse_terminal_time(when, (int64_t)step->written_ms, COPSE_TERMINAL_LOCAL);
    copse_answer_object(json, NULL);
    copse_answer_id(json, "version", &step->id);
    copse_command_json_person(command, deed, &(struct copse_command_keys){"author", "author_name"},
                              &step->person);
    copse_answer_time(json, "written", (int64_t)step->written_ms);
    copse_answer_number(json, "inserted", step->inserted);
    copse_answer_number(json, "deleted", step->deleted);
    copse_answer_truth(json, "counts", step->counts);
    copse_answer_object_end(json);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", shortened);
    copse_output_text(&command->output, "  %s  +%zu -%zu  ", when, step->inserted, step->deleted);
    copse_command_print_person(command, deed, &step->person);
    copse_output_text(&command->output, "%s\n", step->counts ? "" : "  (does not count)");
}

enum copse_exit copse_do_page_history(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    struct copse_page_step *steps = NULL;
    size_t count = 0;
    enum copse_exit status =
        copse_command_start_on(command, &deed, &object, COPSE_DB_READ, COPSE_OBJECT_PAGE);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_page_history(&deed, &steps, &count, &object);
    copse_answer_array(&command->output.json, "items");
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        page_print_step(command, &deed, &steps[i]);
    }
    copse_answer_array_end(&command->output.json);
    copse_memory_free(command->practice.memory, steps);
    copse_practice_end(&deed);
    return copse_command_end(command, err, "the history");
}

/* ---- diff ---- */

/* The text of a version, appended. */
static enum copse_err page_text_at(struct copse_practice_deed *deed, struct copse_builder *out,
                                   const struct copse_view_object *object,
                                   const struct copse_page_version *version)
{
    struct copse_page page;
    enum copse_err err = copse_page_open(deed, &page, object, version);
    if (err == COPSE_OK) {
        copse_builder_slice(out, page.view.text);
        copse_page_close(&page);
    }
    return err;
}

static void page_print_lines(struct copse_command *command, struct copse_slice text, char sign,
                             enum copse_output_style style)
{
    while (text.size > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        size_t size = newline == NULL ? text.size : (size_t)(newline - text.data);
        copse_output_styled(&command->output, style, "%c ", sign);
        copse_output_styled_words(&command->output, style, (struct copse_slice){text.data, size});
        copse_output_text(&command->output, "\n");
        size += newline != NULL;
        text.data += size;
        text.size -= size;
    }
}

/* The last few lines of a stretch, or the first few. */
static struct copse_slice page_tail(struct copse_slice text)
{
    size_t lines = 0;
    for (size_t at = text.size; at > 0; at--) {
        lines += at < text.size && text.data[at - 1] == '\n';
        if (lines == CONTEXT_LINES) {
            return (struct copse_slice){text.data + at, text.size - at};
        }
    }
    return text;
}

static struct copse_slice page_head(struct copse_slice text)
{
    size_t lines = 0;
    for (size_t at = 0; at < text.size; at++) {
        lines += text.data[at] == '\n';
        if (lines == CONTEXT_LINES) {
            return (struct copse_slice){text.data, at + 1};
        }
    }
    return text;
}

static void page_print_change(struct copse_command *command, const struct copse_diff *diff,
                              size_t i, const struct copse_diff_pair *pair)
{
    const struct copse_diff_change *change = &diff->changes[i];
    struct copse_answer *json = &command->output.json;
    size_t before = i == 0 ? 0 : diff->changes[i - 1].old_start + diff->changes[i - 1].old_size;
    size_t after = i + 1 < diff->count ? diff->changes[i + 1].old_start : pair->old_text.size;
    size_t end = change->old_start + change->old_size;
    struct copse_slice equal_before = {pair->old_text.data + before, change->old_start - before};
    struct copse_slice equal_after = {pair->old_text.data + end, after - end};
    struct copse_slice removed = {pair->old_text.data + change->old_start, change->old_size};
    struct copse_slice added = {pair->new_text.data + change->new_start, change->new_size};
    struct copse_slice lead = page_tail(equal_before);
    bool is_cut = lead.size < equal_before.size;
    copse_answer_object(json, NULL);
    copse_answer_string(json, "removed", removed);
    copse_answer_string(json, "added", added);
    copse_answer_object_end(json);
    if (is_cut) {
        copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "...\n");
    }
    page_print_lines(command, lead, ' ', COPSE_OUTPUT_NORMAL);
    page_print_lines(command, removed, '-', COPSE_OUTPUT_REMOVED);
    page_print_lines(command, added, '+', COPSE_OUTPUT_ADDED);
    if (i + 1 == diff->count) {
        page_print_lines(command, page_head(equal_after), ' ', COPSE_OUTPUT_NORMAL);
    }
}

static enum copse_err page_diff(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_view_object *object,
                                const struct copse_page_version versions[2])
{
    struct copse_builder texts[2];
    struct copse_diff_pair pair;
    struct copse_diff diff;
    copse_builder_init(&texts[0], command->practice.memory);
    copse_builder_init(&texts[1], command->practice.memory);
    enum copse_err err = page_text_at(deed, &texts[0], object, &versions[0]);
    if (err == COPSE_OK) {
        err = page_text_at(deed, &texts[1], object, &versions[1]);
    }
    if (err == COPSE_OK) {
        err = copse_builder_end(&pair.old_text, &texts[0]);
    }
    if (err == COPSE_OK) {
        err = copse_builder_end(&pair.new_text, &texts[1]);
    }
    if (err == COPSE_OK) {
        err = copse_diff_init(&diff, &pair, COPSE_DIFF_LINES, command->practice.memory);
    }
    if (err == COPSE_OK) {
        page_answer_version(command, "from", &versions[0], &object->id);
        page_answer_version(command, "to", &versions[1], &object->id);
        copse_answer_array(&command->output.json, "items");
        for (size_t i = 0; i < diff.count; i++) {
            page_print_change(command, &diff, i, &pair);
        }
        copse_answer_array_end(&command->output.json);
        if (diff.count == 0) {
            copse_output_note(&command->output, "Nothing differs.");
        }
        copse_diff_deinit(&diff);
    }
    copse_builder_deinit(&texts[0]);
    copse_builder_deinit(&texts[1]);
    return err;
}

/* Which two versions: those given; with none, the newest edit and what it was made on. */
static enum copse_err page_diff_versions(struct copse_command *command,
                                         struct copse_practice_deed *deed,
                                         struct copse_page_version out[2],
                                         const struct copse_view_object *object)
{
    struct copse_page page;
    size_t given = command->arguments.word_count - 1;
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; err == COPSE_OK && i < given; i++) {
        err = copse_page_read_version(deed, &out[i], object, command->arguments.words[1 + i]);
    }
    if (err != COPSE_OK || given == 2) {
        return err;
    }
    err = copse_page_open(deed, &page, object, NULL);
    if (err != COPSE_OK) {
        return err;
    }
    copse_page_version_of(&out[1], &page);
    copse_page_close(&page);
    if (given == 1) {
        return COPSE_OK;
    }
    struct copse_page_step *steps = NULL;
    size_t count = 0;
    out[0].count = 0;
    err = copse_page_history(deed, &steps, &count, object);
    if (err == COPSE_OK && count > 0) {
        err = copse_page_before(deed, &out[0], &steps[0].id);
    }
    copse_memory_free(command->practice.memory, steps);
    return err;
}

enum copse_exit copse_do_page_diff(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    struct copse_page_version versions[2];
    enum copse_exit status =
        copse_command_start_on(command, &deed, &object, COPSE_DB_READ, COPSE_OBJECT_PAGE);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = page_diff_versions(command, &deed, versions, &object);
    if (err == COPSE_OK) {
        err = page_diff(command, &deed, &object, versions);
    }
    copse_practice_end(&deed);
    if (err == COPSE_OK) {
        return copse_output_done(&command->output);
    }
    return command->arguments.word_count > 1
               ? page_bad_version(command, err, command->arguments.words[1])
               : copse_command_fail(command, err, "the page");
}

/* ---- list ---- */

/* One page as a line, if it has the tag that is asked for. Sets *listed. */
static enum copse_err page_list_one(struct copse_command *command, struct copse_practice_deed *deed,
                                    bool *listed, const struct copse_view_object *page,
                                    const char *tag)
{
    struct copse_slice title;
    struct copse_reading_tags tags;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    enum copse_err err = copse_reading_tags(deed, &tags, page);
    *listed = tag == NULL;
    for (size_t i = 0; err == COPSE_OK && tag != NULL && i < tags.count; i++) {
        *listed = *listed || copse_bytes_equal(tags.items[i], copse_bytes_of_string(tag));
    }
    if (err == COPSE_OK && *listed) {
        err = copse_reading_string(deed, &title, page, COPSE_OBJECT_FIELD_TITLE);
    }
    if (err != COPSE_OK || !*listed) {
        return err;
    }
    copse_output_short_id(shortened, &page->id);
    copse_answer_object(&command->output.json, NULL);
    copse_answer_id(&command->output.json, "id", &page->id);
    copse_answer_string(&command->output.json, "title", title);
    copse_answer_array(&command->output.json, "tags");
    for (size_t i = 0; i < tags.count; i++) {
        copse_answer_string(&command->output.json, NULL, tags.items[i]);
    }
    copse_answer_array_end(&command->output.json);
    copse_answer_object_end(&command->output.json);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", shortened);
    copse_output_text(&command->output, "  ");
    copse_output_title(&command->output, title);
    copse_output_text(&command->output, "\n");
    return COPSE_OK;
}

enum copse_exit copse_do_page_list(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view *view;
    struct copse_view_cursor cursor;
    struct copse_view_object page;
    uint32_t limit = 0;
    uint32_t count = 0;
    const char *tag = copse_arguments_get(&command->arguments, "tag");
    enum copse_exit status = copse_command_number(command, &limit, "limit", UINT32_MAX);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_start(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_practice_view(&deed, &view);
    copse_answer_array(&command->output.json, "items");
    copse_view_open_kind(&cursor, COPSE_OBJECT_PAGE);
    while (err == COPSE_OK && count < limit) {
        bool listed = false;
        err = copse_view_next(view, &page, &cursor);
        if (err == COPSE_OK && page.is_visible) {
            err = page_list_one(command, &deed, &listed, &page, tag);
            count += listed;
        }
    }
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    if (err != COPSE_OK && err != COPSE_ERR_NOT_FOUND) {
        return copse_command_fail(command, err, "the pages");
    }
    if (count == 0) {
        copse_output_note(&command->output, "No pages. Begin one: copse page new TITLE");
    }
    return copse_output_done(&command->output);
}
