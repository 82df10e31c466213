/* How it works: each file has a record under the community and the hash of its path. A file whose
 * hash is that of its record adds nothing. A changed one is compared with what was imported last,
 * front matter with front matter and text with the version that the text became, so that what
 * people changed here since stays. A file without record whose path is the source of a page here
 * belongs to it. */
#include "cli/import_markdown.h"

#include "cli/files.h"
#include "storage/local.h"

#include <sodium.h>

#include <stdlib.h>
#include <string.h>

#define RECORD_BYTES_MAX 65536u
#define KEY_BYTES (3u + 2u * COPSE_ID_BYTES)
#define RECORD_HEADS_MAX 64u

/* ---- reading ---- */

static void import_markdown_hash(struct copse_id *out, struct copse_slice bytes)
{
    (void)crypto_generichash(out->bytes, sizeof(out->bytes), bytes.data, bytes.size, NULL, 0);
}

static const char *import_markdown_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The title: of the front matter, else the first heading, else the name of the file. */
static void import_markdown_title(struct copse_import_markdown_file *file)
{
    struct copse_slice heading = copse_front_matter_heading(file->parts.body);
    if (!copse_front_matter_value(&file->title, file->parts.inside, "title")) {
        if (heading.size > 0) {
            copse_builder_slice(&file->title, heading);
        } else {
            const char *name = import_markdown_name(file->path);
            size_t size = strcspn(name, ".");
            copse_builder_slice(&file->title, (struct copse_slice){(const uint8_t *)name,
                                                                   size > 0 ? size : strlen(name)});
        }
    }
}

/* Make a line of a value: no tabs or line feeds, no longer than `max` bytes, cut between
 * characters. */
static struct copse_slice import_markdown_line(struct copse_builder *text, size_t max)
{
    struct copse_slice line = {NULL, 0};
    if (copse_builder_end(&line, text) != COPSE_OK) {
        return (struct copse_slice){NULL, 0};
    }
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == '\n' || text->data[i] == '\t') {
            text->data[i] = ' ';
        }
    }
    if (line.size > max) {
        line.size = max;
        while (line.size > 0 && ((uint8_t)text->data[line.size] & 0xc0u) == 0x80u) {
            line.size--;
        }
    }
    return line;
}

/* Tags of both keys that people use for them, each once. */
static void import_markdown_tags(struct copse_import_markdown_file *file,
                                 const struct copse_memory *memory)
{
    static const char *const keys[] = {"tags", "topics"};
    size_t starts[COPSE_IMPORT_MARKDOWN_TAGS_MAX];
    size_t sizes[COPSE_IMPORT_MARKDOWN_TAGS_MAX];
    struct copse_builder tag;
    copse_builder_init(&tag, memory);
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(keys); i++) {
        size_t cursor = 0;
        while (file->tag_count < COPSE_IMPORT_MARKDOWN_TAGS_MAX &&
               copse_front_matter_next(&tag, &cursor, file->parts.inside, keys[i])) {
            struct copse_slice line = import_markdown_line(
                &tag, copse_object_field(COPSE_OBJECT_PAGE, COPSE_OBJECT_FIELD_TAGS)->max);
            bool is_known = line.size == 0;
            for (size_t j = 0; j < file->tag_count; j++) {
                is_known = is_known ||
                           (sizes[j] == line.size &&
                            memcmp(file->tag_room.data + starts[j], line.data, line.size) == 0);
            }
            if (!is_known) {
                starts[file->tag_count] = file->tag_room.size;
                sizes[file->tag_count] = line.size;
                copse_builder_slice(&file->tag_room, line);
                file->tag_count += !file->tag_room.failed;
            }
        }
    }
    for (size_t i = 0; i < file->tag_count; i++) {
        file->tags[i] =
            (struct copse_slice){(const uint8_t *)file->tag_room.data + starts[i], sizes[i]};
    }
    copse_builder_deinit(&tag);
}

