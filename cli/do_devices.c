/* A person's devices: coming back on a new machine, adding, listing, naming, giving up. */
#include "cli/deeds.h"
#include "cli/invitation.h"
#include "cli/person.h"
#include "cli/root.h"
#include "node/practice/act.h"
#include "node/practice/community.h"
#include "node/practice/devices.h"
#include "node/practice/people.h"

#include <inttypes.h>
#include <string.h>

/* ---- coming back ---- */

/* An identity that init has just made is another person's: nobody meant that one. */
static enum copse_exit devices_other_person(struct copse_command *command)
{
    struct copse_output_fault fault = {
        COPSE_EXIT_CONFLICT, "exists",
        "If it is you, copse community join is enough. If not, come back beside it, with --home "
        "DIR; or move that folder away first, if nothing was written with it."};
    return copse_output_fail(&command->output, &fault, "copse init has made a new identity in %s",
                             command->home);
}

static enum copse_exit devices_check_line(struct copse_command *command,
                                          const struct copse_ticket *tickets, size_t count,
                                          const struct copse_id *person)
{
    for (size_t i = 0; i < count; i++) {
        if (tickets[i].has_grant && !copse_bytes_equal_ids(&tickets[i].inviter, person)) {
            struct copse_output_fault fault = {
                COPSE_EXIT_FAILURE, "wrong_code",
                "Make the line again on a machine of yours: copse me devices add"};
            return copse_output_fail(&command->output, &fault,
                                     "this line is for the devices of somebody else: it is not "
                                     "theirs whose recovery code that is");
        }
    }
    return COPSE_EXIT_OK;
}

