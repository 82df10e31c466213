/* Looking after the store: is it the same, is it whole, a copy of it. */
#include "cli/checker.h"
#include "cli/deeds.h"
#include "node/practice/community.h"
#include "protocol/entry/clock.h"
#include "protocol/rules/export.h"

#include <inttypes.h>
#include <string.h>

#define LOG_DEFAULT 50u
#define LOG_MAX 100000u

/* ---- digest ---- */

static enum copse_err care_digest(struct copse_practice_deed *deed, struct copse_id *entries,
                                  struct copse_id *state)
{
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_community_digest(deed, entries);
    }
    if (err == COPSE_OK) {
        err = copse_export_digest(view, state);
    }
    return err;
}

enum copse_exit copse_do_care_digest(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_id entries;
    struct copse_id state;
    char hex[COPSE_ID_HEX_BYTES];
    enum copse_exit status = copse_command_start(command, &deed, COPSE_DB_READ);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = care_digest(&deed, &entries, &state);
    copse_practice_end(&deed);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the digest");
    }
    copse_answer_id(&command->output.json, "entries", &entries);
    copse_answer_id(&command->output.json, "state", &state);
    copse_bytes_id_to_hex(hex, &entries);
    copse_output_text(&command->output, "entries %s\n", hex);
    copse_bytes_id_to_hex(hex, &state);
    copse_output_text(&command->output, "state   %s\n", hex);
    return copse_output_done(&command->output);
}

/* ---- check ---- */

static enum copse_exit care_report(struct copse_command *command,
                                   const struct copse_check_report *report)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_number(json, "communities", report->communities);
    copse_answer_number(json, "logs", report->logs);
    copse_answer_number(json, "entries", report->entries);
    copse_answer_number(json, "signatures", report->signatures);
    copse_answer_number(json, "contents", report->contents);
    copse_answer_number(json, "missing", report->missing);
    copse_answer_number(json, "state_rows", report->state_rows);
    copse_output_text(&command->output,
                      "All is well: %" PRIu64 " entries in %" PRIu64 " logs, %" PRIu64
                      " signatures and %" PRIu64 " contents verified.\n",
                      report->entries, report->logs, report->signatures, report->contents);
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_care_check(struct copse_command *command)
{
    struct copse_checker_verdict *verdict =
        copse_memory_new(command->practice.memory, 1, sizeof(*verdict));
    struct copse_output_fault fault = {COPSE_EXIT_INTEGRITY, "corrupt",
                                       "Keep a copy of the folder. Then start anew from a backup "
                                       "or from another member; copse check --rebuild repairs "
                                       "what is derived."};
    enum copse_exit status;
    if (verdict == NULL) {
        return copse_command_fail(command, COPSE_ERR_NOMEM, "the check");
    }
    if (!copse_checker_run(command, command->home, verdict)) {
        status = copse_output_fail(&command->output, &fault,
                                   "the store is damaged: reading it took the checker down");
    } else if (verdict->err == COPSE_ERR_NOT_FOUND) {
        status = copse_command_no_identity(command);
    } else if (verdict->err != COPSE_OK) {
        command->error = verdict->error;
        status = copse_command_fail(command, verdict->err, "the store");
    } else if (verdict->report.fault_count > 0) {
        status = copse_output_fail(&command->output, &fault, "%" PRIu64 " faults; the first: %s",
                                   verdict->report.fault_count, verdict->report.faults[0].text);
    } else {
        status = care_report(command, &verdict->report);
    }
    copse_memory_free(command->practice.memory, verdict);
    return status;
}

/* ---- backup ---- */

enum copse_exit copse_do_care_backup(struct copse_command *command)
{
    const char *path = command->arguments.words[0];
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_store_backup(command->store, path, &command->error);
    if (err == COPSE_ERR_EXISTS) {
        struct copse_output_fault fault = {COPSE_EXIT_CONFLICT, "exists",
                                           "Give it another name: a backup replaces nothing."};
        return copse_output_fail(&command->output, &fault, "%s", command->error.text);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, path);
    }
    copse_answer_word(&command->output.json, "file", path);
    copse_output_text(&command->output,
                      "Written to %s. Your keys are not in it: your way back in "
                      "is the recovery code (copse me code show).\n",
                      path);
    return copse_output_done(&command->output);
}

/* ---- log ---- */

static enum copse_err care_print_entry(struct copse_command *command,
                                       struct copse_practice_deed *deed,
                                       const struct copse_entries_arrival *arrival)
{
    struct copse_answer *json = &command->output.json;
    struct copse_view *view;
    struct copse_held held;
    struct copse_view_entry entry;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    char device[COPSE_OUTPUT_SHORT_ID_BYTES];
    char when[COPSE_TERMINAL_TIME_BYTES];
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_entries_at(deed->txn, &held, NULL, &arrival->position);
    }
    if (err == COPSE_OK) {
        struct copse_id id = held.id;
        err = copse_view_load(view, &entry, &id);
    }
    if (err != COPSE_OK) {
        return err;
    }
    const char *kind =
        entry.verdict == COPSE_VERDICT_REFUSED ? "?" : copse_op_name((uint32_t)entry.op.kind);
    int64_t time_ms = (int64_t)copse_clock_ms(entry.held.entry.hlc);
    copse_output_short_id(shortened, &entry.held.id);
    copse_output_short_id(device, &entry.held.entry.author);
    copse_terminal_time(when, time_ms, COPSE_TERMINAL_LOCAL);
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &entry.held.id);
    copse_answer_id(json, "device", &entry.held.entry.author);
    copse_answer_number(json, "class", entry.held.entry.class);
    copse_answer_number(json, "seq", entry.held.entry.seq);
    copse_answer_word(json, "op", kind);
    copse_answer_number(json, "content_bytes", entry.held.entry.content_size);
    copse_answer_time(json, "written", time_ms);
    copse_answer_number(json, "arrival", arrival->number);
    copse_answer_word(json, "verdict", copse_verdict_name(entry.verdict));
    copse_answer_object_end(json);
    copse_output_text(&command->output, "%s  %s %u/%-6u %-13s %6u B  %s%s%s\n", shortened, device,
                      (unsigned)entry.held.entry.class, (unsigned)entry.held.entry.seq, kind,
                      (unsigned)entry.held.entry.content_size, when,
                      entry.verdict == COPSE_VERDICT_HONOURED ? "" : "  ",
                      entry.verdict == COPSE_VERDICT_HONOURED ? ""
                                                              : copse_verdict_name(entry.verdict));
    return COPSE_OK;
}

