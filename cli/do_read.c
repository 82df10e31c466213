/* Showing what there is: a conversation, what is new, one thing, what contains some words. */
#include "cli/deeds.h"
#include "cli/gap.h"
#include "node/practice/community.h"
#include "node/practice/find.h"
#include "node/practice/moderation.h"
#include "node/practice/mute.h"
#include "node/practice/page.h"
#include "node/practice/post.h"
#include "protocol/entry/clock.h"

#include <inttypes.h>
#include <string.h>

#define LIMIT_DEFAULT 20u
#define LIMIT_MAX 10000u
#define SEEN_DEPTH_MAX 8u /* deeper replies are shown as deep as this */

static uint64_t read_written_ms(const struct copse_view_object *object)
{
    return copse_clock_ms(object->create.held.entry.hlc);
}

/* ---- a conversation ---- */

static void read_body(struct copse_command *command, struct copse_slice text, size_t indent)
{
    while (text.size > 0) {
        const uint8_t *newline = memchr(text.data, '\n', text.size);
        size_t size = newline == NULL ? text.size : (size_t)(newline - text.data);
        copse_output_text(&command->output, "%*s", (int)indent, "");
        copse_output_words(&command->output, (struct copse_slice){text.data, size},
                           COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, "\n");
        size += newline != NULL;
        text.data += size;
        text.size -= size;
    }
}

/* Why a post is not seen by others. */
static const char *read_absence(const struct copse_view_object *post)
{
    if (post->create.verdict == COPSE_VERDICT_NO_GRANT ||
        post->create.verdict == COPSE_VERDICT_STRANGER) {
        return "not seen by others: its author is not known as a member here, or not yet";
    }
    return copse_verdict_text(post->create.verdict);
}

/* Did the person at this machine write it? One's own words are never hidden from oneself. */
static bool read_is_own(const struct copse_command *command, const struct copse_view_object *post)
{
    return command->keyring != NULL &&
           copse_bytes_equal_ids(&post->create.held.entry.author,
                                 copse_keyring_device(command->keyring));
}

/* A field as the post was written with, for its author's own eyes; size 0: it was not. */
static struct copse_slice read_initial(const struct copse_view_object *post,
                                       enum copse_object_number number)
{
    struct copse_slice value;
    if (post->create.words != COPSE_VIEW_HERE ||
        copse_object_initial(&value, post->create.held.content, (uint32_t)number) != COPSE_OK) {
        return (struct copse_slice){NULL, 0};
    }
    return copse_reading_text(value);
}

/* The type as people call it: what has the first type of its kind goes by the kind. */
static const char *read_type(const char *type, const struct copse_view_object *object)
{
    if (strcmp(type, "document") == 0) {
        return "page";
    }
    return strcmp(type, "talk") == 0 ? object->create.op.has_ref ? "reply" : "post" : type;
}

/* What a post says. */
struct words {
    struct copse_slice title;
    struct copse_slice body;
    const char *type;
    bool accepted;
    bool muted; /* its author is, by this reader */
    bool gap;   /* hidden, and not to be shown nevertheless */
};

static void read_answer_post(struct copse_command *command, struct copse_practice_deed *deed,
                             const struct copse_view_object *post, const struct words *words)
{
    struct copse_answer *json = &command->output.json;
    copse_answer_object(json, NULL);
    copse_answer_id(json, "id", &post->id);
    copse_command_json_person(command, deed, &(struct copse_command_keys){"author", "author_name"},
                              &post->create.person);
    copse_answer_word(json, "kind", words->type);
    copse_answer_string(json, "title", words->title);
    copse_answer_string(json, "body", words->body);
    if (post->create.op.has_ref) {
        copse_answer_id(json, "parent", &post->create.op.ref);
    } else {
        copse_answer_null(json, "parent");
    }
    copse_answer_truth(json, "accepted", words->accepted);
    copse_answer_truth(json, "visible", post->is_visible);
    copse_answer_truth(json, "muted", words->muted);
    copse_answer_truth(json, "erased", post->create.words == COPSE_VIEW_ERASED);
    copse_answer_time(json, "written", (int64_t)read_written_ms(post));
}

