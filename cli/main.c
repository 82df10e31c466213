/* copse: the command line. Reads the arguments by the table of verbs, makes ready what every
 * command stands on, and runs the one that was asked for. */
#include "cli/deeds.h"
#include "cli/help.h"
#include "cli/input.h"
#include "storage/head.h"

#include <sodium.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t main_now_ms(void *context)
{
    (void)context;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void main_random(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
}

// clang-format off
static copse_command_run *const main_deeds[COPSE_VERB_COUNT] = {
    [COPSE_VERB_ASK] = copse_do_talk_ask,
    [COPSE_VERB_POST] = copse_do_talk_post,
    [COPSE_VERB_REPLY] = copse_do_talk_reply,
    [COPSE_VERB_MARK] = copse_do_talk_mark,
    [COPSE_VERB_SHOW] = copse_do_read_show,
    [COPSE_VERB_SEARCH] = copse_do_read_search,
    [COPSE_VERB_PAGE_NEW] = copse_do_page_new,
    [COPSE_VERB_PAGE_EDIT] = copse_do_page_edit,
    [COPSE_VERB_PAGE_SHOW] = copse_do_page_show,
    [COPSE_VERB_PAGE_HISTORY] = copse_do_page_history,
    [COPSE_VERB_PAGE_DIFF] = copse_do_page_diff,
    [COPSE_VERB_PAGE_LIST] = copse_do_page_list,
    [COPSE_VERB_COMMUNITY_CREATE] = copse_do_community_create,
    [COPSE_VERB_COMMUNITY_LIST] = copse_do_community_list,
    [COPSE_VERB_COMMUNITY_SHOW] = copse_do_community_show,
    [COPSE_VERB_COMMUNITY_INVITE] = copse_do_community_invite,
    [COPSE_VERB_COMMUNITY_JOIN] = copse_do_community_join,
    [COPSE_VERB_ME_SHOW] = copse_do_start_me,
    [COPSE_VERB_ME_NAME] = copse_do_start_name,
    [COPSE_VERB_ME_CODE] = copse_do_start_code,
    [COPSE_VERB_IMPORT_MARKDOWN] = copse_do_import_markdown,
    [COPSE_VERB_EXPORT_MARKDOWN] = copse_export_markdown_run,
    [COPSE_VERB_EXPORT_JSONL] = copse_do_care_export,
    [COPSE_VERB_SERVE] = copse_do_peer_serve,
    [COPSE_VERB_SYNC] = copse_do_peer_sync,
    [COPSE_VERB_PEER_ADD] = copse_do_peer_add,
    [COPSE_VERB_PEER_LIST] = copse_do_peer_list,
    [COPSE_VERB_COMMUNITY_SUCCESSOR] = copse_do_community_successor,
    [COPSE_VERB_COMMUNITY_LEAVE] = copse_do_membership_leave,
    [COPSE_VERB_INVITES_LIST] = copse_do_invites_list,
    [COPSE_VERB_INVITES_REVOKE] = copse_do_invites_revoke,
    [COPSE_VERB_CHARTER_SHOW] = copse_do_charter_show,
    [COPSE_VERB_CHARTER_AMEND] = copse_do_charter_amend,
    [COPSE_VERB_CHARTER_AGREE] = copse_do_charter_agree,
    [COPSE_VERB_CHARTER_HISTORY] = copse_do_charter_history,
    [COPSE_VERB_PEOPLE_LIST] = copse_do_people_list,
    [COPSE_VERB_PEOPLE_SHOW] = copse_do_people_show,
    [COPSE_VERB_PEOPLE_MUTE] = copse_do_people_mute,
    [COPSE_VERB_PEOPLE_RECALL] = copse_do_people_recall,
    [COPSE_VERB_PEOPLE_ASSENT] = copse_do_people_assent,
    [COPSE_VERB_ROLE_GRANT] = copse_do_roles_grant,
    [COPSE_VERB_ROLE_REVOKE] = copse_do_roles_revoke,
    [COPSE_VERB_ROLE_LIST] = copse_do_roles_list,
    [COPSE_VERB_ROLE_HISTORY] = copse_do_roles_history,
    [COPSE_VERB_ROLE_HAND_OVER] = copse_do_roles_hand_over,
    [COPSE_VERB_ROLE_END] = copse_do_roles_end,
    [COPSE_VERB_MODERATE_QUEUE] = copse_do_moderate_queue,
    [COPSE_VERB_MODERATE_APPROVE] = copse_do_moderate_approve,
    [COPSE_VERB_MODERATE_HIDE] = copse_do_moderate_hide,
    [COPSE_VERB_MODERATE_UNHIDE] = copse_do_moderate_unhide,
    [COPSE_VERB_MODERATE_LOCK] = copse_do_moderate_lock,
    [COPSE_VERB_MODERATE_UNLOCK] = copse_do_moderate_unlock,
    [COPSE_VERB_MODERATE_BAR] = copse_do_moderate_bar,
    [COPSE_VERB_MODERATE_UNBAR] = copse_do_moderate_unbar,
    [COPSE_VERB_MODERATE_ERASE] = copse_do_erase_moderate,
    [COPSE_VERB_MODERATE_LEDGER] = copse_do_moderate_ledger,
    [COPSE_VERB_MODERATE_REMOVE] = copse_do_membership_remove,
    [COPSE_VERB_MODERATE_READMIT] = copse_do_membership_readmit,
    [COPSE_VERB_MODERATE_LATE] = copse_do_membership_late,
    [COPSE_VERB_MODERATE_ACCEPT] = copse_do_membership_accept,
    [COPSE_VERB_UNPLACED_LIST] = copse_do_unplaced_list,
    [COPSE_VERB_UNPLACED_REPOST] = copse_do_unplaced_repost,
    [COPSE_VERB_UNPLACED_SAVE] = copse_do_unplaced_save,
    [COPSE_VERB_INIT] = copse_do_start_init,
    [COPSE_VERB_ANSWER] = copse_do_talk_answer,
    [COPSE_VERB_ACCEPT] = copse_do_talk_accept,
    [COPSE_VERB_THREAD] = copse_do_read_thread,
    [COPSE_VERB_FEED] = copse_do_read_feed,
    [COPSE_VERB_ME_RECOVER] = copse_do_devices_recover,
    [COPSE_VERB_DEVICES_ADD] = copse_do_devices_add,
    [COPSE_VERB_DEVICES_LIST] = copse_do_devices_list,
    [COPSE_VERB_DEVICES_NAME] = copse_do_devices_name,
    [COPSE_VERB_DEVICES_REVOKE] = copse_do_devices_revoke,
    [COPSE_VERB_FORK_LIST] = copse_do_repair_list,
    [COPSE_VERB_FORK_REPAIR] = copse_do_repair_run,
    [COPSE_VERB_FORK_ACCEPT] = copse_do_repair_accept,
    [COPSE_VERB_RESTORE] = copse_do_repair_restore,
    [COPSE_VERB_TAG] = copse_do_talk_tag,
    [COPSE_VERB_STATUS] = copse_do_status_run,
    [COPSE_VERB_DIGEST] = copse_do_care_digest,
    [COPSE_VERB_CHECK] = copse_do_care_check,
    [COPSE_VERB_BACKUP] = copse_do_care_backup,
    [COPSE_VERB_ERASE] = copse_do_erase_own,
    [COPSE_VERB_COMPACT] = copse_do_erase_compact,
    [COPSE_VERB_LIMITS] = copse_do_start_limits,
    [COPSE_VERB_LOG] = copse_do_care_log,
    [COPSE_VERB_VERSION] = copse_do_start_version,
    [COPSE_VERB_HELP] = copse_do_start_help,
};
// clang-format on

copse_command_run *copse_command_of(enum copse_verb_deed deed)
{
    COPSE_ASSERT(main_deeds[deed] != NULL);
    return main_deeds[deed];
}

/* Colour: --color, then NO_COLOR (no-color.org), then whether somebody looks. False: a wrong word.
 */
static bool main_set_color(struct copse_command *command)
{
    const char *when = copse_arguments_get(&command->arguments, "color");
    const char *forbidden = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool is_dumb = terminal == NULL || strcmp(terminal, "dumb") == 0;
    bool is_wanted =
        command->output.is_terminal && !is_dumb && (forbidden == NULL || forbidden[0] == '\0');
    if (when != NULL && strcmp(when, "auto") != 0) {
        is_wanted = strcmp(when, "always") == 0;
        if (!is_wanted && strcmp(when, "never") != 0) {
            return false;
        }
    }
    command->output.has_color = is_wanted && command->output.mode == COPSE_OUTPUT_PLAIN;
    return true;
}

static enum copse_exit main_unknown_verb(struct copse_command *command,
                                         const struct copse_arguments_problem *problem)
{
    char room[COPSE_VERBS_WORD_MAX];
    char hint[128];
    const char *group = problem->group;
    const char *space = group[0] == '\0' ? "" : " ";
    const char *near = copse_verbs_nearest(room, problem->word, group[0] == '\0' ? NULL : group);
    if (near != NULL) {
        (void)snprintf(hint, sizeof(hint), "Did you mean: copse %s%s%s?", group, space, near);
    } else {
        (void)snprintf(hint, sizeof(hint), "copse help%s%s lists what there is.", space, group);
    }
    struct copse_output_fault fault = {COPSE_EXIT_USAGE, "unknown_verb", hint};
    return copse_output_fail(&command->output, &fault, "there is no copse %s%s%s", group, space,
                             problem->word);
}

/* Say what is wrong with the command line. */
static enum copse_exit main_problem(struct copse_command *command,
                                    const struct copse_arguments_problem *problem)
{
    const struct copse_verb *verb = command->arguments.verb;
    char hint[256];
    char room[COPSE_VERBS_WORD_MAX];
    const char *near = NULL;
    (void)snprintf(hint, sizeof(hint), "copse help%s%s explains it.", verb == NULL ? "" : " ",
                   verb == NULL ? "" : verb->words);
    switch (problem->fault) {
    case COPSE_ARGUMENTS_FINE:
    case COPSE_ARGUMENTS_NO_VERB:
        return COPSE_EXIT_OK;
    case COPSE_ARGUMENTS_UNKNOWN_VERB:
        return main_unknown_verb(command, problem);
    case COPSE_ARGUMENTS_GROUP_ALONE:
        (void)snprintf(hint, sizeof(hint), "copse help %s lists them.", problem->group);
        return copse_command_usage(command, hint, "copse %s needs another word", problem->group);
    case COPSE_ARGUMENTS_UNKNOWN_OPTION:
        near = copse_verbs_nearest_option(room, problem->word, verb);
        if (near != NULL) {
            (void)snprintf(hint, sizeof(hint), "Did you mean: --%s?", near);
        }
        return copse_command_usage(command, hint, "there is no option %s", problem->word);
    case COPSE_ARGUMENTS_VALUE_MISSING:
        return copse_command_usage(command, hint, "%s needs a value", problem->word);
    case COPSE_ARGUMENTS_TOO_MANY_OPTIONS:
        return copse_command_usage(command, hint, "too many options");
    case COPSE_ARGUMENTS_TOO_FEW:
        (void)snprintf(hint, sizeof(hint), "Usage: copse %s %s", verb->words, verb->arguments);
        return copse_command_usage(command, hint, "copse %s needs %s", verb->words,
                                   verb->arguments);
    case COPSE_ARGUMENTS_TOO_MANY:
        (void)snprintf(hint, sizeof(hint), "Usage: copse %s %s", verb->words, verb->arguments);
        return copse_command_usage(command, hint, "%s is too much", problem->word);
    }
    return COPSE_EXIT_OK;
}

/* Folders, clock, keys: what every command needs. */
static enum copse_exit main_make_ready(struct copse_command *command)
{
    command->practice = (struct copse_practice){
        .memory = copse_memory_heap(), .now_ms = main_now_ms, .random = main_random};
    command->may_ask = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0 &&
                       command->output.mode == COPSE_OUTPUT_PLAIN &&
                       !copse_arguments_has(&command->arguments, "no-input");
    enum copse_err err =
        copse_files_home(command->home, copse_arguments_get(&command->arguments, "home"));
    if (err != COPSE_OK) {
        return copse_command_usage(command, "Set HOME or COPSE_HOME, or use --home DIR.",
                                   "it is not known where copse may keep things");
    }
    if (copse_head_directory(command->state_home, sizeof(command->state_home)) != COPSE_OK &&
        copse_files_join(command->state_home, command->home, "state") != COPSE_OK) {
        return copse_command_usage(command, NULL, "the path %s is too long", command->home);
    }
    if (sodium_init() < 0 || copse_key_self_test() != COPSE_OK) {
        return copse_command_fail(command, COPSE_ERR_UNSUITED, "signatures");
    }
    return COPSE_EXIT_OK;
}

/* A wrong option ends the reading of options, and what stands behind it may be --json: who wants
 * JSON gets the error in it. */
static bool main_wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

static enum copse_exit main_run(struct copse_command *command, int argc, char **argv)
{
    struct copse_arguments_problem problem;
    bool has_json = main_wants_json(argc, argv);
    copse_arguments_read(&command->arguments, &problem, argc, argv);
    if (copse_arguments_has(&command->arguments, "json") ||
        (has_json && problem.fault != COPSE_ARGUMENTS_FINE)) {
        command->output.mode = COPSE_OUTPUT_JSON;
    }
    command->output.is_quiet = copse_arguments_has(&command->arguments, "quiet");
    if (!main_set_color(command)) {
        return copse_command_usage(command, NULL, "--color takes auto, always or never");
    }
    if (copse_arguments_has(&command->arguments, "help") &&
        problem.fault == COPSE_ARGUMENTS_GROUP_ALONE) {
        copse_help_group(&command->output, problem.group);
        return copse_output_done(&command->output);
    }
    if (copse_arguments_has(&command->arguments, "help")) {
        return copse_do_start_help(command);
    }
    bool is_bare = problem.fault == COPSE_ARGUMENTS_NO_VERB;
    if (problem.fault != COPSE_ARGUMENTS_FINE && !is_bare) {
        return main_problem(command, &problem);
    }
    enum copse_exit status = main_make_ready(command);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_command_run *run =
        is_bare ? copse_do_status_bare : copse_command_of(command->arguments.verb->deed);
    status = run(command);
    if (status == COPSE_EXIT_OK) {
        copse_input_drop(command);
    }
    copse_command_close(command);
    return status;
}

int main(int argc, char **argv)
{
    static struct copse_command command;
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error of writing, */
    (void)signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
    copse_output_init(&command.output, copse_memory_heap());
    enum copse_exit status = main_run(&command, argc, argv);
    copse_output_deinit(&command.output);
    return (int)status;
}
