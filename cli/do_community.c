/* Founding, showing, inviting, joining. */
#include "cli/deeds.h"
#include "cli/input.h"
#include "cli/qr.h"
#include "node/practice/community.h"
#include "protocol/authority/standing.h"

#include <inttypes.h>
#include <string.h>

enum copse_exit copse_do_community_create(struct copse_command *command)
{
    struct copse_builder name;
    struct copse_id id;
    const char *domain = copse_arguments_get(&command->arguments, "domain");
    const char *purpose = copse_arguments_get(&command->arguments, "purpose");
    struct copse_community_plan plan = {
        .domain = copse_bytes_of_string(domain == NULL ? "" : domain),
        .purpose = copse_bytes_of_string(purpose == NULL ? "" : purpose),
    };
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
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
        copse_answer_id(&command->output.json, "id", &id);
        copse_answer_string(&command->output.json, "name", plan.name);
        copse_output_text(&command->output, "Founded ");
        copse_output_styled_words(&command->output, COPSE_OUTPUT_STRONG, plan.name);
        copse_output_text(&command->output,
                          ". You are its first founder.\n\n"
                          "Next:\n"
                          "  copse community invite        an invitation for others\n"
                          "  copse ask \"...\"               ask the first question\n"
                          "  copse page new \"...\"          begin the first page\n");
        status = copse_output_done(&command->output);
    }
    copse_builder_deinit(&name);
    return status;
}

static void community_answer(struct copse_command *command, const struct copse_community_card *card)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_id(json, "id", &card->id);
    copse_answer_string(json, "name", card->name);
    copse_answer_string(json, "domain", card->domain);
    copse_answer_string(json, "purpose", card->purpose);
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

static const char *community_role_name(enum copse_op_role role)
{
    switch (role) {
    case COPSE_OP_COORDINATOR:
        return "coordinator";
    case COPSE_OP_MODERATOR:
        return "moderator";
    case COPSE_OP_MEMBER:
        return "member";
    case COPSE_OP_GUEST:
        return "guest";
    }
    return "";
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
            const char *role_name = community_role_name(role);
            struct copse_command_keys keys = {"id", "name"};
            copse_answer_object(&command->output.json, NULL);
            copse_command_json_person(command, deed, &keys, &person);
            copse_answer_word(&command->output.json, "role", role_name);
            copse_answer_object_end(&command->output.json);
            copse_output_text(&command->output, "  %-12s ", role_name);
            copse_command_print_person(command, deed, &person);
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
        copse_output_text(&command->output, "Id: %s\n\nPeople\n", hex);
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
                                              const struct copse_ticket *ticket)
{
    char text[COPSE_TICKET_TEXT_MAX + 1];
    enum copse_err err = copse_ticket_encode(text, ticket);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the invitation cannot be written");
    }
    copse_answer_word(&command->output.json, "ticket", text);
    copse_answer_id(&command->output.json, "id", &ticket->invite);
    copse_output_text(&command->output, "%s\n", text);
    if (copse_arguments_has(&command->arguments, "qr")) {
        copse_qr_print(&command->output, text);
    }
    copse_output_note(&command->output,
                      "Whoever has this line can join. They type: copse community join TICKET");
    if (ticket->peer_count == 0) {
        copse_output_note(&command->output,
                          "It does not say where to find you, as copse serve does not run here: "
                          "start it (copse serve --background), then invite.");
    }
    return copse_output_done(&command->output);
}

/* Say in the invitation where this node can be reached, if copse serve runs. */
static enum copse_err community_put_addresses(struct copse_command *command,
                                              struct copse_ticket *ticket)
{
    struct copse_command_serving serving;
    enum copse_err err = copse_command_serving(command, &serving);
    if (err == COPSE_OK && serving.own.address_count > 0) {
        ticket->peers[0] = serving.own;
        ticket->peer_count = 1;
    }
    return err;
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
        err = community_put_addresses(command, &ticket);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "no invitation was made");
    }
    status = community_print_ticket(command, &ticket);
    copse_ticket_forget(&ticket);
    return status;
}

/* What is wrong with an invitation, in words. */
static enum copse_exit community_bad_ticket(struct copse_command *command, enum copse_err err)
{
    struct copse_output_fault fault = {COPSE_EXIT_USAGE, "bad_ticket",
                                       "Ask for it again, and copy the whole line."};
    const char *text = "this is no invitation: one is a single long line of letters and digits";
    if (err == COPSE_ERR_CORRUPT) {
        text = "the invitation is cut short or mistyped: its check does not match";
    } else if (err == COPSE_ERR_VERSION) {
        fault = (struct copse_output_fault){COPSE_EXIT_FAILURE, "from_the_future",
                                            "Install a newer copse."};
        text = "the invitation was made by a later version of copse";
    } else if (err == COPSE_ERR_LIMIT) {
        text = "this is longer than an invitation can be";
    } else if (err == COPSE_ERR_DECODE) {
        fault.hint = "Ask for another one.";
        text = "the invitation is whole, but says something it may not";
    }
    return copse_output_fail(&command->output, &fault, "%s", text);
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
    enum copse_err err = copse_ticket_decode(&ticket, text);
    if (err != COPSE_OK) {
        return community_bad_ticket(command, err);
    }
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        err = copse_community_join(&command->practice, &ticket, text, &command->error);
        status = err == COPSE_OK ? community_joined(command, &ticket)
                                 : copse_command_fail(command, err, "you have not joined");
    }
    copse_ticket_forget(&ticket);
    return status;
}
