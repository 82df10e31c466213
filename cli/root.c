#include "cli/root.h"

#include "cli/input.h"

#include <sodium.h>

#include <stdio.h>
#include <string.h>

#define TRIES 3u

void copse_root_forget(struct copse_root_typed *typed)
{
    sodium_memzero(typed, sizeof(*typed));
}

/* Is it a code, and of the person whose identity is open? */
static enum copse_err root_check(const struct copse_command *command,
                                 const struct copse_root_typed *typed)
{
    struct copse_id person;
    enum copse_err err = copse_keyring_read_code(&person, typed->text);
    if (err == COPSE_OK && command->keyring != NULL &&
        !copse_bytes_equal_ids(&person, copse_keyring_person(command->keyring))) {
        err = COPSE_ERR_SIGNATURE;
    }
    return err;
}

static enum copse_exit root_refuse(struct copse_command *command, enum copse_err err)
{
    struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "wrong_code",
                                       "Look at the paper again: 7 groups of 4."};
    if (err == COPSE_ERR_DECODE) {
        return copse_output_fail(&command->output, &fault, "the recovery code is mistyped");
    }
    if (err == COPSE_ERR_SIGNATURE) {
        return copse_output_fail(&command->output, &fault,
                                 "this is a recovery code, but not yours");
    }
    return copse_command_fail(command, err, "the code");
}

/* One that is too long is no code: it stays empty, and is mistyped. */
static void root_take(struct copse_root_typed *out, const char *text, size_t size)
{
    copse_root_forget(out);
    if (size < sizeof(out->text)) {
        memcpy(out->text, text, size);
    }
}

static void root_read_line(struct copse_root_typed *out)
{
    copse_root_forget(out);
    if (fgets(out->text, sizeof(out->text), stdin) == NULL) {
        out->text[0] = '\0';
    }
    out->text[strcspn(out->text, "\r\n")] = '\0';
}

/* Whoever sits at a terminal is told of a typing error at once, and may try again. */
static enum copse_exit root_type(struct copse_command *command, struct copse_root_typed *out)
{
    enum copse_err err = COPSE_ERR_DECODE;
    for (unsigned tries = 0; tries < TRIES && err == COPSE_ERR_DECODE; tries++) {
        struct copse_builder line;
        if (tries > 0) {
            copse_output_note(&command->output,
                              "That is mistyped: its check does not match. Look again.");
        }
        copse_builder_init(&line, command->practice.memory);
        enum copse_exit status =
            copse_input_line(command, &line, "Your recovery code:", "Give it with --code -.");
        if (line.data != NULL) {
            root_take(out, line.data, line.size);
            sodium_memzero(line.data, line.capacity);
        }
        copse_builder_deinit(&line);
        if (status != COPSE_EXIT_OK) {
            return status;
        }
        err = root_check(command, out);
    }
    return err == COPSE_OK ? COPSE_EXIT_OK : root_refuse(command, err);
}

static enum copse_exit root_code(struct copse_command *command, struct copse_root_typed *out,
                                 const char *why)
{
    struct copse_keyring_code kept;
    const char *given = copse_arguments_get(&command->arguments, "code");
    if (given == NULL && command->keyring != NULL &&
        copse_keyring_code(command->keyring, &kept) == COPSE_OK) {
        root_take(out, kept.text, strlen(kept.text));
        copse_keyring_forget(&kept);
        return COPSE_EXIT_OK;
    }
    if (given == NULL) {
        copse_output_note(&command->output, "%s", why);
        return root_type(command, out);
    }
    if (strcmp(given, "-") == 0) {
        root_read_line(out);
    } else {
        root_take(out, given, strlen(given));
    }
    enum copse_err err = root_check(command, out);
    return err == COPSE_OK ? COPSE_EXIT_OK : root_refuse(command, err);
}

enum copse_exit copse_root_code(struct copse_command *command, struct copse_root_typed *out,
                                const char *why)
{
    copse_root_forget(out);
    enum copse_exit status = root_code(command, out, why);
    if (status != COPSE_EXIT_OK) {
        copse_root_forget(out); /* a mistyped one is nearly a secret */
    }
    return status;
}

enum copse_exit copse_root_ask(struct copse_command *command, struct copse_secret *out,
                               const char *why)
{
    struct copse_root_typed typed;
    enum copse_exit status = copse_root_code(command, &typed, why);
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_keyring_root(command->keyring, out, typed.text);
        status = err == COPSE_OK ? COPSE_EXIT_OK : root_refuse(command, err);
    }
    copse_root_forget(&typed);
    return status;
}
