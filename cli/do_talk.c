/* Writing posts, and the small deeds on what others wrote: thanks, tags, "this answered it". */
#include "cli/deeds.h"
#include "cli/input.h"
#include "node/practice/post.h"

#include <string.h>

/* The first line of a text as its title, the rest as its body. One line is a title alone. */
static void talk_split(struct copse_slice *title, struct copse_slice *body, struct copse_slice text)
{
    while (text.size > 0 && strchr(" \t\n", text.data[0]) != NULL) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t\n", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    const uint8_t *newline = text.size == 0 ? NULL : memchr(text.data, '\n', text.size);
    *title = text;
    *body = (struct copse_slice){NULL, 0};
    if (newline != NULL) {
        title->size = (size_t)(newline - text.data);
        *body = (struct copse_slice){newline + 1, text.size - title->size - 1};
        while (body->size > 0 && body->data[0] == '\n') {
            body->data++;
            body->size--;
        }
    }
    if (title->size > COPSE_OBJECT_LINE_BYTES_MAX || memchr(title->data, '\t', title->size)) {
        *body = text; /* too long for a title: then it has none */
        title->size = 0;
    }
}

/* What a kind of writing wants to know. */
struct talk {
    const char *name; /* for the person: "question" */
    const char *type;
    const char *on; /* the beginning of the id it refers to; NULL: none */
    size_t first;   /* argument at which its words begin */
    bool has_title;
};

static enum copse_exit talk_save(struct copse_command *command, const struct talk *talk,
                                 struct copse_slice text)
{
    struct copse_practice_deed deed;
    struct copse_view_object on;
    struct copse_id ref;
    struct copse_id id;
    struct copse_command_tags tags;
    struct copse_post post = {.type = talk->type, .body = text, .tags = tags.items};
    enum copse_exit status = copse_command_tags(command, &tags);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    post.tag_count = tags.count;
    if (talk->has_title) {
        talk_split(&post.title, &post.body, text);
    }
    status = talk->on == NULL ? copse_command_begin(command, &deed, COPSE_DB_WRITE)
                              : copse_command_begin_on(command, &deed, &on, COPSE_DB_WRITE,
                                                       talk->on, COPSE_COMMAND_ANY_KIND);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    if (talk->on != NULL) {
        ref = on.id;
        post.ref = &ref;
    }
    enum copse_err err = copse_post_write(&deed, &id, &post, &command->error);
    status = copse_command_commit(command, &deed, err, "not saved");
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_id(&command->output.json, "id", &id);
    return copse_command_saved(command, &id, "thread");
}

static enum copse_exit talk_write(struct copse_command *command, const struct talk *talk)
{
    struct copse_builder words;
    struct copse_slice text = {NULL, 0};
    struct copse_input input = {.name = talk->name,
                                .first = talk->first,
                                .words = COPSE_INPUT_TAKES_WORDS,
                                .empty = COPSE_INPUT_NOT_EMPTY};
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_look_before(command, talk->on);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&words, command->practice.memory);
    status = copse_input_text(command, &words, &input);
    if (status == COPSE_EXIT_OK && copse_builder_end(&text, &words) != COPSE_OK) {
        status = copse_command_fail(command, COPSE_ERR_NOMEM, "the text");
    }
    if (status == COPSE_EXIT_OK) {
        status = talk_save(command, talk, text);
        if (status != COPSE_EXIT_OK) {
            copse_input_keep(command, text);
        }
    }
    copse_builder_deinit(&words);
    return status;
}

enum copse_exit copse_do_talk_ask(struct copse_command *command)
{
    return talk_write(command, &(struct talk){"question", "question", NULL, 0, true});
}

enum copse_exit copse_do_talk_post(struct copse_command *command)
{
    const char *type = copse_arguments_get(&command->arguments, "type");
    const char *about = copse_arguments_get(&command->arguments, "about");
    uint64_t number = 0;
    const struct copse_object_field *row =
        copse_object_field(COPSE_OBJECT_POST, COPSE_OBJECT_FIELD_TYPE);
    if (type != NULL &&
        copse_object_choice_named(&number, row, copse_bytes_of_string(type)) != COPSE_OK) {
        return copse_command_usage(command,
                                   "Types: talk, question, problem, solution, insight, story.",
                                   "there is no type of post called %s", type);
    }
    return talk_write(command,
                      &(struct talk){"post", type == NULL ? "talk" : type, about, 0, true});
}

