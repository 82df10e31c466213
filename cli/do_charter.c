/* The charter: what the community is about, and its rules. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "node/practice/capacity.h"
#include "node/practice/charter.h"
#include "node/practice/community.h"
#include "protocol/entry/clock.h"

#include <string.h>

/* By the order of copse_charter_prose. */
static const struct {
    const char *option;
    const char *label;
} charter_prose[COPSE_CHARTER_PROSE_COUNT] = {
    {"domain", "What we care about"},
    {"purpose", "What for"},
    {"who", "Who we are"},
    {"practice", "How we do it"},
    {"norms", "How we deal with each other"},
    {"values", "What we hold dear"},
};

/* Words for what waits; a bit each as in copse_charter_rules. */
static const struct {
    const char *word;
    unsigned bits;
    const char *text;
} charter_waits[] = {
    {"new", 1u, "new posts and pages"},
    {"edits", 2u, "changes of pages"},
    {"details", 4u | 8u | 16u, "titles, tags and marks"},
};

/* ---- rules ---- */

static void charter_say_rules(struct copse_command *command,
                              const struct copse_charter_rules *rules, const char *indent)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_truth(json, "members_invite", rules->invite);
    copse_answer_truth(json, "guests_write", rules->guests);
    copse_output_text(&command->output, "%s%s\n", indent,
                      rules->invite
                          ? "Members may invite others and make them members."
                          : "Only coordinators and moderators invite, and let people in.");
    copse_output_text(&command->output, "%s%s\n", indent,
                      rules->guests ? "Guests may write." : "Guests may read, and not write.");
    copse_answer_array(json, "approve");
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(charter_waits); i++) {
        if ((rules->waits & charter_waits[i].bits) != 0) {
            copse_answer_word(json, NULL, charter_waits[i].word);
            copse_output_text(&command->output, "%sWhat members write waits for approval: %s.\n",
                              indent, charter_waits[i].text);
        }
    }
    copse_answer_array_end(json);
}

static enum copse_exit charter_yes_no(struct copse_command *command, bool *out, const char *option)
{
    const char *word = copse_arguments_get(&command->arguments, option);
    if (word == NULL) {
        return COPSE_EXIT_OK;
    }
    *out = strcmp(word, "yes") == 0;
    return *out || strcmp(word, "no") == 0
               ? COPSE_EXIT_OK
               : copse_command_usage(command, NULL, "--%s takes yes or no, not %s", option, word);
}

/* "new,edits" */
static enum copse_exit charter_approve(struct copse_command *command, unsigned *out)
{
    const char *list = copse_arguments_get(&command->arguments, "approve");
    if (list == NULL) {
        return COPSE_EXIT_OK;
    }
    *out = 0;
    if (strcmp(list, "nothing") == 0) {
        return COPSE_EXIT_OK;
    }
    for (const char *at = list; *at != '\0';) {
        size_t size = strcspn(at, ",");
        unsigned bits = 0;
        for (size_t i = 0; i < COPSE_ARRAY_SIZE(charter_waits); i++) {
            if (strlen(charter_waits[i].word) == size &&
                strncmp(charter_waits[i].word, at, size) == 0) {
                bits = charter_waits[i].bits;
            }
        }
        if (bits == 0) {
            return copse_command_usage(command, NULL,
                                       "--approve takes new, edits, details (with commas between) "
                                       "or nothing, not %.*s",
                                       (int)size, at);
        }
        *out |= bits;
        at += size + (at[size] == ',');
    }
    return COPSE_EXIT_OK;
}

/* ---- show ---- */

static enum copse_err charter_say_prose(struct copse_command *command,
                                        struct copse_practice_deed *deed)
{
    struct copse_view *view;
    struct copse_view_object object;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_object(view, &object, &deed->community);
    }
    for (size_t i = 0; err == COPSE_OK && i < COPSE_CHARTER_PROSE_COUNT; i++) {
        struct copse_reading_values values;
        err = copse_reading_live(deed, &values, &object, copse_charter_prose[i]);
        copse_answer_array(&command->output.json, charter_prose[i].option);
        for (size_t k = 0; err == COPSE_OK && k < values.count; k++) {
            if (values.items[k].size == 0) {
                continue;
            }
            copse_answer_string(&command->output.json, NULL, values.items[k]);
            copse_output_styled(&command->output, COPSE_OUTPUT_STRONG, "%s%s\n",
                                charter_prose[i].label,
                                k > 0 ? " (written at the same time; choose one)" : "");
            copse_output_words(&command->output, values.items[k], COPSE_TERMINAL_BLOCK);
            copse_output_text(&command->output, "\n\n");
        }
        copse_answer_array_end(&command->output.json);
    }
    return err;
}