/* Step to the arrival before `before` in either class. */
static enum copse_err care_step_back(struct copse_practice_deed *deed,
                                     struct copse_entries_arrival *out, uint64_t before)
{
    struct copse_entries_arrival found[2];
    enum copse_err errs[2];
    for (size_t class = 0; class < 2; class ++) {
        errs[class] = copse_entries_arrived_before(deed->txn, &found[class], deed->number,
                                                   (enum copse_entry_class) class, before);
        if (errs[class] != COPSE_OK && errs[class] != COPSE_ERR_NOT_FOUND) {
            return errs[class];
        }
    }
    if (errs[0] != COPSE_OK && errs[1] != COPSE_OK) {
        return COPSE_ERR_NOT_FOUND;
    }
    bool is_control =
        errs[1] != COPSE_OK || (errs[0] == COPSE_OK && found[0].number > found[1].number);
    *out = is_control ? found[0] : found[1];
    return COPSE_OK;
}

static enum copse_err care_log(struct copse_command *command, struct copse_practice_deed *deed,
                               uint32_t limit)
{
    struct copse_entries_arrival *arrivals =
        copse_memory_new(command->practice.memory, limit, sizeof(*arrivals));
    size_t count = 0;
    uint64_t before = UINT64_MAX;
    enum copse_err err = arrivals == NULL ? COPSE_ERR_NOMEM : COPSE_OK;
    while (err == COPSE_OK && count < limit) {
        err = care_step_back(deed, &arrivals[count], before);
        if (err == COPSE_OK) {
            before = arrivals[count++].number;
        }
    }
    err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    while (err == COPSE_OK && count > 0) {
        err = care_print_entry(command, deed, &arrivals[--count]);
    }
    copse_memory_free(command->practice.memory, arrivals);
    return err;
}

enum copse_exit copse_do_care_log(struct copse_command *command)
{
    struct copse_practice_deed deed;
    uint32_t limit = LOG_DEFAULT;
    enum copse_exit status = copse_command_number(command, &limit, "limit", LOG_DEFAULT);
    limit = limit < LOG_MAX ? limit : LOG_MAX;
    if (status == COPSE_EXIT_OK) {
        status = copse_command_start(command, &deed, COPSE_DB_READ);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = care_log(command, &deed, limit);
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    return copse_command_end(command, err, "the log");
}

/* ---- export jsonl ---- */

struct export_sink {
    FILE *file;
    uint64_t lines;
    struct copse_progress progress;
};

static enum copse_err care_sink(void *context, struct copse_slice bytes)
{
    struct export_sink *sink = context;
    for (size_t i = 0; i < bytes.size; i++) {
        sink->lines += bytes.data[i] == '\n';
    }
    copse_progress_step(&sink->progress, sink->lines);
    return fwrite(bytes.data, 1, bytes.size, sink->file) == bytes.size ? COPSE_OK : COPSE_ERR_IO;
}

static enum copse_err care_export(struct copse_practice_deed *deed, struct export_sink *sink)
{
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    return err == COPSE_OK ? copse_export_all(view, care_sink, sink) : err;
}

static enum copse_err care_export_to(struct copse_command *command,
                                     struct copse_practice_deed *deed, struct export_sink *sink,
                                     const char *path)
{
    struct copse_files_new new;
    enum copse_err err = copse_files_begin(&new, path, COPSE_FILES_SHARED, &command->error);
    if (err != COPSE_OK) {
        return err;
    }
    sink->file = new.stream;
    err = care_export(deed, sink);
    return copse_files_end(&new, err, &command->error);
}

enum copse_exit copse_do_care_export(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct export_sink sink = {.file = stdout};
    const char *path = command->arguments.words[0];
    bool is_pipe = strcmp(path, "-") == 0;
    if (is_pipe && command->output.mode == COPSE_OUTPUT_JSON) {
        return copse_command_usage(command, "Name a file, or leave out --json.",
                                   "--json and the export cannot both go to standard output");
    }
    enum copse_exit status = copse_command_start(command, &deed, COPSE_DB_READ);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_progress_start(&sink.progress, &command->output, "Lines", 0);
    enum copse_err err =
        is_pipe ? care_export(&deed, &sink) : care_export_to(command, &deed, &sink, path);
    copse_progress_stop(&sink.progress);
    copse_practice_end(&deed);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, path);
    }
    copse_answer_word(&command->output.json, "file", path);
    copse_answer_number(&command->output.json, "lines", sink.lines);
    if (!is_pipe) {
        copse_output_text(&command->output, "%" PRIu64 " lines in %s\n", sink.lines, path);
    }
    return copse_output_done(&command->output);
}
