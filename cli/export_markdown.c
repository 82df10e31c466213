/* Export of all pages as Markdown files: what was imported goes back to its path, as it was
 * normalised; a page that was made here gets a name after its title, and front matter.
 *
 * Paths come from other people: one that would lead out of the folder is not used. */
#include "cli/deeds.h"
#include "cli/front_matter.h"
#include "node/practice/page.h"

#include <string.h>
#include <sys/stat.h>

#define SLUG_BYTES_MAX 80u

enum written { WRITTEN_NEW, WRITTEN_SAME, WRITTEN_REPLACED, WRITTEN_REFUSED, WRITTEN_FAILED };

struct export
{
    struct copse_command *command;
    const char *folder;
    bool is_forced;
    size_t counts[5];
    struct copse_id *used; /* hashes of paths that were written, for pages of one name */
    size_t used_count;
    size_t used_capacity;
    char first[COPSE_FILES_PATH_MAX]; /* the first file that was left alone */
    struct copse_error problem;       /* of the first that could not be written */
};

/* ---- names ---- */

/* Is it a path below the folder: no empty, hidden or dotted parts, no control characters? */
static bool export_markdown_is_safe(struct copse_slice path)
{
    size_t start = 0;
    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && path.data[i] != '/') {
            if (path.data[i] < 0x20 || path.data[i] == 0x7f || path.data[i] == '\\') {
                return false;
            }
            continue;
        }
        if (i == start || path.data[start] == '.') {
            return false;
        }
        start = i + 1;
    }
    return path.size > 0;
}

/* "Setting up the optics bench" becomes "setting-up-the-optics-bench". Letters of other scripts
 * stay. */
static void export_markdown_slug(struct copse_builder *out, struct copse_slice title)
{
    size_t start = out->size;
    bool is_due = false; /* a hyphen, before the next letter */
    for (size_t i = 0; i < title.size && out->size - start < SLUG_BYTES_MAX;) {
        uint32_t scalar = 0;
        struct copse_slice rest = {title.data + i, title.size - i};
        size_t size = copse_bytes_next_scalar(&scalar, rest);
        i += size;
        bool is_upper = scalar >= 'A' && scalar <= 'Z';
        bool is_kept = is_upper || (scalar >= 'a' && scalar <= 'z') ||
                       (scalar >= '0' && scalar <= '9') || scalar >= 0xc0;
        if (!is_kept || copse_terminal_is_unsafe(scalar)) {
            is_due = out->size > start;
            continue;
        }
        if (is_due) {
            copse_builder_byte(out, '-');
            is_due = false;
        }
        if (is_upper) {
            copse_builder_byte(out, (char)(scalar + ('a' - 'A')));
        } else {
            copse_builder_slice(out, (struct copse_slice){rest.data, size});
        }
    }
    if (out->size == start) {
        copse_builder_text(out, "page");
    }
}

static enum copse_err export_markdown_use(struct export *export, bool *is_taken,
                                          struct copse_slice path)
{
    struct copse_id hash;
    copse_id_of_content(&hash, path); /* any hash does: it stays in this function */
    *is_taken = false;
    for (size_t i = 0; i < export->used_count; i++) {
        *is_taken = *is_taken || copse_bytes_equal_ids(&export->used[i], &hash);
    }
    if (*is_taken) {
        return COPSE_OK;
    }
    enum copse_err err =
        copse_memory_grow(export->command->practice.memory, &export->used, &export->used_capacity,
                          export->used_count + 1, sizeof(*export->used));
    if (err == COPSE_OK) {
        export->used[export->used_count++] = hash;
    }
    return err;
}

/* A path that no other page of this export has: the page's own, or with its id behind the name. */
static enum copse_err export_markdown_path(struct export *export, struct copse_builder *out,
                                           struct copse_slice source, struct copse_slice title,
                                           const struct copse_id *page)
{
    struct copse_slice path;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    bool is_taken = false;
    bool has_source = export_markdown_is_safe(source);
    if (has_source) {
        copse_builder_slice(out, source);
    } else {
        export_markdown_slug(out, title);
        copse_builder_text(out, ".md");
    }
    enum copse_err err = copse_builder_end(&path, out);
    if (err == COPSE_OK) {
        err = export_markdown_use(export, &is_taken, path);
    }
    if (err != COPSE_OK || !is_taken) {
        return err;
    }
    copse_output_short_id(shortened, page);
    out->size -= out->size >= 3 && memcmp(out->data + out->size - 3, ".md", 3) == 0 ? 3 : 0;
    copse_builder_format(out, "-%s.md", shortened);
    err = copse_builder_end(&path, out);
    return err == COPSE_OK ? export_markdown_use(export, &is_taken, path) : err;
}

