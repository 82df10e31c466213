/* How it works: the editor works on a draft file in the state folder. The draft goes away only when
 * its words are in the store, so that nothing typed is lost. */
#include "cli/input.h"

#include "cli/front_matter.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMARK "%% "

/* A name that no other draft has: one that lies there from before is somebody's words. */
static enum copse_err input_draft_path(struct copse_command *command,
                                       char out[COPSE_FILES_PATH_MAX])
{
    char name[64];
    uint64_t now_ms = command->practice.now_ms(command->practice.context);
    (void)snprintf(name, sizeof(name), "drafts/%" PRIu64 "-%ld.md", now_ms, (long)getpid());
    return copse_files_join(out, command->state_home, name);
}

void copse_input_keep(struct copse_command *command, struct copse_slice text)
{
    struct copse_error error = {.text = ""};
    if (!command->has_draft || text.size == 0) {
        return;
    }
    bool is_there = command->draft[0] != '\0';
    if (is_there || input_draft_path(command, command->draft) == COPSE_OK) {
        is_there =
            copse_files_write(command->draft, text, COPSE_FILES_PRIVATE, &error) == COPSE_OK ||
            is_there; /* with the remark, then */
    }
    if (is_there) {
        (void)fprintf(stderr, "Your words are kept: -F %s\n", command->draft);
    }
}

void copse_input_drop(struct copse_command *command)
{
    if (command->draft[0] != '\0') {
        (void)unlink(command->draft);
        command->draft[0] = '\0';
    }
}

static void input_exec_editor(const char *editor, const char *path)
{
    char script[COPSE_FILES_PATH_MAX];
    int size = snprintf(script, sizeof(script), "trap : INT QUIT; %s \"$1\"", editor);
    if (size > 0 && (size_t)size < sizeof(script)) {
        (void)execl("/bin/sh", "sh", "-c", script, "sh", path, (char *)NULL);
    }
    _exit(127);
}

/* Run "$VISUAL path" through the shell, as the setting may have arguments. What is typed at the
 * terminal to interrupt is for the editor, which would go on alone if this or the shell ended. */
static bool input_run_editor(const char *editor, const char *path)
{
    int status = 0;
    void (*on_interrupt)(int) = signal(SIGINT, SIG_IGN);
    void (*on_quit)(int) = signal(SIGQUIT, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGINT, on_interrupt);
        (void)signal(SIGQUIT, on_quit);
        input_exec_editor(editor, path);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    (void)signal(SIGINT, on_interrupt);
    (void)signal(SIGQUIT, on_quit);
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static const char *input_editor(void)
{
    const char *visual = getenv("VISUAL");
    const char *editor = getenv("EDITOR");
    if (visual != NULL && visual[0] != '\0') {
        return visual;
    }
    return editor != NULL && editor[0] != '\0' ? editor : "vi";
}

/* Let them edit the draft, which begins with what is in `out`, and read it back. */
static enum copse_exit input_edit_draft(struct copse_command *command, struct copse_builder *out)
{
    const char *path = command->draft;
    struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "editor",
                                       "Set VISUAL or EDITOR, or use -m TEXT or -F FILE."};
    struct copse_builder edited;
    copse_builder_init(&edited, command->practice.memory);
    bool has_worked = input_run_editor(input_editor(), path);
    enum copse_err err = copse_files_read(&edited, path, COPSE_INPUT_BYTES_MAX, &command->error);
    bool is_typed = err != COPSE_OK || edited.size != out->size ||
                    memcmp(edited.data, out->data, out->size) != 0;
    enum copse_exit status = COPSE_EXIT_OK;
    if (!has_worked && is_typed) {
        status =
            copse_output_fail(&command->output, &fault,
                              "the editor (%s) failed; your words are in %s", input_editor(), path);
    } else if (!has_worked) {
        status =
            copse_output_fail(&command->output, &fault, "the editor (%s) failed", input_editor());
    } else if (err != COPSE_OK) {
        status = copse_command_fail(command, err, path);
    }
    if (!is_typed) {
        copse_input_drop(command);
    }
    copse_builder_deinit(out);
    *out = edited;
    return status;
}

static enum copse_exit input_edit(struct copse_command *command, struct copse_builder *out,
                                  const struct copse_input *input)
{
    struct copse_slice text;
    if (!command->may_ask) {
        struct copse_output_fault fault = {COPSE_EXIT_INPUT, "needs_input",
                                           "Give it with -m TEXT, -F FILE, or -F - for standard "
                                           "input."};
        return copse_output_fail(&command->output, &fault, "the text of the %s is missing",
                                 input->name);
    }
    copse_builder_slice(out, input->template);
    copse_builder_text(out, "\n" REMARK);
    copse_builder_format(out, "Write your %s above. This line is left out.\n", input->name);
    enum copse_err err = input_draft_path(command, command->draft);
    if (err == COPSE_OK) {
        err = copse_builder_end(&text, out);
    }
    if (err == COPSE_OK) {
        err = copse_files_write(command->draft, text, COPSE_FILES_PRIVATE, &command->error);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the draft");
    }
    return input_edit_draft(command, out);
}