/* One post, plain and for programs. `depth` 0 is the beginning of the conversation. */
static enum copse_err read_post(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_view_object *post, size_t depth, bool accepted)
{
    struct copse_output *output = &command->output;
    struct words words = {.accepted = accepted};
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    char when[COPSE_TERMINAL_TIME_BYTES];
    size_t indent = 2 * (depth < SEEN_DEPTH_MAX ? depth : SEEN_DEPTH_MAX);
    enum copse_err err = copse_reading_type(deed, &words.type, post);
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &words.title, post, COPSE_OBJECT_FIELD_TITLE);
    }
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &words.body, post, COPSE_OBJECT_FIELD_BODY);
    }
    if (err == COPSE_OK) {
        err = copse_mute_is(deed, &words.muted, &post->create.person);
    }
    if (err == COPSE_OK) {
        err = copse_gap_is(command, deed, &words.gap, post);
    }
    if (err != COPSE_OK) {
        return err;
    }
    if (words.gap) {
        words.title = words.body = (struct copse_slice){NULL, 0};
    }
    if (!post->is_visible && read_is_own(command, post)) {
        words.title = read_initial(post, COPSE_OBJECT_FIELD_TITLE);
        words.body = read_initial(post, COPSE_OBJECT_FIELD_BODY);
    }
    copse_output_short_id(shortened, &post->id);
    copse_terminal_time(when, (int64_t)read_written_ms(post), COPSE_TERMINAL_LOCAL);
    read_answer_post(command, deed, post, &words);
    copse_output_text(output, "%*s", (int)indent, "");
    copse_output_styled(output, COPSE_OUTPUT_FAINT, "%s  ", shortened);
    copse_command_print_person(command, deed, &post->create.person);
    copse_output_text(output, ", %s  %s%s\n", when, read_type(words.type, post),
                      accepted ? "  (answered it)" : "");
    err = copse_gap_say(command, deed, post, indent + 2);
    copse_answer_object_end(&output->json);
    if (err != COPSE_OK) {
        return err;
    }
    if (!post->is_visible && !post->create.is_hidden) {
        copse_output_text(output, "%*s(%s)\n", (int)indent + 2, "", read_absence(post));
    }
    if (post->create.words == COPSE_VIEW_ERASED) {
        copse_output_text(output, "%*s(its words were erased)\n", (int)indent + 2, "");
    }
    bool is_seen =
        post->is_visible || post->create.is_hidden ? !words.gap : read_is_own(command, post);
    if (!is_seen) {
        return COPSE_OK;
    }
    if (words.muted) {
        copse_output_text(output,
                          "%*s(folded: you have muted them; copse people mute NAME --undo)\n",
                          (int)indent + 2, "");
        return COPSE_OK;
    }
    if (words.title.size > 0) {
        copse_output_text(output, "%*s", (int)indent + 2, "");
        copse_output_styled_words(output, COPSE_OUTPUT_STRONG, words.title);
        copse_output_text(output, "\n");
    }
    read_body(command, words.body, indent + 2);
    return COPSE_OK;
}

/* What a conversation is about that does not begin with a post: a page. */
static enum copse_err read_heading(struct copse_command *command, struct copse_practice_deed *deed,
                                   const struct copse_view_object *object)
{
    struct copse_slice title;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    bool is_gap = false;
    enum copse_err err = copse_command_title(deed, &title, object);
    if (err == COPSE_OK) {
        err = copse_gap_is(command, deed, &is_gap, object);
    }
    if (is_gap) {
        title.size = 0;
    }
    copse_output_short_id(shortened, &object->id);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s  ", shortened);
    copse_output_styled_words(&command->output, COPSE_OUTPUT_STRONG, title);
    copse_output_text(&command->output, "\n");
    return err;
}

