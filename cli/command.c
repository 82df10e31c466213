#include "cli/command.h"

#include "node/peering/lock.h"
#include "node/practice/act.h"
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
    {COPSE_ERR_UNSUITED, COPSE_EXIT_FAILURE, "unsuited",
     "Nothing was changed. --home DIR keeps everything elsewhere."},
    {COPSE_ERR_IO, COPSE_EXIT_FAILURE, "io", "If it stays so, look at the disk; run copse check."},
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

enum copse_exit copse_command_end(struct copse_command *command, enum copse_err err,
                                  const char *what)
{
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, what);
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

enum copse_exit copse_command_no_identity(struct copse_command *command)
{
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "no_identity",
                                       "Make one: copse init --name \"Your name\". If you have "
                                       "one elsewhere, or had: copse me recover"};
    return copse_output_fail(&command->output, &fault, "there is no identity on this machine");
}

struct copse_store_options copse_command_store(const struct copse_command *command)
{
    return (struct copse_store_options){
        .home = command->home,
        .state_home = command->state_home,
        .memory = command->practice.memory,
        .scheme = copse_key_ed25519(),
    };
}

enum copse_exit copse_command_make_store(struct copse_command *command)
{
    struct copse_store_options options = copse_command_store(command);
    enum copse_err err = copse_files_make_parents(command->home, &command->error);
    if (err == COPSE_OK) {
        err = copse_store_create(&options, &command->error);
        err = err == COPSE_ERR_EXISTS ? COPSE_OK : err;
    }
    return err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, command->home);
}

bool copse_command_is_new(struct copse_command *command)
{
    struct copse_keyring *keyring = NULL;
    enum copse_err err =
        copse_keyring_open(&keyring, command->home, command->practice.memory, &command->error);
    copse_keyring_close(keyring);
    command->error.text[0] = '\0';
    return err == COPSE_ERR_NOT_FOUND;
}