/* The identity that is here already, if its person is whose code is given; or a new device. */
static enum copse_exit devices_be(struct copse_command *command, const struct copse_ticket *tickets,
                                  size_t count)
{
    struct copse_root_typed code;
    struct copse_id person;
    bool is_new = copse_command_is_new(command);
    enum copse_exit status = COPSE_EXIT_OK;
    if (!is_new) {
        status = copse_command_open(command, COPSE_COMMAND_ACTS);
        if (status == COPSE_EXIT_OK && !copse_keyring_is_confirmed(command->keyring)) {
            status = devices_other_person(command);
        }
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_root_code(command, &code,
                                 "Your recovery code makes this machine one of your devices. It "
                                 "is not kept here.");
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_keyring_read_code(&person, code.text);
    status = err == COPSE_OK ? devices_check_line(command, tickets, count, &person)
                             : copse_command_fail(command, err, "the code");
    if (status == COPSE_EXIT_OK && is_new) {
        status = copse_command_make_store(command);
        if (status == COPSE_EXIT_OK) {
            err = copse_keyring_create(command->home, code.text, command->practice.memory,
                                       &command->error);
            status = err == COPSE_OK ? copse_command_open(command, COPSE_COMMAND_ACTS)
                                     : copse_command_fail(command, err, command->home);
        }
    }
    copse_root_forget(&code);
    return status;
}

static enum copse_err devices_join(struct copse_command *command,
                                   const struct copse_ticket *tickets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct copse_slice text = copse_bytes_of_string(command->arguments.words[i]);
        enum copse_err err =
            copse_community_join(&command->practice, &tickets[i], text, &command->error);
        if (err == COPSE_ERR_EXISTS) {
            command->error.text[0] = '\0';
        } else if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

static enum copse_err devices_say_community(void *context, struct copse_practice_deed *deed,
                                            struct copse_error *error)
{
    struct copse_command *command = context;
    struct copse_community_card card;
    (void)error;
    enum copse_err err = copse_community_card(deed, &card);
    if (err == COPSE_OK) {
        copse_answer_object(&command->output.json, NULL);
        copse_answer_id(&command->output.json, "id", &card.id);
        copse_answer_string(&command->output.json, "name", card.name);
        copse_answer_truth(&command->output.json, "here", card.is_here);
        copse_answer_truth(&command->output.json, "joined", card.is_joined);
        copse_answer_object_end(&command->output.json);
        copse_output_text(&command->output, "  ");
        copse_output_words(&command->output, card.name, COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, "%s\n",
                          !card.is_joined ? "  (you hold no role there any more)"
                          : card.is_here  ? ""
                                          : "  (comes as soon as you meet one of its members)");
    }
    return err;
}

enum copse_exit copse_devices_say_back(struct copse_command *command, const char *first)
{
    struct copse_answer *json = &command->output.json;
    struct copse_id any;
    uint32_t number = 0;
    bool is_in = copse_command_next_community(command, &any, &number) == COPSE_OK;
    copse_answer_id(json, "person", copse_keyring_person(command->keyring));
    copse_answer_id(json, "device", copse_keyring_device(command->keyring));
    copse_answer_array(json, "communities");
    copse_output_text(&command->output, "%s%s\n", first, is_in ? ", in:" : ".");
    enum copse_err err = copse_practice_in_all(&command->practice, COPSE_DB_READ,
                                               devices_say_community, command, &command->error);
    copse_answer_array_end(json);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the communities");
    }
    copse_output_text(
        &command->output, "\nNext:\n%s%s",
        is_in ? "  copse sync               fetch what the others have (copse sync ADDR, where no "
                "address is known)\n"
              : "",
        "  copse me recover TICKET  come back to a further community, with any invitation to it, "
        "old or new\n"
        "  copse me devices list    your devices; one that is lost is given up with copse me "
        "devices revoke DEVICE\n");
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_devices_recover(struct copse_command *command)
{
    size_t count = command->arguments.word_count;
    struct copse_devices_done done;
    struct copse_ticket *tickets =
        copse_memory_new(command->practice.memory, count + 1, sizeof(*tickets));
    enum copse_exit status = tickets == NULL
                                 ? copse_command_fail(command, COPSE_ERR_NOMEM, "the invitations")
                                 : COPSE_EXIT_OK;
    size_t read = 0;
    while (status == COPSE_EXIT_OK && read < count) {
        status = copse_invitation_read(command, &tickets[read], command->arguments.words[read]);
        read += status == COPSE_EXIT_OK;
    }
    if (status == COPSE_EXIT_OK) {
        status = devices_be(command, tickets, count);
    }
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = devices_join(command, tickets, count);
        if (err == COPSE_OK) {
            err = copse_devices_enter(&command->practice, &done, &command->error);
        }
        status = err == COPSE_OK
                     ? copse_devices_say_back(
                           command, "Welcome back. This machine is one of your devices now")
                     : copse_command_fail(command, err, "you have not come back everywhere");
    }
    while (read > 0) {
        copse_ticket_forget(&tickets[--read]);
    }
    copse_memory_free(command->practice.memory, tickets);
    return status;
}

/* ---- adding ---- */

struct adding {
    struct copse_command *command;
    size_t count;
    size_t without_address;
};

/* The longest that fits: addresses are left out one by one. */
static enum copse_err devices_encode(char out[COPSE_TICKET_TEXT_MAX + 1],
                                     struct copse_ticket *ticket)
{
    enum copse_err err;
    while ((err = copse_ticket_encode(out, ticket)) == COPSE_ERR_LIMIT && ticket->peer_count > 0) {
        ticket->peer_count--;
    }
    return err;
}

static enum copse_err devices_add_one(void *context, struct copse_practice_deed *deed,
                                      struct copse_error *error)
{
    struct adding *adding = context;
    struct copse_ticket ticket;
    char text[COPSE_TICKET_TEXT_MAX + 1];
    (void)error;
    enum copse_err err = copse_devices_ticket(deed, &ticket);
    if (err == COPSE_OK) {
        err = copse_invitation_put_addresses(adding->command, &ticket);
    }
    if (err == COPSE_OK) {
        err = devices_encode(text, &ticket);
    }
    if (err == COPSE_OK) {
        copse_answer_word(&adding->command->output.json, NULL, text);
        copse_output_text(&adding->command->output, " %s", text);
        adding->count++;
        adding->without_address += ticket.peer_count == 0;
    }
    copse_ticket_forget(&ticket);
    return err;
}

enum copse_exit copse_do_devices_add(struct copse_command *command)
{
    struct adding adding = {.command = command};
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array(&command->output.json, "tickets");
    copse_output_text(&command->output, "copse me recover");
    enum copse_err err = copse_practice_in_all(&command->practice, COPSE_DB_READ, devices_add_one,
                                               &adding, &command->error);
    copse_answer_array_end(&command->output.json);
    copse_output_text(&command->output, "\n");
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the line for the other machine");
    }
    copse_output_note(&command->output,
                      "Paste this line on the other machine. It asks for your recovery code there; "
                      "without the code the line lets nobody in.");
    if (!copse_keyring_is_confirmed(command->keyring)) {
        copse_output_note(&command->output, "The code: copse me code show");
    }
    if (adding.without_address > 0) {
        copse_output_note(&command->output,
                          "It does not say where to find this machine, as copse serve does not run "
                          "here: start it (copse serve --background), then make the line again.");
    }
    return copse_output_done(&command->output);
}

