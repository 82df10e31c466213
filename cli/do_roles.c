/* Roles: giving, ending, handing on, and how they came to be. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "cli/root.h"
#include "node/practice/capacity.h"
#include "node/practice/history.h"
#include "node/practice/roles.h"
#include "protocol/entry/clock.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS UINT64_C(86400000)

static enum copse_exit roles_role(struct copse_command *command, enum copse_op_role *out,
                                  const char *word)
{
    return copse_capacity_role_named(out, word) == COPSE_OK
               ? COPSE_EXIT_OK
               : copse_command_usage(
                     command, NULL, "%s is no role: coordinator, moderator, member or guest", word);
}

/* ---- terms ---- */

/* Days from 1970-01-01 to a date of the Gregorian calendar, and whether it is one. */
static bool roles_days(uint64_t *out, const char *text)
{
    static const unsigned before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    char end = '\0';
    if (sscanf(text, "%4u-%2u-%2u%c", &year, &month, &day, &end) != 3 || year < 1970 || month < 1 ||
        month > 12) {
        return false;
    }
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > lengths[month - 1] + (is_leap && month == 2)) {
        return false;
    }
    uint64_t past = year - 1;
    uint64_t days = past * 365 + past / 4 - past / 100 + past / 400 + before[month - 1] + day - 1 +
                    (is_leap && month > 2);
    *out = days - 719162u; /* of the first day of 1970 */
    return true;
}

/* --until DATE: to the end of that day; --days N: from now. 0: without a term. */
static enum copse_exit roles_term(struct copse_command *command, uint64_t *until_ms)
{
    const char *until = copse_arguments_get(&command->arguments, "until");
    uint64_t now_ms = command->practice.now_ms(command->practice.context);
    uint32_t number = 0;
    uint64_t days = 0;
    *until_ms = 0;
    enum copse_exit status = copse_command_number(command, &number, "days", 0);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    if (until != NULL && number > 0) {
        return copse_command_usage(command, NULL, "--until and --days say the same: use one");
    }
    if (until != NULL && !roles_days(&days, until)) {
        return copse_command_usage(command, "Such as 2027-03-31.", "%s is no date", until);
    }
    if (number > 0) {
        *until_ms = now_ms + number * DAY_MS;
    } else if (until != NULL) {
        *until_ms = (days + 1) * DAY_MS;
    }
    return until != NULL && *until_ms <= now_ms
               ? copse_command_usage(command, NULL, "%s is over already", until)
               : COPSE_EXIT_OK;
}

/* ---- giving ---- */

static size_t roles_attributes(struct copse_command *command,
                               struct copse_slice out[COPSE_ROLES_ATTRIBUTES_MAX])
{
    size_t count = 0;
    const char *word;
    while (count < COPSE_ROLES_ATTRIBUTES_MAX &&
           (word = copse_arguments_nth(&command->arguments, "attribute", count)) != NULL) {
        out[count++] = copse_bytes_of_string(word);
    }
    return count;
}

static void roles_say_granted(struct copse_command *command, struct copse_practice_deed *deed,
                              const struct copse_roles_plan *plan, bool changed)
{
    char until[COPSE_TERMINAL_TIME_BYTES];
    copse_answer_id(&command->output.json, "id", &plan->person);
    copse_answer_word(&command->output.json, "role", copse_capacity_role_name(plan->role));
    copse_answer_truth(&command->output.json, "changed", changed);
    copse_person_print(command, deed, &plan->person);
    copse_output_text(&command->output, changed ? " is now %s" : " is %s already",
                      copse_capacity_role_name(plan->role));
    if (changed && plan->until_ms > 0) {
        copse_terminal_time(until, (int64_t)plan->until_ms - 1, COPSE_TERMINAL_LOCAL);
        copse_output_text(&command->output, " until %.10s", until);
    }
    copse_output_text(&command->output, "%s\n",
                      changed ? "; others see it when they meet you." : ".");
}

