/* What is here, whether it is the same elsewhere, and what one might do next. */
#include "cli/deeds.h"
#include "node/peering/shelf.h"
#include "node/practice/community.h"

#include <inttypes.h>
#include <string.h>

#define NEXT_MAX 3u

/* What was seen on the way: what to do next goes by it. */
struct seen {
    size_t communities;
    bool is_waiting; /* joined a community of which nothing is here */
    bool is_met;     /* found equal with somebody once */
    bool is_serving;
    bool is_behind; /* nothing can be written here */
};

/* ---- one community ---- */

/* With which nodes the community was found equal, and when last. */
static enum copse_err status_peers(struct copse_command *command, struct copse_practice_deed *deed,
                                   struct seen *seen)
{
    struct copse_shelf_mark mark;
    struct copse_answer *json = &command->output.json;
    size_t count = 0;
    enum copse_err err;
    memset(&mark, 0, sizeof(mark));
    while ((err = copse_shelf_next_mark(deed->txn, &mark)) == COPSE_OK) {
        char node[COPSE_OUTPUT_SHORT_ID_BYTES];
        char when[COPSE_TERMINAL_TIME_BYTES];
        if (!copse_bytes_equal_ids(&mark.community, &deed->community)) {
            continue;
        }
        count++;
        copse_answer_object(json, NULL);
        copse_answer_id(json, "node", &mark.peer);
        copse_answer_time(json, "equal", (int64_t)mark.wall_ms);
        copse_answer_object_end(json);
        copse_output_short_id(node, &mark.peer);
        copse_terminal_time(when, (int64_t)mark.wall_ms, COPSE_TERMINAL_LOCAL);
        copse_output_text(&command->output, "  the same as node %s at %s\n", node, when);
    }
    if (count == 0) {
        copse_output_text(&command->output, "  not compared with anybody yet\n");
    }
    seen->is_met = seen->is_met || count > 0;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static void status_print(struct copse_output *output, const struct copse_community_card *card,
                         const struct copse_community_counts *counts)
{
    copse_output_styled_words(output, COPSE_OUTPUT_STRONG, card->name);
    if (!card->is_here) {
        copse_output_text(output, "\n  joined; its pages and posts come when you meet a member");
    }
    copse_output_text(output, "\n  people %" PRIu64 ", entries %" PRIu64 ", logs %" PRIu64 "\n",
                      counts->people, counts->entries, counts->logs);
    if (counts->pending > 0 || counts->missing > 0) {
        copse_output_text(output,
                          "  not here yet: %" PRIu64 " contents; %" PRIu64 " edits wait for "
                          "others\n",
                          counts->missing, counts->pending);
    }
}

static enum copse_err status_community(struct copse_command *command,
                                       struct copse_practice_deed *deed, struct seen *seen)
{
    struct copse_community_card card;
    struct copse_community_counts counts;
    struct copse_answer *json = &command->output.json;
    enum copse_err err = copse_community_card(deed, &card);
    if (err == COPSE_OK) {
        err = copse_community_counts(deed, &counts);
    }
    if (err != COPSE_OK) {
        return err;
    }
    seen->communities++;
    seen->is_waiting = seen->is_waiting || !card.is_here;
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &card.id);
    copse_answer_string(json, "name", card.name);
    copse_answer_truth(json, "here", card.is_here);
    copse_answer_number(json, "entries", counts.entries);
    copse_answer_number(json, "logs", counts.logs);
    copse_answer_number(json, "pending", counts.pending);
    copse_answer_number(json, "missing", counts.missing);
    copse_answer_number(json, "people", counts.people);
    status_print(&command->output, &card, &counts);
    copse_answer_array(json, "peers");
    err = status_peers(command, deed, seen);
    copse_answer_array_end(json);
    copse_answer_object_end(json);
    return err;
}

/* ---- all of them ---- */

static enum copse_err status_one(struct copse_command *command, const struct copse_id *community,
                                 struct seen *seen)
{
    struct copse_practice_deed deed;
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, community, COPSE_DB_READ, &command->error);
    if (err == COPSE_OK) {
        err = status_community(command, &deed, seen);
        copse_practice_end(&deed);
    }
    return err;
}