enum copse_exit copse_command_open(struct copse_command *command, enum copse_command_need need)
{
    struct copse_store_options options = copse_command_store(command);
    command->error.text[0] = '\0';
    enum copse_err err = copse_keyring_open(&command->keyring, command->home,
                                            command->practice.memory, &command->error);
    if (err == COPSE_ERR_NOT_FOUND && need == COPSE_COMMAND_READS) {
        command->error.text[0] = '\0';
        err = COPSE_OK;
    }
    if (err == COPSE_ERR_NOT_FOUND) {
        return copse_command_no_identity(command);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, command->home);
    }
    command->practice.keyring = command->keyring;
    err = copse_store_open(&command->store, &options, &command->error);
    if (err == COPSE_ERR_NOT_FOUND) {
        return copse_command_no_identity(command);
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

/* How well a community answers to what was typed. */
enum answers {
    ANSWERS_NOT,
    ANSWERS_BEGINNING, /* of its name */
    ANSWERS_WHOLE,     /* its name, or the beginning of its id */
};

static enum copse_err command_answers(struct copse_command *command, enum answers *out,
                                      const struct copse_id *community, const char *wanted)
{
    struct copse_practice_deed deed;
    struct copse_community_card card;
    struct copse_slice typed = copse_bytes_of_string(wanted);
    *out = ANSWERS_NOT;
    if (typed.size >= COPSE_READING_DIGITS_MIN && copse_reading_begins(community, wanted)) {
        *out = ANSWERS_WHOLE;
        return COPSE_OK;
    }
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, community, COPSE_DB_READ, &command->error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_community_card(&deed, &card);
    if (err == COPSE_OK && typed.size > 0 && card.name.size >= typed.size &&
        memcmp(card.name.data, typed.data, typed.size) == 0) {
        *out = card.name.size == typed.size ? ANSWERS_WHOLE : ANSWERS_BEGINNING;
    }
    copse_practice_end(&deed);
    return err;
}

enum copse_err copse_command_next_community(struct copse_command *command, struct copse_id *id,
                                            uint32_t *number)
{
    return copse_practice_next(&command->practice, id, number, &command->error);
}

enum copse_err copse_command_serving(struct copse_command *command,
                                     struct copse_command_serving *out)
{
    struct copse_practice_deed deed;
    memset(out, 0, sizeof(*out));
    out->runs = copse_lock_is_taken(command->home, &out->process);
    if (!out->runs) {
        return COPSE_OK;
    }
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_READ, &command->error);
    if (err == COPSE_OK) {
        err = copse_peers_get_own(deed.txn, &out->own);
        copse_practice_end(&deed);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err; /* it is just beginning */
}

void copse_command_addresses(struct copse_command *command, const struct copse_ticket_peer *own,
                             const char *lead)
{
    copse_answer_array(&command->output.json, "addresses");
    for (size_t i = 0; i < own->address_count; i++) {
        const char *address = copse_command_address(own->addresses[i]);
        copse_answer_word(&command->output.json, NULL, address);
        copse_output_text(&command->output, "%s%s", i == 0 ? lead : ", ", address);
    }
    copse_answer_array_end(&command->output.json);
}

const char *copse_command_address(const char *address)
{
    const char *mark = strchr(address, ':');
    return mark == NULL ? address : mark + 1;
}

static enum copse_exit command_which(struct copse_command *command, const char *text)
{
    struct copse_output_fault fault = {COPSE_EXIT_USAGE, "which_community",
                                       "Say which: -C NAME. copse community list shows them."};
    return copse_output_fail(&command->output, &fault, "%s", text);
}

enum copse_exit copse_command_community(struct copse_command *command, struct copse_id *out)
{
    const char *wanted = copse_arguments_get(&command->arguments, "community");
    struct copse_id id;
    uint32_t number = 0;
    size_t count = 0;
    enum answers best = ANSWERS_BEGINNING;
    enum copse_err err;
    while ((err = copse_command_next_community(command, &id, &number)) == COPSE_OK) {
        enum answers answers = ANSWERS_WHOLE;
        err = wanted == NULL ? COPSE_OK : command_answers(command, &answers, &id, wanted);
        if (err != COPSE_OK) {
            break;
        }
        if (answers > best) {
            best = answers;
            count = 0;
        }
        if (answers == best) {
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
    if (wanted == NULL) {
        return command_which(command, "you are in several communities");
    }
    fault.status = COPSE_EXIT_USAGE;
    fault.code = "ambiguous";
    return copse_output_fail(&command->output, &fault, "several communities answer to %s", wanted);
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
    bool is_shared; /* a person, met in several communities */
    bool is_many;   /* entries that begin so */
};

#define ANY_ENTRY (UINT32_MAX - 1) /* a kind: things, and entries that made none */

static void command_keep(struct found *found, const struct copse_id *community,
                         const struct copse_id *object)
{
    for (size_t i = 0; i < found->count; i++) {
        if (copse_bytes_equal_ids(&found->objects[i], object)) {
            found->is_shared = true;
            return;
        }
    }
    if (found->count < COPSE_READING_CANDIDATES_MAX) {
        found->community = *community;
        found->objects[found->count++] = *object;
    }
}

static enum copse_err command_look_at_entries(struct copse_practice_deed *deed, struct found *found,
                                              const char *digits)
{
    struct copse_id id;
    size_t count = 0;
    enum copse_err err = copse_act_match(deed, &id, &count, digits);
    if (err == COPSE_OK && count > 0) {
        command_keep(found, &deed->community, &id);
        found->is_many = found->is_many || count > 1;
    }
    return err;
}

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
        bool is_kind = kind == COPSE_COMMAND_ANY_KIND || kind == ANY_ENTRY
                           ? match.objects[i].kind != COPSE_OBJECT_COMMUNITY
                           : match.objects[i].kind == kind;
        if (is_kind) {
            command_keep(found, community, &match.objects[i].id);
        }
    }
    if (err == COPSE_OK && kind == ANY_ENTRY && found->count == 0) {
        err = command_look_at_entries(&deed, found, digits);
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
    const char *name = kind >= ANY_ENTRY ? NULL : copse_object_kind_name(kind);
    return name == NULL ? "thing" : name;
}

/* Look in the community meant by -C, or in all. */
static enum copse_exit command_find(struct copse_command *command, struct found *found,
                                    const char *digits, uint32_t kind)
{
    struct copse_id community;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    *found = (struct found){.count = 0};
    if (copse_arguments_has(&command->arguments, "community")) {
        enum copse_exit status = copse_command_community(command, &community);
        if (status != COPSE_EXIT_OK) {
            return status;
        }
        err = command_look(command, found, &community, digits, kind);
    } else {
        while (err == COPSE_OK &&
               (err = copse_command_next_community(command, &community, &number)) == COPSE_OK) {
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
    if (found->count > 1 || found->is_many) {
        return command_ambiguous(command, found, digits);
    }
    if (found->is_shared) {
        return command_which(command, "this person is in several of your communities");
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

enum copse_exit copse_command_begin_at(struct copse_command *command,
                                       struct copse_practice_deed *deed, struct copse_id *id,
                                       enum copse_db_mode mode, const char *digits)
{
    struct found found;
    enum copse_exit status = command_find(command, &found, digits, ANY_ENTRY);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    *id = found.objects[0];
    enum copse_err err =
        copse_practice_begin(deed, &command->practice, &found.community, mode, &command->error);
    return err == COPSE_OK ? COPSE_EXIT_OK
                           : copse_command_fail(command, err, "the store cannot be opened");
}

static enum copse_exit command_open_for(struct copse_command *command, enum copse_db_mode mode)
{
    return copse_command_open(command,
                              mode == COPSE_DB_WRITE ? COPSE_COMMAND_ACTS : COPSE_COMMAND_READS);
}

enum copse_exit copse_command_start(struct copse_command *command, struct copse_practice_deed *deed,
                                    enum copse_db_mode mode)
{
    enum copse_exit status = command_open_for(command, mode);
    return status == COPSE_EXIT_OK ? copse_command_begin(command, deed, mode) : status;
}

enum copse_exit copse_command_start_on(struct copse_command *command,
                                       struct copse_practice_deed *deed,
                                       struct copse_view_object *object, enum copse_db_mode mode,
                                       uint32_t kind)
{
    enum copse_exit status = command_open_for(command, mode);
    return status == COPSE_EXIT_OK ? copse_command_begin_on(command, deed, object, mode,
                                                            command->arguments.words[0], kind)
                                   : status;
}

enum copse_exit copse_command_look_before(struct copse_command *command, const char *digits)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    enum copse_exit status = digits == NULL
                                 ? copse_command_begin(command, &deed, COPSE_DB_READ)
                                 : copse_command_begin_on(command, &deed, &object, COPSE_DB_READ,
                                                          digits, COPSE_COMMAND_ANY_KIND);
    if (status == COPSE_EXIT_OK) {
        copse_practice_end(&deed);
    }
    return status;
}

enum copse_exit copse_command_commit(struct copse_command *command,
                                     struct copse_practice_deed *deed, enum copse_err err,
                                     const char *what)
{
    if (err == COPSE_OK) {
        err = copse_practice_commit(deed, &command->error);
    } else {
        copse_practice_end(deed);
    }
    return err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, what);
}

enum copse_exit copse_command_saved(struct copse_command *command, const struct copse_id *id,
                                    const char *shown_by)
{
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(shortened, id);
    copse_output_text(&command->output, "%s\n", shortened);
    copse_output_note(&command->output, "Saved here. copse %s %s shows it.", shown_by, shortened);
    return copse_output_done(&command->output);
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

enum copse_exit copse_command_tags(struct copse_command *command, struct copse_command_tags *out)
{
    const char *tag;
    out->count = 0;
    while ((tag = copse_arguments_nth(&command->arguments, "tag", out->count)) != NULL) {
        if (out->count == COPSE_POST_TAGS_MAX) {
            return copse_command_usage(command, "copse tag ID TAG... puts on further ones.",
                                       "more than %u tags at once", COPSE_POST_TAGS_MAX);
        }
        if (tag[0] == '\0') {
            return copse_command_usage(command, NULL, "a tag is empty");
        }
        out->items[out->count++] = copse_bytes_of_string(tag);
    }
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

enum copse_exit copse_command_line(struct copse_command *command, struct copse_builder *room,
                                   struct copse_slice *out, const char *what)
{
    enum copse_err err = copse_command_join(room, command, 0);
    if (err == COPSE_OK) {
        err = copse_builder_end(out, room);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, what);
    }
    return copse_command_is_blank(*out)
               ? copse_command_usage(command, NULL, "the %s is empty: nothing was saved", what)
               : COPSE_EXIT_OK;
}

bool copse_command_is_blank(struct copse_slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (memchr(" \t\n", text.data[i], 3) == NULL) {
            return false;
        }
    }
    return true;
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
