/* What every command of the command line stands on: arguments, output, and the open store. */
#ifndef COPSE_CLI_COMMAND_H
#define COPSE_CLI_COMMAND_H

#include "cli/arguments.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "node/peering/peers.h"
#include "node/practice/post.h"
#include "node/practice/practice.h"
#include "node/practice/reading.h"

/* Said in several places. */
#define COPSE_COMMAND_NO_COMMUNITY                                                                 \
    "You are in no community yet: copse community create NAME, or copse community join TICKET"
#define COPSE_COMMAND_KEEP_CODE                                                                    \
    "Keep your way back in: copse me code show, write it on paper, then copse me code confirm"

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
    char draft[COPSE_FILES_PATH_MAX]; /* the file that the editor worked on; "": none */
    bool may_ask; /* there is a person at a terminal, and --no-input was not said */
};

typedef enum copse_exit copse_command_run(struct copse_command *command);

/* The function of a deed; never NULL. */
copse_command_run *copse_command_of(enum copse_verb_deed deed);

/* ---- failing ---- */

/* Say what went wrong with `what` and give the exit status. The message is that of command->error
 * if it was filled in, else the sentence of `err`. */
enum copse_exit copse_command_fail(struct copse_command *command, enum copse_err err,
                                   const char *what);

/* The end of a command: done if `err` is COPSE_OK, else the failure is said. */
enum copse_exit copse_command_end(struct copse_command *command, enum copse_err err,
                                  const char *what);

/* Say that an input is no good. */
enum copse_exit copse_command_usage(struct copse_command *command, const char *hint,
                                    const char *format, ...) COPSE_PRINTF(3, 4);

/* ---- opening ---- */

enum copse_command_need {
    COPSE_COMMAND_READS, /* a store must be there */
    COPSE_COMMAND_ACTS,  /* an identity too */
};

/* There is no store, or no identity in it: say so. */
enum copse_exit copse_command_no_identity(struct copse_command *command);

/* How this command's store is opened. */
struct copse_store_options copse_command_store(const struct copse_command *command);

/* Is there no identity yet? */
bool copse_command_is_new(struct copse_command *command);

/* Make the store, where an earlier attempt has not made it yet. Failing is said. */
enum copse_exit copse_command_make_store(struct copse_command *command);

/* Open the store (and the identity). Failing is said already; otherwise COPSE_EXIT_OK. */
enum copse_exit copse_command_open(struct copse_command *command, enum copse_command_need need);
void copse_command_close(struct copse_command *command);

/* The community that is meant: -C, or the only one. */
enum copse_exit copse_command_community(struct copse_command *command, struct copse_id *out);

/* The next community of the store, in a transaction of its own; begin with *number = 0.
 * COPSE_ERR_NOT_FOUND after the last. */
enum copse_err copse_command_next_community(struct copse_command *command, struct copse_id *id,
                                            uint32_t *number) COPSE_MUST_CHECK;

/* Does copse serve run for this home? `own` has no addresses when it has just begun. */
struct copse_command_serving {
    bool runs;
    long process;
    struct copse_ticket_peer own;
};
enum copse_err copse_command_serving(struct copse_command *command,
                                     struct copse_command_serving *out) COPSE_MUST_CHECK;

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

/* The same for whatever has an id: a thing, or an entry such as an edit of a page. */
enum copse_exit copse_command_begin_at(struct copse_command *command,
                                       struct copse_practice_deed *deed, struct copse_id *id,
                                       enum copse_db_mode mode, const char *digits);

/* Open and begin: to read, or to act. The second form is on the thing that the first argument
 * names. */
enum copse_exit copse_command_start(struct copse_command *command, struct copse_practice_deed *deed,
                                    enum copse_db_mode mode);
enum copse_exit copse_command_start_on(struct copse_command *command,
                                       struct copse_practice_deed *deed,
                                       struct copse_view_object *object, enum copse_db_mode mode,
                                       uint32_t kind);

/* Is there what a deed is to be done on (`digits` NULL: a community)? Asked before anybody is made
 * to write. */
enum copse_exit copse_command_look_before(struct copse_command *command, const char *digits);

/* Commit, or give up if `err` says that what was to be done failed. A failure is said. */
enum copse_exit copse_command_commit(struct copse_command *command,
                                     struct copse_practice_deed *deed, enum copse_err err,
                                     const char *what);

/* The end of a command that made a thing: its id, and which verb shows it. */
enum copse_exit copse_command_saved(struct copse_command *command, const struct copse_id *id,
                                    const char *shown_by);

/* ---- words ---- */

/* The arguments from `first` on, joined by blanks. */
enum copse_err copse_command_join(struct copse_builder *out, const struct copse_command *command,
                                  size_t first) COPSE_MUST_CHECK;

/* The tags given with --tag. */
struct copse_command_tags {
    struct copse_slice items[COPSE_POST_TAGS_MAX];
    size_t count;
};
enum copse_exit copse_command_tags(struct copse_command *command, struct copse_command_tags *out);

/* An address as people write it: without the mark of its form (SPEC 9.5). */
const char *copse_command_address(const char *address);

/* Where others reach a node: "addresses" in JSON; plainly behind `lead`, if there are any. */
void copse_command_addresses(struct copse_command *command, const struct copse_ticket_peer *own,
                             const char *lead);

/* Nothing but blanks and line feeds? */
bool copse_command_is_blank(struct copse_slice text);

/* The same as a title or name, which may not be empty; `what` is what it is called. */
enum copse_exit copse_command_line(struct copse_command *command, struct copse_builder *room,
                                   struct copse_slice *out, const char *what);

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