static void import_markdown_claims(struct copse_import_markdown_file *file,
                                   const struct copse_memory *memory)
{
    struct copse_builder date;
    size_t cursor = 0;
    struct copse_slice text;
    copse_builder_init(&date, memory);
    if (copse_front_matter_value(&date, file->parts.inside, "date") &&
        copse_builder_end(&text, &date) == COPSE_OK) {
        file->has_time = copse_front_matter_time(&file->time_ms, text);
    }
    copse_builder_deinit(&date);
    if (copse_front_matter_next(&file->author, &cursor, file->parts.inside, "author") ||
        ((cursor = 0),
         copse_front_matter_next(&file->author, &cursor, file->parts.inside, "authors"))) {
        file->author_slice = import_markdown_line(&file->author, COPSE_OBJECT_LINE_BYTES_MAX);
    }
}

static void import_markdown_refuse(struct copse_import_markdown_file *file,
                                   const struct copse_front_matter_problem *problem)
{
    if (problem->fault == COPSE_FRONT_MATTER_NOT_UTF8) {
        file->problem_code = "not_utf8";
        (void)snprintf(file->problem, sizeof(file->problem), "not UTF-8: see byte %zu",
                       problem->byte);
    } else if (problem->fault == COPSE_FRONT_MATTER_CONTROL) {
        file->problem_code = "control_character";
        (void)snprintf(file->problem, sizeof(file->problem),
                       "a control character (U+%04X) in line %zu, column %zu",
                       (unsigned)problem->character, problem->line, problem->column);
    }
}

static bool import_markdown_is_good_path(const char *path)
{
    struct copse_slice text = copse_bytes_of_string(path);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return false;
        }
    }
    return text.size <= COPSE_OBJECT_LINE_BYTES_MAX && copse_bytes_is_utf8(text);
}

enum copse_err copse_import_markdown_read(struct copse_import_markdown_file *out,
                                          const char *folder, const char *path,
                                          const struct copse_memory *memory)
{
    char full[COPSE_FILES_PATH_MAX];
    struct copse_builder raw;
    struct copse_error error = {.text = ""};
    struct copse_slice bytes;
    struct copse_front_matter_problem problem = {.fault = COPSE_FRONT_MATTER_FINE};
    memset(out, 0, sizeof(*out));
    out->path = path;
    copse_builder_init(&out->text, memory);
    copse_builder_init(&out->title, memory);
    copse_builder_init(&out->author, memory);
    copse_builder_init(&out->tag_room, memory);
    copse_builder_init(&raw, memory);
    enum copse_err err = copse_files_join(full, folder, path);
    if (err == COPSE_OK) {
        err = copse_files_read(&raw, full, COPSE_PAGE_BYTES_MAX, &error);
    }
    if (err == COPSE_OK) {
        err = copse_builder_end(&bytes, &raw);
    }
    if (err == COPSE_OK) {
        err = copse_front_matter_normalise(&out->text, &out->report, &problem, bytes);
    }
    copse_builder_deinit(&raw);
    if (err == COPSE_OK) {
        err = copse_builder_end(&out->slice, &out->text);
    }
    if (err == COPSE_ERR_NOMEM) {
        return err;
    }
    if (err != COPSE_OK || !import_markdown_is_good_path(path)) {
        out->problem_code = err == COPSE_OK          ? "bad_path"
                            : err == COPSE_ERR_LIMIT ? "too_large"
                                                     : "unreadable";
        (void)snprintf(out->problem, sizeof(out->problem), "%s",
                       err == COPSE_OK ? "its path is too long, or is not plain UTF-8"
                                       : error.text);
        return COPSE_OK;
    }
    import_markdown_refuse(out, &problem);
    copse_front_matter_split(&out->parts, out->slice);
    if (out->parts.inside.size == 0 || out->parts.inside.size > COPSE_OBJECT_TEXT_BYTES_MAX) {
        /* Nothing to keep beside the text, or too much: then it is a part of the text. */
        out->parts = (struct copse_front_matter){.body = out->slice};
    }
    import_markdown_hash(&out->hash, out->slice);
    import_markdown_title(out);
    out->title_slice = import_markdown_line(&out->title, COPSE_OBJECT_LINE_BYTES_MAX);
    import_markdown_tags(out, memory);
    import_markdown_claims(out, memory);
    bool has_failed = out->title.failed || out->author.failed || out->tag_room.failed;
    return has_failed ? COPSE_ERR_NOMEM : COPSE_OK;
}

