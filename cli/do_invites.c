/* Invitations that were given: the list, closing one. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "node/practice/capacity.h"
#include "node/practice/invites.h"
#include "protocol/entry/clock.h"

#include <inttypes.h>

static const struct {
    const char *word;
    const char *text;
} invites_states[] = {
    [COPSE_INVITES_OPEN] = {"open", "open"},
    [COPSE_INVITES_USED_UP] = {"used_up", "used up; others will hear of it"},
    [COPSE_INVITES_EXPIRED] = {"expired", "its time is over; others will hear of it"},
    [COPSE_INVITES_CLOSED] = {"closed", "closed"},
    [COPSE_INVITES_VOID] = {"void", "does not count: who wrote it may not invite"},
};

static void invites_uses(struct copse_command *command, const struct copse_invites_door *door)
{
    struct copse_answer *json = &command->output.json;
    const struct copse_op *op = &door->act->op;
    bool is_over_used = op->has_uses && door->joined > op->uses;
    char until[COPSE_TERMINAL_TIME_BYTES];
    copse_answer_number(json, "joined", door->joined);
    copse_answer_number(json, "refused", door->refused);
    copse_answer_truth(json, "over_used", is_over_used);
    copse_output_text(&command->output, ", %" PRIu32, door->joined);
    if (op->has_uses) {
        copse_answer_number(json, "uses", op->uses);
        copse_output_text(&command->output, " of %" PRIu32, op->uses);
    } else {
        copse_answer_null(json, "uses");
    }
    copse_output_text(&command->output, " came in%s",
                      is_over_used ? " (more than it was for; they all stand)" : "");
    if (door->refused > 0) {
        copse_output_text(&command->output, ", %" PRIu32 " turned away", door->refused);
    }
    if (op->has_until) {
        copse_answer_time(json, "until", (int64_t)copse_clock_ms(op->until));
        copse_terminal_time(until, (int64_t)copse_clock_ms(op->until), COPSE_TERMINAL_LOCAL);
        copse_output_text(&command->output, ", until %s", until);
    } else {
        copse_answer_null(json, "until");
    }
}

static void invites_door(struct copse_command *command, struct copse_practice_deed *deed,
                         const struct copse_invites *invites, size_t at)
{
    struct copse_answer *json = &command->output.json;
    const struct copse_invites_door *door = &invites->doors[at];
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(shortened, &door->act->held.id);
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &door->act->held.id);
    copse_command_json_person(command, deed, &(struct copse_command_keys){"by", "by_name"},
                              &door->act->person);
    copse_answer_word(json, "role", copse_capacity_role_name(door->act->op.role));
    copse_answer_word(json, "state", invites_states[door->state].word);
    copse_answer_time(json, "written", (int64_t)copse_clock_ms(door->act->held.entry.hlc));
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", shortened);
    copse_output_text(&command->output, "  %-7s by ", copse_capacity_role_name(door->act->op.role));
    copse_person_print(command, deed, &door->act->person);
    invites_uses(command, door);
    copse_output_text(&command->output, ": %s\n", invites_states[door->state].text);
    copse_answer_array(json, "people");
    for (size_t i = 0; i < invites->join_count; i++) {
        const struct copse_annals_act *join = invites->joins[i].act;
        if (invites->joins[i].door != at) {
            continue;
        }
        copse_answer_object(json, NULL);
        copse_command_json_person(command, deed, &(struct copse_command_keys){"id", "name"},
                                  &join->op.target);
        copse_answer_truth(json, "counts", copse_annals_counts(join));
        copse_answer_object_end(json);
        copse_output_text(&command->output, "              ");
        copse_person_print(command, deed, &join->op.target);
        copse_output_text(&command->output, "%s\n",
                          copse_annals_counts(join) ? "" : " (turned away)");
    }
    copse_answer_array_end(json);
    copse_answer_object_end(json);
}

enum copse_exit copse_do_invites_list(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_invites invites;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_invites_read(&deed, &invites);
    copse_answer_array(&command->output.json, "items");
    for (size_t i = 0; err == COPSE_OK && i < invites.door_count; i++) {
        invites_door(command, &deed, &invites, i);
    }
    copse_answer_array_end(&command->output.json);
    if (err == COPSE_OK && invites.door_count == 0) {
        copse_output_note(&command->output, "Nobody was invited yet: copse community invite");
    }
    copse_invites_deinit(&invites);
    copse_practice_end(&deed);
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, "the invitations");
}

enum copse_exit copse_do_invites_revoke(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_id id;
    size_t kept = 0;
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    enum copse_exit status = copse_person_begin_on_entry(command, &deed, &id);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_invites_close(
        &deed, &kept, &id, copse_bytes_of_string(reason == NULL ? "" : reason), &command->error);
    if (err == COPSE_OK) {
        copse_answer_id(&command->output.json, "id", &id);
        copse_answer_number(&command->output.json, "kept", kept);
        copse_output_text(&command->output,
                          "The invitation is closed: whoever uses it from now on is turned away. "
                          "%zu who came in by it %s.\n",
                          kept, kept == 1 ? "stays" : "stay");
    }
    status = copse_command_commit(command, &deed, err, "the invitation was not closed");
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}