/* ---- listing ---- */

static void devices_answer(struct copse_command *command, const struct copse_devices_item *item)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &item->device);
    copse_answer_word(json, "name", item->name[0] == '\0' ? NULL : item->name);
    copse_answer_truth(json, "this", item->is_own);
    copse_answer_number(json, "communities", item->communities);
    copse_answer_truth(json, "given_up", item->given_up > 0);
    copse_answer_number(json, "places", item->places);
    copse_answer_truth(json, "stopped", item->is_frozen && item->given_up == 0);
    if (item->last_ms == 0) {
        copse_answer_null(json, "last_wrote");
    } else {
        copse_answer_time(json, "last_wrote", (int64_t)item->last_ms);
    }
    copse_answer_object_end(json);
}

static void devices_print(struct copse_command *command, const struct copse_devices_item *item)
{
    struct copse_output *output = &command->output;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    char when[COPSE_TERMINAL_TIME_BYTES];
    copse_output_short_id(shortened, &item->device);
    copse_output_text(output, "%s  ", shortened);
    if (item->name[0] != '\0') {
        copse_output_words(output, copse_bytes_of_string(item->name), COPSE_TERMINAL_LINE);
        copse_output_text(output, "  ");
    }
    copse_output_text(output, "%s%zu %s", item->is_own ? "this machine, in " : "in ",
                      item->communities, item->communities == 1 ? "community" : "communities");
    if (item->last_ms > 0) {
        copse_terminal_time(when, (int64_t)item->last_ms, COPSE_TERMINAL_LOCAL);
        copse_output_text(output, ", last wrote %s", when);
    }
    copse_output_text(output, "%s%s\n", item->given_up > 0 ? ", given up" : "",
                      item->places < 2     ? ""
                      : item->given_up > 0 ? ", wrote in several places at once"
                      : item->is_frozen    ? ", wrote in so many places that it is stopped: copse "
                                             "fork repair on that machine"
                                           : ", writes in several places at once: copse fork "
                                             "repair on that machine");
}

enum copse_exit copse_do_devices_list(struct copse_command *command)
{
    struct copse_devices devices;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_devices_read(&command->practice, &devices, &command->error);
    copse_answer_array(&command->output.json, "items");
    for (size_t i = 0; err == COPSE_OK && i < devices.count; i++) {
        devices_answer(command, &devices.items[i]);
        devices_print(command, &devices.items[i]);
    }
    copse_answer_array_end(&command->output.json);
    copse_devices_deinit(&devices);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the devices");
    }
    copse_output_note(&command->output,
                      "One more: copse me devices add. One that is lost: copse me devices revoke "
                      "DEVICE");
    return copse_output_done(&command->output);
}