static void charter_say_version(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_charter_version *version)
{
    char when[COPSE_TERMINAL_TIME_BYTES];
    uint64_t written_ms = copse_clock_ms(version->act->held.entry.hlc);
    copse_terminal_time(when, (int64_t)written_ms, COPSE_TERMINAL_LOCAL);
    copse_answer_object(&command->output.json, NULL);
    copse_answer_id(&command->output.json, "id", &version->act->held.id);
    copse_command_json_person(command, deed, &(struct copse_command_keys){"by", "by_name"},
                              &version->act->person);
    copse_answer_time(&command->output.json, "written", (int64_t)written_ms);
    copse_answer_truth(&command->output.json, "in_force", version->is_in_force);
    copse_output_text(&command->output, "%s, by ", when);
    copse_person_print(command, deed, &version->act->person);
    copse_output_text(&command->output, "%s\n", version->is_in_force ? " (in force)" : "");
    charter_say_rules(command, &version->rules, "  ");
    copse_answer_object_end(&command->output.json);
}

enum copse_exit copse_do_charter_show(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_charter charter;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = charter_say_prose(command, &deed);
    if (err == COPSE_OK) {
        err = copse_charter_load(&deed, &charter);
        copse_output_styled(&command->output, COPSE_OUTPUT_STRONG, "Rules\n");
        copse_answer_array(&command->output.json, "rules");
        for (size_t i = 0; err == COPSE_OK && i < charter.count; i++) {
            if (charter.versions[i].counts && !charter.versions[i].is_replaced) {
                charter_say_version(command, &deed, &charter.versions[i]);
            }
        }
        copse_answer_array_end(&command->output.json);
        if (err == COPSE_OK && charter.heads > 1) {
            copse_output_text(&command->output,
                              "%zu versions stand side by side. A coordinator joins them: copse "
                              "community charter amend\n",
                              charter.heads);
        }
        copse_charter_deinit(&charter);
    }
    copse_practice_end(&deed);
    if (err == COPSE_ERR_NOT_FOUND) {
        (void)copse_error_set(&command->error, err, "nothing of the community is here yet");
    }
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, "the charter");
}

/* ---- amend ---- */

static enum copse_err charter_amend_prose(struct copse_command *command,
                                          struct copse_practice_deed *deed, size_t *changes)
{
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; err == COPSE_OK && i < COPSE_CHARTER_PROSE_COUNT; i++) {
        const char *text = copse_arguments_get(&command->arguments, charter_prose[i].option);
        bool changed = false;
        if (text != NULL) {
            err = copse_charter_set(deed, &changed, copse_charter_prose[i],
                                    copse_bytes_of_string(text), &command->error);
            *changes += changed;
        }
    }
    return err;
}

/* The rules in force with what was asked for. */
static enum copse_exit charter_rules(struct copse_command *command,
                                     struct copse_practice_deed *deed,
                                     struct copse_charter_rules *out)
{
    const struct copse_commons *commons = NULL;
    enum copse_err err = copse_capacity_commons(deed, &commons);
    const struct copse_commons_charter *in_force =
        err == COPSE_OK ? copse_commons_in_force(commons) : NULL;
    copse_charter_read(out, in_force == NULL ? (struct copse_slice){NULL, 0} : in_force->map);
    enum copse_exit status = err == COPSE_OK
                                 ? charter_yes_no(command, &out->invite, "members-invite")
                                 : copse_command_fail(command, err, "the rules");
    if (status == COPSE_EXIT_OK) {
        status = charter_yes_no(command, &out->guests, "guests-write");
    }
    return status == COPSE_EXIT_OK ? charter_approve(command, &out->waits) : status;
}

