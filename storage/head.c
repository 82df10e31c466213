/* How it works: one file for each store, named by the first bytes of the store's random
 * name, in canonical msgpack:
 *
 *   [1, store, [[community, join, device, class, seq, id, machine], ...]]
 */
#include "storage/head.h"

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"
#include "storage/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define VERSION 1u
#define ROW_BYTES_MAX 192u
#define FILE_BYTES_MAX (128u + (size_t)COPSE_HEAD_ROWS_MAX * ROW_BYTES_MAX)

void copse_head_init(struct copse_head *head, const struct copse_memory *memory)
{
    memset(head, 0, sizeof *head);
    head->memory = memory;
}

void copse_head_deinit(struct copse_head *head)
{
    copse_memory_free(head->memory, head->rows);
    memset(head, 0, sizeof *head);
}

enum copse_err copse_head_directory(char *out, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int length = 0;
    if (state != NULL && state[0] == '/') {
        length = snprintf(out, size, "%s/copse", state);
    } else if (home != NULL && home[0] == '/') {
        length = snprintf(out, size, "%s/.local/state/copse", home);
    } else {
        return COPSE_ERR_NOT_FOUND;
    }
    return length > 0 && (size_t)length < size ? COPSE_OK : COPSE_ERR_LIMIT;
}

void copse_head_machine(struct copse_id *out)
{
    static const char *const names[] = {"/etc/machine-id", "/var/lib/dbus/machine-id"};
    char text[256] = {0};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(names) && text[0] == '\0'; i++) {
        FILE *file = fopen(names[i], "re");
        if (file != NULL) {
            if (fgets(text, (int)sizeof text, file) == NULL) {
                text[0] = '\0';
            }
            (void)fclose(file);
        }
    }
    if (text[0] == '\0') {
        (void)gethostname(text, sizeof text - 1);
    }
    static const uint8_t purpose[crypto_generichash_KEYBYTES_MIN] = "copse machine";
    (void)crypto_generichash(out->bytes, sizeof out->bytes, (const unsigned char *)text,
                             strlen(text), purpose, sizeof purpose);
}

enum copse_err copse_head_lock(int *lock, const char *directory, struct copse_error *error)
{
    enum copse_err err = copse_disk_make_directory(directory, error);
    if (err != COPSE_OK) {
        return err;
    }
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = file < 0 ? -1 : flock(file, LOCK_EX);
    while (code != 0 && file >= 0 && errno == EINTR) {
        code = flock(file, LOCK_EX);
    }
    if (code != 0) {
        copse_error_set(error, COPSE_ERR_IO, "lock %s: %s", directory, strerror(errno));
        if (file >= 0) {
            (void)close(file);
        }
        return COPSE_ERR_IO;
    }
    *lock = file;
    return COPSE_OK;
}

void copse_head_unlock(int lock)
{
    (void)close(lock);
}

static void name_of(char out[32], const struct copse_id *store)
{
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, store);
    (void)snprintf(out, 32, "head-%.16s", hex);
}

static enum copse_err read_rows(struct copse_head *head, struct copse_reader *reader)
{
    size_t count = copse_reader_array(reader, COPSE_HEAD_ROWS_MAX);
    for (size_t i = 0; i < count && reader->cursor != NULL; i++) {
        struct copse_head_row row;
        if (copse_reader_array(reader, 7) != 7) {
            copse_reader_fail(reader);
        }
        row.community = copse_reader_id(reader);
        row.join = copse_reader_id(reader);
        row.device = copse_reader_id(reader);
        row.class = (enum copse_entry_class)copse_reader_uint(reader, COPSE_ENTRY_DATA);
        row.seq = (uint32_t)copse_reader_uint(reader, COPSE_ENTRY_SEQ_MAX);
        row.id = copse_reader_id(reader);
        row.machine = copse_reader_id(reader);
        bool changed = false;
        enum copse_err err = copse_head_raise(head, &changed, &row);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

enum copse_err copse_head_load(struct copse_head *head, const char *directory,
                               const struct copse_id *store, struct copse_error *error)
{
    char name[32];
    uint8_t *bytes = NULL;
    size_t size = 0;
    name_of(name, store);
    enum copse_err err =
        copse_disk_read(&bytes, &size, NULL, directory, name, FILE_BYTES_MAX, head->memory, error);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_reader reader;
    copse_reader_init(&reader, (struct copse_slice){bytes, size});
    if (copse_reader_array(&reader, 3) != 3 || copse_reader_uint(&reader, VERSION) != VERSION) {
        copse_reader_fail(&reader);
    }
    struct copse_id named = copse_reader_id(&reader);
    err = read_rows(head, &reader);
    bool is_whole = copse_reader_end(&reader) == COPSE_OK;
    copse_memory_free(head->memory, bytes);
    if (err == COPSE_ERR_NOMEM) {
        return err;
    }
    if (!is_whole || err != COPSE_OK || !copse_bytes_equal_ids(&named, store)) {
        return copse_error_set(error, COPSE_ERR_CORRUPT, "%s/%s is damaged", directory, name);
    }
    return COPSE_OK;
}

enum copse_err copse_head_save(const struct copse_head *head, const char *directory,
                               const struct copse_id *store, struct copse_error *error)
{
    size_t capacity = 128u + head->count * ROW_BYTES_MAX;
    uint8_t *room = copse_memory_new(head->memory, 1, capacity);
    if (room == NULL) {
        return COPSE_ERR_NOMEM;
    }
    struct copse_writer writer;
    copse_writer_init(&writer, room, capacity);
    copse_writer_array(&writer, 3);
    copse_writer_uint(&writer, VERSION);
    copse_writer_id(&writer, store);
    copse_writer_array(&writer, head->count);
    for (size_t i = 0; i < head->count; i++) {
        const struct copse_head_row *row = &head->rows[i];
        copse_writer_array(&writer, 7);
        copse_writer_id(&writer, &row->community);
        copse_writer_id(&writer, &row->join);
        copse_writer_id(&writer, &row->device);
        copse_writer_uint(&writer, (uint64_t)row->class);
        copse_writer_uint(&writer, row->seq);
        copse_writer_id(&writer, &row->id);
        copse_writer_id(&writer, &row->machine);
    }
    char name[32];
    struct copse_slice bytes;
    name_of(name, store);
    enum copse_err err = copse_writer_end(&bytes, &writer);
    if (err == COPSE_OK) {
        err = copse_disk_write(directory, name, bytes, error);
    }
    copse_memory_free(head->memory, room);
    return err;
}

enum copse_err copse_head_raise(struct copse_head *head, bool *changed,
                                const struct copse_head_row *row)
{
    for (size_t i = 0; i < head->count; i++) {
        struct copse_head_row *old = &head->rows[i];
        if (old->class == row->class && copse_bytes_equal_ids(&old->join, &row->join) &&
            copse_bytes_equal_ids(&old->community, &row->community)) {
            *changed = row->seq > old->seq;
            if (*changed) {
                *old = *row;
            }
            return COPSE_OK;
        }
    }
    if (head->count == COPSE_HEAD_ROWS_MAX) {
        return COPSE_ERR_LIMIT;
    }
    enum copse_err err = copse_memory_grow(head->memory, &head->rows, &head->capacity,
                                           head->count + 1, sizeof *head->rows);
    if (err == COPSE_OK) {
        head->rows[head->count++] = *row;
        *changed = true;
    }
    return err;
}
