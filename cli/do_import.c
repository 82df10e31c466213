/* Import of a folder of Markdown: reads a few files, then writes them in one short transaction, and
 * so on. One bad file never stops the rest. */
#include "cli/deeds.h"
#include "cli/import_markdown.h"
#include "cli/walk.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define BATCH_FILES 32u
#define BATCH_BYTES (512u * 1024u)

struct import {
    struct copse_command *command;
    const char *folder;
    struct copse_id community;
    struct copse_walk walk;
    struct copse_import_markdown_sources sources;
    bool is_dry;
    size_t next; /* the file that is next in the walk */
    struct copse_import_markdown_file files[BATCH_FILES];
    size_t file_count;
    size_t counts[3]; /* by outcome */
    size_t failed;
    size_t normalised;
    char first_problem[COPSE_ERROR_TEXT_MAX];
    const char *first_code;
};

static volatile sig_atomic_t import_is_interrupted;

static void import_on_interrupt(int number)
{
    (void)number;
    import_is_interrupted = 1;
    (void)signal(SIGINT, SIG_DFL); /* a second one ends at once */
}

/* ---- what is said of a file ---- */

static const char *import_outcome_name(enum copse_import_markdown_outcome outcome)
{
    switch (outcome) {
    case COPSE_IMPORT_MARKDOWN_NEW:
        return "new";
    case COPSE_IMPORT_MARKDOWN_CHANGED:
        return "changed";
    case COPSE_IMPORT_MARKDOWN_UNCHANGED:
        return "unchanged";
    }
    return "";
}

static void import_say(struct import *import, const struct copse_import_markdown_file *file,
                       const char *outcome)
{
    struct copse_answer *json = &import->command->output.json;
    const struct copse_front_matter_report *report = &file->report;
    bool is_normalised = report->had_mark || report->crlf_count > 0 || report->cr_count > 0;
    import->normalised += is_normalised;
    copse_answer_object(json, NULL);
    copse_answer_string(json, "path",
                        copse_bytes_is_utf8(copse_bytes_of_string(file->path))
                            ? copse_bytes_of_string(file->path)
                            : copse_bytes_of_string("?"));
    copse_answer_word(json, "outcome", outcome);
    copse_answer_truth(json, "byte_order_mark", report->had_mark);
    copse_answer_number(json, "crlf", report->crlf_count);
    copse_answer_number(json, "cr", report->cr_count);
    if (file->problem[0] != '\0') {
        copse_answer_word(json, "code", file->problem_code);
        copse_answer_word(json, "problem", file->problem);
    }
    copse_answer_object_end(json);
    if (!import->is_dry) {
        return;
    }
    copse_output_text(&import->command->output, "%-10s ", outcome);
    copse_output_words(&import->command->output, copse_bytes_of_string(file->path),
                       COPSE_TERMINAL_LINE);
    if (is_normalised) {
        copse_output_text(&import->command->output,
                          "  (ends of lines made the same: %zu CRLF, %zu CR%s)", report->crlf_count,
                          report->cr_count, report->had_mark ? "; byte order mark taken off" : "");
    }
    copse_output_text(&import->command->output, "\n");
}

static void import_fail(struct import *import, struct copse_import_markdown_file *file)
{
    if (import->failed++ == 0) {
        (void)snprintf(import->first_problem, sizeof(import->first_problem), "%.120s: %.120s",
                       file->path, file->problem);
        import->first_code = file->problem_code;
    }
    copse_output_note(&import->command->output, "%s: %s", file->path, file->problem);
    import_say(import, file, "failed");
}

/* ---- batches ---- */

static void import_drop(struct import *import)
{
    for (size_t i = 0; i < import->file_count; i++) {
        copse_import_markdown_deinit(&import->files[i]);
    }
    import->file_count = 0;
}