enum copse_exit copse_do_talk_reply(struct copse_command *command)
{
    return talk_write(command,
                      &(struct talk){"reply", "talk", command->arguments.words[0], 1, false});
}

enum copse_exit copse_do_talk_answer(struct copse_command *command)
{
    return talk_write(command,
                      &(struct talk){"answer", "answer", command->arguments.words[0], 1, false});
}

/* Finish a small deed: commit if something was written, and say how it is now. */
static enum copse_exit talk_finish(struct copse_command *command, struct copse_practice_deed *deed,
                                   enum copse_err err, const struct copse_id *object, bool changed,
                                   const char *said)
{
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    if (err != COPSE_OK || changed) {
        enum copse_exit status = copse_command_commit(command, deed, err, "not saved");
        if (status != COPSE_EXIT_OK) {
            return status;
        }
    } else {
        copse_practice_end(deed);
    }
    copse_output_short_id(shortened, object);
    copse_answer_id(&command->output.json, "id", object);
    copse_answer_truth(&command->output.json, "changed", changed);
    copse_output_text(&command->output, "%s: %s%s\n", shortened, said,
                      changed ? "" : " (it was so already)");
    return copse_output_done(&command->output);
}

static enum copse_post_turn talk_turn(const struct copse_command *command, const char *option)
{
    return copse_arguments_has(&command->arguments, option) ? COPSE_POST_TAKE_BACK : COPSE_POST_PUT;
}

enum copse_exit copse_do_talk_accept(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object reply;
    struct copse_id question;
    bool changed = false;
    enum copse_post_turn turn = talk_turn(command, "undo");
    enum copse_exit status =
        copse_command_start_on(command, &deed, &reply, COPSE_DB_WRITE, COPSE_OBJECT_POST);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct copse_id id = reply.id;
    enum copse_err err =
        copse_post_accept(&deed, &question, &changed, &reply, turn, &command->error);
    return talk_finish(command, &deed, err, &id, changed,
                       turn == COPSE_POST_PUT ? "answered the question"
                                              : "no longer marked as the answer");
}

enum copse_exit copse_do_talk_mark(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    bool changed = false;
    const char *word = command->arguments.words[1];
    bool is_thanks = strcmp(word, "thanks") == 0;
    enum copse_post_turn turn = talk_turn(command, "undo");
    if (!is_thanks && strcmp(word, "useful") != 0) {
        return copse_command_usage(command, "Marks: thanks, useful.", "there is no mark called %s",
                                   word);
    }
    enum copse_exit status =
        copse_command_start_on(command, &deed, &object, COPSE_DB_WRITE, COPSE_COMMAND_ANY_KIND);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct copse_id id = object.id;
    enum copse_err err = copse_post_mark(
        &deed, &changed, &object, is_thanks ? COPSE_OBJECT_FIELD_THANKS : COPSE_OBJECT_FIELD_USEFUL,
        turn, &command->error);
    return talk_finish(command, &deed, err, &id, changed,
                       turn == COPSE_POST_TAKE_BACK ? "your mark is taken back"
                       : is_thanks                  ? "thanked"
                                                    : "marked as useful");
}

enum copse_exit copse_do_talk_tag(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    bool changed = false;
    enum copse_post_turn turn = talk_turn(command, "remove");
    enum copse_err err = COPSE_OK;
    enum copse_exit status =
        copse_command_start_on(command, &deed, &object, COPSE_DB_WRITE, COPSE_COMMAND_ANY_KIND);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct copse_id id = object.id;
    for (size_t i = 1; err == COPSE_OK && i < command->arguments.word_count; i++) {
        struct copse_view *view;
        bool now = false;
        err = copse_practice_view(&deed, &view);
        if (err == COPSE_OK) {
            err = copse_view_object(view, &object, &id); /* anew: a write ends what was read */
        }
        if (err == COPSE_OK) {
            err = copse_post_tag(&deed, &now, &object,
                                 copse_bytes_of_string(command->arguments.words[i]), turn,
                                 &command->error);
        }
        changed = changed || now;
    }
    return talk_finish(command, &deed, err, &id, changed,
                       turn == COPSE_POST_PUT ? "tagged" : "tags taken off");
}
