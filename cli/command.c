#include "cli/command.h"

#include "node/practice/community.h"
#include "storage/head.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- failing ---- */

static const struct {
    enum copse_err err;
    enum copse_exit status;
    const char *code;
    const char *hint;
} command_faults[] = {
    {COPSE_ERR_NOMEM, COPSE_EXIT_FAILURE, "nomem", "Close other programs and try again."},
    {COPSE_ERR_DECODE, COPSE_EXIT_USAGE, "malformed", NULL},
    {COPSE_ERR_LIMIT, COPSE_EXIT_USAGE, "too_large", "copse limits lists what is possible."},
    {COPSE_ERR_NOT_FOUND, COPSE_EXIT_NOT_FOUND, "not_found", NULL},
    {COPSE_ERR_EXISTS, COPSE_EXIT_CONFLICT, "exists", NULL},
    {COPSE_ERR_SIGNATURE, COPSE_EXIT_INTEGRITY, "bad_signature", NULL},
    {COPSE_ERR_FORM, COPSE_EXIT_USAGE, "malformed", NULL},
    {COPSE_ERR_UNSUITED, COPSE_EXIT_FAILURE, "unsuited", "Nothing was changed."},
    {COPSE_ERR_IO, COPSE_EXIT_FAILURE, "io",
     "Nothing was changed. If it stays so, look at the disk and run copse check."},
    {COPSE_ERR_CORRUPT, COPSE_EXIT_INTEGRITY, "corrupt",
     "Run copse check. Keep a copy of the folder before you try anything."},
    {COPSE_ERR_BUSY, COPSE_EXIT_BUSY, "busy", "Wait until the other copse is done; try again."},
    {COPSE_ERR_FULL, COPSE_EXIT_FAILURE, "disk_full",
     "Nothing was changed. Make room on the disk and try again."},
    {COPSE_ERR_VERSION, COPSE_EXIT_FAILURE, "from_the_future", "Install a newer copse."},
    {COPSE_ERR_REFUSED, COPSE_EXIT_PERMISSION, "refused", NULL},
    {COPSE_ERR_NETWORK, COPSE_EXIT_NETWORK, "network", NULL},
};

enum copse_exit copse_command_fail(struct copse_command *command, enum copse_err err,
                                   const char *what)
{
    struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "failure", NULL};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(command_faults); i++) {
        if (command_faults[i].err == err) {
            fault = (struct copse_output_fault){command_faults[i].status, command_faults[i].code,
                                                command_faults[i].hint};
        }
    }
    if (command->error.text[0] != '\0') {
        return copse_output_fail(&command->output, &fault, "%s", command->error.text);
    }
    return copse_output_fail(&command->output, &fault, "%s: %s", what, copse_error_text(err));
}

enum copse_exit copse_command_usage(struct copse_command *command, const char *hint,
                                    const char *format, ...)
{
    char text[COPSE_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct copse_output_fault fault = {COPSE_EXIT_USAGE, "usage", hint};
    return copse_output_fail(&command->output, &fault, "%s", text);
}

/* ---- opening ---- */

static enum copse_exit command_no_identity(struct copse_command *command)
{
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "no_identity",
                                       "Make one: copse init --name \"Your name\""};
    return copse_output_fail(&command->output, &fault, "there is no identity on this machine");
}

enum copse_exit copse_command_open(struct copse_command *command, enum copse_command_need need)
{
    struct copse_store_options options = {
        .home = command->home,
        .state_home = command->state_home,
        .memory = command->practice.memory,
        .scheme = copse_key_ed25519(),
    };
    command->error.text[0] = '\0';
    enum copse_err err = copse_keyring_open(&command->keyring, command->home,
                                            command->practice.memory, &command->error);
    if (err == COPSE_ERR_NOT_FOUND && need == COPSE_COMMAND_READS) {
        command->error.text[0] = '\0';
        err = COPSE_OK;
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        return command_no_identity(command);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, command->home);
    }
    command->practice.keyring = command->keyring;
    err = copse_store_open(&command->store, &options, &command->error);
    if (err == COPSE_ERR_NOT_FOUND) {
        return command_no_identity(command);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, command->home);
    }
    command->practice.store = command->store;
    return COPSE_EXIT_OK;
}

void copse_command_close(struct copse_command *command)
{
    copse_store_close(command->store);
    copse_keyring_close(command->keyring);
    command->store = NULL;
    command->keyring = NULL;
}

/* Does the community answer to `wanted`: its name, or the beginning of its id? */
static enum copse_err command_answers(struct copse_command *command, bool *out,
                                      const struct copse_id *community, const char *wanted)
{
    struct copse_practice_deed deed;
    struct copse_community_card card;
    *out = strlen(wanted) >= COPSE_READING_DIGITS_MIN && copse_reading_begins(community, wanted);
    if (*out) {
        return COPSE_OK;
    }
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, community, COPSE_DB_READ, &command->error);
    if (err == COPSE_OK) {
        err = copse_community_card(&deed, &card);
        *out = err == COPSE_OK && copse_bytes_equal(card.name, copse_bytes_of_string(wanted));
        copse_practice_end(&deed);
    }
    return err;
}