/* Read the next files, before any lock is taken. */
static enum copse_err import_read(struct import *import)
{
    size_t bytes = 0;
    while (import->next < import->walk.count && import->file_count < BATCH_FILES &&
           bytes < BATCH_BYTES) {
        struct copse_import_markdown_file *file = &import->files[import->file_count++];
        enum copse_err err =
            copse_import_markdown_read(file, import->folder, import->walk.paths[import->next++],
                                       import->command->practice.memory);
        if (err != COPSE_OK) {
            return err;
        }
        bytes += file->slice.size;
        if (file->problem[0] != '\0') {
            import_fail(import, file);
            copse_import_markdown_deinit(file);
            import->file_count--;
        }
    }
    return COPSE_OK;
}

/* Apply one file. What is wrong with this file alone is said, and is no error. */
static enum copse_err import_apply(struct import *import, struct copse_practice_deed *deed,
                                   struct copse_import_markdown_file *file,
                                   enum copse_import_markdown_outcome *outcome)
{
    struct copse_error error = {.text = ""};
    enum copse_err err = copse_import_markdown_apply(deed, outcome, &import->sources, file, &error);
    if (err == COPSE_ERR_LIMIT || err == COPSE_ERR_FORM) {
        file->problem_code = err == COPSE_ERR_LIMIT ? "too_large" : "malformed";
        (void)snprintf(file->problem, sizeof(file->problem), "%s",
                       error.text[0] != '\0' ? error.text : copse_error_text(err));
    } else if (err != COPSE_OK && error.text[0] != '\0') {
        import->command->error = error;
    }
    return err;
}

/* Write files from `first` on in one transaction of bounded length. A file that cannot be written
 * is marked and the transaction taken back, as a part of it may have been written: then *done is
 * `first` still, and the next call leaves that file out. */
static enum copse_err import_write(struct import *import, size_t first, size_t *done)
{
    struct copse_practice_deed deed;
    enum copse_import_markdown_outcome outcomes[BATCH_FILES];
    struct copse_command *command = import->command;
    size_t at = first;
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, &import->community,
                             import->is_dry ? COPSE_DB_READ : COPSE_DB_WRITE, &command->error);
    *done = first;
    if (err != COPSE_OK) {
        return err;
    }
    for (; at < import->file_count && (at == first || !copse_practice_is_due(&deed)); at++) {
        struct copse_import_markdown_file *file = &import->files[at];
        if (file->problem[0] != '\0') {
            continue;
        }
        err = import_apply(import, &deed, file, &outcomes[at]);
        if (err != COPSE_OK) {
            copse_practice_end(&deed);
            return file->problem[0] != '\0' ? COPSE_OK : err;
        }
    }
    if (!import->is_dry) {
        err = copse_practice_commit(&deed, &command->error);
    } else {
        copse_practice_end(&deed);
    }
    for (size_t i = first; err == COPSE_OK && i < at; i++) {
        if (import->files[i].problem[0] != '\0') {
            import_fail(import, &import->files[i]);
        } else {
            import->counts[outcomes[i]]++;
            import_say(import, &import->files[i], import_outcome_name(outcomes[i]));
        }
    }
    *done = err == COPSE_OK ? at : first;
    return err;
}

static enum copse_err import_all(struct import *import)
{
    struct copse_progress progress;
    const struct timespec pause = {.tv_nsec = COPSE_STORE_PAUSE_US * 1000L};
    enum copse_err err = COPSE_OK;
    copse_progress_start(&progress, &import->command->output, "Importing", import->walk.count);
    while (err == COPSE_OK && import->next < import->walk.count && !import_is_interrupted) {
        size_t done = 0;
        err = import_read(import);
        while (err == COPSE_OK && done < import->file_count && !import_is_interrupted) {
            err = import_write(import, done, &done);
            (void)nanosleep(&pause, NULL); /* others have their turn */
        }
        copse_progress_step(&progress, import->next);
        import_drop(import);
    }
    copse_progress_stop(&progress);
    return err;
}

/* ---- the command ---- */

static void import_say_rest(struct copse_output *output, size_t count, const char *what)
{
    if (count > 0) {
        copse_output_text(output, "; %zu %s", count, what);
    }
}

