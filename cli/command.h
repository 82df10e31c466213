/* What every command of the command line stands on: arguments, output, and the open store. */
#ifndef COPSE_CLI_COMMAND_H
#define COPSE_CLI_COMMAND_H

#include "cli/arguments.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "node/practice/practice.h"
#include "node/practice/reading.h"

struct copse_command {
    struct copse_arguments arguments;
    struct copse_output output;
    struct copse_error error; /* context of the last failure */
    char home[COPSE_FILES_PATH_MAX];
    char state_home[COPSE_FILES_PATH_MAX];
    struct copse_store *store;     /* NULL: not open */
    struct copse_keyring *keyring; /* NULL: no identity, or not open */
    struct copse_practice practice;
    bool has_draft; /* words that are nowhere else: from the editor or standard input */
    bool may_ask;   /* there is a person at a terminal, and --no-input was not said */
};

typedef enum copse_exit copse_command_run(struct copse_command *command);

/* The function of a deed; never NULL. */
copse_command_run *copse_command_of(enum copse_verb_deed deed);

/* ---- failing ---- */

/* Say what went wrong with `what` and give the exit status. The message is that of command->error
 * if it was filled in, else the sentence of `err`. */
enum copse_exit copse_command_fail(struct copse_command *command, enum copse_err err,
                                   const char *what);

/* Say that an input is no good. */
enum copse_exit copse_command_usage(struct copse_command *command, const char *hint,
                                    const char *format, ...) COPSE_PRINTF(3, 4);

/* ---- opening ---- */

enum copse_command_need {
    COPSE_COMMAND_READS, /* a store must be there */
    COPSE_COMMAND_ACTS,  /* an identity too */
};

/* Open the store (and the identity). Failing is said already; otherwise COPSE_EXIT_OK. */
enum copse_exit copse_command_open(struct copse_command *command, enum copse_command_need need);
void copse_command_close(struct copse_command *command);

/* The community that is meant: -C, or the only one. */
enum copse_exit copse_command_community(struct copse_command *command, struct copse_id *out);

/* Begin a deed in the community that is meant. */
enum copse_exit copse_command_begin(struct copse_command *command, struct copse_practice_deed *deed,
                                    enum copse_db_mode mode);

/* The same for a deed on one thing, whose id begins with `digits`: it is looked for in all
 * communities where -C is not given. `kind` COPSE_COMMAND_ANY_KIND: any. */
#define COPSE_COMMAND_ANY_KIND UINT32_MAX
enum copse_exit copse_command_begin_on(struct copse_command *command,
                                       struct copse_practice_deed *deed,
                                       struct copse_view_object *object, enum copse_db_mode mode,
                                       const char *digits, uint32_t kind);

/* Commit; a failure is said. */
enum copse_exit copse_command_commit(struct copse_command *command,
                                     struct copse_practice_deed *deed);

/* The end of a deed that gave `err`: commit, or give it up and say why. */
enum copse_exit copse_command_finish(struct copse_command *command,
                                     struct copse_practice_deed *deed, enum copse_err err,
                                     const char *what);

/* ---- words ---- */

/* The arguments from `first` on, joined by blanks. */
enum copse_err copse_command_join(struct copse_builder *out, const struct copse_command *command,
                                  size_t first) COPSE_MUST_CHECK;

/* A number given with an option; `otherwise` when it was not given. */
enum copse_exit copse_command_number(struct copse_command *command, uint32_t *out,
                                     const char *option, uint32_t otherwise);

/* A line "Name (id)" for a person: plain output. */
void copse_command_print_person(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_id *person);

/* A person in JSON: the id under `key`, the name (or null) under `name_key`. */
struct copse_command_keys {
    const char *id;
    const char *name;
};
void copse_command_json_person(struct copse_command *command, struct copse_practice_deed *deed,
                               const struct copse_command_keys *keys,
                               const struct copse_id *person);

/* The title of a thing, or the first line of its words; size 0: none. */
enum copse_err copse_command_title(struct copse_practice_deed *deed, struct copse_slice *out,
                                   const struct copse_view_object *object) COPSE_MUST_CHECK;

#endif
