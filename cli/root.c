#include "cli/root.h"

#include "cli/input.h"

#include <sodium.h>

#include <stdio.h>
#include <string.h>

static enum copse_exit root_use(struct copse_command *command, struct copse_secret *out,
                                const char *code)
{
    struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "wrong_code",
                                       "Look at the paper again: 7 groups of 4."};
    enum copse_err err = copse_keyring_root(command->keyring, out, code);
    if (err == COPSE_ERR_DECODE) {
        return copse_output_fail(&command->output, &fault, "the recovery code is mistyped");
    }
    if (err == COPSE_ERR_SIGNATURE) {
        return copse_output_fail(&command->output, &fault,
                                 "this is a recovery code, but not yours");
    }
    return err == COPSE_OK ? COPSE_EXIT_OK : copse_command_fail(command, err, "the code");
}

enum copse_exit copse_root_ask(struct copse_command *command, struct copse_secret *out,
                               const char *why)
{
    struct copse_keyring_code kept;
    struct copse_builder typed;
    char line[128] = "";
    const char *given = copse_arguments_get(&command->arguments, "code");
    if (given == NULL && copse_keyring_code(command->keyring, &kept) == COPSE_OK) {
        enum copse_exit known = root_use(command, out, kept.text);
        copse_keyring_forget(&kept);
        return known;
    }
    if (given != NULL && strcmp(given, "-") == 0) {
        if (fgets(line, sizeof(line), stdin) == NULL) {
            line[0] = '\0';
        }
        line[strcspn(line, "\r\n")] = '\0';
        given = line;
    }
    if (given != NULL) {
        enum copse_exit status = root_use(command, out, given);
        sodium_memzero(line, sizeof(line));
        return status;
    }
    copse_output_note(&command->output, "%s", why);
    copse_builder_init(&typed, command->practice.memory);
    enum copse_exit status =
        copse_input_line(command, &typed, "Your recovery code:", "Give it with --code -.");
    struct copse_slice text = {NULL, 0};
    if (status == COPSE_EXIT_OK && copse_builder_end(&text, &typed) == COPSE_OK) {
        status = root_use(command, out, (const char *)text.data);
    }
    if (typed.data != NULL) {
        sodium_memzero(typed.data, typed.size);
    }
    copse_builder_deinit(&typed);
    return status;
}
