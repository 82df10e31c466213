/* Founding, showing, inviting, joining. */
#include "cli/deeds.h"
#include "cli/input.h"
#include "cli/invitation.h"
#include "cli/person.h"
#include "cli/qr.h"
#include "node/practice/capacity.h"
#include "node/practice/community.h"
#include "node/practice/people.h"
#include "node/practice/who.h"
#include "protocol/authority/standing.h"

#include <inttypes.h>
#include <string.h>

/* ---- founding ---- */

/* A founder who is known here by name or key in some community, or whose whole key is given. */
static enum copse_exit community_founder(struct copse_command *command, struct copse_id *out,
                                         const char *word)
{
    struct copse_practice_deed deed;
    struct copse_who who = {.count = 0};
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    while (err == COPSE_OK && who.count == 0) {
        struct copse_id community;
        err = copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_READ, &command->error);
        if (err == COPSE_OK) {
            err = copse_community_next(&deed, &community, &number);
            copse_practice_end(&deed);
        }
        if (err == COPSE_OK) {
            err = copse_practice_begin(&deed, &command->practice, &community, COPSE_DB_READ,
                                       &command->error);
        }
        if (err == COPSE_OK) {
            err = copse_who_find(&deed, &who, word);
            copse_practice_end(&deed);
        }
    }
    if (who.count == 0 &&
        copse_bytes_id_from_hex(&who.persons[0], copse_bytes_of_string(word)) == COPSE_OK) {
        who.count = 1;
    }
    if (who.count == 1) {
        *out = who.persons[0];
        return COPSE_EXIT_OK;
    }
    struct copse_output_fault fault = {
        COPSE_EXIT_NOT_FOUND, "not_found",
        "Ask for their key, which copse me show prints, and give that."};
    if (who.count > 1) {
        fault = (struct copse_output_fault){COPSE_EXIT_USAGE, "ambiguous", fault.hint};
        return copse_output_fail(&command->output, &fault, "several people are called %s", word);
    }
    return copse_output_fail(&command->output, &fault, "nobody called %s is known here", word);
}

static enum copse_exit community_founders(struct copse_command *command,
                                          struct copse_id out[COPSE_OP_FOUNDERS_MAX], size_t *count)
{
    const char *word;
    enum copse_exit status = COPSE_EXIT_OK;
    *count = 0;
    while (status == COPSE_EXIT_OK &&
           (word = copse_arguments_nth(&command->arguments, "founder", *count)) != NULL) {
        if (*count == COPSE_OP_FOUNDERS_MAX - 1) {
            return copse_command_usage(command, NULL,
                                       "a community has at most %u founders, you included",
                                       COPSE_OP_FOUNDERS_MAX);
        }
        status = community_founder(command, &out[*count], word);
        *count += status == COPSE_EXIT_OK;
    }
    return status;
}

static enum copse_exit community_kind(struct copse_command *command, enum copse_community_kind *out)
{
    const char *kind = copse_arguments_get(&command->arguments, "kind");
    *out = kind != NULL && strcmp(kind, "moderated") == 0 ? COPSE_COMMUNITY_MODERATED
                                                          : COPSE_COMMUNITY_OPEN;
    return kind == NULL || *out == COPSE_COMMUNITY_MODERATED || strcmp(kind, "open") == 0
               ? COPSE_EXIT_OK
               : copse_command_usage(command, NULL, "--kind takes open or moderated, not %s", kind);
}

static struct copse_slice community_option(const struct copse_command *command, const char *name)
{
    const char *text = copse_arguments_get(&command->arguments, name);
    return copse_bytes_of_string(text == NULL ? "" : text);
}

static void community_say_founded(struct copse_command *command, const struct copse_id *id,
                                  const struct copse_community_plan *plan)
{
    struct copse_output *output = &command->output;
    copse_answer_id(&output->json, "id", id);
    copse_answer_string(&output->json, "name", plan->name);
    copse_output_text(output, "Founded ");
    copse_output_styled_words(output, COPSE_OUTPUT_STRONG, plan->name);
    copse_output_text(output, ". You are its first founder.\n");
    if (plan->founder_count > 0) {
        copse_output_text(output,
                          "%zu more will be founders as soon as they join: send each an "
                          "invitation.\n",
                          plan->founder_count);
    }
    copse_output_text(output, "%s",
                      plan->kind == COPSE_COMMUNITY_MODERATED
                          ? "Whoever joins reads as a guest, until you let them in: copse people "
                            "role grant NAME member\n"
                          : "");
    copse_output_text(output, "\nNext:\n"
                              "  copse community invite        an invitation for others\n"
                              "  copse ask \"...\"               ask the first question\n"
                              "  copse page new \"...\"          begin the first page\n");
}