/* The next community of the store, in a transaction of its own. */
static enum copse_err command_next_community(struct copse_command *command, struct copse_id *id,
                                             uint32_t *number)
{
    struct copse_practice_deed deed;
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_READ, &command->error);
    if (err == COPSE_OK) {
        err = copse_community_next(&deed, id, number);
        copse_practice_end(&deed);
    }
    return err;
}

enum copse_exit copse_command_community(struct copse_command *command, struct copse_id *out)
{
    const char *wanted = copse_arguments_get(&command->arguments, "community");
    struct copse_id id;
    uint32_t number = 0;
    size_t count = 0;
    enum copse_err err;
    while ((err = command_next_community(command, &id, &number)) == COPSE_OK) {
        bool answers = wanted == NULL;
        err = wanted == NULL ? COPSE_OK : command_answers(command, &answers, &id, wanted);
        if (err != COPSE_OK) {
            break;
        }
        if (answers) {
            *out = id;
            count++;
        }
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return copse_command_fail(command, err, "the communities cannot be read");
    }
    if (count == 1) {
        return COPSE_EXIT_OK;
    }
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "no_community",
                                       "Found one: copse community create NAME; or join one: "
                                       "copse community join TICKET"};
    if (count == 0 && wanted == NULL) {
        return copse_output_fail(&command->output, &fault, "you are in no community yet");
    }
    fault.hint = "copse community list shows them with their ids.";
    if (count == 0) {
        return copse_output_fail(&command->output, &fault, "there is no community called %s here",
                                 wanted);
    }
    fault.status = COPSE_EXIT_USAGE;
    fault.code = wanted == NULL ? "which_community" : "ambiguous";
    if (wanted == NULL) {
        fault.hint = "Say which: -C NAME. copse community list shows them.";
    }
    return copse_output_fail(&command->output, &fault, "%s",
                             wanted == NULL ? "you are in several communities"
                                            : "several communities answer to this");
}

enum copse_exit copse_command_begin(struct copse_command *command, struct copse_practice_deed *deed,
                                    enum copse_db_mode mode)
{
    struct copse_id community;
    enum copse_exit status = copse_command_community(command, &community);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err =
        copse_practice_begin(deed, &command->practice, &community, mode, &command->error);
    return err == COPSE_OK ? COPSE_EXIT_OK
                           : copse_command_fail(command, err, "the store cannot be opened");
}

/* ---- things by id ---- */

/* What the ids found have in common with what was asked for. */
struct found {
    struct copse_id community;
    struct copse_id objects[COPSE_READING_CANDIDATES_MAX];
    size_t count;
};

static enum copse_err command_look(struct copse_command *command, struct found *found,
                                   const struct copse_id *community, const char *digits,
                                   uint32_t kind)
{
    struct copse_practice_deed deed;
    struct copse_reading_match match;
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, community, COPSE_DB_READ, &command->error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_reading_match(&deed, &match, digits);
    for (size_t i = 0; err == COPSE_OK && i < match.count; i++) {
        bool is_kind = kind == COPSE_COMMAND_ANY_KIND
                           ? match.objects[i].kind != COPSE_OBJECT_COMMUNITY
                           : match.objects[i].kind == kind;
        if (is_kind && found->count < COPSE_READING_CANDIDATES_MAX) {
            found->community = *community;
            found->objects[found->count++] = match.objects[i].id;
        }
    }
    copse_practice_end(&deed);
    return err;
}

static enum copse_exit command_ambiguous(struct copse_command *command, const struct found *found,
                                         const char *digits)
{
    char text[COPSE_ERROR_TEXT_MAX];
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i < found->count; i++) {
        char hex[COPSE_ID_HEX_BYTES];
        copse_bytes_id_to_hex(hex, &found->objects[i]);
        int more = snprintf(text + size, sizeof(text) - size, "%s%.16s", i > 0 ? ", " : "", hex);
        size += more > 0 && (size_t)more < sizeof(text) - size ? (size_t)more : 0;
    }
    struct copse_output_fault fault = {COPSE_EXIT_USAGE, "ambiguous", "Type more of the id."};
    return copse_output_fail(&command->output, &fault, "%s may be %s", digits, text);
}

static const char *command_kind_name(uint32_t kind)
{
    const char *name = kind == COPSE_COMMAND_ANY_KIND ? NULL : copse_object_kind_name(kind);
    return name == NULL ? "thing" : name;
}

