/* Identities that wrote in two places, and stores that were copied back. */
#include "cli/checker.h"
#include "cli/deeds.h"
#include "cli/person.h"
#include "cli/root.h"
#include "node/practice/community.h"
#include "node/practice/devices.h"
#include "node/practice/forks.h"
#include "storage/restore.h"

#include <inttypes.h>
#include <string.h>

/* ---- fork list ---- */

struct listing {
    struct copse_command *command;
    size_t count;
    size_t own; /* of the person who asks, still to be repaired */
};

static void repair_answer(struct copse_command *command, struct copse_practice_deed *deed,
                          const struct copse_forks_item *item)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_object(json, NULL);
    copse_answer_id(json, "community", &deed->community);
    copse_command_json_person(command, deed, &(struct copse_command_keys){"person", "name"},
                              &item->person);
    copse_answer_id(json, "device", &item->device);
    copse_answer_word(json, "what", item->class == COPSE_ENTRY_CONTROL ? "acts" : "words");
    copse_answer_truth(json, "stopped", !item->is_settled);
    copse_answer_array(json, "places");
    for (size_t i = 0; i < item->place_count; i++) {
        copse_answer_object(json, NULL);
        copse_answer_id(json, "from", &item->places[i].from);
        copse_answer_number(json, "entries", item->places[i].count);
        copse_answer_time(json, "first", (int64_t)item->places[i].first_ms);
        copse_answer_time(json, "last", (int64_t)item->places[i].last_ms);
        copse_answer_object_end(json);
    }
    copse_answer_array_end(json);
    copse_answer_object_end(json);
}

static void repair_print(struct copse_command *command, struct copse_practice_deed *deed,
                         const struct copse_forks_item *item)
{
    struct copse_output *output = &command->output;
    struct copse_community_card card;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(shortened, &item->device);
    copse_person_print(command, deed, &item->person);
    copse_output_text(output, " (device %s) wrote %s in %zu places at once", shortened,
                      item->class == COPSE_ENTRY_CONTROL ? "what changes roles and the like"
                                                         : "words",
                      item->place_count);
    if (copse_community_card(deed, &card) == COPSE_OK) {
        copse_output_text(output, ", in ");
        copse_output_words(output, card.name, COPSE_TERMINAL_LINE);
    }
    copse_output_text(output, "%s\n",
                      !item->is_settled ? ". That is too many: it is stopped, and what stands in "
                                          "them does not count."
                                        : ". All of it is kept.");
    for (size_t i = 0; i < item->place_count; i++) {
        const struct copse_forks_place *place = &item->places[i];
        char first[COPSE_TERMINAL_TIME_BYTES];
        char last[COPSE_TERMINAL_TIME_BYTES];
        char from[COPSE_OUTPUT_SHORT_ID_BYTES];
        copse_output_short_id(from, &place->from);
        copse_terminal_time(first, (int64_t)place->first_ms, COPSE_TERMINAL_LOCAL);
        copse_terminal_time(last, (int64_t)place->last_ms, COPSE_TERMINAL_LOCAL);
        copse_output_text(output, "  from %s on: %" PRIu64 " written %s to %s\n", from,
                          place->count, first, last);
    }
}

static void repair_tell(void *context, struct copse_practice_deed *deed,
                        const struct copse_forks_item *item)
{
    struct listing *listing = context;
    const struct copse_keyring *keyring = listing->command->keyring;
    listing->count++;
    listing->own +=
        keyring != NULL && copse_bytes_equal_ids(&item->device, copse_keyring_device(keyring));
    repair_answer(listing->command, deed, item);
    repair_print(listing->command, deed, item);
}

static enum copse_err repair_list_in(void *context, struct copse_practice_deed *deed,
                                     struct copse_error *error)
{
    (void)error;
    return copse_forks_walk(deed, repair_tell, context);
}

enum copse_exit copse_do_repair_list(struct copse_command *command)
{
    struct listing listing = {.command = command};
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = copse_practice_in_all(&command->practice, COPSE_DB_READ, repair_list_in,
                                               &listing, &command->error);
    copse_answer_array_end(&command->output.json);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the communities");
    }
    copse_output_note(&command->output, "%s",
                      listing.count == 0 ? "Nobody has written in two places at once."
                      : listing.own > 0
                          ? "This machine's own key is among them: copse fork repair gives it a "
                            "new one, and keeps all that was written."
                          : "Whose device it is repairs it, on that machine: copse fork repair. "
                            "What is stopped a steward can let stand: copse fork accept DEVICE");
    return copse_output_done(&command->output);
}