/* `succeeds` NULL: a community of its own. */
static enum copse_exit community_found(struct copse_command *command,
                                       const struct copse_id *succeeds)
{
    struct copse_builder name;
    struct copse_id id;
    struct copse_id founders[COPSE_OP_FOUNDERS_MAX];
    struct copse_community_plan plan = {
        .domain = community_option(command, "domain"),
        .purpose = community_option(command, "purpose"),
        .norms = community_option(command, "norms"),
        .founders = founders,
        .succeeds = succeeds,
    };
    enum copse_exit status = community_kind(command, &plan.kind);
    if (status == COPSE_EXIT_OK) {
        status = community_founders(command, founders, &plan.founder_count);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&name, command->practice.memory);
    status = copse_command_line(command, &name, &plan.name, "name");
    if (status == COPSE_EXIT_OK) {
        enum copse_err err =
            copse_community_create(&command->practice, &id, &plan, &command->error);
        status = err == COPSE_OK
                     ? COPSE_EXIT_OK
                     : copse_command_fail(command, err, "the community was not founded");
    }
    if (status == COPSE_EXIT_OK) {
        community_say_founded(command, &id, &plan);
        status = copse_output_done(&command->output);
    }
    copse_builder_deinit(&name);
    return status;
}

enum copse_exit copse_do_community_create(struct copse_command *command)
{
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    return status == COPSE_EXIT_OK ? community_found(command, NULL) : status;
}

enum copse_exit copse_do_community_successor(struct copse_command *command)
{
    struct copse_id old;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_community(command, &old);
    }
    if (status == COPSE_EXIT_OK) {
        copse_answer_id(&command->output.json, "succeeds", &old);
        status = community_found(command, &old);
    }
    if (status == COPSE_EXIT_OK) {
        copse_output_note(&command->output,
                          "It says which community it goes on from. Nobody comes over by itself: "
                          "tell the others, in the old one, with an invitation to the new one.");
    }
    return status;
}

/* ---- showing ---- */

static void community_answer(struct copse_command *command, const struct copse_community_card *card)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_id(json, "id", &card->id);
    copse_answer_string(json, "name", card->name);
    copse_answer_string(json, "domain", card->domain);
    copse_answer_string(json, "purpose", card->purpose);
    copse_answer_word(json, "kind", card->kind == COPSE_COMMUNITY_MODERATED ? "moderated" : "open");
    copse_answer_truth(json, "waiting", card->is_waiting);
    copse_answer_truth(json, "here", card->is_here);
    copse_answer_truth(json, "joined", card->is_joined);
}

static enum copse_err community_list_one(struct copse_command *command, const struct copse_id *id)
{
    struct copse_practice_deed deed;
    struct copse_community_card card;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, id, COPSE_DB_READ, &command->error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_community_card(&deed, &card);
    if (err == COPSE_OK) {
        copse_answer_object(&command->output.json, NULL);
        community_answer(command, &card);
        copse_answer_object_end(&command->output.json);
        copse_output_short_id(shortened, id);
        copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", shortened);
        copse_output_text(&command->output, "  ");
        copse_output_words(&command->output, card.name, COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, "%s\n",
                          card.is_here ? "" : "  (joined; waiting to meet a member)");
    }
    copse_practice_end(&deed);
    return err;
}

enum copse_exit copse_do_community_list(struct copse_command *command)
{
    uint32_t number = 0;
    size_t count = 0;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array(&command->output.json, "items");
    enum copse_err err;
    struct copse_id id;
    while ((err = copse_command_next_community(command, &id, &number)) == COPSE_OK &&
           (err = community_list_one(command, &id)) == COPSE_OK) {
        count++;
    }
    copse_answer_array_end(&command->output.json);
    if (err != COPSE_ERR_NOT_FOUND) {
        return copse_command_fail(command, err, "the communities");
    }
    if (count == 0) {
        copse_output_note(&command->output, COPSE_COMMAND_NO_COMMUNITY);
    }
    return copse_output_done(&command->output);
}

