/* One's own words that found no place: the list, saying them again, keeping them in a file. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "node/practice/unplaced.h"
#include "protocol/entry/clock.h"

#include <inttypes.h>
#include <unistd.h>

#define FIRST_WORDS 60u

struct unplaced {
    struct copse_command *command;
    struct copse_builder *out; /* NULL: a list */
    uint64_t count;
};

static struct copse_slice unplaced_headline(const struct copse_unplaced_item *item)
{
    struct copse_slice text = item->title.size > 0 ? item->title : item->text;
    size_t size = text.size < FIRST_WORDS ? text.size : FIRST_WORDS;
    while (size < text.size && size > 0 && (text.data[size] & 0xc0u) == 0x80u) {
        size--;
    }
    return (struct copse_slice){text.data, size};
}

static enum copse_err unplaced_line(void *context, const struct copse_unplaced_item *item)
{
    struct unplaced *list = context;
    struct copse_command *command = list->command;
    struct copse_answer *json = &command->output.json;
    char when[COPSE_TERMINAL_TIME_BYTES];
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    uint64_t written_ms = copse_clock_ms(item->entry.held.entry.hlc);
    list->count++;
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &item->entry.held.id);
    copse_answer_word(json, "type", item->type);
    copse_answer_string(json, "title", item->title);
    copse_answer_string(json, "text", item->text);
    copse_answer_time(json, "written", (int64_t)written_ms);
    copse_answer_word(json, "verdict", copse_verdict_name(item->entry.verdict));
    copse_answer_object_end(json);
    copse_output_short_id(shortened, &item->entry.held.id);
    copse_terminal_time(when, (int64_t)written_ms, COPSE_TERMINAL_LOCAL);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", shortened);
    copse_output_text(&command->output, "  %s  %-9s ", when, item->type);
    copse_output_words(&command->output, unplaced_headline(item), COPSE_TERMINAL_LINE);
    copse_output_text(&command->output, "\n            %s\n",
                      copse_verdict_text(item->entry.verdict));
    return COPSE_OK;
}

static enum copse_err unplaced_write(void *context, const struct copse_unplaced_item *item)
{
    struct unplaced *save = context;
    char when[COPSE_TERMINAL_TIME_BYTES];
    copse_terminal_time(when, (int64_t)copse_clock_ms(item->entry.held.entry.hlc),
                        COPSE_TERMINAL_LOCAL);
    save->count++;
    copse_builder_format(save->out, "## %s, %s\n\n", item->type, when);
    if (item->title.size > 0) {
        copse_builder_slice(save->out, item->title);
        copse_builder_text(save->out, "\n\n");
    }
    copse_builder_slice(save->out, item->text);
    copse_builder_text(save->out, "\n\n");
    return save->out->failed ? COPSE_ERR_NOMEM : COPSE_OK;
}

enum copse_exit copse_do_unplaced_list(struct copse_command *command)
{
    struct copse_practice_deed deed;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct unplaced list = {command, NULL, 0};
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = copse_unplaced_walk(&deed, unplaced_line, &list);
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    if (err == COPSE_OK) {
        copse_output_note(&command->output, "%s",
                          list.count == 0
                              ? "All you wrote has its place."
                              : "Others do not see these. Say one again: copse unplaced repost ID. "
                                "Keep them all: copse unplaced save FILE");
    }
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, "your words");
}

enum copse_exit copse_do_unplaced_repost(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_id id;
    struct copse_id fresh;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    enum copse_exit status = copse_person_begin_on_entry(command, &deed, &id);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_unplaced_repost(&deed, &fresh, &id, &command->error);
    status = copse_command_commit(command, &deed, err, "not said again");
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_output_short_id(shortened, &fresh);
    copse_answer_id(&command->output.json, "id", &fresh);
    copse_output_text(&command->output, "Said again as %s, under today's date.\n", shortened);
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_unplaced_save(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_builder text;
    struct copse_slice bytes = {NULL, 0};
    const char *file = command->arguments.words[0];
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&text, command->practice.memory);
    struct unplaced save = {command, &text, 0};
    enum copse_err err = copse_unplaced_walk(&deed, unplaced_write, &save);
    copse_practice_end(&deed);
    if (err == COPSE_OK) {
        err = copse_builder_end(&bytes, &text);
    }
    if (err == COPSE_OK && access(file, F_OK) == 0) {
        err = copse_error_set(&command->error, COPSE_ERR_EXISTS, "%s is there already", file);
    }
    if (err == COPSE_OK) {
        err = copse_files_write(file, bytes, 0600, &command->error);
    }
    if (err == COPSE_OK) {
        copse_answer_word(&command->output.json, "file", file);
        copse_answer_number(&command->output.json, "count", save.count);
        copse_output_text(&command->output, "%" PRIu64 " written to %s.\n", save.count, file);
    }
    copse_builder_deinit(&text);
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, file);
}
