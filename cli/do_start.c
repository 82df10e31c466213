/* Who you are, and what needs no community: init, me, limits, version, help. */
#include "cli/deeds.h"
#include "cli/help.h"
#include "cli/input.h"
#include "cli/limits.h"
#include "node/practice/people.h"

#include <inttypes.h>
#include <string.h>

/* ---- init ---- */

static enum copse_exit start_name(struct copse_command *command, struct copse_builder *name,
                                  struct copse_slice *out)
{
    const char *given = copse_arguments_get(&command->arguments, "name");
    if (given != NULL) {
        copse_builder_text(name, given);
    } else {
        enum copse_exit status = copse_input_line(
            command, name, "Your name, as others are to see it:", "Say it: copse init --name NAME");
        if (status != COPSE_EXIT_OK) {
            return status;
        }
    }
    enum copse_err err = copse_builder_end(out, name);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the name");
    }
    if (out->size == 0 || out->size > COPSE_OBJECT_LINE_BYTES_MAX || !copse_bytes_is_utf8(*out)) {
        return copse_command_usage(command, NULL, "a name is one line of 1 to %u bytes of UTF-8",
                                   COPSE_OBJECT_LINE_BYTES_MAX);
    }
    return COPSE_EXIT_OK;
}

/* Make what is not there yet; an earlier init may have been cut short. The keys come last: with
 * them there is an identity, and its name is known by then. */
static enum copse_exit start_make(struct copse_command *command, struct copse_slice name)
{
    size_t said = 0;
    enum copse_exit status = copse_command_make_store(command);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_open(command, COPSE_COMMAND_READS);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_people_set_name(&command->practice, &said, name, &command->error);
    copse_command_close(command);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the name");
    }
    err = copse_keyring_create(command->home, NULL, command->practice.memory, &command->error);
    return err == COPSE_OK ? copse_command_open(command, COPSE_COMMAND_ACTS)
                           : copse_command_fail(command, err, command->home);
}

static enum copse_exit start_welcome(struct copse_command *command)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_id(json, "person", copse_keyring_person(command->keyring));
    copse_answer_id(json, "device", copse_keyring_device(command->keyring));
    copse_answer_word(json, "home", command->home);
    copse_output_text(&command->output, "You are ready. Everything is kept in %s\n\n",
                      command->home);
    copse_output_text(&command->output,
                      "Next:\n"
                      "  copse community create \"Physics teaching\"   found a community\n"
                      "  copse community join TICKET                  or join one\n"
                      "  copse me code show                           keep your way back in\n");
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_start_init(struct copse_command *command)
{
    struct copse_builder name;
    struct copse_slice text = {NULL, 0};
    struct copse_keyring *old = NULL;
    enum copse_err err =
        copse_keyring_open(&old, command->home, command->practice.memory, &command->error);
    copse_keyring_close(old);
    if (err == COPSE_OK) {
        struct copse_output_fault fault = {
            COPSE_EXIT_CONFLICT, "exists",
            "copse me show tells who you are. For a second identity use --home DIR."};
        return copse_output_fail(&command->output, &fault, "there is an identity in %s already",
                                 command->home);
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return copse_command_fail(command, err, command->home);
    }
    command->error.text[0] = '\0';
    copse_builder_init(&name, command->practice.memory);
    enum copse_exit status = start_name(command, &name, &text);
    if (status == COPSE_EXIT_OK) {
        status = start_make(command, text);
    }
    if (status == COPSE_EXIT_OK) {
        status = start_welcome(command);
    }
    copse_builder_deinit(&name);
    return status;
}

/* ---- me ---- */

enum copse_exit copse_do_start_me(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_slice name;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_people_adopt_name(&command->practice, &command->error);
    if (err == COPSE_OK) {
        err = copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_READ, &command->error);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the store");
    }
    err = copse_people_own_name(&deed, &name);
    if (err != COPSE_OK) {
        copse_practice_end(&deed);
        return copse_command_fail(command, err, "the name");
    }
    char person[COPSE_ID_HEX_BYTES];
    char device[COPSE_ID_HEX_BYTES];
    bool is_confirmed = copse_keyring_is_confirmed(command->keyring);
    copse_bytes_id_to_hex(person, copse_keyring_person(command->keyring));
    copse_bytes_id_to_hex(device, copse_keyring_device(command->keyring));
    copse_answer_word(&command->output.json, "person", person);
    copse_answer_word(&command->output.json, "device", device);
    copse_answer_string(&command->output.json, "name", name);
    copse_answer_truth(&command->output.json, "code_confirmed", is_confirmed);
    copse_output_styled_words(&command->output, COPSE_OUTPUT_STRONG, name);
    copse_output_text(&command->output, "\nperson  %s\ndevice  %s\nkept in %s\n", person, device,
                      command->home);
    if (!is_confirmed) {
        copse_output_note(&command->output, COPSE_COMMAND_KEEP_CODE);
    }
    copse_practice_end(&deed);
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_start_name(struct copse_command *command)
{
    struct copse_builder name;
    struct copse_slice text = {NULL, 0};
    size_t said = 0;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&name, command->practice.memory);
    status = copse_command_line(command, &name, &text, "name");
    if (status == COPSE_EXIT_OK) {
        enum copse_err err =
            copse_people_set_name(&command->practice, &said, text, &command->error);
        status = err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, "the name");
    }
    if (status == COPSE_EXIT_OK) {
        copse_answer_string(&command->output.json, "name", text);
        copse_answer_number(&command->output.json, "communities", said);
        copse_output_text(&command->output, "You are now called ");
        copse_output_words(&command->output, text, COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, " in %zu %s.\n", said,
                          said == 1 ? "community" : "communities");
        status = copse_output_done(&command->output);
    }
    copse_builder_deinit(&name);
    return status;
}

