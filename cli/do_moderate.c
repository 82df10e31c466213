/* Moderation: hiding, closing, keeping tags away, letting in what waits; the ledger. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "node/practice/ledger.h"
#include "node/practice/moderation.h"
#include "node/practice/unplaced.h"
#include "protocol/entry/clock.h"
#include "protocol/rules/view_act.h"

#include <inttypes.h>
#include <string.h>

#define LEDGER_DEFAULT 50u
#define FIRST_WORDS 60u

/* ---- acts ---- */

static const struct moderate_words {
    enum copse_op_kind kind;
    const char *why;  /* asked for */
    const char *done; /* said; the id follows where `back` is a command */
    const char *back;
    const char *idle; /* it was so already */
} moderate_hide = {COPSE_OP_HIDE, "Why is it hidden? All members can read it.",
                   "Hidden: others see a gap with your name and the reason.", "unhide",
                   "It is hidden already."},
  moderate_unhide = {COPSE_OP_UNHIDE, "Why is it shown again? All members can read it.",
                     "Everybody sees it again.", NULL, "It is not hidden."},
  moderate_lock = {COPSE_OP_LOCK, "Why is it closed? All members can read it.",
                   "Closed to members and guests. What was written until now stays; what they "
                   "write from now on finds no place, and they find it with copse unplaced list.",
                   "unlock", "It is closed already."},
  moderate_unlock = {COPSE_OP_UNLOCK, "Why is it open again? All members can read it.",
                     "Open again. What was written meanwhile has its place.", NULL,
                     "It is not closed."},
  moderate_bar = {COPSE_OP_BAR, "Why may it not have this tag? All members can read it.",
                  "The tag stays away from it, whoever adds it.", "unbar",
                  "The tag is kept away already."},
  moderate_unbar = {COPSE_OP_UNBAR, "Why may it have this tag again? All members can read it.",
                    "The tag may stand on it again.", NULL, "The tag is not kept away."};

static void moderate_say(struct copse_command *command, const struct moderate_words *words,
                         const struct copse_moderation_plan *plan, const struct copse_id *act)
{
    struct copse_output *output = &command->output;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(shortened, &plan->target);
    if (act == NULL) {
        copse_answer_null(&output->json, "id");
    } else {
        copse_answer_id(&output->json, "id", act);
    }
    copse_answer_id(&output->json, "target", &plan->target);
    copse_answer_truth(&output->json, "changed", act != NULL);
    copse_output_text(output, "%s\n", act == NULL ? words->idle : words->done);
    if (act != NULL && words->back != NULL) {
        copse_output_note(output, "Back again: copse moderate %s %s%s", words->back, shortened,
                          plan->tag.size > 0 ? " TAG" : "");
    }
}

/* Find what it is about, ask why, then begin to write. */
static enum copse_exit moderate_begin(struct copse_command *command,
                                      struct copse_practice_deed *deed, struct copse_id *target,
                                      struct copse_builder *reason, const char *why)
{
    const char *digits = command->arguments.words[0];
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin_at(command, deed, target, COPSE_DB_READ, digits);
    }
    if (status == COPSE_EXIT_OK) {
        copse_practice_end(deed);
        status = copse_person_reason(command, reason, why);
    }
    return status == COPSE_EXIT_OK
               ? copse_command_begin_at(command, deed, target, COPSE_DB_WRITE, digits)
               : status;
}

static enum copse_exit moderate_act(struct copse_command *command,
                                    const struct moderate_words *words)
{
    struct copse_practice_deed deed;
    struct copse_builder reason;
    struct copse_moderation_plan plan = {.kind = words->kind};
    struct copse_id act;
    bool changed = false;
    if (command->arguments.word_count > 1) {
        plan.tag = copse_bytes_of_string(command->arguments.words[1]);
    }
    copse_builder_init(&reason, command->practice.memory);
    enum copse_exit status = moderate_begin(command, &deed, &plan.target, &reason, words->why);
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_builder_end(&plan.reason, &reason);
        if (err == COPSE_OK) {
            err = copse_moderation_act(&deed, &changed, &act, &plan, &command->error);
        }
        status = copse_command_commit(command, &deed, err, "nothing was done");
    }
    copse_builder_deinit(&reason);
    if (status == COPSE_EXIT_OK) {
        moderate_say(command, words, &plan, changed ? &act : NULL);
        status = copse_output_done(&command->output);
    }
    return status;
}