/* Look in the community meant by -C, or in all. */
static enum copse_exit command_find(struct copse_command *command, struct found *found,
                                    const char *digits, uint32_t kind)
{
    struct copse_id community;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    found->count = 0;
    if (copse_arguments_has(&command->arguments, "community")) {
        enum copse_exit status = copse_command_community(command, &community);
        if (status != COPSE_EXIT_OK) {
            return status;
        }
        err = command_look(command, found, &community, digits, kind);
    } else {
        while (err == COPSE_OK &&
               (err = command_next_community(command, &community, &number)) == COPSE_OK) {
            err = command_look(command, found, &community, digits, kind);
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    if (err == COPSE_ERR_DECODE) {
        return copse_command_usage(command, "copse page list and copse feed show ids.",
                                   "%s is no id: it takes %u or more of the digits 0-9 a-f", digits,
                                   COPSE_READING_DIGITS_MIN);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the store cannot be read");
    }
    if (found->count > 1) {
        return command_ambiguous(command, found, digits);
    }
    if (found->count == 0) {
        struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_found",
                                           "copse page list and copse feed show ids."};
        return copse_output_fail(&command->output, &fault, "there is no %s %s here",
                                 command_kind_name(kind), digits);
    }
    return COPSE_EXIT_OK;
}

enum copse_exit copse_command_begin_on(struct copse_command *command,
                                       struct copse_practice_deed *deed,
                                       struct copse_view_object *object, enum copse_db_mode mode,
                                       const char *digits, uint32_t kind)
{
    struct found found;
    struct copse_view *view;
    enum copse_exit status = command_find(command, &found, digits, kind);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err =
        copse_practice_begin(deed, &command->practice, &found.community, mode, &command->error);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the store cannot be opened");
    }
    err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_object(view, object, &found.objects[0]);
    }
    if (err != COPSE_OK) {
        copse_practice_end(deed);
        return copse_command_fail(command, err, digits);
    }
    return COPSE_EXIT_OK;
}

enum copse_exit copse_command_commit(struct copse_command *command,
                                     struct copse_practice_deed *deed)
{
    enum copse_err err = copse_practice_commit(deed, &command->error);
    return err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, "not saved");
}

enum copse_exit copse_command_finish(struct copse_command *command,
                                     struct copse_practice_deed *deed, enum copse_err err,
                                     const char *what)
{
    if (err == COPSE_OK) {
        return copse_command_commit(command, deed);
    }
    copse_practice_end(deed);
    return copse_command_fail(command, err, what);
}

/* ---- words ---- */

enum copse_exit copse_command_number(struct copse_command *command, uint32_t *out,
                                     const char *option, uint32_t otherwise)
{
    const char *text = copse_arguments_get(&command->arguments, option);
    *out = otherwise;
    if (text == NULL) {
        return COPSE_EXIT_OK;
    }
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number == 0 ||
        number > UINT32_MAX) {
        return copse_command_usage(command, NULL, "--%s takes a number from 1, not %s", option,
                                   text);
    }
    *out = (uint32_t)number;
    return COPSE_EXIT_OK;
}

enum copse_err copse_command_join(struct copse_builder *out, const struct copse_command *command,
                                  size_t first)
{
    for (size_t i = first; i < command->arguments.word_count; i++) {
        if (i > first) {
            copse_builder_byte(out, ' ');
        }
        copse_builder_text(out, command->arguments.words[i]);
    }
    return out->failed ? COPSE_ERR_NOMEM : COPSE_OK;
}

void copse_command_print_person(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_id *person)
{
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    struct copse_slice name;
    copse_output_short_id(shortened, person);
    if (copse_reading_name(deed, &name, person) == COPSE_OK && name.size > 0) {
        copse_output_words(&command->output, name, COPSE_TERMINAL_LINE);
    } else {
        copse_output_text(&command->output, "somebody (%s)", shortened);
    }
}

void copse_command_json_person(struct copse_command *command, struct copse_practice_deed *deed,
                               const struct copse_command_keys *keys, const struct copse_id *person)
{
    struct copse_slice name;
    struct copse_answer *json = &command->output.json;
    copse_answer_id(json, keys->id, person);
    if (copse_reading_name(deed, &name, person) == COPSE_OK && name.size > 0) {
        copse_answer_string(json, keys->name, name);
    } else {
        copse_answer_null(json, keys->name);
    }
}

enum copse_err copse_command_title(struct copse_practice_deed *deed, struct copse_slice *out,
                                   const struct copse_view_object *object)
{
    enum copse_object_number number =
        object->kind == COPSE_OBJECT_PERSON ? COPSE_OBJECT_FIELD_NAME : COPSE_OBJECT_FIELD_TITLE;
    enum copse_err err = copse_reading_string(deed, out, object, number);
    if (err == COPSE_OK && out->size == 0 && object->kind == COPSE_OBJECT_POST) {
        err = copse_reading_string(deed, out, object, COPSE_OBJECT_FIELD_BODY);
        const uint8_t *newline = out->size > 0 ? memchr(out->data, '\n', out->size) : NULL;
        out->size = newline == NULL ? out->size : (size_t)(newline - out->data);
    }
    return err;
}
