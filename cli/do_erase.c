/* Erasing words, and taking what is left of them out of the files. */
#include "cli/deeds.h"
#include "cli/person.h"
#include "node/peering/shelf.h"
#include "node/practice/erasure.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* Who has heard: nodes that were found to hold the same after the act was here. */
struct heard {
    size_t nodes; /* that this one has met in the community */
    size_t count;
};

static enum copse_err erase_heard(struct copse_practice_deed *deed, struct heard *out,
                                  const struct copse_id *act)
{
    struct copse_shelf_mark mark;
    struct copse_entries_arrival arrival = {.arrived_ms = 0};
    struct copse_entries_row row;
    struct copse_held held;
    memset(&mark, 0, sizeof(mark));
    *out = (struct heard){0, 0};
    enum copse_err err = copse_entries_find(deed->txn, &held, &row, deed->number, act);
    if (err == COPSE_OK) {
        err = copse_entries_arrival(deed->txn, &arrival, deed->number, COPSE_ENTRY_CONTROL,
                                    row.arrival);
    }
    while (err == COPSE_OK && (err = copse_shelf_next_mark(deed->txn, &mark)) == COPSE_OK) {
        if (copse_bytes_equal_ids(&mark.community, &deed->community)) {
            out->nodes++;
            out->count += mark.wall_ms >= arrival.arrived_ms;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* Commit, let go what may go at once, and see who knows. */
static enum copse_exit erase_finish(struct copse_command *command, struct copse_practice_deed *deed,
                                    const struct copse_erasure_result *result,
                                    struct copse_erasure_done *done, struct heard *heard)
{
    struct copse_id community = deed->community;
    enum copse_exit status = copse_command_commit(command, deed, COPSE_OK, "nothing was erased");
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_erasure_tend(&command->practice, done, &community, &command->error);
    if (err == COPSE_OK) {
        err = copse_practice_begin(deed, &command->practice, &community, COPSE_DB_READ,
                                   &command->error);
    }
    if (err == COPSE_OK) {
        err = erase_heard(deed, heard, &result->act);
        copse_practice_end(deed);
    }
    return err == COPSE_OK ? COPSE_EXIT_OK
                           : copse_command_fail(command, err,
                                                "what was erased is hidden, and goes "
                                                "with copse compact");
}

static void erase_say(struct copse_command *command, const struct copse_erasure_result *result,
                      const struct copse_erasure_done *done, const struct heard *heard,
                      uint64_t traces_ms)
{
    struct copse_output *output = &command->output;
    char when[COPSE_TERMINAL_TIME_BYTES];
    copse_answer_id(&output->json, "id", &result->act);
    copse_answer_number(&output->json, "words", result->words);
    copse_answer_number(&output->json, "others", result->others);
    copse_answer_truth(&output->json, "hidden", result->has_hidden);
    copse_answer_number(&output->json, "nodes", heard->nodes);
    copse_answer_number(&output->json, "heard", heard->count);
    copse_answer_truth(&output->json, "traces", traces_ms > 0);
    if (done->due_ms == 0) {
        copse_answer_null(&output->json, "due");
    } else {
        copse_answer_time(&output->json, "due", (int64_t)done->due_ms);
    }
    if (result->words == 0) {
        copse_output_text(output, "It is erased already.\n");
    } else {
        copse_output_text(output, "Erased: %zu %s.\n", result->words,
                          result->words == 1 ? "piece of writing" : "pieces of writing");
    }
    if (result->others > 0) {
        copse_output_text(output, "%zu there by others stay.\n", result->others);
    }
    if (done->due_ms > 0) {
        copse_terminal_time(when, (int64_t)done->due_ms, COPSE_TERMINAL_LOCAL);
        copse_output_text(output,
                          "Nobody sees it. Its bytes go from here on %s; until then copse moderate "
                          "unhide brings it back.\n",
                          when);
    }
    if (heard->nodes == 0) {
        copse_output_text(output, "You have met no other node yet.\n");
    } else {
        copse_output_text(output, "%zu of %zu nodes you meet have heard of it%s.\n", heard->count,
                          heard->nodes,
                          heard->count < heard->nodes ? "; the others will when they are met" : "");
    }
    copse_output_text(output, "What nobody can call back: copies, backups and printouts that "
                              "people have made.\n");
    if (traces_ms > 0) {
        copse_output_note(output, "Traces may be left in the files here: copse compact takes them "
                                  "out. A copse serve that runs does it by itself.");
    }
}

static enum copse_exit erase_run(struct copse_command *command, struct copse_erasure_plan *plan)
{
    struct copse_practice_deed deed;
    struct copse_erasure_result result;
    struct copse_erasure_done done = {.let_go = 0};
    struct heard heard = {0, 0};
    uint64_t traces_ms = 0;
    enum copse_exit status = copse_command_begin_at(command, &deed, &plan->target, COPSE_DB_WRITE,
                                                    command->arguments.words[0]);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_erasure_erase(&deed, &result, plan, &command->error);
    if (err != COPSE_OK) {
        return copse_command_commit(command, &deed, err, "nothing was erased");
    }
    status = erase_finish(command, &deed, &result, &done, &heard);
    if (status == COPSE_EXIT_OK) {
        err = copse_erasure_traces(&command->practice, &traces_ms, &command->error);
        status = err == COPSE_OK ? status : copse_command_fail(command, err, "the store");
    }
    if (status == COPSE_EXIT_OK) {
        erase_say(command, &result, &done, &heard, traces_ms);
        status = copse_output_done(&command->output);
    }
    return status;
}

/* Is it here at all? Asked before anybody is asked anything. */
static enum copse_exit erase_look(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_id id;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status =
            copse_command_begin_at(command, &deed, &id, COPSE_DB_READ, command->arguments.words[0]);
    }
    if (status == COPSE_EXIT_OK) {
        copse_practice_end(&deed);
    }
    return status;
}

enum copse_exit copse_do_erase_own(struct copse_command *command)
{
    const char *reason = copse_arguments_get(&command->arguments, "reason");
    struct copse_erasure_plan plan = {.reason =
                                          copse_bytes_of_string(reason == NULL ? "" : reason)};
    enum copse_exit status = erase_look(command);
    if (status == COPSE_EXIT_OK) {
        status = copse_person_agree(command, "Erase your words there, for good? [y/N]");
    }
    return status == COPSE_EXIT_OK ? erase_run(command, &plan) : status;
}

enum copse_exit copse_do_erase_moderate(struct copse_command *command)
{
    struct copse_erasure_plan plan = {.is_moderation = true};
    struct copse_builder reason;
    copse_builder_init(&reason, command->practice.memory);
    enum copse_exit status = erase_look(command);
    if (status == COPSE_EXIT_OK) {
        status =
            copse_person_reason(command, &reason, "Why is it erased? All members can read it.");
    }
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_builder_end(&plan.reason, &reason);
        status = err == COPSE_OK ? erase_run(command, &plan)
                                 : copse_command_fail(command, err, "the reason");
    }
    copse_builder_deinit(&reason);
    return status;
}

/* ---- compacting ---- */

static uint64_t erase_size(const struct copse_command *command)
{
    char path[COPSE_FILES_PATH_MAX + sizeof(COPSE_DB_FILE) + 1];
    struct stat file;
    (void)snprintf(path, sizeof(path), "%s/%s", command->home, COPSE_DB_FILE);
    return stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
}

enum copse_exit copse_do_erase_compact(struct copse_command *command)
{
    struct copse_erasure_done done = {.let_go = 0};
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    uint64_t before = erase_size(command);
    enum copse_err err = copse_erasure_tend_all(&command->practice, &done, &command->error);
    if (err == COPSE_OK) {
        err = copse_erasure_compact(&command->practice, &command->error);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the store is as it was");
    }
    copse_answer_number(&command->output.json, "bytes_before", before);
    copse_answer_number(&command->output.json, "bytes_after", erase_size(command));
    copse_answer_number(&command->output.json, "let_go", done.let_go);
    copse_output_text(&command->output,
                      "Compacted: %" PRIu64 " bytes, before %" PRIu64
                      ". Nothing that was erased is left in the files of the store.\n",
                      erase_size(command), before);
    return copse_output_done(&command->output);
}