/* Who is in it, with the best role that is not ended. */
static enum copse_err community_people(struct copse_command *command,
                                       struct copse_practice_deed *deed)
{
    struct copse_state_cursor cursor;
    struct copse_id person;
    enum copse_err err;
    copse_standing_open_people(&cursor);
    while ((err = copse_standing_next_person(&person, &cursor, &deed->state)) == COPSE_OK) {
        struct copse_standing *standing = NULL;
        enum copse_op_role role;
        err = copse_standing_load(&standing, &deed->state, &person, &deed->source,
                                  command->practice.memory);
        if (err != COPSE_OK) {
            return err;
        }
        if (copse_standing_role(&role, standing)) {
            const char *role_name = copse_capacity_role_name(role);
            struct copse_command_keys keys = {"id", "name"};
            copse_answer_object(&command->output.json, NULL);
            copse_command_json_person(command, deed, &keys, &person);
            copse_answer_word(&command->output.json, "role", role_name);
            copse_answer_object_end(&command->output.json);
            copse_output_text(&command->output, "  %-12s ", role_name);
            copse_person_print(command, deed, &person);
            copse_output_text(&command->output, "\n");
        }
        copse_standing_free(standing);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static void community_line(struct copse_command *command, const char *label,
                           struct copse_slice text)
{
    if (text.size > 0) {
        copse_output_text(&command->output, "%s", label);
        copse_output_words(&command->output, text, COPSE_TERMINAL_BLOCK);
        copse_output_text(&command->output, "\n");
    }
}

/* How one comes in, where it goes on from, and who can let the reader in. */
static void community_say_kind(struct copse_command *command, struct copse_practice_deed *deed,
                               const struct copse_community_card *card)
{
    static const struct copse_op welcome = {.kind = COPSE_OP_GRANT, .role = COPSE_OP_MEMBER};
    char who[COPSE_CAPACITY_WHO_BYTES];
    char hex[COPSE_ID_HEX_BYTES];
    if (copse_bytes_is_zero(&card->succeeds)) {
        copse_answer_null(&command->output.json, "succeeds");
    } else {
        copse_answer_id(&command->output.json, "succeeds", &card->succeeds);
        copse_bytes_id_to_hex(hex, &card->succeeds);
        copse_output_text(&command->output, "It goes on from the community %s.\n", hex);
    }
    if (card->kind == COPSE_COMMUNITY_MODERATED) {
        copse_output_text(&command->output,
                          "Moderated: whoever joins reads as a guest until they are let in.\n");
    }
    if (card->is_waiting && copse_capacity_who_may(deed, who, &welcome) == COPSE_OK) {
        copse_output_text(&command->output, "You wait to be let in. That is for ");
        copse_output_words(&command->output, copse_bytes_of_string(who), COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, ".\n");
    }
}

enum copse_exit copse_do_community_show(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_community_card card;
    struct copse_view *view;
    char hex[COPSE_ID_HEX_BYTES];
    enum copse_exit status = copse_command_start(command, &deed, COPSE_DB_READ);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_practice_view(&deed, &view);
    if (err == COPSE_OK) {
        err = copse_community_card(&deed, &card);
    }
    if (err == COPSE_OK) {
        copse_bytes_id_to_hex(hex, &card.id);
        community_answer(command, &card);
        copse_output_styled_words(&command->output, COPSE_OUTPUT_STRONG, card.name);
        copse_output_text(&command->output, "\n");
        community_line(command, "What we care about: ", card.domain);
        community_line(command, "Purpose: ", card.purpose);
        copse_output_text(&command->output, "Id: %s\n", hex);
        community_say_kind(command, &deed, &card);
        copse_output_text(&command->output, "\nPeople\n");
        copse_answer_array(&command->output.json, "people");
        err = community_people(command, &deed);
        copse_answer_array_end(&command->output.json);
    }
    copse_practice_end(&deed);
    return copse_command_end(command, err, "the community");
}

/* ---- inviting and joining ---- */

static enum copse_exit community_offer(struct copse_command *command,
                                       struct copse_community_offer *out)
{
    const char *role = copse_arguments_get(&command->arguments, "role");
    const char *greeting = copse_arguments_get(&command->arguments, "greeting");
    *out = (struct copse_community_offer){
        .role = COPSE_OP_MEMBER,
        .has_role = role != NULL,
        .greeting = copse_bytes_of_string(greeting == NULL ? "" : greeting),
    };
    if (role != NULL && strcmp(role, "guest") == 0) {
        out->role = COPSE_OP_GUEST;
    } else if (role != NULL && strcmp(role, "member") != 0) {
        return copse_command_usage(command, NULL, "--role takes member or guest");
    }
    enum copse_exit status = copse_command_number(command, &out->uses, "uses", 0);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_number(command, &out->days, "days", 0);
    }
    if (status == COPSE_EXIT_OK && out->uses > COPSE_OP_INVITE_USES_MAX) {
        return copse_command_usage(command, NULL, "--uses takes at most %u",
                                   COPSE_OP_INVITE_USES_MAX);
    }
    return status;
}

static enum copse_exit community_print_ticket(struct copse_command *command,
                                              const struct copse_ticket *ticket,
                                              enum copse_op_role role)
{
    char text[COPSE_TICKET_TEXT_MAX + 1];
    enum copse_err err = copse_ticket_encode(text, ticket);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the invitation cannot be written");
    }
    copse_answer_word(&command->output.json, "ticket", text);
    copse_answer_id(&command->output.json, "id", &ticket->invite);
    copse_answer_word(&command->output.json, "role", copse_capacity_role_name(role));
    copse_output_text(&command->output, "%s\n", text);
    if (copse_arguments_has(&command->arguments, "qr")) {
        copse_qr_print(&command->output, text);
    }
    copse_output_note(&command->output, "%s",
                      role == COPSE_OP_GUEST
                          ? "Whoever has this line can join, as a guest. They type: copse "
                            "community join TICKET. Let them in with: copse people role grant "
                            "NAME member"
                          : "Whoever has this line can join. They type: copse community join "
                            "TICKET");
    if (ticket->peer_count == 0) {
        copse_output_note(&command->output,
                          "It does not say where to find you, as copse serve does not run here: "
                          "start it (copse serve --background), then invite.");
    }
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_community_invite(struct copse_command *command)
{
    struct copse_community_offer offer;
    struct copse_ticket ticket;
    struct copse_id community;
    enum copse_exit status = community_offer(command, &offer);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_open(command, COPSE_COMMAND_ACTS);
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_command_community(command, &community);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err =
        copse_community_invite(&command->practice, &ticket, &community, &offer, &command->error);
    if (err == COPSE_ERR_NOT_FOUND) {
        struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_here_yet",
                                           "Meet one of its members first."};
        return copse_output_fail(&command->output, &fault,
                                 "you have joined, but nothing of the community is here yet");
    }
    if (err == COPSE_OK) {
        err = copse_invitation_put_addresses(command, &ticket);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "no invitation was made");
    }
    status = community_print_ticket(command, &ticket, offer.role);
    copse_ticket_forget(&ticket);
    return status;
}