enum copse_exit copse_do_charter_amend(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_charter_rules rules;
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    size_t changes = 0;
    bool changed = false;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_WRITE);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = charter_rules(command, &deed, &rules);
    if (status != COPSE_EXIT_OK) {
        copse_practice_end(&deed);
        return status;
    }
    enum copse_err err =
        copse_charter_amend(&deed, &changed, &rules,
                            copse_bytes_of_string(reason == NULL ? "" : reason), &command->error);
    if (err == COPSE_OK) {
        err = charter_amend_prose(command, &deed, &changes);
    }
    status = copse_command_commit(command, &deed, err, "the charter was not changed");
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_truth(&command->output.json, "rules_changed", changed);
    copse_answer_number(&command->output.json, "texts_changed", changes);
    copse_output_text(&command->output, "%s\n",
                      changed || changes > 0
                          ? "The charter is changed; others see it when they meet you. Members' "
                            "programs go by it from then on."
                          : "It says so already: nothing was changed.");
    return copse_output_done(&command->output);
}

/* ---- history ---- */

struct charter_telling {
    struct copse_command *command;
    struct copse_practice_deed *deed;
    const char *option;
    const char *label;
};

static void charter_tell(void *context, enum copse_object_number field,
                         const struct copse_charter_change *change)
{
    struct charter_telling *telling = context;
    struct copse_command *command = telling->command;
    struct copse_answer *json = &command->output.json;
    char when[COPSE_TERMINAL_TIME_BYTES];
    (void)field;
    copse_terminal_time(when, (int64_t)copse_clock_ms(change->hlc), COPSE_TERMINAL_LOCAL);
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &change->id);
    copse_answer_word(json, "what", telling->option);
    copse_command_json_person(command, telling->deed, &(struct copse_command_keys){"by", "by_name"},
                              &change->person);
    copse_answer_time(json, "written", (int64_t)copse_clock_ms(change->hlc));
    copse_answer_truth(json, "counts", change->counts);
    copse_answer_truth(json, "in_force", change->is_shown);
    copse_answer_string(json, "text", change->text);
    copse_answer_object_end(json);
    copse_output_text(&command->output, "%s  %s, by ", when, telling->label);
    copse_person_print(command, telling->deed, &change->person);
    copse_output_text(&command->output, "%s%s\n  ", change->is_shown ? " (as it is now)" : "",
                      change->counts ? "" : " (does not count)");
    copse_output_words(&command->output,
                       change->text.size > 0 ? change->text : copse_bytes_of_string("(taken away)"),
                       COPSE_TERMINAL_LINE);
    copse_output_text(&command->output, "\n");
}

static void charter_tell_version(struct copse_command *command, struct copse_practice_deed *deed,
                                 const struct copse_charter_version *version)
{
    struct copse_answer *json = &command->output.json;
    char when[COPSE_TERMINAL_TIME_BYTES];
    uint64_t written_ms = copse_clock_ms(version->act->held.entry.hlc);
    const char *state = version->is_in_force   ? "in force"
                        : !version->counts     ? "does not count"
                        : version->is_replaced ? "replaced"
                                               : "stands beside the one in force";
    copse_terminal_time(when, (int64_t)written_ms, COPSE_TERMINAL_LOCAL);
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &version->act->held.id);
    copse_answer_word(json, "what", "rules");
    copse_command_json_person(command, deed, &(struct copse_command_keys){"by", "by_name"},
                              &version->act->person);
    copse_answer_time(json, "written", (int64_t)written_ms);
    copse_answer_truth(json, "counts", version->counts);
    copse_answer_truth(json, "in_force", version->is_in_force);
    copse_answer_truth(json, "replaced", version->is_replaced);
    copse_output_text(&command->output, "%s  Rules, by ", when);
    copse_person_print(command, deed, &version->act->person);
    copse_output_text(&command->output, " (%s)\n", state);
    charter_say_rules(command, &version->rules, "  ");
    copse_answer_object_end(json);
}

enum copse_exit copse_do_charter_history(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_charter charter;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = copse_charter_load(&deed, &charter);
    for (size_t i = 0; err == COPSE_OK && i < charter.count; i++) {
        charter_tell_version(command, &deed, &charter.versions[i]);
    }
    copse_charter_deinit(&charter);
    for (size_t i = 0; err == COPSE_OK && i < COPSE_CHARTER_PROSE_COUNT; i++) {
        struct charter_telling telling = {command, &deed, charter_prose[i].option,
                                          charter_prose[i].label};
        err = copse_charter_changes(&deed, copse_charter_prose[i], charter_tell, &telling);
    }
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    return err == COPSE_OK ? copse_output_done(&command->output)
                           : copse_command_fail(command, err, "the history of the charter");
}