void copse_import_markdown_deinit(struct copse_import_markdown_file *file)
{
    copse_builder_deinit(&file->text);
    copse_builder_deinit(&file->title);
    copse_builder_deinit(&file->author);
    copse_builder_deinit(&file->tag_room);
}

/* ---- records ---- */

struct record {
    struct copse_id page;
    struct copse_id hash;
    struct copse_page_version version;
    struct copse_slice inside; /* front matter as it was imported */
};

static struct copse_slice import_markdown_key(uint8_t room[KEY_BYTES],
                                              const struct copse_id *community, const char *path)
{
    struct copse_id hash;
    import_markdown_hash(&hash, copse_bytes_of_string(path));
    memcpy(room, "md:", 3);
    memcpy(room + 3, community->bytes, COPSE_ID_BYTES);
    memcpy(room + 3 + COPSE_ID_BYTES, hash.bytes, COPSE_ID_BYTES);
    return (struct copse_slice){room, KEY_BYTES};
}

/* COPSE_ERR_NOT_FOUND: none, or one that this program cannot read. */
static enum copse_err import_markdown_get(struct copse_practice_deed *deed, struct record *out,
                                          const char *path)
{
    uint8_t key[KEY_BYTES];
    struct copse_slice value;
    struct copse_reader reader;
    enum copse_err err = copse_local_get(deed->txn, &value, COPSE_LOCAL_IMPORTS,
                                         import_markdown_key(key, &deed->community, path));
    if (err != COPSE_OK) {
        return err;
    }
    copse_reader_init(&reader, value);
    if (copse_reader_array(&reader, 4) != 4) {
        return COPSE_ERR_NOT_FOUND;
    }
    out->page = copse_reader_id(&reader);
    out->hash = copse_reader_id(&reader);
    out->version.count = copse_reader_array(&reader, RECORD_HEADS_MAX);
    for (size_t i = 0; i < out->version.count; i++) {
        out->version.heads[i] = copse_reader_id(&reader);
    }
    out->inside = copse_reader_str(&reader, RECORD_BYTES_MAX);
    return copse_reader_end(&reader) == COPSE_OK ? COPSE_OK : COPSE_ERR_NOT_FOUND;
}

static enum copse_err import_markdown_put(struct copse_practice_deed *deed,
                                          const struct record *record, const char *path)
{
    uint8_t key[KEY_BYTES];
    struct copse_writer writer;
    struct copse_slice value;
    copse_writer_init(&writer, deed->room, COPSE_CONTENT_BYTES_MAX);
    copse_writer_array(&writer, 4);
    copse_writer_id(&writer, &record->page);
    copse_writer_id(&writer, &record->hash);
    copse_writer_ids(&writer, record->version.heads, record->version.count);
    copse_writer_str(&writer, record->inside);
    enum copse_err err = copse_writer_end(&value, &writer);
    return err == COPSE_OK
               ? copse_local_put(deed->txn, COPSE_LOCAL_IMPORTS,
                                 import_markdown_key(key, &deed->community, path), value)
               : err;
}

/* ---- applying ---- */

static int import_markdown_compare(const void *a, const void *b)
{
    const struct copse_import_markdown_source *x = a;
    const struct copse_import_markdown_source *y = b;
    int order = copse_bytes_compare_ids(&x->path_hash, &y->path_hash);
    return order != 0 ? order : copse_bytes_compare_ids(&x->page, &y->page);
}