enum copse_exit copse_do_moderate_hide(struct copse_command *command)
{
    return moderate_act(command, &moderate_hide);
}

enum copse_exit copse_do_moderate_unhide(struct copse_command *command)
{
    return moderate_act(command, &moderate_unhide);
}

enum copse_exit copse_do_moderate_lock(struct copse_command *command)
{
    return moderate_act(command, &moderate_lock);
}

enum copse_exit copse_do_moderate_unlock(struct copse_command *command)
{
    return moderate_act(command, &moderate_unlock);
}

enum copse_exit copse_do_moderate_bar(struct copse_command *command)
{
    return moderate_act(command, &moderate_bar);
}

enum copse_exit copse_do_moderate_unbar(struct copse_command *command)
{
    return moderate_act(command, &moderate_unbar);
}

/* ---- approving ---- */

static enum copse_exit moderate_approve_one(struct copse_command *command, const char *digits,
                                            struct copse_slice reason, size_t *approved)
{
    struct copse_practice_deed deed;
    struct copse_moderation_plan plan = {.kind = COPSE_OP_APPROVE, .reason = reason};
    struct copse_id act;
    bool changed = false;
    enum copse_exit status =
        copse_command_begin_at(command, &deed, &plan.target, COPSE_DB_WRITE, digits);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_moderation_act(&deed, &changed, &act, &plan, &command->error);
    status = copse_command_commit(command, &deed, err, "not approved");
    if (status == COPSE_EXIT_OK) {
        struct copse_answer *json = &command->output.json;
        copse_answer_object(json, NULL);
        copse_answer_id(json, "target", &plan.target);
        copse_answer_truth(json, "changed", changed);
        copse_answer_object_end(json);
        *approved += changed;
        copse_output_text(&command->output, "%s %s\n", digits,
                          changed ? "is approved: everybody sees it." : "did not wait.");
    }
    return status;
}

enum copse_exit copse_do_moderate_approve(struct copse_command *command)
{
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    size_t approved = 0;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    copse_answer_array(&command->output.json, "items");
    for (size_t i = 0; status == COPSE_EXIT_OK && i < command->arguments.word_count; i++) {
        status =
            moderate_approve_one(command, command->arguments.words[i],
                                 copse_bytes_of_string(reason == NULL ? "" : reason), &approved);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array_end(&command->output.json);
    copse_answer_number(&command->output.json, "approved", approved);
    return copse_output_done(&command->output);
}

/* ---- the queue ---- */

struct queue {
    struct copse_command *command;
    struct copse_practice_deed *deed;
    size_t waiting;
    size_t late;
};

/* The first words of what waits: a title, a body, or the inserted text. */
static struct copse_slice moderate_headline(const struct copse_view_entry *entry)
{
    static const enum copse_object_number fields[] = {COPSE_OBJECT_FIELD_TITLE,
                                                      COPSE_OBJECT_FIELD_BODY};
    struct copse_slice text = {NULL, 0};
    if (entry->words != COPSE_VIEW_HERE) {
        return text;
    }
    text = entry->op.kind == COPSE_OP_EDIT ? entry->held.content
                                           : copse_reading_text(entry->held.content);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(fields) && entry->op.kind == COPSE_OP_CREATE; i++) {
        struct copse_slice value;
        if (text.size == 0 &&
            copse_object_initial(&value, entry->held.content, (uint32_t)fields[i]) == COPSE_OK) {
            text = copse_reading_text(value);
        }
    }
    size_t size = text.size < FIRST_WORDS ? text.size : FIRST_WORDS;
    while (size < text.size && size > 0 && (text.data[size] & 0xc0u) == 0x80u) {
        size--;
    }
    return (struct copse_slice){text.data, size};
}

