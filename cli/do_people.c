/* Who is here: the list, one person, whom one has muted; recalling a founder. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "node/practice/act.h"
#include "node/practice/capacity.h"
#include "node/practice/membership.h"
#include "node/practice/mute.h"
#include "node/practice/roles.h"
#include "node/practice/who.h"

#include <stdlib.h>

/* ---- how somebody stands ---- */

/* What else a person is asked to be, by the grants that hold. */
static enum copse_err people_attributes(struct copse_command *command,
                                        struct copse_practice_deed *deed,
                                        const struct copse_standing *standing)
{
    enum copse_err err = COPSE_OK;
    copse_answer_array(&command->output.json, "attributes");
    for (size_t i = 0; err == COPSE_OK && i < standing->unit_count; i++) {
        struct copse_held held;
        struct copse_op op;
        struct copse_slice words[COPSE_ROLES_ATTRIBUTES_MAX];
        if (standing->units[i].is_ended) {
            continue;
        }
        err = copse_entries_find(deed->txn, &held, NULL, deed->number, &standing->units[i].grant);
        if (err != COPSE_OK ||
            copse_op_decode(&op, held.entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK ||
            op.kind != COPSE_OP_GRANT) {
            continue;
        }
        size_t count = copse_roles_attributes(words, op.map);
        for (size_t k = 0; k < count; k++) {
            copse_answer_string(&command->output.json, NULL, words[k]);
            copse_output_text(&command->output, ", ");
            copse_output_words(&command->output, words[k], COPSE_TERMINAL_LINE);
        }
    }
    copse_answer_array_end(&command->output.json);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static void people_until(struct copse_command *command, uint64_t until_ms)
{
    char text[COPSE_TERMINAL_TIME_BYTES];
    if (until_ms == 0) {
        copse_answer_null(&command->output.json, "until");
        return;
    }
    bool is_over = until_ms <= command->practice.now_ms(command->practice.context);
    copse_terminal_time(text, (int64_t)until_ms - 1, COPSE_TERMINAL_LOCAL);
    copse_answer_time(&command->output.json, "until", (int64_t)until_ms);
    copse_output_text(&command->output,
                      is_over ? ", ended %.10s (others will hear of it)" : ", until %.10s", text);
}

/* One person as a line and an object. `role` NULL: none that holds. */
static enum copse_err people_line(struct copse_command *command, struct copse_practice_deed *deed,
                                  const struct copse_standing *standing,
                                  const enum copse_op_role *role)
{
    struct copse_answer *json = &command->output.json;
    struct copse_slice name = {NULL, 0};
    bool is_claimed = false;
    bool is_muted = false;
    uint64_t until_ms = 0;
    enum copse_op_role best;
    char key[COPSE_OUTPUT_SHORT_ID_BYTES];
    const struct copse_id *person = &standing->person;
    enum copse_err err = copse_who_name(deed, &name, &is_claimed, person);
    if (err == COPSE_OK) {
        err = copse_mute_is(deed, &is_muted, person);
    }
    if (err == COPSE_OK && role != NULL) {
        err = copse_roles_of(deed, &best, &until_ms, person);
    }
    if (err != COPSE_OK) {
        return err;
    }
    copse_output_short_id(key, person);
    copse_answer_id(json, "id", person);
    if (name.size > 0) {
        copse_answer_string(json, "name", name);
    } else {
        copse_answer_null(json, "name");
    }
    copse_answer_word(json, "role", role == NULL ? NULL : copse_capacity_role_name(*role));
    copse_answer_truth(json, "name_counts", name.size > 0 && !is_claimed);
    copse_answer_truth(json, "muted", is_muted);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", key);
    copse_output_text(&command->output, "  %-12s ",
                      role == NULL ? "left" : copse_capacity_role_name(*role));
    copse_person_print(command, deed, person);
    people_until(command, until_ms);
    err = people_attributes(command, deed, standing);
    bool is_own = command->keyring != NULL &&
                  copse_bytes_equal_ids(person, copse_keyring_person(command->keyring));
    copse_output_text(&command->output, "%s%s\n", is_own ? " (you)" : "",
                      is_muted ? " (muted)" : "");
    return err;
}

/* The list in the making: roles first, then keys. */
struct people_row {
    struct copse_id person;
    enum copse_op_role role;
    bool has_role;
};

static int people_compare(const void *a, const void *b)
{
    const struct people_row *x = a;
    const struct people_row *y = b;
    if (x->has_role != y->has_role) {
        return x->has_role ? -1 : 1;
    }
    return x->role != y->role ? (x->role < y->role ? -1 : 1)
                              : copse_bytes_compare_ids(&x->person, &y->person);
}

/* Those who are asked for. The caller frees *out. */
static enum copse_err people_gather(struct copse_command *command, struct copse_practice_deed *deed,
                                    struct people_row **out, size_t *count)
{
    struct copse_state_cursor cursor;
    struct copse_view *view;
    struct people_row row;
    size_t capacity = 0;
    bool all = copse_arguments_has(&command->arguments, "all");
    bool stewards = copse_arguments_has(&command->arguments, "stewards");
    enum copse_err err = copse_practice_view(deed, &view);
    copse_standing_open_people(&cursor);
    while (err == COPSE_OK &&
           (err = copse_standing_next_person(&row.person, &cursor, &deed->state)) == COPSE_OK) {
        struct copse_standing *standing = NULL;
        row.role = COPSE_OP_GUEST;
        err = copse_standing_load(&standing, &deed->state, &row.person, &deed->source,
                                  command->practice.memory);
        row.has_role = err == COPSE_OK && copse_standing_role(&row.role, standing);
        copse_standing_free(standing);
        bool is_asked =
            stewards ? row.has_role && row.role <= COPSE_OP_MODERATOR : row.has_role || all;
        if (err == COPSE_OK && is_asked) {
            err = copse_memory_grow(command->practice.memory, out, &capacity, *count + 1,
                                    sizeof(**out));
        }
        if (err == COPSE_OK && is_asked) {
            (*out)[(*count)++] = row;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_exit copse_do_people_list(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct people_row *rows = NULL;
    size_t count = 0;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = people_gather(command, &deed, &rows, &count);
    if (err == COPSE_OK && count > 0) {
        qsort(rows, count, sizeof(*rows), people_compare);
    }
    copse_answer_array(&command->output.json, "items");
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        struct copse_standing *standing = NULL;
        copse_answer_object(&command->output.json, NULL);
        err = copse_standing_load(&standing, &deed.state, &rows[i].person, &deed.source,
                                  command->practice.memory);
        if (err == COPSE_OK) {
            err = people_line(command, &deed, standing, rows[i].has_role ? &rows[i].role : NULL);
        }
        copse_standing_free(standing);
        copse_answer_object_end(&command->output.json);
    }
    copse_answer_array_end(&command->output.json);
    copse_memory_free(command->practice.memory, rows);
    copse_practice_end(&deed);
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, "the people");
}

enum copse_exit copse_do_people_show(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_standing *standing = NULL;
    struct copse_id person;
    enum copse_op_role role;
    char hex[COPSE_ID_HEX_BYTES];
    struct copse_view *view;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = copse_person_find(command, &deed, &person, command->arguments.words[0]);
    if (status != COPSE_EXIT_OK) {
        copse_practice_end(&deed);
        return status;
    }
    enum copse_err err = copse_practice_view(&deed, &view);
    if (err == COPSE_OK) {
        err = copse_standing_load(&standing, &deed.state, &person, &deed.source,
                                  command->practice.memory);
    }
    if (err == COPSE_OK) {
        bool has_role = copse_standing_role(&role, standing);
        err = people_line(command, &deed, standing, has_role ? &role : NULL);
        copse_bytes_id_to_hex(hex, &person);
        copse_output_text(&command->output,
                          "Key: %s\n\ncopse people role history %.10s tells how that came to be.\n",
                          hex, hex);
    }
    copse_standing_free(standing);
    copse_practice_end(&deed);
    if (err == COPSE_ERR_NOT_FOUND) {
        (void)copse_error_set(&command->error, err, "nothing of this person is here yet");
    }
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, command->arguments.words[0]);
}

/* ---- muting ---- */

enum copse_exit copse_do_people_mute(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_id person;
    bool changed = false;
    bool undo = copse_arguments_has(&command->arguments, "undo");
    enum copse_exit status =
        copse_person_begin(command, &deed, &person, command->arguments.words[0], NULL, NULL);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err =
        copse_mute_set(&deed, &changed, &person, undo ? COPSE_MUTE_OFF : COPSE_MUTE_ON);
    if (err == COPSE_OK) {
        copse_answer_id(&command->output.json, "id", &person);
        copse_answer_truth(&command->output.json, "changed", changed);
        copse_person_print(command, &deed, &person);
        copse_output_text(&command->output, "%s",
                          undo ? " is not muted any more.\n"
                               : " is muted: what they write is folded away, on this machine "
                                 "only. Nobody is told.\nUndo it with --undo.\n");
    }
    status = copse_command_commit(command, &deed, err, "not muted");
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

/* ---- recall ---- */

static void people_voices(struct copse_command *command, struct copse_practice_deed *deed,
                          const struct copse_membership_recall *recall)
{
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    bool is_in_effect = recall->voices >= recall->needed;
    copse_output_short_id(shortened, &recall->id);
    copse_answer_id(&command->output.json, "id", &recall->id);
    copse_answer_id(&command->output.json, "founder", &recall->founder);
    copse_answer_number(&command->output.json, "voices", recall->voices);
    copse_answer_number(&command->output.json, "needed", recall->needed);
    copse_answer_truth(&command->output.json, "in_effect", is_in_effect);
    copse_output_text(&command->output, "%zu of %zu founders speak for recalling ", recall->voices,
                      recall->needed);
    copse_person_print(command, deed, &recall->founder);
    if (is_in_effect) {
        copse_output_text(&command->output, ": it is in effect.\n");
    } else {
        copse_output_text(&command->output, ".\nOthers agree with: copse people assent %s\n",
                          shortened);
    }
}

enum copse_exit copse_do_people_recall(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_builder reason;
    struct copse_membership_recall recall;
    struct copse_membership_ending ending = {.to = COPSE_OP_TO_NONE};
    struct copse_id from;
    copse_builder_init(&reason, command->practice.memory);
    enum copse_exit status =
        copse_person_begin(command, &deed, &ending.person, command->arguments.words[0], &reason,
                           "Why should this founder go? All members can read it.");
    if (status == COPSE_EXIT_OK) {
        status = copse_person_from(command, &deed, &ending.from, &from);
    }
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_builder_end(&ending.reason, &reason);
        if (err == COPSE_OK) {
            err = copse_membership_recall(&deed, &recall, &ending, &command->error);
        }
        if (err == COPSE_OK) {
            people_voices(command, &deed, &recall);
        }
        status = copse_command_commit(command, &deed, err, "nobody was recalled");
    }
    copse_builder_deinit(&reason);
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

enum copse_exit copse_do_people_assent(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_membership_recall recall;
    struct copse_id id;
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    enum copse_exit status = copse_person_begin_on_entry(command, &deed, &id);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_membership_assent(
        &deed, &recall, &id, copse_bytes_of_string(reason == NULL ? "" : reason), &command->error);
    if (err == COPSE_OK) {
        people_voices(command, &deed, &recall);
    }
    status = copse_command_commit(command, &deed, err, "not agreed");
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}