static enum copse_exit start_code_gone(struct copse_command *command)
{
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "code_confirmed",
                                       "It is on the paper you wrote it on, and nowhere else."};
    return copse_output_fail(&command->output, &fault,
                             "the recovery code was confirmed and is no longer on this machine");
}

static enum copse_exit start_code_show(struct copse_command *command)
{
    struct copse_keyring_code code;
    enum copse_err err = copse_keyring_code(command->keyring, &code);
    if (err == COPSE_ERR_NOT_FOUND) {
        return start_code_gone(command);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the recovery code");
    }
    copse_answer_word(&command->output.json, "code", code.text);
    copse_output_text(&command->output, "%s\n", code.text);
    copse_output_note(&command->output,
                      "Write it on paper and show it to nobody. Then: copse me code confirm");
    copse_keyring_forget(&code);
    return copse_output_done(&command->output);
}

/* The groups that are asked for: always the same, so that help can name them. */
#define CODE_FIRST_GROUP 1u
#define CODE_SECOND_GROUP 4u

static enum copse_exit start_code_confirm(struct copse_command *command)
{
    struct copse_builder typed[2];
    struct copse_slice texts[2] = {{NULL, 0}, {NULL, 0}};
    enum copse_exit status = COPSE_EXIT_OK;
    const size_t groups[2] = {CODE_FIRST_GROUP, CODE_SECOND_GROUP};
    for (size_t i = 0; i < 2; i++) {
        char prompt[64];
        copse_builder_init(&typed[i], command->practice.memory);
        (void)snprintf(prompt, sizeof(prompt), "Group %zu of your code:", groups[i] + 1);
        if (command->arguments.word_count == 3) {
            copse_builder_text(&typed[i], command->arguments.words[1 + i]);
        } else if (status == COPSE_EXIT_OK) {
            status = copse_input_line(
                command, &typed[i], prompt,
                "copse me code confirm GROUP2 GROUP5 takes the second and fifth group.");
        }
        if (status == COPSE_EXIT_OK && copse_builder_end(&texts[i], &typed[i]) != COPSE_OK) {
            status = copse_command_fail(command, COPSE_ERR_NOMEM, "the code");
        }
    }
    if (status == COPSE_EXIT_OK) {
        struct copse_keyring_answer answers[2] = {{groups[0], (const char *)texts[0].data},
                                                  {groups[1], (const char *)texts[1].data}};
        enum copse_err err = copse_keyring_confirm(command->keyring, answers, &command->error);
        if (err == COPSE_ERR_NOT_FOUND) {
            status = start_code_gone(command);
        } else if (err == COPSE_ERR_SIGNATURE) {
            struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "wrong_code",
                                               "Look again: copse me code show"};
            status = copse_output_fail(&command->output, &fault,
                                       "groups %u and %u of the code are different",
                                       CODE_FIRST_GROUP + 1, CODE_SECOND_GROUP + 1);
        } else if (err != COPSE_OK) {
            status = copse_command_fail(command, err, "the code");
        } else {
            copse_answer_truth(&command->output.json, "confirmed", true);
            copse_output_text(&command->output, "Confirmed. The code is now on your paper only.\n");
            status = copse_output_done(&command->output);
        }
    }
    copse_builder_deinit(&typed[0]);
    copse_builder_deinit(&typed[1]);
    return status;
}

enum copse_exit copse_do_start_code(struct copse_command *command)
{
    const char *deed = command->arguments.word_count > 0 ? command->arguments.words[0] : "show";
    bool is_confirm = strcmp(deed, "confirm") == 0;
    if ((!is_confirm && strcmp(deed, "show") != 0) ||
        (is_confirm && command->arguments.word_count == 2)) {
        return copse_command_usage(command, "copse help me code explains it.",
                                   "copse me code takes show, or confirm and two groups");
    }
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    return is_confirm ? start_code_confirm(command) : start_code_show(command);
}

/* ---- limits, version, help ---- */

enum copse_exit copse_do_start_limits(struct copse_command *command)
{
    struct copse_output *output = &command->output;
    size_t count = 0;
    const struct copse_limits_row *rows = copse_limits_all(&count);
    copse_answer_array(&output->json, "items");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].name == NULL) {
            copse_output_text(output, i > 0 ? "\n" : "");
            copse_output_styled(output, COPSE_OUTPUT_STRONG, "%s", rows[i].text);
            copse_output_text(output, "\n");
            continue;
        }
        copse_answer_object(&output->json, NULL);
        copse_answer_word(&output->json, "name", rows[i].name);
        copse_answer_number(&output->json, "value", rows[i].value);
        copse_answer_word(&output->json, "text", rows[i].text);
        copse_answer_object_end(&output->json);
        copse_output_text(output, "%13" PRIu64 "  %s\n", rows[i].value, rows[i].text);
    }
    copse_answer_array_end(&output->json);
    return copse_output_done(output);
}