static enum copse_err read_thread(struct copse_command *command, struct copse_practice_deed *deed,
                                  const struct copse_view_object *root)
{
    struct copse_view *view;
    struct copse_view_thread *thread =
        copse_memory_new(command->practice.memory, 1, sizeof(*thread));
    if (thread == NULL) {
        return COPSE_ERR_NOMEM;
    }
    enum copse_err err = copse_practice_view(deed, &view);
    copse_view_open_thread(thread, &root->id);
    if (err == COPSE_OK && root->kind == COPSE_OBJECT_POST) {
        err = read_post(command, deed, root, 0, false);
    }
    if (err == COPSE_OK && root->kind != COPSE_OBJECT_POST) {
        err = read_heading(command, deed, root);
    }
    while (err == COPSE_OK) {
        struct copse_view_object post;
        size_t depth = 0;
        bool accepted = false;
        err = copse_view_next_in_thread(view, &post, &depth, thread);
        if (err == COPSE_OK && post.kind == COPSE_OBJECT_POST) {
            err = copse_post_is_accepted(deed, &accepted, root, &post.id);
            if (err == COPSE_OK) {
                copse_output_text(&command->output, "\n");
                err = read_post(command, deed, &post, depth, accepted);
            }
        }
    }
    copse_memory_free(command->practice.memory, thread);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_exit copse_do_read_thread(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    struct copse_view_object root;
    enum copse_exit status =
        copse_command_start_on(command, &deed, &object, COPSE_DB_READ, COPSE_COMMAND_ANY_KIND);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_post_root(&deed, &root, &object);
    if (err == COPSE_OK) {
        copse_answer_id(&command->output.json, "id", &root.id);
        copse_answer_array(&command->output.json, "posts");
        err = read_thread(command, &deed, &root);
        copse_answer_array_end(&command->output.json);
    }
    copse_practice_end(&deed);
    return copse_command_end(command, err, "the conversation");
}

/* ---- lists ---- */

/* One thing as a line: id, type, title, person. */
static enum copse_err read_line(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_view_object *object,
                                const struct copse_id *person)
{
    struct copse_answer *json = &command->output.json;
    struct copse_slice title;
    const char *type;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    enum copse_err err = copse_reading_type(deed, &type, object);
    if (err == COPSE_OK) {
        err = copse_command_title(deed, &title, object);
    }
    if (err != COPSE_OK) {
        return err;
    }
    copse_output_short_id(shortened, &object->id);
    copse_answer_id(json, "id", &object->id);
    copse_answer_word(json, "kind", copse_object_kind_name(object->kind));
    copse_answer_word(json, "type", type);
    copse_answer_string(json, "title", title);
    copse_command_json_person(command, deed, &(struct copse_command_keys){"author", "author_name"},
                              person);
    copse_output_styled(&command->output, COPSE_OUTPUT_FAINT, "%s", shortened);
    copse_output_text(&command->output, "  %-9s ", read_type(type, object));
    copse_output_title(&command->output, title);
    copse_output_text(&command->output, "  (");
    copse_command_print_person(command, deed, person);
    copse_output_text(&command->output, ")");
    return COPSE_OK;
}

static enum copse_err read_news(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_find_item *items, size_t count)
{
    struct copse_answer *json = &command->output.json;
    enum copse_err err = COPSE_OK;
    size_t folded = 0;
    copse_answer_array(json, "items");
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        bool is_muted = false;
        err = copse_mute_is(deed, &is_muted, &items[i].person);
        folded += is_muted;
        if (err != COPSE_OK || is_muted) {
            continue;
        }
        char written[COPSE_TERMINAL_TIME_BYTES];
        char arrived[COPSE_TERMINAL_TIME_BYTES];
        copse_answer_object(json, NULL);
        err = read_line(command, deed, &items[i].object, &items[i].person);
        copse_terminal_time(written, (int64_t)items[i].written_ms, COPSE_TERMINAL_LOCAL);
        copse_terminal_time(arrived, (int64_t)items[i].arrived_ms, COPSE_TERMINAL_LOCAL);
        copse_answer_word(json, "what", items[i].what == COPSE_FIND_NEW ? "new" : "edited");
        copse_answer_time(json, "written", (int64_t)items[i].written_ms);
        copse_answer_time(json, "arrived", (int64_t)items[i].arrived_ms);
        copse_answer_object_end(json);
        copse_output_text(&command->output, "  %s %s",
                          items[i].what == COPSE_FIND_NEW ? "written" : "edited", written);
        if (strcmp(written, arrived) != 0) {
            copse_output_text(&command->output, ", reached you %s", arrived);
        }
        copse_output_text(&command->output, "\n");
    }
    copse_answer_array_end(json);
    copse_answer_number(json, "folded", folded);
    if (folded > 0) {
        copse_output_text(&command->output,
                          "(%zu folded: by people you have muted; copse people mute NAME --undo)\n",
                          folded);
    }
    return err;
}