enum copse_err copse_import_markdown_open_sources(struct copse_import_markdown_sources *out,
                                                  struct copse_practice_deed *deed)
{
    struct copse_view *view;
    struct copse_view_cursor cursor;
    struct copse_view_object page;
    struct copse_import_markdown_sources all = {.memory = deed->practice->memory};
    enum copse_err err = copse_practice_view(deed, &view);
    copse_view_open_kind(&cursor, COPSE_OBJECT_PAGE);
    while (err == COPSE_OK && (err = copse_view_next(view, &page, &cursor)) == COPSE_OK) {
        struct copse_slice source;
        err = copse_reading_string(deed, &source, &page, COPSE_OBJECT_FIELD_SOURCE);
        if (err != COPSE_OK || source.size == 0 || !page.is_visible) {
            continue;
        }
        err = copse_memory_grow(all.memory, &all.items, &all.capacity, all.count + 1,
                                sizeof(*all.items));
        if (err == COPSE_OK) {
            import_markdown_hash(&all.items[all.count].path_hash, source);
            all.items[all.count++].page = page.id;
        }
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        copse_import_markdown_close_sources(&all);
        return err;
    }
    if (all.count > 0) {
        qsort(all.items, all.count, sizeof(*all.items), import_markdown_compare);
    }
    *out = all;
    return COPSE_OK;
}

void copse_import_markdown_close_sources(struct copse_import_markdown_sources *sources)
{
    copse_memory_free(sources->memory, sources->items);
    *sources = (struct copse_import_markdown_sources){.memory = sources->memory};
}

/* A page that came from this path: imported by another device, or before the record was lost. */
static bool import_markdown_find(struct copse_id *out,
                                 const struct copse_import_markdown_sources *sources,
                                 const char *path)
{
    struct copse_id hash;
    size_t low = 0;
    size_t high = sources->count;
    import_markdown_hash(&hash, copse_bytes_of_string(path));
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (copse_bytes_compare_ids(&sources->items[middle].path_hash, &hash) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool is_found =
        low < sources->count && copse_bytes_equal_ids(&sources->items[low].path_hash, &hash);
    if (is_found) {
        *out = sources->items[low].page;
    }
    return is_found;
}

static enum copse_err import_markdown_create(struct copse_practice_deed *deed,
                                             struct record *record,
                                             const struct copse_import_markdown_file *file,
                                             struct copse_error *error)
{
    struct copse_practice_value values[6];
    size_t count = 0;
    values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_TITLE,
                                                    .shape = COPSE_PRACTICE_STRING,
                                                    .string = file->title_slice};
    values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_SOURCE,
                                                    .shape = COPSE_PRACTICE_STRING,
                                                    .string = copse_bytes_of_string(file->path)};
    if (file->author_slice.size > 0) {
        values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_CLAIMED_AUTHOR,
                                                        .shape = COPSE_PRACTICE_STRING,
                                                        .string = file->author_slice};
    }
    if (file->has_time) {
        values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_CLAIMED_TIME,
                                                        .shape = COPSE_PRACTICE_NUMBER,
                                                        .number = file->time_ms};
    }
    if (file->parts.is_present) {
        values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_EXTRA,
                                                        .shape = COPSE_PRACTICE_STRING,
                                                        .string = file->parts.inside};
    }
    if (file->tag_count > 0) {
        values[count++] = (struct copse_practice_value){.field = COPSE_OBJECT_FIELD_TAGS,
                                                        .shape = COPSE_PRACTICE_STRINGS,
                                                        .strings = file->tags,
                                                        .count = file->tag_count};
    }
    struct copse_page_draft draft = {.values = values, .count = count, .body = file->parts.body};
    return copse_page_create(deed, &record->page, &record->version, &draft, error);
}

static enum copse_err import_markdown_object(struct copse_practice_deed *deed,
                                             struct copse_view_object *out,
                                             const struct copse_id *page)
{
    struct copse_view *view;
    enum copse_err err = copse_practice_view(deed, &view);
    return err == COPSE_OK ? copse_view_object(view, out, page) : err;
}

