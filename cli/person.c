#include "cli/person.h"

#include "cli/input.h"
#include "node/practice/act.h"
#include "node/practice/who.h"

#include <string.h>

/* "Ana Ruiz (1a2b3c4d5e), Ana Sol (99887766aa)" */
static void person_list(struct copse_practice_deed *deed, struct copse_builder *out,
                        const struct copse_who *who)
{
    for (size_t i = 0; i < who->count; i++) {
        char key[COPSE_OUTPUT_SHORT_ID_BYTES];
        struct copse_slice name = {NULL, 0};
        bool is_claimed = false;
        copse_output_short_id(key, &who->persons[i]);
        copse_builder_text(out, i > 0 ? ", " : "");
        if (copse_who_name(deed, &name, &is_claimed, &who->persons[i]) == COPSE_OK) {
            copse_terminal_clean(out, name, COPSE_TERMINAL_LINE);
        }
        copse_builder_format(out, "%s(%s)", name.size > 0 ? " " : "", key);
    }
}

enum copse_exit copse_person_find(struct copse_command *command, struct copse_practice_deed *deed,
                                  struct copse_id *out, const char *text)
{
    struct copse_who who;
    enum copse_err err = copse_who_find(deed, &who, text);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the people cannot be read");
    }
    if (who.count == 1) {
        *out = who.persons[0];
        return COPSE_EXIT_OK;
    }
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_found",
                                       "copse people list shows who is here."};
    if (who.count == 0) {
        return copse_output_fail(&command->output, &fault, "there is nobody called %s here", text);
    }
    struct copse_builder list;
    struct copse_slice words = {NULL, 0};
    copse_builder_init(&list, command->practice.memory);
    person_list(deed, &list, &who);
    fault = (struct copse_output_fault){COPSE_EXIT_USAGE, "ambiguous",
                                        "Type more of the name, or the beginning of the key."};
    enum copse_exit status = copse_builder_end(&words, &list) == COPSE_OK
                                 ? copse_output_fail(&command->output, &fault, "%s may be %s", text,
                                                     (const char *)words.data)
                                 : copse_command_fail(command, COPSE_ERR_NOMEM, text);
    copse_builder_deinit(&list);
    return status;
}

enum copse_exit copse_person_reason(struct copse_command *command, struct copse_builder *out,
                                    const char *prompt)
{
    const char *given = copse_arguments_get(&command->arguments, "reason");
    enum copse_exit status = COPSE_EXIT_OK;
    if (given != NULL) {
        copse_builder_text(out, given);
    } else {
        status = copse_input_line(command, out, prompt,
                                  "Say why with --reason TEXT: all members can read it.");
    }
    struct copse_slice text = {NULL, 0};
    if (status == COPSE_EXIT_OK && copse_builder_end(&text, out) != COPSE_OK) {
        status = copse_command_fail(command, COPSE_ERR_NOMEM, "the reason");
    }
    if (status == COPSE_EXIT_OK && strspn((const char *)text.data, " \t") == text.size) {
        status = copse_command_usage(command, "Others should be able to understand it later.",
                                     "the reason is empty: nothing was done");
    }
    return status;
}

enum copse_exit copse_person_agree(struct copse_command *command, const char *question)
{
    struct copse_builder answer;
    if (copse_arguments_has(&command->arguments, "yes")) {
        return COPSE_EXIT_OK;
    }
    copse_builder_init(&answer, command->practice.memory);
    enum copse_exit status =
        copse_input_line(command, &answer, question, "Say yes beforehand with --yes.");
    if (status == COPSE_EXIT_OK && (answer.size == 0 || (answer.data[0] | 0x20) != 'y')) {
        struct copse_output_fault fault = {COPSE_EXIT_INTERRUPTED, "interrupted", NULL};
        status = copse_output_fail(&command->output, &fault, "nothing was done");
    }
    copse_builder_deinit(&answer);
    return status;
}

enum copse_exit copse_person_begin(struct copse_command *command, struct copse_practice_deed *deed,
                                   struct copse_id *person, const char *word,
                                   struct copse_builder *reason, const char *prompt)
{
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK && reason != NULL) {
        /* Nobody is asked why before it is known whom it is about; nor under the lock. */
        status = copse_command_begin(command, deed, COPSE_DB_READ);
        if (status == COPSE_EXIT_OK) {
            status = copse_person_find(command, deed, person, word);
            copse_practice_end(deed);
        }
        if (status == COPSE_EXIT_OK) {
            status = copse_person_reason(command, reason, prompt);
        }
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, deed, COPSE_DB_WRITE);
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_person_find(command, deed, person, word);
        if (status != COPSE_EXIT_OK) {
            copse_practice_end(deed);
        }
    }
    return status;
}

enum copse_exit copse_person_entry(struct copse_command *command, struct copse_practice_deed *deed,
                                   struct copse_id *out, const char *digits)
{
    size_t count = 0;
    enum copse_err err = copse_act_match(deed, out, &count, digits);
    if (err == COPSE_OK && count == 1) {
        return COPSE_EXIT_OK;
    }
    copse_practice_end(deed);
    if (err == COPSE_ERR_DECODE) {
        return copse_command_usage(command, "copse people role history PERSON shows ids.",
                                   "%s is no id: it takes %u or more of the digits 0-9 a-f", digits,
                                   COPSE_READING_DIGITS_MIN);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, digits);
    }
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_found",
                                       "copse people role history PERSON shows ids."};
    if (count > 1) {
        fault = (struct copse_output_fault){COPSE_EXIT_USAGE, "ambiguous", "Type more of the id."};
    }
    return copse_output_fail(&command->output, &fault,
                             count > 1 ? "%s may be several" : "there is nothing %s here", digits);
}

enum copse_exit copse_person_begin_on_entry(struct copse_command *command,
                                            struct copse_practice_deed *deed, struct copse_id *out)
{
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, deed, COPSE_DB_WRITE);
    }
    return status == COPSE_EXIT_OK
               ? copse_person_entry(command, deed, out, command->arguments.words[0])
               : status;
}

enum copse_exit copse_person_from(struct copse_command *command, struct copse_practice_deed *deed,
                                  const struct copse_id **out, struct copse_id *room)
{
    const char *digits = copse_arguments_get(&command->arguments, "from");
    *out = digits == NULL ? NULL : room;
    return digits == NULL ? COPSE_EXIT_OK : copse_person_entry(command, deed, room, digits);
}

void copse_person_print(struct copse_command *command, struct copse_practice_deed *deed,
                        const struct copse_id *person)
{
    struct copse_slice name;
    bool is_claimed = false;
    char key[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(key, person);
    if (copse_who_name(deed, &name, &is_claimed, person) == COPSE_OK && name.size > 0) {
        copse_output_words(&command->output, name, COPSE_TERMINAL_LINE);
    } else {
        copse_output_text(&command->output, "somebody (%s)", key);
    }
}