/* ---- which one ---- */

static bool devices_answers(const struct copse_devices_item *item, const char *word)
{
    return strcmp(item->name, word) == 0 ||
           (strlen(word) >= COPSE_READING_DIGITS_MIN && copse_reading_begins(&item->device, word));
}

/* The device that a word means. Failing is said. */
static enum copse_exit devices_find(struct copse_command *command,
                                    const struct copse_devices *devices,
                                    struct copse_devices_item *out, const char *word)
{
    size_t count = 0;
    struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_found",
                                       "copse me devices list shows yours."};
    for (size_t i = 0; i < devices->count; i++) {
        if (devices_answers(&devices->items[i], word)) {
            *out = devices->items[i];
            count++;
        }
    }
    if (count == 1) {
        return COPSE_EXIT_OK;
    }
    if (count == 0) {
        return copse_output_fail(&command->output, &fault, "you have no device %s", word);
    }
    fault.status = COPSE_EXIT_USAGE;
    fault.code = "ambiguous";
    return copse_output_fail(&command->output, &fault, "several of your devices answer to %s",
                             word);
}

/* Open, and find the device that the first word means; how many of all are not given up. */
static enum copse_exit devices_begin(struct copse_command *command, struct copse_devices_item *out,
                                     size_t *others)
{
    struct copse_devices devices;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_devices_read(&command->practice, &devices, &command->error);
    status = err == COPSE_OK ? devices_find(command, &devices, out, command->arguments.words[0])
                             : copse_command_fail(command, err, "the devices");
    *others = 0;
    for (size_t i = 0; status == COPSE_EXIT_OK && i < devices.count; i++) {
        *others += devices.items[i].given_up == 0 &&
                   !copse_bytes_equal_ids(&devices.items[i].device, &out->device);
    }
    copse_devices_deinit(&devices);
    return status;
}

enum copse_exit copse_do_devices_name(struct copse_command *command)
{
    struct copse_devices_item item;
    struct copse_builder room;
    struct copse_slice name = {NULL, 0};
    size_t others = 0;
    enum copse_exit status = devices_begin(command, &item, &others);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&room, command->practice.memory);
    enum copse_err err = copse_command_join(&room, command, 1);
    if (err == COPSE_OK) {
        err = copse_builder_end(&name, &room);
    }
    if (err == COPSE_OK) {
        err = copse_devices_set_name(&command->practice, &item.device, name, &command->error);
    }
    if (err == COPSE_OK) {
        copse_answer_id(&command->output.json, "id", &item.device);
        copse_answer_string(&command->output.json, "name", name);
        copse_output_text(&command->output, "Here it is called ");
        copse_output_words(&command->output, name, COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, " now; others do not see that.\n");
    }
    copse_builder_deinit(&room);
    return copse_command_end(command, err, "the name");
}

/* ---- giving up ---- */

struct looking {
    struct copse_id *out;
    const char *digits;
    size_t count;
};

static enum copse_err devices_look_for(void *context, struct copse_practice_deed *deed,
                                       struct copse_error *error)
{
    struct looking *looking = context;
    size_t count = 0;
    (void)error;
    enum copse_err err = copse_act_match(deed, looking->out, &count, looking->digits);
    looking->count += count;
    return err;
}