static const char *moderate_kind(const struct copse_op *op)
{
    switch ((int)op->kind) {
    case COPSE_OP_CREATE:
        return copse_object_kind_name(op->object_kind) == NULL
                   ? "thing"
                   : copse_object_kind_name(op->object_kind);
    case COPSE_OP_EDIT:
        return "edit";
    default:
        return "detail";
    }
}

static enum copse_err moderate_tell_waiting(void *context, const struct copse_view_entry *entry)
{
    struct queue *queue = context;
    struct copse_command *command = queue->command;
    struct copse_answer *json = &command->output.json;
    struct copse_slice words = moderate_headline(entry);
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    char when[COPSE_TERMINAL_TIME_BYTES];
    int64_t written_ms = (int64_t)copse_clock_ms(entry->held.entry.hlc);
    queue->waiting++;
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &entry->held.id);
    copse_answer_word(json, "kind", moderate_kind(&entry->op));
    copse_command_json_person(command, queue->deed,
                              &(struct copse_command_keys){"author", "author_name"},
                              &entry->person);
    copse_answer_time(json, "written", written_ms);
    copse_answer_string(json, "text", words);
    copse_answer_object_end(json);
    copse_output_short_id(shortened, &entry->held.id);
    copse_terminal_time(when, written_ms, COPSE_TERMINAL_LOCAL);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", shortened);
    copse_output_text(&command->output, "  %s  %-6s ", when, moderate_kind(&entry->op));
    copse_output_words(&command->output, words, COPSE_TERMINAL_LINE);
    copse_output_text(&command->output, "  (");
    copse_person_print(command, queue->deed, &entry->person);
    copse_output_text(&command->output, ")\n");
    return COPSE_OK;
}

static void moderate_tell_late(void *context, const struct copse_unplaced_late *late)
{
    struct queue *queue = context;
    queue->late += late->count;
}

enum copse_exit copse_do_moderate_queue(struct copse_command *command)
{
    struct copse_practice_deed deed;
    enum copse_exit status = copse_command_start(command, &deed, COPSE_DB_READ);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct queue queue = {command, &deed, 0, 0};
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = copse_moderation_waiting(&deed, moderate_tell_waiting, &queue);
    copse_answer_array_end(&command->output.json);
    if (err == COPSE_OK) {
        err = copse_unplaced_late(&deed, moderate_tell_late, &queue);
    }
    copse_practice_end(&deed);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "what waits");
    }
    copse_answer_number(&command->output.json, "late", queue.late);
    if (queue.late > 0) {
        copse_output_text(&command->output,
                          "%zu written after their author's role had ended: copse moderate late\n",
                          queue.late);
    }
    copse_output_note(&command->output, "%s",
                      queue.waiting > 0
                          ? "Let in: copse moderate approve ID... Keep out: copse moderate hide ID"
                          : "Nothing waits for approval.");
    return copse_output_done(&command->output);
}

/* ---- the ledger ---- */

static const struct {
    enum copse_op_kind kind;
    const char *name; /* in JSON */
    const char *text; /* between who and what */
} moderate_acts[] = {
    {COPSE_OP_REMOVE, "removed", "removed"},    {COPSE_OP_GRANT, "readmitted", "readmitted"},
    {COPSE_OP_HIDE, "hidden", "hid"},           {COPSE_OP_UNHIDE, "unhidden", "showed again"},
    {COPSE_OP_LOCK, "locked", "closed"},        {COPSE_OP_UNLOCK, "unlocked", "opened again"},
    {COPSE_OP_BAR, "barred", "kept a tag off"}, {COPSE_OP_UNBAR, "unbarred", "let a tag back on"},
    {COPSE_OP_APPROVE, "approved", "approved"}, {COPSE_OP_ERASE, "erased", "erased"},
};

struct ledger {
    struct copse_command *command;
    struct copse_practice_deed *deed;
};

static size_t moderate_act_index(enum copse_op_kind kind)
{
    size_t i = 0;
    while (i + 1 < COPSE_ARRAY_SIZE(moderate_acts) && moderate_acts[i].kind != kind) {
        i++;
    }
    return i;
}

static bool moderate_is_on_person(const struct copse_ledger_line *line)
{
    return line->act->op.kind == COPSE_OP_REMOVE || line->act->op.kind == COPSE_OP_GRANT;
}