/* Set a string field if the file changed it since it was imported last. */
static enum copse_err import_markdown_set(struct copse_practice_deed *deed,
                                          const struct copse_id *page,
                                          enum copse_object_number field, struct copse_slice text,
                                          struct copse_error *error)
{
    struct copse_view_object object;
    bool changed = false;
    struct copse_practice_value value = {
        .field = field, .shape = COPSE_PRACTICE_STRING, .string = text};
    enum copse_err err = import_markdown_object(deed, &object, page);
    if (err != COPSE_OK) {
        return err;
    }
    bool is_own = copse_object_field(COPSE_OBJECT_PAGE, field)->who != COPSE_OBJECT_OWN ||
                  copse_view_is_owner(&object, copse_keyring_person(deed->practice->keyring));
    return is_own ? copse_page_set(deed, &changed, &object, &value, error) : COPSE_OK;
}

/* Tags that the file has and had not, and that it had and has not. */
static enum copse_err import_markdown_retag(struct copse_practice_deed *deed,
                                            const struct copse_id *page,
                                            const struct copse_import_markdown_file *now,
                                            const struct copse_import_markdown_file *then,
                                            enum copse_post_turn turn, struct copse_error *error)
{
    enum copse_err err = COPSE_OK;
    for (size_t i = 0; err == COPSE_OK && i < now->tag_count; i++) {
        bool was = false;
        for (size_t j = 0; j < then->tag_count; j++) {
            was = was || copse_bytes_equal(now->tags[i], then->tags[j]);
        }
        struct copse_view_object object;
        bool changed = false;
        if (!was) {
            err = import_markdown_object(deed, &object, page);
            if (err == COPSE_OK) {
                err = copse_post_tag(deed, &changed, &object, now->tags[i], turn, error);
            }
        }
    }
    return err;
}

/* Read the front matter that was imported last as if it were a file of its own. */
static void import_markdown_then(struct copse_import_markdown_file *out, const char *path,
                                 struct copse_slice inside, const struct copse_memory *memory)
{
    memset(out, 0, sizeof(*out));
    out->path = path;
    copse_builder_init(&out->text, memory);
    copse_builder_init(&out->title, memory);
    copse_builder_init(&out->author, memory);
    copse_builder_init(&out->tag_room, memory);
    copse_builder_slice(&out->text, inside);
    if (copse_builder_end(&out->parts.inside, &out->text) == COPSE_OK) {
        import_markdown_tags(out, memory);
        (void)copse_front_matter_value(&out->title, out->parts.inside, "title");
        out->title_slice = import_markdown_line(&out->title, COPSE_OBJECT_LINE_BYTES_MAX);
    }
}

/* The fields that front matter speaks of. `inside` was imported last. */
static enum copse_err import_markdown_fields(struct copse_practice_deed *deed,
                                             const struct copse_id *page,
                                             const struct copse_import_markdown_file *file,
                                             struct copse_slice inside, struct copse_error *error)
{
    struct copse_import_markdown_file then;
    enum copse_err err = COPSE_OK;
    import_markdown_then(&then, file->path, inside, deed->practice->memory);
    bool has_other_title =
        file->parts.is_present && !copse_bytes_equal(then.title_slice, file->title_slice);
    if (has_other_title) {
        err = import_markdown_set(deed, page, COPSE_OBJECT_FIELD_TITLE, file->title_slice, error);
    }
    if (err == COPSE_OK && !copse_bytes_equal(then.parts.inside, file->parts.inside)) {
        err = import_markdown_set(deed, page, COPSE_OBJECT_FIELD_EXTRA, file->parts.inside, error);
    }
    if (err == COPSE_OK) {
        err = import_markdown_retag(deed, page, file, &then, COPSE_POST_PUT, error);
    }
    if (err == COPSE_OK) {
        err = import_markdown_retag(deed, page, &then, file, COPSE_POST_TAKE_BACK, error);
    }
    copse_import_markdown_deinit(&then);
    return err;
}

/* The text: an edit of the version that was imported last. */
static enum copse_err import_markdown_edit(struct copse_practice_deed *deed, struct record *record,
                                           const struct copse_import_markdown_file *file,
                                           struct copse_error *error)
{
    struct copse_view_object object;
    size_t ops = 0;
    struct copse_page_version base = record->version;
    struct copse_page_edit edit = {.object = &object, .base = &base, .text = file->parts.body};
    enum copse_err err = import_markdown_object(deed, &object, &record->page);
    return err == COPSE_OK ? copse_page_change(deed, &record->version, &ops, &edit, NULL, error)
                           : err;
}