static enum copse_exit community_joined(struct copse_command *command,
                                        const struct copse_ticket *ticket)
{
    copse_answer_id(&command->output.json, "id", &ticket->community);
    copse_answer_word(&command->output.json, "name", ticket->name);
    copse_output_text(&command->output, "You have joined ");
    copse_output_styled_words(&command->output, COPSE_OUTPUT_STRONG,
                              copse_bytes_of_string(ticket->name));
    copse_output_text(&command->output, ".\n");
    if (ticket->greeting[0] != '\0') {
        copse_output_words(&command->output, copse_bytes_of_string(ticket->greeting),
                           COPSE_TERMINAL_BLOCK);
        copse_output_text(&command->output, "\n");
    }
    copse_output_text(&command->output,
                      "Its pages and posts come as soon as you meet one of its members.\n");
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_community_join(struct copse_command *command)
{
    struct copse_ticket ticket;
    struct copse_slice text = copse_bytes_of_string(command->arguments.words[0]);
    enum copse_exit status = copse_invitation_read(command, &ticket, command->arguments.words[0]);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_people_adopt_name(&command->practice, &command->error);
        if (err == COPSE_OK) {
            err = copse_community_join(&command->practice, &ticket, text, &command->error);
        }
        status = err == COPSE_OK ? community_joined(command, &ticket)
                                 : copse_command_fail(command, err, "you have not joined");
    }
    copse_ticket_forget(&ticket);
    return status;
}