/* The community that is meant, or all where -C is not given. */
static enum copse_exit status_communities(struct copse_command *command, struct seen *seen)
{
    struct copse_id id;
    uint32_t number = 0;
    enum copse_err err = COPSE_OK;
    if (copse_arguments_has(&command->arguments, "community")) {
        enum copse_exit status = copse_command_community(command, &id);
        if (status != COPSE_EXIT_OK) {
            return status;
        }
        err = status_one(command, &id, seen);
    } else {
        while (err == COPSE_OK &&
               (err = copse_command_next_community(command, &id, &number)) == COPSE_OK) {
            err = status_one(command, &id, seen);
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    return err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, "the communities");
}

/* Does copse serve run here, and where? */
static enum copse_err status_serving(struct copse_command *command, struct seen *seen)
{
    struct copse_command_serving serving;
    struct copse_answer *json = &command->output.json;
    enum copse_err err = copse_command_serving(command, &serving);
    seen->is_serving = err == COPSE_OK && serving.runs;
    if (!seen->is_serving) {
        copse_answer_null(json, "serving");
        return err;
    }
    copse_answer_object(json, "serving");
    copse_answer_number(json, "process", (uint64_t)serving.process);
    copse_output_text(&command->output, "copse serve runs (process %ld)", serving.process);
    copse_command_addresses(command, &serving.own, ", at ");
    copse_output_text(&command->output, "\n");
    copse_answer_object_end(json);
    return COPSE_OK;
}

/* May this device write here? If not, why, and what to do. */
static enum copse_err status_behind(struct copse_command *command, struct seen *seen)
{
    struct copse_practice_deed deed;
    struct copse_error why = {.text = ""};
    if (command->keyring == NULL) {
        copse_answer_null(&command->output.json, "behind");
        return COPSE_OK;
    }
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_READ, &command->error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_store_check_head(command->store, deed.txn, copse_keyring_device(command->keyring),
                                 &why);
    copse_practice_end(&deed);
    seen->is_behind = err == COPSE_ERR_REFUSED;
    copse_answer_word(&command->output.json, "behind", seen->is_behind ? why.text : NULL);
    if (seen->is_behind) {
        copse_output_styled(&command->output, COPSE_OUTPUT_STRONG, "%s", why.text);
        copse_output_text(&command->output, "\n\n");
    }
    return seen->is_behind ? COPSE_OK : err;
}

static enum copse_exit status_all(struct copse_command *command, struct seen *seen)
{
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_word(&command->output.json, "home", command->home);
    enum copse_err err = status_behind(command, seen);
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the store");
    }
    copse_answer_array(&command->output.json, "items");
    status = status_communities(command, seen);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array_end(&command->output.json);
    err = status_serving(command, seen);
    return err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, "the store");
}

static bool status_lacks_code(const struct copse_command *command)
{
    return command->keyring != NULL && !copse_keyring_is_confirmed(command->keyring);
}

enum copse_exit copse_do_status_run(struct copse_command *command)
{
    struct seen seen = {.communities = 0};
    enum copse_exit status = status_all(command, &seen);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    if (seen.communities == 0) {
        copse_output_note(&command->output, COPSE_COMMAND_NO_COMMUNITY);
    }
    if (status_lacks_code(command)) {
        copse_output_note(&command->output, COPSE_COMMAND_KEEP_CODE);
    }
    return copse_output_done(&command->output);
}

/* ---- copse, and nothing else ---- */

static void status_next(struct copse_command *command, const struct seen *seen)
{
    bool is_in = seen->communities > 0;
    const struct {
        bool is_wanted;
        const char *command;
        const char *text;
    } deeds[] = {
        {seen->is_behind, "copse sync", "fetch back what this machine has sent"},
        {seen->is_behind, "copse fork repair", "or go on with a new key"},
        {!is_in, "copse community create NAME", "found a community"},
        {!is_in, "copse community join TICKET", "or join one"},
        {seen->is_waiting, "copse sync", "meet a member of what you joined"},
        {status_lacks_code(command), "copse me code show", "keep your way back in"},
        {is_in && !seen->is_serving, "copse serve --background", "stay in touch with others"},
        {is_in && !seen->is_met, "copse community invite", "a line to send to somebody"},
        {is_in, "copse feed", "what is new"},
        {is_in, "copse ask \"...\"", "ask a question"},
        {is_in, "copse search WORDS", "find what is known"},
        {!is_in, "copse help", "what else there is"},
    };
    size_t count = 0;
    copse_output_text(&command->output, "\nNext:\n");
    copse_answer_array(&command->output.json, "next");
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(deeds) && count < NEXT_MAX; i++) {
        if (deeds[i].is_wanted) {
            count++;
            copse_output_text(&command->output, "  %-28s  %s\n", deeds[i].command, deeds[i].text);
            copse_answer_word(&command->output.json, NULL, deeds[i].command);
        }
    }
    copse_answer_array_end(&command->output.json);
}

enum copse_exit copse_do_status_bare(struct copse_command *command)
{
    struct seen seen = {.communities = 0};
    if (copse_command_is_new(command)) {
        return copse_do_start_help(command);
    }
    enum copse_exit status = status_all(command, &seen);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status_next(command, &seen);
    return copse_output_done(&command->output);
}