enum copse_exit copse_devices_from(struct copse_command *command,
                                   struct copse_id out[COPSE_DEVICES_FROM_MAX], size_t *count)
{
    const char *digits;
    *count = 0;
    while ((digits = copse_arguments_nth(&command->arguments, "from", *count)) != NULL) {
        if (*count == COPSE_DEVICES_FROM_MAX) {
            return copse_command_usage(command, NULL, "more than %u times --from",
                                       COPSE_DEVICES_FROM_MAX);
        }
        struct looking looking = {&out[*count], digits, 0};
        enum copse_err err = copse_practice_in_all(&command->practice, COPSE_DB_READ,
                                                   devices_look_for, &looking, &command->error);
        if (err == COPSE_ERR_DECODE) {
            return copse_command_usage(command, "copse fork list shows ids.",
                                       "%s is no id: it takes %u or more of the digits 0-9 a-f",
                                       digits, COPSE_READING_DIGITS_MIN);
        }
        if (err != COPSE_OK) {
            return copse_command_fail(command, err, digits);
        }
        if (looking.count != 1) {
            struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_found",
                                               "copse fork list shows ids."};
            if (looking.count > 1) {
                fault = (struct copse_output_fault){COPSE_EXIT_USAGE, "ambiguous",
                                                    "Type more of the id."};
            }
            return copse_output_fail(&command->output, &fault, "%s means %zu entries here", digits,
                                     looking.count);
        }
        (*count)++;
    }
    return COPSE_EXIT_OK;
}

static enum copse_exit devices_agree(struct copse_command *command,
                                     const struct copse_devices_item *item, size_t others,
                                     size_t from_count)
{
    if (item->places > 1 && from_count == 0) {
        copse_output_note(&command->output,
                          "It wrote in several places at once, so somebody else may have its key. "
                          "All of that will stand, for good. Where some of it is not yours, look "
                          "with copse fork list, and say with --from ID from where on nothing is "
                          "to stand.");
    }
    if (others == 0) {
        copse_output_note(&command->output,
                          "It is your only device: you come back with copse me recover and your "
                          "recovery code alone.");
    } else if (item->is_own) {
        copse_output_note(&command->output,
                          "It is this very machine: what you write here afterwards counts "
                          "nowhere. If its key may be known to others, copse fork repair gives it "
                          "a new one.");
    }
    return copse_person_agree(command, "Give this device up, in all your communities? [y/N]");
}

static enum copse_exit devices_say_given_up(struct copse_command *command,
                                            const struct copse_devices_item *item,
                                            const struct copse_devices_done *done)
{
    struct copse_answer *json = &command->output.json;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(shortened, &item->device);
    copse_answer_id(json, "id", &item->device);
    copse_answer_number(json, "communities", done->communities);
    copse_answer_number(json, "skipped", done->skipped);
    copse_output_text(&command->output,
                      "Device %s is given up in %zu %s. What it wrote, as far as it is here, "
                      "stays; anything else from it counts nowhere.\n\nNext:\n"
                      "  copse sync                     the others hear of it as they are met\n"
                      "  copse me devices revoke %s  once more, should words of yours come that "
                      "were not here: they count with that\n",
                      shortened, done->communities,
                      done->communities == 1 ? "community" : "communities", shortened);
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_devices_revoke(struct copse_command *command)
{
    struct copse_devices_item item;
    struct copse_devices_done done;
    struct copse_secret root;
    struct copse_id from[COPSE_DEVICES_FROM_MAX];
    struct copse_devices_giving_up plan = {.from = from, .root = &root};
    size_t others = 0;
    enum copse_exit status = devices_begin(command, &item, &others);
    if (status == COPSE_EXIT_OK) {
        status = copse_devices_from(command, from, &plan.from_count);
    }
    if (status == COPSE_EXIT_OK) {
        status = devices_agree(command, &item, others, plan.from_count);
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_root_ask(command, &root,
                                "Giving a device up is signed with your recovery code, so that "
                                "whoever has the device cannot do it, or stop it.");
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    plan.device = item.device;
    enum copse_err err = copse_devices_give_up(&command->practice, &done, &plan, &command->error);
    copse_key_forget(&root);
    return err == COPSE_OK ? devices_say_given_up(command, &item, &done)
                           : copse_command_fail(command, err, "it is not given up everywhere");
}