/* ---- pages ---- */

/* Front matter for a page that has none of its own: title and tags. */
static enum copse_err export_markdown_matter(struct copse_practice_deed *deed,
                                             struct copse_builder *out,
                                             const struct copse_view_object *page,
                                             struct copse_slice title)
{
    struct copse_reading_tags tags;
    enum copse_err err = copse_reading_tags(deed, &tags, page);
    if (err != COPSE_OK) {
        return err;
    }
    copse_front_matter_write(out, "title", title);
    if (tags.count > 0) {
        copse_builder_text(out, "tags:\n");
    }
    for (size_t i = 0; i < tags.count; i++) {
        copse_builder_text(out, "  - \"");
        for (size_t j = 0; j < tags.items[i].size; j++) {
            if (strchr("\"\\", tags.items[i].data[j]) != NULL) {
                copse_builder_byte(out, '\\');
            }
            copse_builder_byte(out, (char)tags.items[i].data[j]);
        }
        copse_builder_text(out, "\"\n");
    }
    return out->failed ? COPSE_ERR_NOMEM : COPSE_OK;
}

/* The whole file of a page, appended to `out`. */
static enum copse_err export_markdown_text(struct copse_practice_deed *deed,
                                           struct copse_builder *out,
                                           const struct copse_view_object *page,
                                           struct copse_slice source, struct copse_slice title)
{
    struct copse_builder made;
    struct copse_page open;
    struct copse_front_matter parts = {.is_present = false};
    copse_builder_init(&made, deed->practice->memory);
    enum copse_err err = copse_reading_string(deed, &parts.inside, page, COPSE_OBJECT_FIELD_EXTRA);
    if (err == COPSE_OK && parts.inside.size == 0 && source.size == 0) {
        err = export_markdown_matter(deed, &made, page, title);
        if (err == COPSE_OK) {
            err = copse_builder_end(&parts.inside, &made);
        }
    }
    parts.is_present = parts.inside.size > 0;
    if (err == COPSE_OK) {
        err = copse_page_open(deed, &open, page, NULL);
    }
    if (err == COPSE_OK) {
        parts.body = open.view.text;
        copse_front_matter_join(out, &parts);
        copse_page_close(&open);
        err = out->failed ? COPSE_ERR_NOMEM : COPSE_OK;
    }
    copse_builder_deinit(&made);
    return err;
}

/* Write one file. What is there and differs is left alone unless --force was given. */
static enum copse_err export_markdown_write(struct export *export, enum written *out,
                                            const char *name, struct copse_slice text)
{
    char path[COPSE_FILES_PATH_MAX];
    struct copse_builder there;
    struct copse_slice old;
    struct copse_error *error = &export->command->error;
    struct stat status;
    enum copse_err err = copse_files_join(path, export->folder, name);
    if (err != COPSE_OK) {
        return copse_error_set(error, err, "the path is too long: %s", name);
    }
    *out = WRITTEN_NEW;
    if (lstat(path, &status) == 0) {
        copse_builder_init(&there, export->command->practice.memory);
        err = copse_files_read(&there, path, COPSE_PAGE_BYTES_MAX, error);
        bool is_same = err == COPSE_OK && copse_builder_end(&old, &there) == COPSE_OK &&
                       copse_bytes_equal(old, text);
        copse_builder_deinit(&there);
        error->text[0] = '\0';
        *out = is_same ? WRITTEN_SAME : export->is_forced ? WRITTEN_REPLACED : WRITTEN_REFUSED;
    }
    if (*out == WRITTEN_REFUSED && export->counts[WRITTEN_REFUSED] == 0) {
        memcpy(export->first, path, sizeof(path));
    }
    if (*out == WRITTEN_SAME || *out == WRITTEN_REFUSED) {
        return COPSE_OK;
    }
    err = copse_files_write(path, text, COPSE_FILES_SHARED, error);
    if (err == COPSE_OK || err == COPSE_ERR_FULL || err == COPSE_ERR_NOMEM || err == COPSE_ERR_IO) {
        return err;
    }
    if (export->counts[WRITTEN_FAILED] == 0) {
        export->problem = *error;
    }
    error->text[0] = '\0';
    *out = WRITTEN_FAILED; /* one path that cannot be does not stop the others */
    return COPSE_OK;
}