static enum copse_exit import_finish(struct import *import)
{
    struct copse_command *command = import->command;
    struct copse_answer *json = &command->output.json;
    if (import_is_interrupted) {
        struct copse_output_fault fault = {COPSE_EXIT_INTERRUPTED, "interrupted",
                                           "Run it again: what is in already adds nothing."};
        return copse_output_fail(&command->output, &fault, "interrupted after %zu of %zu files",
                                 import->counts[0] + import->counts[1] + import->counts[2],
                                 import->walk.count);
    }
    copse_answer_array_end(json);
    copse_answer_number(json, "new", import->counts[COPSE_IMPORT_MARKDOWN_NEW]);
    copse_answer_number(json, "changed", import->counts[COPSE_IMPORT_MARKDOWN_CHANGED]);
    copse_answer_number(json, "unchanged", import->counts[COPSE_IMPORT_MARKDOWN_UNCHANGED]);
    copse_answer_number(json, "failed", import->failed);
    copse_answer_number(json, "normalised", import->normalised);
    copse_answer_number(json, "links_skipped", import->walk.link_count);
    copse_answer_number(json, "others_skipped", import->walk.other_count);
    copse_answer_truth(json, "dry_run", import->is_dry);
    copse_output_text(&command->output, "%s%zu new, %zu changed, %zu unchanged, %zu failed",
                      import->is_dry ? "Would be: " : "", import->counts[COPSE_IMPORT_MARKDOWN_NEW],
                      import->counts[COPSE_IMPORT_MARKDOWN_CHANGED],
                      import->counts[COPSE_IMPORT_MARKDOWN_UNCHANGED], import->failed);
    import_say_rest(&command->output, import->normalised, "with other ends of lines");
    import_say_rest(&command->output, import->walk.link_count, "links left out");
    import_say_rest(&command->output, import->walk.other_count, "other files left out");
    copse_output_text(&command->output, "\n");
    if (import->failed > 0) {
        struct copse_output_fault fault = {COPSE_EXIT_FAILURE, import->first_code,
                                           "The others are in. Repair what is named and run it "
                                           "again: what is in already adds nothing."};
        return copse_output_fail(&command->output, &fault,
                                 "%zu of %zu files were not imported; the first: %s",
                                 import->failed, import->walk.count, import->first_problem);
    }
    return copse_output_done(&command->output);
}

static enum copse_err import_open(struct import *import)
{
    static const char *const endings[] = {".md", ".markdown", NULL};
    struct copse_practice_deed deed;
    struct copse_command *command = import->command;
    enum copse_err err = copse_walk_init(&import->walk, import->folder, endings,
                                         command->practice.memory, &command->error);
    if (err == COPSE_OK) {
        err = copse_practice_begin(&deed, &command->practice, &import->community, COPSE_DB_READ,
                                   &command->error);
    }
    if (err == COPSE_OK) {
        err = copse_import_markdown_open_sources(&import->sources, &deed);
        copse_practice_end(&deed);
    }
    return err;
}

enum copse_exit copse_do_import_markdown(struct copse_command *command)
{
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct import *import = copse_memory_new(command->practice.memory, 1, sizeof(*import));
    if (import == NULL) {
        return copse_command_fail(command, COPSE_ERR_NOMEM, "the import");
    }
    import->command = command;
    import->folder = command->arguments.words[0];
    import->is_dry = copse_arguments_has(&command->arguments, "dry-run");
    import->walk.memory = command->practice.memory;
    import->sources.memory = command->practice.memory;
    status = copse_command_community(command, &import->community);
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = import_open(import);
        (void)signal(SIGINT, import_on_interrupt);
        copse_answer_array(&command->output.json, "items");
        if (err == COPSE_OK) {
            err = import_all(import);
        }
        status = err == COPSE_OK ? import_finish(import)
                                 : copse_command_fail(command, err, import->folder);
    }
    import_drop(import);
    copse_import_markdown_close_sources(&import->sources);
    copse_walk_deinit(&import->walk);
    copse_memory_free(command->practice.memory, import);
    return status;
}