/* Take the page as it is now for what was imported last. */
static enum copse_err import_markdown_adopt(struct copse_practice_deed *deed, struct record *record)
{
    struct copse_view_object object;
    struct copse_page page;
    enum copse_err err = import_markdown_object(deed, &object, &record->page);
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &record->inside, &object, COPSE_OBJECT_FIELD_EXTRA);
    }
    if (err == COPSE_OK) {
        err = copse_page_open(deed, &page, &object, NULL);
    }
    if (err == COPSE_OK) {
        struct copse_id text_hash;
        struct copse_builder whole;
        struct copse_slice text;
        struct copse_front_matter parts = {.is_present = record->inside.size > 0,
                                           .inside = record->inside,
                                           .body = page.view.text};
        copse_builder_init(&whole, deed->practice->memory);
        copse_front_matter_join(&whole, &parts);
        err = copse_builder_end(&text, &whole);
        if (err == COPSE_OK) {
            import_markdown_hash(&text_hash, text);
            record->hash = text_hash;
        }
        copse_builder_deinit(&whole);
        copse_page_version_of(&record->version, &page);
        copse_page_close(&page);
    }
    return err;
}

/* Change a page that was imported before. Its old front matter is copied: the first write ends what
 * was read. */
static enum copse_err import_markdown_change(struct copse_practice_deed *deed,
                                             struct record *record,
                                             const struct copse_import_markdown_file *file,
                                             struct copse_error *error)
{
    struct copse_builder then;
    struct copse_slice inside = {NULL, 0};
    copse_builder_init(&then, deed->practice->memory);
    copse_builder_slice(&then, record->inside);
    enum copse_err err = copse_builder_end(&inside, &then);
    if (err == COPSE_OK) {
        err = import_markdown_edit(deed, record, file, error);
    }
    if (err == COPSE_OK) {
        err = import_markdown_fields(deed, &record->page, file, inside, error);
    }
    copse_builder_deinit(&then);
    return err;
}

enum copse_err copse_import_markdown_apply(struct copse_practice_deed *deed,
                                           enum copse_import_markdown_outcome *outcome,
                                           const struct copse_import_markdown_sources *sources,
                                           const struct copse_import_markdown_file *file,
                                           struct copse_error *error)
{
    struct record record = {.version = {.count = 0}};
    bool is_dry = deed->room == NULL; /* a read transaction */
    bool has_record = true;
    bool is_here = true;
    enum copse_err err = import_markdown_get(deed, &record, file->path);
    if (err == COPSE_ERR_NOT_FOUND) {
        has_record = false;
        is_here = import_markdown_find(&record.page, sources, file->path);
        err = is_here ? import_markdown_adopt(deed, &record) : COPSE_OK;
    }
    if (err != COPSE_OK) {
        return err;
    }
    bool is_same = is_here && copse_bytes_equal_ids(&record.hash, &file->hash);
    if (has_record && !is_same) {
        /* Perhaps the file has become what the page is by now, as after an export. */
        struct record present = record;
        err = import_markdown_adopt(deed, &present);
        if (err != COPSE_OK) {
            return err;
        }
        if (copse_bytes_equal_ids(&present.hash, &file->hash)) {
            record = present;
            is_same = true;
            has_record = false;
        }
    }
    *outcome = !is_here  ? COPSE_IMPORT_MARKDOWN_NEW
               : is_same ? COPSE_IMPORT_MARKDOWN_UNCHANGED
                         : COPSE_IMPORT_MARKDOWN_CHANGED;
    if (is_dry || (is_same && has_record)) {
        return COPSE_OK;
    }
    if (!is_here) {
        err = import_markdown_create(deed, &record, file, error);
    } else if (!is_same) {
        err = import_markdown_change(deed, &record, file, error);
    }
    record.hash = file->hash;
    record.inside = file->parts.inside;
    return err == COPSE_OK ? import_markdown_put(deed, &record, file->path) : err;
}