enum copse_exit copse_do_roles_grant(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_slice attributes[COPSE_ROLES_ATTRIBUTES_MAX];
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    bool changed = false;
    struct copse_roles_plan plan = {
        .attributes = attributes,
        .attribute_count = roles_attributes(command, attributes),
        .reason = copse_bytes_of_string(reason == NULL ? "" : reason),
    };
    enum copse_exit status = roles_role(command, &plan.role, command->arguments.words[1]);
    if (status == COPSE_EXIT_OK) {
        status = roles_term(command, &plan.until_ms);
    }
    if (status == COPSE_EXIT_OK) {
        status = copse_person_begin(command, &deed, &plan.person, command->arguments.words[0], NULL,
                                    NULL);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_roles_grant(&deed, &changed, &plan, &command->error);
    if (err == COPSE_OK) {
        roles_say_granted(command, &deed, &plan, changed);
    }
    status = copse_command_commit(command, &deed, err, "no role was given");
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

/* ---- ending ---- */

/* The role meant: the second word, or the best one that they hold. */
static enum copse_exit roles_meant(struct copse_command *command, struct copse_practice_deed *deed,
                                   enum copse_op_role *out, const struct copse_id *person)
{
    uint64_t until_ms = 0;
    if (command->arguments.word_count > 1) {
        return roles_role(command, out, command->arguments.words[1]);
    }
    enum copse_err err = copse_roles_of(deed, out, &until_ms, person);
    if (err == COPSE_ERR_NOT_FOUND) {
        (void)copse_error_set(&command->error, err, "they hold no role here");
    }
    return err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, "the role");
}

/* What is left to somebody. */
static enum copse_err roles_say_left(struct copse_command *command,
                                     struct copse_practice_deed *deed,
                                     const struct copse_id *person)
{
    enum copse_op_role role = COPSE_OP_GUEST;
    uint64_t until_ms = 0;
    enum copse_err err = copse_roles_of(deed, &role, &until_ms, person);
    const char *name = err == COPSE_OK ? copse_capacity_role_name(role) : NULL;
    copse_answer_id(&command->output.json, "id", person);
    copse_answer_word(&command->output.json, "role", name);
    copse_person_print(command, deed, person);
    if (name != NULL) {
        copse_output_text(&command->output, " is now %s. What they did before stands.\n", name);
    } else {
        copse_output_text(&command->output,
                          " has no role here any more. What they wrote before stands.\n");
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_exit roles_end_others(struct copse_command *command, enum copse_op_reason why,
                                        const char *prompt)
{
    struct copse_practice_deed deed;
    struct copse_builder reason;
    struct copse_slice text = {NULL, 0};
    struct copse_id person;
    enum copse_op_role role = COPSE_OP_MEMBER;
    copse_builder_init(&reason, command->practice.memory);
    bool asks = why == COPSE_OP_REASON_OTHER;
    enum copse_exit status = copse_person_begin(
        command, &deed, &person, command->arguments.words[0], asks ? &reason : NULL, prompt);
    if (status == COPSE_EXIT_OK) {
        status = roles_meant(command, &deed, &role, &person);
        if (status != COPSE_EXIT_OK) {
            copse_practice_end(&deed);
        }
    }
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_builder_end(&text, &reason);
        if (err == COPSE_OK) {
            err = copse_roles_revoke(&deed, &person, role, why, text, &command->error);
        }
        if (err == COPSE_OK) {
            err = roles_say_left(command, &deed, &person);
        }
        status = copse_command_commit(command, &deed, err, "no role was ended");
    }
    copse_builder_deinit(&reason);
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

enum copse_exit copse_do_roles_revoke(struct copse_command *command)
{
    return roles_end_others(command, COPSE_OP_REASON_OTHER,
                            "Why should this role end? All members can read it.");
}

/* Give a role (to NULL: nobody) and step down, by one deed. */
static enum copse_exit roles_step_down(struct copse_command *command,
                                       struct copse_practice_deed *deed,
                                       const struct copse_id *heir, const struct copse_secret *root)
{
    const struct copse_id *own = copse_keyring_person(command->keyring);
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    struct copse_roles_plan plan = {.role = COPSE_OP_MEMBER};
    uint64_t until_ms = 0;
    bool changed = false;
    enum copse_err err = copse_roles_of(deed, &plan.role, &until_ms, own);
    if (err == COPSE_ERR_NOT_FOUND || (err == COPSE_OK && plan.role > COPSE_OP_MODERATOR)) {
        err = copse_error_set(&command->error, COPSE_ERR_NOT_FOUND,
                              "you are neither coordinator nor moderator here");
    }
    if (err == COPSE_OK && heir != NULL) {
        plan.person = *heir;
        err = copse_roles_grant(deed, &changed, &plan, &command->error);
    }
    deed->root = root;
    if (err == COPSE_OK) {
        err = copse_roles_step_down(deed, copse_bytes_of_string(reason == NULL ? "" : reason),
                                    &command->error);
    }
    if (err == COPSE_OK && heir != NULL) {
        copse_person_print(command, deed, heir);
        copse_output_text(&command->output, " is %s now.\n", copse_capacity_role_name(plan.role));
    }
    if (err == COPSE_OK) {
        err = roles_say_left(command, deed, own);
    }
    return copse_command_commit(command, deed, err, "the role was not handed over");
}

static const char roles_why_code[] =
    "Stepping down is signed with your recovery code, so that nobody who takes this machine can "
    "do it in your place.";

enum copse_exit copse_do_roles_hand_over(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_secret root;
    struct copse_id person;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_root_ask(command, &root, roles_why_code);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = copse_command_begin(command, &deed, COPSE_DB_WRITE);
    if (status == COPSE_EXIT_OK) {
        status = copse_person_find(command, &deed, &person, command->arguments.words[0]);
        if (status == COPSE_EXIT_OK) {
            status = roles_step_down(command, &deed, &person, &root);
        } else {
            copse_practice_end(&deed);
        }
    }
    copse_key_forget(&root);
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

enum copse_exit copse_do_roles_end(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_secret root;
    if (command->arguments.word_count > 0) {
        return roles_end_others(command, COPSE_OP_REASON_TERM, NULL);
    }
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_root_ask(command, &root, roles_why_code);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = copse_command_begin(command, &deed, COPSE_DB_WRITE);
    if (status == COPSE_EXIT_OK) {
        status = roles_step_down(command, &deed, NULL, &root);
    }
    copse_key_forget(&root);
    return status == COPSE_EXIT_OK ? copse_output_done(&command->output) : status;
}

/* ---- history ---- */

static void roles_tell(void *context, const struct copse_history_item *item)
{
    struct copse_command *command = context;
    struct copse_answer *json = &command->output.json;
    char when[COPSE_TERMINAL_TIME_BYTES];
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    uint64_t written_ms = copse_clock_ms(item->act->held.entry.hlc);
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &item->act->held.id);
    copse_answer_word(json, "what", item->what);
    copse_answer_id(json, "by", &item->act->person);
    copse_answer_time(json, "written", (int64_t)written_ms);
    copse_answer_truth(json, "counts", copse_annals_counts(item->act));
    copse_answer_word(json, "verdict", copse_verdict_name(item->act->verdict));
    copse_answer_string(json, "text", item->text);
    copse_answer_string(json, "why", item->why);
    copse_answer_string(json, "reason", item->reason);
    copse_answer_object_end(json);
    copse_terminal_time(when, (int64_t)written_ms, COPSE_TERMINAL_LOCAL);
    copse_output_short_id(shortened, &item->act->held.id);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s  ", shortened);
    copse_output_text(&command->output, "%s  ", when);
    copse_output_words(&command->output, item->text, COPSE_TERMINAL_LINE);
    copse_output_text(&command->output, "\n            ");
    copse_output_words(&command->output, item->why, COPSE_TERMINAL_LINE);
    copse_output_text(&command->output, "\n");
    if (item->reason.size > 0) {
        copse_output_text(&command->output, "            reason: ");
        copse_output_words(&command->output, item->reason, COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, "\n");
    }
}

enum copse_exit copse_do_roles_history(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_id person;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = copse_person_find(command, &deed, &person, command->arguments.words[0]);
    if (status == COPSE_EXIT_OK) {
        copse_answer_id(&command->output.json, "person", &person);
        copse_answer_array(&command->output.json, "items");
        enum copse_err err = copse_history_walk(&deed, &person, roles_tell, command);
        copse_answer_array_end(&command->output.json);
        status = err == COPSE_OK ? copse_output_done(&command->output)
                                 : copse_command_fail(command, err, "the history");
    }
    copse_practice_end(&deed);
    return status;
}

/* ---- list ---- */

struct roles_list {
    struct copse_command *command;
    struct copse_practice_deed *deed;
};

static bool roles_is_listed(void *context, const struct copse_held *held, const struct copse_op *op)
{
    (void)context;
    (void)held;
    return op->role <= COPSE_OP_MODERATOR || op->has_until || op->map.size > 1;
}

/* One grant: who, what, by whom, until when. */
static enum copse_err roles_line(const struct roles_list *list, const struct copse_id *person,
                                 const struct copse_id *by, enum copse_op_role role,
                                 const struct copse_op *op)
{
    struct copse_command *command = list->command;
    struct copse_answer *json = &command->output.json;
    struct copse_slice words[COPSE_ROLES_ATTRIBUTES_MAX];
    size_t count = op == NULL ? 0 : copse_roles_attributes(words, op->map);
    char until[COPSE_TERMINAL_TIME_BYTES];
    copse_answer_object(json, NULL);
    copse_command_json_person(command, list->deed, &(struct copse_command_keys){"id", "name"},
                              person);
    copse_answer_word(json, "role", copse_capacity_role_name(role));
    copse_command_json_person(command, list->deed, &(struct copse_command_keys){"by", "by_name"},
                              by);
    copse_output_text(&command->output, "%-12s ", copse_capacity_role_name(role));
    copse_person_print(command, list->deed, person);
    copse_answer_array(json, "attributes");
    for (size_t i = 0; i < count; i++) {
        copse_answer_string(json, NULL, words[i]);
        copse_output_text(&command->output, ", ");
        copse_output_words(&command->output, words[i], COPSE_TERMINAL_LINE);
    }
    copse_answer_array_end(json);
    if (op != NULL && op->has_until) {
        uint64_t until_ms = copse_clock_ms(op->until);
        bool is_over = until_ms <= command->practice.now_ms(command->practice.context);
        copse_terminal_time(until, (int64_t)until_ms - 1, COPSE_TERMINAL_LOCAL);
        copse_answer_time(json, "until", (int64_t)until_ms);
        copse_output_text(&command->output,
                          is_over ? ", ended %.10s (others will hear of it)" : ", until %.10s",
                          until);
    } else {
        copse_answer_null(json, "until");
    }
    copse_output_text(&command->output, op == NULL ? "  (founder)" : "  (by ");
    if (op != NULL) {
        copse_person_print(command, list->deed, by);
        copse_output_text(&command->output, ")");
    }
    copse_output_text(&command->output, "\n");
    copse_answer_object_end(json);
    return COPSE_OK;
}

static enum copse_err roles_list_all(const struct roles_list *list)
{
    struct copse_practice_deed *deed = list->deed;
    const struct copse_commons *commons = NULL;
    struct copse_annals annals;
    enum copse_err err = copse_capacity_commons(deed, &commons);
    bool lives = false;
    for (size_t i = 0; err == COPSE_OK && i < commons->founder_count; i++) {
        err = copse_roles_lives(deed, &lives, &commons->founders[i], &commons->community);
        if (err == COPSE_OK && lives) {
            err = roles_line(list, &commons->founders[i], &commons->founders[0],
                             COPSE_OP_COORDINATOR, NULL);
        }
    }
    if (err != COPSE_OK) {
        return err;
    }
    err =
        copse_annals_read(deed, &annals, COPSE_ANNALS_KIND(COPSE_OP_GRANT), roles_is_listed, NULL);
    for (size_t i = 0; err == COPSE_OK && i < annals.count; i++) {
        const struct copse_annals_act *act = &annals.acts[i];
        err = copse_roles_lives(deed, &lives, &act->op.target, &act->held.id);
        if (err == COPSE_OK && lives) {
            err = roles_line(list, &act->op.target, &act->person, act->op.role, &act->op);
        }
    }
    copse_annals_deinit(&annals);
    return err;
}

enum copse_exit copse_do_roles_list(struct copse_command *command)
{
    struct copse_practice_deed deed;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct roles_list list = {command, &deed};
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = roles_list_all(&list);
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, "the roles");
}