static enum copse_err export_markdown_page(struct export *export, struct copse_practice_deed *deed,
                                           const struct copse_view_object *page)
{
    struct copse_builder name;
    struct copse_builder whole;
    struct copse_slice source;
    struct copse_slice title;
    struct copse_slice path = {NULL, 0};
    struct copse_slice text = {NULL, 0};
    enum written written = WRITTEN_NEW;
    const struct copse_memory *memory = export->command->practice.memory;
    copse_builder_init(&name, memory);
    copse_builder_init(&whole, memory);
    enum copse_err err = copse_reading_string(deed, &source, page, COPSE_OBJECT_FIELD_SOURCE);
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &title, page, COPSE_OBJECT_FIELD_TITLE);
    }
    if (err == COPSE_OK) {
        err = export_markdown_path(export, &name, source, title, &page->id);
    }
    if (err == COPSE_OK) {
        err = export_markdown_text(deed, &whole, page, source, title);
    }
    if (err == COPSE_OK) {
        err = copse_builder_end(&path, &name);
    }
    if (err == COPSE_OK) {
        err = copse_builder_end(&text, &whole);
    }
    if (err == COPSE_OK) {
        err = export_markdown_write(export, &written, (const char *)path.data, text);
    }
    if (err == COPSE_OK) {
        struct copse_answer *json = &export->command->output.json;
        static const char *const names[] = {"new", "unchanged", "replaced", "left_alone", "failed"};
        export->counts[written]++;
        copse_answer_object(json, NULL);
        copse_answer_id(json, "id", &page->id);
        copse_answer_string(json, "path", path);
        copse_answer_word(json, "outcome", names[written]);
        copse_answer_object_end(json);
    }
    copse_builder_deinit(&name);
    copse_builder_deinit(&whole);
    return err;
}

static enum copse_err export_markdown_all(struct export *export, struct copse_practice_deed *deed)
{
    struct copse_progress progress;
    struct copse_view *view;
    struct copse_view_cursor cursor;
    struct copse_view_object page;
    uint64_t done = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    copse_progress_start(&progress, &export->command->output, "Writing", 0);
    copse_view_open_kind(&cursor, COPSE_OBJECT_PAGE);
    while (err == COPSE_OK && (err = copse_view_next(view, &page, &cursor)) == COPSE_OK) {
        if (page.is_visible) {
            err = export_markdown_page(export, deed, &page);
        }
        copse_progress_step(&progress, ++done);
    }
    copse_progress_stop(&progress);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_exit export_markdown_finish(struct export *export)
{
    struct copse_command *command = export->command;
    struct copse_answer *json = &command->output.json;
    if (export->counts[WRITTEN_REFUSED] > 0) {
        struct copse_output_fault fault = {COPSE_EXIT_CONFLICT, "exists",
                                           "Use an empty folder, or --force to replace them."};
        return copse_output_fail(&command->output, &fault,
                                 "%zu files are there already and differ; the first: %s",
                                 export->counts[WRITTEN_REFUSED], export->first);
    }
    if (export->counts[WRITTEN_FAILED] > 0) {
        struct copse_output_fault fault = {COPSE_EXIT_FAILURE, "not_written",
                                           "Try another folder."};
        return copse_output_fail(&command->output, &fault,
                                 "%zu pages were not written; the first: %s",
                                 export->counts[WRITTEN_FAILED], export->problem.text);
    }
    copse_answer_number(json, "new", export->counts[WRITTEN_NEW]);
    copse_answer_number(json, "unchanged", export->counts[WRITTEN_SAME]);
    copse_answer_number(json, "replaced", export->counts[WRITTEN_REPLACED]);
    copse_output_text(&command->output, "%zu written, %zu replaced, %zu unchanged, in %s\n",
                      export->counts[WRITTEN_NEW], export->counts[WRITTEN_REPLACED],
                      export->counts[WRITTEN_SAME], export->folder);
    return copse_output_done(&command->output);
}

enum copse_exit copse_export_markdown_run(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct export export = {
        .command = command,
        .folder = command->arguments.words[0],
        .is_forced = copse_arguments_has(&command->arguments, "force"),
    };
    enum copse_exit status = copse_command_start(command, &deed, COPSE_DB_READ);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_answer_array(&command->output.json, "items");
    enum copse_err err = export_markdown_all(&export, &deed);
    copse_answer_array_end(&command->output.json);
    copse_practice_end(&deed);
    copse_memory_free(command->practice.memory, export.used);
    return err == COPSE_OK ? export_markdown_finish(&export)
                           : copse_command_fail(command, err, export.folder);
}