static void moderate_ledger_json(const struct ledger *ledger, const struct copse_ledger_line *line)
{
    struct copse_command *command = ledger->command;
    struct copse_answer *json = &command->output.json;
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &line->act->held.id);
    copse_answer_word(json, "what", moderate_acts[moderate_act_index(line->act->op.kind)].name);
    copse_command_json_person(command, ledger->deed, &(struct copse_command_keys){"by", "by_name"},
                              &line->act->person);
    copse_answer_id(json, "target", &line->target);
    copse_answer_number(json, "targets", line->targets);
    if (line->tag.size > 0) {
        copse_answer_string(json, "tag", line->tag);
    } else {
        copse_answer_null(json, "tag");
    }
    copse_answer_string(json, "reason", line->reason);
    copse_answer_time(json, "written", (int64_t)copse_clock_ms(line->act->held.entry.hlc));
    copse_answer_truth(json, "in_force", line->is_in_force);
    if (line->undone == NULL) {
        copse_answer_null(json, "undone_by");
        copse_answer_null(json, "undone_by_name");
    } else {
        copse_command_json_person(command, ledger->deed,
                                  &(struct copse_command_keys){"undone_by", "undone_by_name"},
                                  &line->undone->person);
    }
    copse_answer_word(json, "verdict", copse_verdict_name(line->act->verdict));
    copse_answer_object_end(json);
}

/* What became of an act. */
static void moderate_ledger_state(const struct ledger *ledger, const struct copse_ledger_line *line)
{
    struct copse_output *output = &ledger->command->output;
    if (line->is_in_force) {
        return;
    }
    if (line->undone != NULL) {
        copse_output_text(output, "  (taken back by ");
        copse_person_print(ledger->command, ledger->deed, &line->undone->person);
        copse_output_text(output, ")");
    } else if (line->act->verdict > COPSE_VERDICT_OWN_ONLY) {
        copse_output_text(output, "  (without effect: %s)", copse_verdict_text(line->act->verdict));
    } else {
        copse_output_text(output, "  (without effect)");
    }
}

static enum copse_err moderate_tell_line(void *context, const struct copse_ledger_line *line)
{
    const struct ledger *ledger = context;
    struct copse_command *command = ledger->command;
    struct copse_output *output = &command->output;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    char when[COPSE_TERMINAL_TIME_BYTES];
    moderate_ledger_json(ledger, line);
    copse_terminal_time(when, (int64_t)copse_clock_ms(line->act->held.entry.hlc),
                        COPSE_TERMINAL_LOCAL);
    copse_output_short_id(shortened, &line->target);
    copse_output_text(output, "%s  ", when);
    copse_person_print(command, ledger->deed, &line->act->person);
    copse_output_text(output, " %s ", moderate_acts[moderate_act_index(line->act->op.kind)].text);
    if (moderate_is_on_person(line)) {
        copse_person_print(command, ledger->deed, &line->target);
    } else {
        copse_output_text(output, "%s", shortened);
    }
    if (line->targets > 1) {
        copse_output_text(output, " and %zu more", line->targets - 1);
    }
    if (line->tag.size > 0) {
        copse_output_text(output, " (tag ");
        copse_output_words(output, line->tag, COPSE_TERMINAL_LINE);
        copse_output_text(output, ")");
    }
    copse_output_text(output, "%s", line->reason.size > 0 ? ": " : "");
    copse_output_words(output, line->reason, COPSE_TERMINAL_LINE);
    moderate_ledger_state(ledger, line);
    copse_output_text(output, "\n");
    return COPSE_OK;
}

enum copse_exit copse_do_moderate_ledger(struct copse_command *command)
{
    struct copse_practice_deed deed;
    uint32_t limit = LEDGER_DEFAULT;
    enum copse_exit status = copse_command_number(command, &limit, "limit", LEDGER_DEFAULT);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_start(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct ledger ledger = {command, &deed};
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = copse_ledger_read(&deed, limit, moderate_tell_line, &ledger);
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    return copse_command_end(command, err, "the ledger");
}