static enum copse_exit read_limit(struct copse_command *command, uint32_t *out)
{
    enum copse_exit status = copse_command_number(command, out, "limit", LIMIT_DEFAULT);
    *out = *out < LIMIT_MAX ? *out : LIMIT_MAX;
    return status;
}

/* What a list begins with: how long it may be, the store, a transaction to read in. */
static enum copse_exit read_begin(struct copse_command *command, struct copse_practice_deed *deed,
                                  uint32_t *limit)
{
    enum copse_exit status = read_limit(command, limit);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_start(command, deed, COPSE_DB_READ);
    }
    return status;
}

enum copse_exit copse_do_read_feed(struct copse_command *command)
{
    struct copse_practice_deed deed;
    uint32_t limit = LIMIT_DEFAULT;
    size_t count = 0;
    bool is_here = true;
    enum copse_exit status = read_begin(command, &deed, &limit);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    struct copse_find_item *items =
        copse_memory_new(command->practice.memory, limit, sizeof(*items));
    enum copse_err err =
        items == NULL ? COPSE_ERR_NOMEM : copse_find_news(&deed, items, &count, limit);
    if (err == COPSE_OK) {
        err = read_news(command, &deed, items, count);
    }
    copse_memory_free(command->practice.memory, items);
    if (err == COPSE_OK && count == 0) {
        struct copse_community_card card;
        err = copse_community_card(&deed, &card);
        is_here = err == COPSE_OK && card.is_here;
    }
    copse_practice_end(&deed);
    if (err == COPSE_OK && count == 0) {
        copse_output_note(&command->output,
                          is_here ? "Nothing yet. Ask the first question: copse ask \"...\""
                                  : "Nothing is here yet: it comes when you meet a member.");
    }
    return copse_command_end(command, err, "what is new");
}

/* ---- searching ---- */

static void read_step(void *context, uint64_t entries)
{
    copse_progress_step(context, entries);
}

static enum copse_err read_hits(struct copse_command *command, struct copse_practice_deed *deed,
                                const struct copse_search_hit *hits, size_t count)
{
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    copse_answer_array(&command->output.json, "items");
    for (size_t i = 0; err == COPSE_OK && i < count; i++) {
        struct copse_view_object object;
        err = copse_view_object(view, &object, &hits[i].object);
        if (err == COPSE_OK && object.is_visible) {
            copse_answer_object(&command->output.json, NULL);
            err = read_line(command, deed, &object, &object.create.person);
            copse_answer_object_end(&command->output.json);
            copse_output_text(&command->output, "\n");
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    copse_answer_array_end(&command->output.json);
    return err;
}

static enum copse_err read_search(struct copse_command *command, struct copse_practice_deed *deed,
                                  struct copse_slice words, uint32_t limit)
{
    struct copse_progress progress;
    struct copse_search *search = NULL;
    size_t count = 0;
    struct copse_search_hit *hits =
        copse_memory_new(command->practice.memory, limit, sizeof(*hits));
    enum copse_err err =
        hits == NULL
            ? COPSE_ERR_NOMEM
            : copse_search_open(&search, command->home, command->practice.memory, &command->error);
    copse_progress_start(&progress, &command->output, "Reading what is new", 0);
    if (err == COPSE_OK) {
        struct copse_find_request request = {search, words, COPSE_SEARCH_BEST, read_step,
                                             &progress};
        err = copse_find_search(deed, hits, &count, limit, &request);
    }
    copse_progress_stop(&progress);
    if (err == COPSE_OK) {
        err = read_hits(command, deed, hits, count);
    }
    if (err == COPSE_OK && count == 0) {
        copse_output_note(&command->output, "Nothing found. Ask: copse ask \"...\"");
    }
    copse_search_close(search);
    copse_memory_free(command->practice.memory, hits);
    return err;
}

enum copse_exit copse_do_read_search(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_builder words;
    struct copse_slice text = {NULL, 0};
    uint32_t limit = LIMIT_DEFAULT;
    enum copse_exit status = read_begin(command, &deed, &limit);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_builder_init(&words, command->practice.memory);
    enum copse_err err = copse_command_join(&words, command, 0);
    if (err == COPSE_OK) {
        err = copse_builder_end(&text, &words);
    }
    if (err == COPSE_OK && !copse_bytes_is_utf8(text)) {
        err = copse_error_set(&command->error, COPSE_ERR_FORM, "the words are not valid UTF-8");
    }
    if (err == COPSE_OK) {
        err = read_search(command, &deed, text, limit);
    }
    copse_builder_deinit(&words);
    copse_practice_end(&deed);
    return copse_command_end(command, err, "the search");
}

/* ---- one thing ---- */

static enum copse_err read_person(struct copse_command *command, struct copse_practice_deed *deed,
                                  const struct copse_view_object *person)
{
    struct copse_slice name;
    struct copse_slice about;
    char hex[COPSE_ID_HEX_BYTES];
    enum copse_err err = copse_reading_string(deed, &name, person, COPSE_OBJECT_FIELD_NAME);
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &about, person, COPSE_OBJECT_FIELD_ABOUT);
    }
    if (err != COPSE_OK) {
        return err;
    }
    copse_bytes_id_to_hex(hex, &person->id);
    copse_answer_word(&command->output.json, "id", hex);
    copse_answer_word(&command->output.json, "kind", "person");
    copse_answer_string(&command->output.json, "name", name);
    copse_answer_string(&command->output.json, "about", about);
    copse_output_styled_words(&command->output, COPSE_OUTPUT_STRONG, name);
    copse_output_text(&command->output, "\nperson %s\n", hex);
    read_body(command, about, 0);
    return COPSE_OK;
}