enum copse_exit copse_do_start_version(struct copse_command *command)
{
    copse_answer_word(&command->output.json, "version", COPSE_VERSION);
    copse_answer_number(&command->output.json, "format", 1);
    copse_output_text(&command->output, "copse %s\n", COPSE_VERSION);
    return copse_output_done(&command->output);
}

/* The verb whose help is wanted: "help page edit", or "page edit --help". */
static const struct copse_verb *start_help_verb(const struct copse_command *command)
{
    const struct copse_arguments *arguments = &command->arguments;
    size_t used = 0;
    if (arguments->verb == NULL || arguments->verb->deed != COPSE_VERB_HELP) {
        return arguments->verb;
    }
    const char *words[COPSE_VERBS_WORDS_MAX];
    for (size_t i = 0; i < arguments->word_count && i < COPSE_VERBS_WORDS_MAX; i++) {
        words[i] = arguments->words[i];
    }
    return arguments->word_count == 0 ? NULL
                                      : copse_verbs_find(&used, words, arguments->word_count);
}

static enum copse_exit start_manual(struct copse_command *command)
{
    struct copse_builder lists;
    struct copse_slice text = {NULL, 0};
    copse_builder_init(&lists, copse_memory_heap());
    copse_help_manual(&lists);
    enum copse_err err = copse_builder_end(&text, &lists);
    copse_answer_string(&command->output.json, "manual", text);
    copse_output_document(&command->output, text);
    copse_builder_deinit(&lists);
    return copse_command_end(command, err, "the manual");
}

static enum copse_exit start_help_nothing(struct copse_command *command)
{
    char room[COPSE_VERBS_WORD_MAX];
    char hint[64] = "copse help --all lists all verbs.";
    char *const *words = command->arguments.words;
    bool is_group = command->arguments.word_count > 1 && copse_verbs_is_group(words[0]);
    const char *near = copse_verbs_nearest(room, words[is_group], is_group ? words[0] : NULL);
    if (near != NULL) {
        (void)snprintf(hint, sizeof(hint), "Did you mean: copse help %s%s%.32s?",
                       is_group ? words[0] : "", is_group ? " " : "", near);
    }
    return copse_command_usage(command, hint, "there is no verb %s%s%s to explain",
                               is_group ? words[0] : "", is_group ? " " : "", words[is_group]);
}

/* Do the words name a group ("people role")? */
static bool start_is_group(const struct copse_arguments *arguments,
                           char out[COPSE_VERBS_WORDS_MAX * COPSE_VERBS_WORD_MAX])
{
    size_t size = 0;
    out[0] = '\0';
    for (size_t i = 0; i < arguments->word_count; i++) {
        size_t room = COPSE_VERBS_WORDS_MAX * COPSE_VERBS_WORD_MAX - size;
        int more = snprintf(out + size, room, "%s%s", i > 0 ? " " : "", arguments->words[i]);
        if (more < 0 || (size_t)more >= room) {
            return false;
        }
        size += (size_t)more;
    }
    return copse_verbs_is_group(out);
}

enum copse_exit copse_do_start_help(struct copse_command *command)
{
    const struct copse_arguments *arguments = &command->arguments;
    const struct copse_verb *verb = start_help_verb(command);
    char group[COPSE_VERBS_WORDS_MAX * COPSE_VERBS_WORD_MAX];
    bool has_words = arguments->word_count > 0 && arguments->verb != NULL &&
                     arguments->verb->deed == COPSE_VERB_HELP;
    if (copse_arguments_has(arguments, "manual")) {
        return start_manual(command);
    }
    if (verb != NULL) {
        copse_help_verb(&command->output, verb);
    } else if (has_words && start_is_group(arguments, group)) {
        copse_help_group(&command->output, group);
    } else if (has_words) {
        return start_help_nothing(command);
    } else {
        copse_help_overview(&command->output, copse_arguments_has(arguments, "all")
                                                  ? COPSE_HELP_ALL
                                                  : COPSE_HELP_SHORT);
    }
    if (command->output.mode == COPSE_OUTPUT_JSON) {
        size_t count = 0;
        const struct copse_verb *verbs = copse_verbs_all(&count);
        copse_answer_array(&command->output.json, "items");
        for (size_t i = 0; i < count; i++) {
            if (verb == NULL || verb == &verbs[i]) {
                copse_answer_object(&command->output.json, NULL);
                copse_answer_word(&command->output.json, "verb", verbs[i].words);
                copse_answer_word(&command->output.json, "summary", verbs[i].summary);
                copse_answer_object_end(&command->output.json);
            }
        }
        copse_answer_array_end(&command->output.json);
    }
    return copse_output_done(&command->output);
}