/* Take the last remark out of an edited text, and the line feed that was put before it. */
static void input_drop_remark(struct copse_builder *text)
{
    for (size_t at = text->size; at > 0; at--) {
        bool is_line = at == 1 || text->data[at - 2] == '\n';
        if (is_line && text->size - (at - 1) >= strlen(REMARK) &&
            memcmp(text->data + at - 1, REMARK, strlen(REMARK)) == 0) {
            text->size = at - 1;
            text->size -= text->size > 0;
            return;
        }
    }
}

static enum copse_exit input_normalise(struct copse_command *command, struct copse_builder *text,
                                       const struct copse_input *input)
{
    struct copse_builder clean;
    struct copse_front_matter_report report;
    struct copse_front_matter_problem problem;
    struct copse_slice raw = {(const uint8_t *)text->data, text->size};
    copse_builder_init(&clean, command->practice.memory);
    enum copse_err err = copse_front_matter_normalise(&clean, &report, &problem, raw);
    if (err != COPSE_OK) {
        copse_builder_deinit(&clean);
        return copse_command_fail(command, err, "the text");
    }
    struct copse_output_fault fault = {COPSE_EXIT_USAGE, "not_utf8",
                                       "Save it as UTF-8 and try again."};
    enum copse_exit status = COPSE_EXIT_OK;
    if (problem.fault == COPSE_FRONT_MATTER_NOT_UTF8) {
        status = copse_output_fail(&command->output, &fault, "the %s is not UTF-8: see byte %zu",
                                   input->name, problem.byte);
    } else if (problem.fault == COPSE_FRONT_MATTER_CONTROL) {
        fault.code = "control_character";
        fault.hint = "Take it out and try again.";
        status = copse_output_fail(&command->output, &fault,
                                   "the %s has a control character (U+%04X) in line %zu, column "
                                   "%zu",
                                   input->name, (unsigned)problem.character, problem.line,
                                   problem.column);
    }
    if (status == COPSE_EXIT_OK) {
        copse_builder_deinit(text);
        *text = clean;
    } else {
        copse_builder_deinit(&clean);
    }
    return status;
}

enum copse_exit copse_input_text(struct copse_command *command, struct copse_builder *out,
                                 const struct copse_input *input)
{
    const char *message = copse_arguments_get(&command->arguments, "message");
    const char *file = copse_arguments_get(&command->arguments, "file");
    bool has_words =
        input->words == COPSE_INPUT_TAKES_WORDS && command->arguments.word_count > input->first;
    if ((message != NULL) + (file != NULL) + has_words > 1) {
        return copse_command_usage(command, NULL, "the text is given in two ways: use one");
    }
    const char *word = has_words ? command->arguments.words[input->first] : "";
    bool is_dash =
        has_words && strcmp(word, "-") == 0 && command->arguments.word_count == input->first + 1;
    enum copse_err err = COPSE_OK;
    command->has_draft = is_dash || (file != NULL && strcmp(file, "-") == 0) ||
                         (message == NULL && file == NULL && !has_words);
    if (message != NULL) {
        copse_builder_text(out, message);
    } else if (file != NULL || is_dash) {
        err = copse_files_read(out, is_dash ? "-" : file, COPSE_INPUT_BYTES_MAX, &command->error);
    } else if (has_words) {
        err = copse_command_join(out, command, input->first);
    } else {
        enum copse_exit status = input_edit(command, out, input);
        if (status != COPSE_EXIT_OK) {
            return status;
        }
        input_drop_remark(out);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the text");
    }
    enum copse_exit status = input_normalise(command, out, input);
    if (status != COPSE_EXIT_OK) {
        copse_input_keep(command, (struct copse_slice){(const uint8_t *)out->data, out->size});
        return status;
    }
    if (input->empty == COPSE_INPUT_NOT_EMPTY &&
        copse_command_is_blank((struct copse_slice){(const uint8_t *)out->data, out->size})) {
        copse_input_drop(command);
        return copse_command_usage(command, NULL, "the %s is empty: nothing was saved",
                                   input->name);
    }
    return COPSE_EXIT_OK;
}

enum copse_exit copse_input_line(struct copse_command *command, struct copse_builder *out,
                                 const char *prompt, const char *hint)
{
    struct copse_output_fault fault = {COPSE_EXIT_INPUT, "needs_input", hint};
    if (!command->may_ask) {
        return copse_output_fail(&command->output, &fault, "an answer is needed: %s", prompt);
    }
    (void)fprintf(stderr, "%s ", prompt);
    (void)fflush(stderr);
    int byte;
    while ((byte = getchar()) != EOF && byte != '\n') {
        copse_builder_byte(out, (char)byte);
    }
    if (byte == EOF && out->size == 0) {
        return copse_output_fail(&command->output, &fault, "no answer");
    }
    return COPSE_EXIT_OK;
}