static enum copse_err read_one_post(struct copse_command *command, struct copse_practice_deed *deed,
                                    const struct copse_view_object *post)
{
    struct copse_view_object root;
    struct copse_reading_tags tags;
    bool accepted = false;
    enum copse_err err = copse_post_root(deed, &root, post);
    if (err == COPSE_OK) {
        err = copse_post_is_accepted(deed, &accepted, &root, &post->id);
    }
    if (err == COPSE_OK) {
        err = copse_reading_tags(deed, &tags, post);
    }
    if (err != COPSE_OK) {
        return err;
    }
    copse_answer_id(&command->output.json, "id", &post->id);
    copse_answer_word(&command->output.json, "kind", "post");
    copse_answer_array(&command->output.json, "posts");
    err = read_post(command, deed, post, 0, accepted);
    copse_answer_array_end(&command->output.json);
    copse_answer_array(&command->output.json, "tags");
    for (size_t i = 0; i < tags.count; i++) {
        copse_answer_string(&command->output.json, NULL, tags.items[i]);
        copse_output_text(&command->output, i == 0 ? "  tags: " : ", ");
        copse_output_words(&command->output, tags.items[i], COPSE_TERMINAL_LINE);
    }
    copse_answer_array_end(&command->output.json);
    copse_output_text(&command->output, tags.count > 0 ? "\n" : "");
    return err;
}

/* The reader wants to see what is hidden, or not any more. */
static enum copse_exit read_override(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    bool changed = false;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_begin_on(command, &deed, &object, COPSE_DB_WRITE,
                                        command->arguments.words[0], COPSE_COMMAND_ANY_KIND);
    }
    if (status == COPSE_EXIT_OK) {
        enum copse_err err = copse_moderation_override(
            &deed, &changed, &object.id,
            copse_arguments_has(&command->arguments, "undo") ? COPSE_MODERATION_AS_OTHERS
                                                             : COPSE_MODERATION_SHOW);
        status = copse_command_commit(command, &deed, err, "it is shown as before");
    }
    copse_command_close(command);
    return status;
}

enum copse_exit copse_do_read_show(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_view_object object;
    enum copse_exit status = COPSE_EXIT_OK;
    if (copse_arguments_has(&command->arguments, "override")) {
        status = read_override(command);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    status = copse_command_start_on(command, &deed, &object, COPSE_DB_READ, COPSE_COMMAND_ANY_KIND);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    if (object.kind == COPSE_OBJECT_PAGE) {
        copse_practice_end(&deed);
        copse_command_close(command);
        return copse_do_page_show(command);
    }
    enum copse_err err = object.kind == COPSE_OBJECT_PERSON
                             ? read_person(command, &deed, &object)
                             : read_one_post(command, &deed, &object);
    copse_practice_end(&deed);
    return copse_command_end(command, err, command->arguments.words[0]);
}