/* ---- fork repair ---- */

static enum copse_exit repair_say(struct copse_command *command,
                                  const struct copse_devices_done *done, const struct copse_id *old)
{
    struct copse_answer *json = &command->output.json;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(shortened, old);
    copse_answer_id(json, "device", copse_keyring_device(command->keyring));
    copse_answer_id(json, "old", old);
    copse_answer_number(json, "communities", done->communities);
    copse_answer_number(json, "skipped", done->skipped);
    copse_output_text(
        &command->output,
        "This machine has a new key, in %zu %s. All that is here of the old one (%s) stands.\n\n"
        "Next:\n"
        "  copse sync        tell the others\n"
        "  copse fork repair on the other machine too, if there is one with the same key: what it "
        "wrote that is not here counts again with that\n",
        done->communities, done->communities == 1 ? "community" : "communities", shortened);
    return copse_output_done(&command->output);
}

/* It would go on with the old key. */
static enum copse_exit repair_nobody_serves(struct copse_command *command)
{
    struct copse_command_serving serving;
    struct copse_output_fault fault = {COPSE_EXIT_BUSY, "busy",
                                       "copse serve --stop ends it; start it again afterwards."};
    enum copse_err err = copse_command_serving(command, &serving);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the store");
    }
    return serving.runs ? copse_output_fail(&command->output, &fault,
                                            "copse serve runs here, with the key that is to go")
                        : COPSE_EXIT_OK;
}

enum copse_exit copse_do_repair_run(struct copse_command *command)
{
    struct copse_root_typed code;
    struct copse_devices_done done;
    struct copse_id from[COPSE_DEVICES_FROM_MAX];
    struct copse_devices_giving_up plan = {.from = from};
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = repair_nobody_serves(command);
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_devices_from(command, from, &plan.from_count);
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_root_code(command, &code,
                                 "A new key for this machine is signed with your recovery code.");
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_devices_repair(&command->practice, command->keyring, &done, &plan,
                                              code.text, &command->error);
    copse_root_forget(&code);
    return err == COPSE_OK ? repair_say(command, &done, &plan.device)
                           : copse_command_fail(command, err, "it is not repaired everywhere");
}

/* ---- fork accept ---- */

struct naming {
    const char *digits;
    struct copse_id device;
    size_t count;
};

static void repair_match(void *context, struct copse_practice_deed *deed,
                         const struct copse_forks_item *item)
{
    struct naming *naming = context;
    (void)deed;
    if (copse_reading_begins(&item->device, naming->digits) &&
        (naming->count == 0 || !copse_bytes_equal_ids(&item->device, &naming->device))) {
        naming->device = item->device;
        naming->count++;
    }
}

static enum copse_exit repair_find(struct copse_command *command, struct copse_practice_deed *deed,
                                   struct copse_id *out)
{
    struct naming naming = {.digits = command->arguments.words[0]};
    enum copse_err err = copse_forks_walk(deed, repair_match, &naming);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the devices");
    }
    *out = naming.device;
    if (naming.count == 1) {
        return COPSE_EXIT_OK;
    }
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_found",
                                       "copse fork list shows them."};
    if (naming.count > 1) {
        fault = (struct copse_output_fault){COPSE_EXIT_USAGE, "ambiguous", "Type more of it."};
    }
    return copse_output_fail(&command->output, &fault,
                             "%s is no device that wrote in two places here", naming.digits);
}

enum copse_exit copse_do_repair_accept(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_builder reason;
    struct copse_slice why = {NULL, 0};
    struct copse_id device;
    enum copse_exit status = copse_command_start(command, &deed, COPSE_DB_READ);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = repair_find(command, &deed, &device);
    copse_practice_end(&deed);
    copse_builder_init(&reason, command->practice.memory);
    if (status == COPSE_EXIT_OK) {
        status =
            copse_person_reason(command, &reason, "Why may it stand? All members can read it.");
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_WRITE);
    }
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_builder_end(&why, &reason);
        if (err == COPSE_OK) {
            err = copse_forks_accept(&deed, &device, why, &command->error);
        }
        status = copse_command_commit(command, &deed, err, "nothing was changed");
    }
    copse_builder_deinit(&reason);
    if (status == COPSE_EXIT_OK) {
        copse_answer_id(&command->output.json, "device", &device);
        copse_output_text(&command->output,
                          "What is here of that device stands. It stays stopped for anything "
                          "further until its person types, on that machine: copse fork repair\n");
        status = copse_output_done(&command->output);
    }
    return status;
}

