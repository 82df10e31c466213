/* Who belongs: leaving, removing, readmitting, what came late, a community that goes on. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "cli/root.h"
#include "node/practice/capacity.h"
#include "node/practice/community.h"
#include "node/practice/membership.h"
#include "node/practice/unplaced.h"
#include "node/practice/who.h"

#include <inttypes.h>
#include <string.h>

/* ---- leaving ---- */

static void membership_say_left(struct copse_command *command, bool is_device)
{
    copse_answer_word(&command->output.json, "left", is_device ? "device" : "person");
    copse_output_text(&command->output, "%s",
                      is_device
                          ? "This device has left. Your others go on as before; what you wrote "
                            "stays.\nTo leave with all of them: copse community leave, from one "
                            "of them, with your recovery code.\n"
                          : "You have left. What you wrote stays, under your name.\nOthers hear "
                            "of it when they meet you once more: copse sync. An invitation "
                            "brings you back.\n");
}

enum copse_exit copse_do_membership_leave(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_secret root;
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    bool is_device = copse_arguments_has(&command->arguments, "device-only");
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_person_agree(command, is_device ? "Leave with this device? [y/N]"
                                                       : "Leave this community? [y/N]");
    }
    if (status == COPSE_EXIT_OK && !is_device) {
        status = copse_root_ask(
            command, &root,
            "Leaving for good is signed with your recovery code, so that it holds for all your "
            "devices. Without it, --device-only leaves with this device alone.");
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = copse_command_begin(command, &deed, COPSE_DB_WRITE);
    if (status == COPSE_EXIT_OK) {
        deed.root = is_device ? NULL : &root;
        enum copse_err err = copse_membership_leave(
            &deed, copse_bytes_of_string(reason == NULL ? "" : reason), &command->error);
        status = copse_command_commit(command, &deed, err, "you have not left");
    }
    if (!is_device) {
        copse_key_forget(&root);
    }
    if (status == COPSE_EXIT_OK) {
        membership_say_left(command, is_device);
    }
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

/* ---- removing ---- */

static enum copse_exit membership_to(struct copse_command *command, enum copse_op_removal *out)
{
    static const struct {
        const char *word;
        enum copse_op_removal to;
    } words[] = {{"none", COPSE_OP_TO_NONE},
                 {"member", COPSE_OP_TO_MEMBER},
                 {"moderator", COPSE_OP_TO_MODERATOR}};
    const char *to = copse_arguments_get(&command->arguments, "to");
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(words); i++) {
        if (strcmp(to == NULL ? "none" : to, words[i].word) == 0) {
            *out = words[i].to;
            return COPSE_EXIT_OK;
        }
    }
    return copse_command_usage(command, NULL, "--to takes none, member or moderator, not %s", to);
}

static void membership_say_removed(struct copse_command *command, struct copse_practice_deed *deed,
                                   const struct copse_id *id,
                                   const struct copse_membership_ending *ending)
{
    static const char *const what[] = {
        (" is removed. What they wrote until now stays; what they write from now on counts "
         "nowhere.\nBack again: copse moderate readmit\n"),
        " holds no role above member any more. What they did before stands.\n",
        " holds no role above moderator any more. What they did before stands.\n"};
    copse_answer_id(&command->output.json, "id", id);
    copse_answer_id(&command->output.json, "person", &ending->person);
    copse_person_print(command, deed, &ending->person);
    copse_output_text(&command->output, "%s", what[ending->to]);
}