/* ---- restore ---- */

/* Is the copy whole? Read in a process of its own. */
static enum copse_err repair_verify(struct copse_command *command, const char *where)
{
    struct copse_checker_verdict *verdict =
        copse_memory_new(command->practice.memory, 1, sizeof(*verdict));
    if (verdict == NULL) {
        return COPSE_ERR_NOMEM;
    }
    enum copse_err err = COPSE_OK;
    if (!copse_checker_run(command, where, verdict)) {
        err = copse_error_set(&command->error, COPSE_ERR_CORRUPT,
                              "the backup is damaged: reading it took the checker down");
    } else if (verdict->err != COPSE_OK) {
        command->error = verdict->error;
        err = verdict->err;
    } else if (verdict->report.fault_count > 0) {
        err = copse_error_set(&command->error, COPSE_ERR_CORRUPT,
                              "the backup is damaged: %" PRIu64 " faults; the first: %s",
                              verdict->report.fault_count, verdict->report.faults[0].text);
    }
    copse_memory_free(command->practice.memory, verdict);
    return err;
}

/* Is the copy of somebody whose code that is? */
static enum copse_err repair_owner(struct copse_command *command, const char *where,
                                   const struct copse_root_typed *code)
{
    struct copse_store_options options = copse_command_store(command);
    struct copse_practice practice = command->practice;
    struct copse_store *store = NULL;
    struct copse_id person;
    bool is_theirs = false;
    options.home = where;
    practice.keyring = NULL;
    enum copse_err err = copse_keyring_read_code(&person, code->text);
    if (err == COPSE_OK) {
        err = copse_store_open(&store, &options, &command->error);
    }
    if (err == COPSE_OK) {
        practice.store = store;
        err = copse_devices_knows(&practice, &is_theirs, &person, &command->error);
        copse_store_close(store);
    }
    return err == COPSE_OK && !is_theirs ? COPSE_ERR_SIGNATURE : err;
}

/* A key of its own: the one that was here, if any, has signed what the copy does not have. */
static enum copse_err repair_new_key(struct copse_command *command,
                                     const struct copse_root_typed *code)
{
    if (command->keyring != NULL) {
        return copse_keyring_renew(command->keyring, code->text, &command->error);
    }
    return copse_keyring_create(command->home, code->text, command->practice.memory,
                                &command->error);
}

static enum copse_exit repair_restore(struct copse_command *command, const char *file,
                                      const struct copse_root_typed *code)
{
    struct copse_disk_path where;
    struct copse_devices_done done;
    enum copse_err err = copse_restore_begin(&where, command->home, file, &command->error);
    if (err == COPSE_ERR_EXISTS) {
        struct copse_output_fault fault = {
            COPSE_EXIT_CONFLICT, "exists",
            "A restore replaces nothing. One that was cut short is ended by: copse me recover"};
        return copse_output_fail(&command->output, &fault, "%s", command->error.text);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, file);
    }
    err = repair_verify(command, where.text);
    if (err == COPSE_OK) {
        err = repair_owner(command, where.text, code);
    }
    /* The key before the store: cut short in between, the same command goes on. */
    if (err == COPSE_OK) {
        err = repair_new_key(command, code);
    }
    err = copse_restore_end(&where, command->home, err, &command->error);
    if (err == COPSE_ERR_SIGNATURE) {
        struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "wrong_code",
                                           "Nothing was changed."};
        return copse_output_fail(&command->output, &fault,
                                 "whose recovery code that is was in none of the communities of "
                                 "this backup");
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, file);
    }
    copse_command_close(command);
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        err = copse_devices_enter(&command->practice, &done, &command->error);
        status =
            err == COPSE_OK
                ? copse_devices_say_back(command, "Restored. This machine is a new device of yours")
                : copse_command_fail(command, err,
                                     "it is restored; copse me recover does "
                                     "the rest");
    }
    return status;
}

enum copse_exit copse_do_repair_restore(struct copse_command *command)
{
    const char *file = command->arguments.words[0];
    struct copse_root_typed code;
    enum copse_err err = COPSE_OK;
    if (!copse_command_is_new(command)) {
        err = copse_keyring_open(&command->keyring, command->home, command->practice.memory,
                                 &command->error);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, command->home);
    }
    enum copse_exit status = copse_root_code(
        command, &code, "Your recovery code makes this machine a device of yours. It is not kept.");
    if (status == COPSE_EXIT_OK) {
        status = repair_restore(command, file, &code);
    }
    copse_root_forget(&code);
    return status;
}