enum copse_exit copse_do_membership_remove(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_builder reason;
    struct copse_membership_ending ending = {.to = COPSE_OP_TO_NONE};
    struct copse_id from;
    struct copse_id id;
    enum copse_exit status = membership_to(command, &ending.to);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&reason, command->practice.memory);
    status = copse_person_begin(command, &deed, &ending.person, command->arguments.words[0],
                                &reason, "Why? All members can read it.");
    if (status == COPSE_EXIT_OK) {
        status = copse_person_from(command, &deed, &ending.from, &from);
    }
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_builder_end(&ending.reason, &reason);
        if (err == COPSE_OK) {
            err = copse_membership_remove(&deed, &id, &ending, &command->error);
        }
        if (err == COPSE_OK) {
            membership_say_removed(command, &deed, &id, &ending);
        }
        status = copse_command_commit(command, &deed, err, "nobody was removed");
    }
    copse_builder_deinit(&reason);
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

enum copse_exit copse_do_membership_readmit(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_builder reason;
    struct copse_membership_return plan = {.role = COPSE_OP_MEMBER};
    size_t overcome = 0;
    const char *role = copse_arguments_get(&command->arguments, "role");
    if (role != NULL && copse_capacity_role_named(&plan.role, role) != COPSE_OK) {
        return copse_command_usage(command, NULL,
                                   "%s is no role: coordinator, moderator, member or guest", role);
    }
    copse_builder_init(&reason, command->practice.memory);
    enum copse_exit status =
        copse_person_begin(command, &deed, &plan.person, command->arguments.words[0], &reason,
                           "Why may they come back? All members can read it.");
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_builder_end(&plan.reason, &reason);
        if (err == COPSE_OK) {
            err = copse_membership_readmit(&deed, &overcome, &plan, &command->error);
        }
        if (err == COPSE_OK) {
            copse_answer_id(&command->output.json, "person", &plan.person);
            copse_answer_word(&command->output.json, "role", copse_capacity_role_name(plan.role));
            copse_answer_number(&command->output.json, "overcome", overcome);
            copse_person_print(command, &deed, &plan.person);
            copse_output_text(&command->output,
                              " may come back, as %s; %zu earlier %s overcome. Their program does "
                              "the rest by itself when it hears of it.\nWhat they wrote in between "
                              "stays without effect; they find it with copse unplaced list.\n",
                              copse_capacity_role_name(plan.role), overcome,
                              overcome == 1 ? "decision is" : "decisions are");
        }
        status = copse_command_commit(command, &deed, err, "nobody was readmitted");
    }
    copse_builder_deinit(&reason);
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

/* ---- late ---- */

struct late {
    struct copse_command *command;
    struct copse_practice_deed *deed;
    size_t count;
};

static void membership_tell_late(void *context, const struct copse_unplaced_late *item)
{
    struct late *late = context;
    struct copse_command *command = late->command;
    char first[COPSE_TERMINAL_TIME_BYTES];
    char last[COPSE_TERMINAL_TIME_BYTES];
    late->count++;
    copse_answer_object(&command->output.json, NULL);
    copse_command_json_person(command, late->deed, &(struct copse_command_keys){"id", "name"},
                              &item->person);
    copse_answer_number(&command->output.json, "count", item->count);
    copse_answer_time(&command->output.json, "first", (int64_t)item->first_ms);
    copse_answer_time(&command->output.json, "last", (int64_t)item->last_ms);
    copse_answer_object_end(&command->output.json);
    copse_terminal_time(first, (int64_t)item->first_ms, COPSE_TERMINAL_LOCAL);
    copse_terminal_time(last, (int64_t)item->last_ms, COPSE_TERMINAL_LOCAL);
    copse_person_print(command, late->deed, &item->person);
    copse_output_text(&command->output, ": %" PRIu64 " written %s to %s, after their role ended\n",
                      item->count, first, last);
}

enum copse_exit copse_do_membership_late(struct copse_command *command)
{
    struct copse_practice_deed deed;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct late late = {command, &deed, 0};
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = copse_unplaced_late(&deed, membership_tell_late, &late);
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    if (err == COPSE_OK) {
        copse_output_note(&command->output, "%s",
                          late.count == 0 ? "Nothing has come late."
                                          : "None of it counts anywhere. Who wrote it finds it "
                                            "with copse unplaced list.");
    }
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, "what came late");
}
