/* How it works: `docs` keeps, for each object, its folded words; `fts` is a contentless index
 * over them with the same row numbers. A changed object gets a new, higher number, so
 * that "newest first" is the order of row numbers. To take a row out of a contentless
 * index FTS5 wants its old words, which is what `docs` keeps them for.
 *
 * `seen` says up to which arrival each community and class was taken in, and `meta` to which
 * store the cache belongs. Any sign of damage makes the file anew.
 */
#include "storage/search.h"

#include "storage/admit.h"
#include "storage/disk.h"
#include "storage/migrate.h"
#include "storage/words.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA_VERSION 1
#define BUSY_MS 2000
#define QUERY_WORDS_MAX 32u

// clang-format off
#define STATEMENT_MAP(X)                                                                           \
    X(BEGIN,        "BEGIN IMMEDIATE")                                                             \
    X(COMMIT,       "COMMIT")                                                                      \
    X(ROLLBACK,     "ROLLBACK")                                                                    \
    X(GET_NAME,     "SELECT value FROM meta WHERE key = 'store'")                                  \
    X(PUT_NAME,     "INSERT OR REPLACE INTO meta (key, value) VALUES ('store', ?1)")               \
    X(GET_SEEN,     "SELECT arrival FROM seen WHERE community = ?1 AND class = ?2")                \
    X(PUT_SEEN,     "INSERT OR REPLACE INTO seen (community, class, arrival) VALUES (?1, ?2, ?3)") \
    X(GET_DOC,      "SELECT id, words FROM docs WHERE community = ?1 AND object = ?2")             \
    X(DELETE_DOC,   "DELETE FROM docs WHERE id = ?1")                                              \
    X(PUT_DOC,      "INSERT INTO docs (community, object, words) VALUES (?1, ?2, ?3)")             \
    X(PUT_WORDS,    "INSERT INTO fts (rowid, words) VALUES (?1, ?2)")                              \
    X(DELETE_WORDS, "INSERT INTO fts (fts, rowid, words) VALUES ('delete', ?1, ?2)")               \
    X(FIND_NEWEST,  "SELECT d.community, d.object FROM fts JOIN docs d ON d.id = fts.rowid "       \
                    "WHERE fts MATCH ?1 AND (?2 = 0 OR d.community = ?2) "                         \
                    "ORDER BY fts.rowid DESC LIMIT ?3")                                            \
    X(FIND_BEST,    "SELECT d.community, d.object FROM fts JOIN docs d ON d.id = fts.rowid "       \
                    "WHERE fts MATCH ?1 AND (?2 = 0 OR d.community = ?2) "                         \
                    "ORDER BY fts.rank LIMIT ?3")
// clang-format on

enum statement {
#define SEARCH_ENUM(name, text) STATEMENT_##name,
    STATEMENT_MAP(SEARCH_ENUM)
#undef SEARCH_ENUM
        STATEMENTS
};

static const char *const statement_texts[STATEMENTS] = {
#define SEARCH_TEXT(name, text) [STATEMENT_##name] = (text),
    STATEMENT_MAP(SEARCH_TEXT)
#undef SEARCH_TEXT
};

static const char schema[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "CREATE TABLE seen (community INTEGER, class INTEGER, arrival INTEGER,"
    "  PRIMARY KEY (community, class)) WITHOUT ROWID;"
    "CREATE TABLE docs (id INTEGER PRIMARY KEY AUTOINCREMENT, community INTEGER NOT NULL,"
    "  object BLOB NOT NULL, words TEXT NOT NULL, UNIQUE (community, object));"
    "CREATE VIRTUAL TABLE fts USING fts5 (words, content = '',"
    "  tokenize = \"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\");";

struct copse_search {
    const struct copse_memory *memory;
    sqlite3 *sql;
    sqlite3_stmt *statements[STATEMENTS];
    struct copse_words words;
    struct copse_disk_path path;
};

/* ---- errors ---- */

static enum copse_err error_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return COPSE_OK;
    case SQLITE_NOMEM:
        return COPSE_ERR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return COPSE_ERR_BUSY;
    case SQLITE_FULL:
        return COPSE_ERR_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a table that is not as we made it */
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:
        return COPSE_ERR_CORRUPT;
    default:
        return COPSE_ERR_IO;
    }
}

/* ---- opening ---- */

static void close_sql(struct copse_search *search)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        (void)sqlite3_finalize(search->statements[i]);
        search->statements[i] = NULL;
    }
    (void)sqlite3_close(search->sql);
    search->sql = NULL;
}

static int read_version(struct copse_search *search, int *version)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(search->sql, "PRAGMA user_version", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        *version = sqlite3_column_int(statement, 0);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement);
    return code;
}

static int make_schema(struct copse_search *search)
{
    char version[64];
    (void)snprintf(version, sizeof version, "PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);
    int code = sqlite3_exec(search->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    int there = 0;
    if (code == SQLITE_OK) {
        code = read_version(search, &there); /* another process may have been faster */
    }
    if (code == SQLITE_OK && there == 0) {
        code = sqlite3_exec(search->sql, schema, NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(search->sql, there == 0 ? version : "COMMIT", NULL, NULL, NULL);
    }
    return code;
}

/* SQLite gives its other files the mode of the first one. An empty file is an empty database. */
static void make_private(const struct copse_search *search)
{
    int file = open(search->path.text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0) {
        (void)close(file);
    }
}

static enum copse_err open_sql(struct copse_search *search)
{
    static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                                   "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW;
    make_private(search);
    int code = sqlite3_open_v2(search->path.text, &search->sql, flags, NULL);
    int version = 0;
    if (code == SQLITE_OK) {
        (void)sqlite3_busy_timeout(search->sql, BUSY_MS);
        code = sqlite3_exec(search->sql, settings, NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = read_version(search, &version);
    }
    if (code == SQLITE_OK && version == 0) {
        code = make_schema(search);
        version = SCHEMA_VERSION;
    }
    if (code == SQLITE_OK && version != SCHEMA_VERSION) {
        code = SQLITE_CORRUPT; /* of another version: made anew like a broken one */
    }
    for (size_t i = 0; i < STATEMENTS && code == SQLITE_OK; i++) {
        code = sqlite3_prepare_v3(search->sql, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &search->statements[i], NULL);
    }
    if (code != SQLITE_OK) {
        close_sql(search);
    }
    return error_of(code);
}

static void remove_files(const struct copse_search *search)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(endings); i++) {
        struct copse_disk_path path;
        (void)snprintf(path.text, sizeof path.text, "%.4000s%s", search->path.text, endings[i]);
        (void)unlink(path.text);
    }
}

static enum copse_err make_anew(struct copse_search *search)
{
    close_sql(search);
    remove_files(search);
    return open_sql(search);
}

enum copse_err copse_search_open(struct copse_search **out, const char *home,
                                 const struct copse_memory *memory, struct copse_error *error)
{
    struct copse_search *search = copse_memory_new(memory, 1, sizeof *search);
    if (search == NULL) {
        return COPSE_ERR_NOMEM;
    }
    search->memory = memory;
    copse_words_init(&search->words, memory);
    enum copse_err err = copse_disk_join(&search->path, home, COPSE_SEARCH_FILE, error);
    if (err == COPSE_OK) {
        err = open_sql(search);
    }
    if (err == COPSE_ERR_CORRUPT) {
        err = make_anew(search);
    }
    if (err != COPSE_OK) {
        copse_search_close(search);
        return copse_error_set(error, err, "the search cache in %s cannot be opened", home);
    }
    *out = search;
    return COPSE_OK;
}

void copse_search_close(struct copse_search *search)
{
    if (search == NULL) {
        return;
    }
    close_sql(search);
    copse_words_deinit(&search->words);
    copse_memory_free(search->memory, search);
}

enum copse_err copse_search_reset(struct copse_search *search)
{
    return make_anew(search);
}

bool copse_search_is_there(const char *home)
{
    struct copse_disk_path path;
    return copse_disk_join(&path, home, COPSE_SEARCH_FILE, NULL) == COPSE_OK &&
           access(path.text, F_OK) == 0;
}

/* FTS5 keeps words that were taken out until their segments are merged, and pages keep what moved
 * within them: so one segment first, then a file of what is left, then an empty log. */
enum copse_err copse_search_purge(struct copse_search *search)
{
    static const char text[] = "INSERT INTO fts (fts) VALUES ('optimize'); VACUUM;";
    if (search->sql == NULL) {
        return COPSE_ERR_IO;
    }
    int code = sqlite3_exec(search->sql, text, NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_wal_checkpoint_v2(search->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    return code == SQLITE_OK ? COPSE_OK : make_anew(search);
}

/* ---- statements ---- */

static sqlite3_stmt *get(struct copse_search *search, enum statement statement)
{
    (void)sqlite3_reset(search->statements[statement]);
    (void)sqlite3_clear_bindings(search->statements[statement]);
    return search->statements[statement];
}

static enum copse_err run(struct copse_search *search, enum statement statement)
{
    if (search->sql == NULL) {
        return COPSE_ERR_IO;
    }
    sqlite3_stmt *stmt = search->statements[statement];
    int code = sqlite3_step(stmt);
    (void)sqlite3_reset(stmt);
    return error_of(code);
}

static void bind_blob(sqlite3_stmt *stmt, int place, const struct copse_id *id)
{
    (void)sqlite3_bind_blob(stmt, place, id->bytes, (int)sizeof id->bytes, SQLITE_TRANSIENT);
}

static enum copse_err begin(struct copse_search *search)
{
    if (search->sql == NULL) {
        return COPSE_ERR_IO;
    }
    (void)get(search, STATEMENT_BEGIN);
    return run(search, STATEMENT_BEGIN);
}

static enum copse_err end(struct copse_search *search, enum copse_err err)
{
    if (err == COPSE_OK) {
        (void)get(search, STATEMENT_COMMIT);
        err = run(search, STATEMENT_COMMIT);
    }
    if (err != COPSE_OK && search->sql != NULL && !sqlite3_get_autocommit(search->sql)) {
        (void)get(search, STATEMENT_ROLLBACK);
        enum copse_err undone = run(search, STATEMENT_ROLLBACK);
        err = undone == COPSE_OK ? err : undone;
    }
    return err;
}

/* ---- one object ---- */

static enum copse_err take_out(struct copse_search *search, uint32_t community,
                               const struct copse_id *object)
{
    sqlite3_stmt *find = get(search, STATEMENT_GET_DOC);
    (void)sqlite3_bind_int64(find, 1, community);
    bind_blob(find, 2, object);
    int code = sqlite3_step(find);
    if (code != SQLITE_ROW) {
        (void)sqlite3_reset(find);
        return error_of(code);
    }
    sqlite3_int64 id = sqlite3_column_int64(find, 0);
    sqlite3_stmt *words = get(search, STATEMENT_DELETE_WORDS);
    (void)sqlite3_bind_int64(words, 1, id);
    (void)sqlite3_bind_value(words, 2, sqlite3_column_value(find, 1));
    enum copse_err err = run(search, STATEMENT_DELETE_WORDS);
    (void)sqlite3_reset(find);
    if (err == COPSE_OK) {
        (void)sqlite3_bind_int64(get(search, STATEMENT_DELETE_DOC), 1, id);
        err = run(search, STATEMENT_DELETE_DOC);
    }
    return err;
}

/* At most COPSE_SEARCH_TEXT_BYTES_MAX bytes, cut between two characters. */
static struct copse_slice cut_text(struct copse_slice text)
{
    if (text.size > COPSE_SEARCH_TEXT_BYTES_MAX) {
        text.size = COPSE_SEARCH_TEXT_BYTES_MAX;
        while (text.size > 0 && (text.data[text.size] & 0xc0u) == 0x80u) {
            text.size--;
        }
    }
    return text;
}

static enum copse_err take_in(struct copse_search *search, uint32_t community,
                              const struct copse_id *object, const struct copse_search_port *port)
{
    struct copse_slice text = {NULL, 0};
    enum copse_err err = port->words(port->context, &text, community, object);
    if (err == COPSE_OK) {
        err = take_out(search, community, object);
    }
    if (err == COPSE_OK) {
        err = copse_words_fold(&search->words, cut_text(text), COPSE_WORDS_INDEX);
    }
    if (err != COPSE_OK || search->words.size == 0) {
        return err;
    }
    sqlite3_stmt *put = get(search, STATEMENT_PUT_DOC);
    (void)sqlite3_bind_int64(put, 1, community);
    bind_blob(put, 2, object);
    (void)sqlite3_bind_text(put, 3, search->words.text, (int)search->words.size, SQLITE_STATIC);
    err = run(search, STATEMENT_PUT_DOC);
    if (err == COPSE_OK) {
        sqlite3_stmt *words = get(search, STATEMENT_PUT_WORDS);
        (void)sqlite3_bind_int64(words, 1, sqlite3_last_insert_rowid(search->sql));
        (void)sqlite3_bind_text(words, 2, search->words.text, (int)search->words.size,
                                SQLITE_STATIC);
        err = run(search, STATEMENT_PUT_WORDS);
    }
    return err;
}

/* ---- catching up ---- */

/* An object that something new concerns, and how many came before it. */
struct touch {
    struct copse_id object;
    size_t place;
};

struct touched {
    const struct copse_memory *memory;
    struct touch *objects;
    size_t count;
    size_t capacity;
};

static enum copse_err note_touched(void *to, const struct copse_id *object)
{
    struct touched *touched = to;
    enum copse_err err = copse_memory_grow(touched->memory, &touched->objects, &touched->capacity,
                                           touched->count + 1, sizeof *touched->objects);
    if (err == COPSE_OK) {
        touched->objects[touched->count] = (struct touch){*object, touched->count};
        touched->count++;
    }
    return err;
}

static int compare_places(const void *a, const void *b)
{
    size_t x = ((const struct touch *)a)->place;
    size_t y = ((const struct touch *)b)->place;
    return (x > y) - (x < y);
}

static int compare_objects(const void *a, const void *b)
{
    int order = copse_bytes_compare_ids(&((const struct touch *)a)->object,
                                        &((const struct touch *)b)->object);
    return order != 0 ? order : compare_places(a, b);
}

/* Leave each object once, where the last thing that concerns it came: "newest" is that order. */
static void order_touched(struct touched *touched)
{
    size_t kept = 0;
    if (touched->count == 0) {
        return;
    }
    qsort(touched->objects, touched->count, sizeof *touched->objects, compare_objects);
    for (size_t i = 1; i < touched->count; i++) {
        kept += !copse_bytes_equal_ids(&touched->objects[kept].object, &touched->objects[i].object);
        touched->objects[kept] = touched->objects[i];
    }
    touched->count = kept + 1;
    qsort(touched->objects, touched->count, sizeof *touched->objects, compare_places);
}

static enum copse_err get_seen(struct copse_search *search, uint64_t *out, uint32_t community,
                               enum copse_entry_class class)
{
    sqlite3_stmt *stmt = get(search, STATEMENT_GET_SEEN);
    (void)sqlite3_bind_int64(stmt, 1, community);
    (void)sqlite3_bind_int(stmt, 2, (int)class);
    int code = sqlite3_step(stmt);
    *out = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_reset(stmt);
    return error_of(code);
}

static enum copse_err put_seen(struct copse_search *search, uint64_t arrival, uint32_t community,
                               enum copse_entry_class class)
{
    sqlite3_stmt *stmt = get(search, STATEMENT_PUT_SEEN);
    (void)sqlite3_bind_int64(stmt, 1, community);
    (void)sqlite3_bind_int(stmt, 2, (int)class);
    (void)sqlite3_bind_int64(stmt, 3, (sqlite3_int64)arrival);
    return run(search, STATEMENT_PUT_SEEN);
}

/* Collect the objects of at most `max` arrivals of a class; *left if there are more. */
static enum copse_err collect(struct copse_search *search, struct touched *touched, bool *left,
                              struct copse_txn *txn, uint32_t community,
                              enum copse_entry_class class, size_t max,
                              const struct copse_search_port *port)
{
    uint64_t seen = 0;
    enum copse_err err = get_seen(search, &seen, community, class);
    uint64_t at = seen;
    for (size_t i = 0; err == COPSE_OK; i++) {
        struct copse_entries_arrival arrival;
        struct copse_held held;
        err = copse_entries_arrived_after(txn, &arrival, community, class, at);
        if (err == COPSE_ERR_NOT_FOUND) {
            err = COPSE_OK;
            break;
        }
        if (err == COPSE_OK && i == max) {
            *left = true;
            break;
        }
        if (err == COPSE_OK) {
            err = copse_entries_at(txn, &held, NULL, &arrival.position);
        }
        if (err == COPSE_OK) {
            err = port->objects(port->context, &held, note_touched, touched);
            at = arrival.number;
        }
    }
    if (err == COPSE_OK && at != seen) {
        err = put_seen(search, at, community, class);
    }
    return err;
}

/* A cache of another store, or of one that was put back to an earlier state, is of no use. */
static enum copse_err is_of_store(struct copse_search *search, bool *out, struct copse_txn *txn,
                                  uint32_t community)
{
    struct copse_id name;
    enum copse_err err = copse_migrate_name(txn->db, &name);
    if (err != COPSE_OK) {
        return err;
    }
    sqlite3_stmt *stmt = get(search, STATEMENT_GET_NAME);
    int code = sqlite3_step(stmt);
    bool is_named = code == SQLITE_ROW;
    bool is_ours = is_named && sqlite3_column_bytes(stmt, 0) == (int)sizeof name.bytes &&
                   memcmp(sqlite3_column_blob(stmt, 0), name.bytes, sizeof name.bytes) == 0;
    (void)sqlite3_reset(stmt);
    err = error_of(code);
    if (err == COPSE_OK && !is_named) {
        bind_blob(get(search, STATEMENT_PUT_NAME), 1, &name);
        err = run(search, STATEMENT_PUT_NAME);
        is_ours = true;
    }
    static const enum copse_entry_class classes[] = {COPSE_ENTRY_CONTROL, COPSE_ENTRY_DATA};
    uint64_t last = 0;
    if (err == COPSE_OK) {
        err = copse_admit_last_arrival(txn, &last);
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(classes) && err == COPSE_OK && is_ours; i++) {
        uint64_t seen = 0;
        err = get_seen(search, &seen, community, classes[i]);
        is_ours = seen <= last;
    }
    if (err == COPSE_OK) {
        *out = is_ours;
    }
    return err;
}

static enum copse_err update(struct copse_search *search, bool *left, struct copse_txn *txn,
                             uint32_t community, size_t max, const struct copse_search_port *port)
{
    struct touched touched = {search->memory, NULL, 0, 0};
    bool more = false;
    bool is_ours = false;
    enum copse_err err = begin(search);
    if (err == COPSE_OK) {
        err = is_of_store(search, &is_ours, txn, community);
    }
    if (err == COPSE_OK && !is_ours) {
        err = COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        err = collect(search, &touched, &more, txn, community, COPSE_ENTRY_CONTROL, max, port);
    }
    if (err == COPSE_OK) {
        err = collect(search, &touched, &more, txn, community, COPSE_ENTRY_DATA, max, port);
    }
    order_touched(&touched);
    for (size_t i = 0; i < touched.count && err == COPSE_OK; i++) {
        err = take_in(search, community, &touched.objects[i].object, port);
    }
    copse_memory_free(search->memory, touched.objects);
    err = end(search, err);
    if (err == COPSE_OK) {
        *left = more;
    }
    return err;
}

enum copse_err copse_search_update(struct copse_search *search, bool *left, struct copse_txn *txn,
                                   uint32_t community, size_t max,
                                   const struct copse_search_port *port)
{
    COPSE_ASSERT(max > 0);
    enum copse_err err = update(search, left, txn, community, max, port);
    if (err == COPSE_ERR_CORRUPT) {
        err = make_anew(search);
        if (err == COPSE_OK) {
            err = update(search, left, txn, community, max, port);
        }
    }
    return err;
}

enum copse_err copse_search_refresh(struct copse_search *search, uint32_t community,
                                    const struct copse_id *object,
                                    const struct copse_search_port *port)
{
    enum copse_err err = begin(search);
    if (err == COPSE_OK) {
        err = take_in(search, community, object, port);
    }
    return end(search, err);
}

/* ---- finding ---- */

/* Folded words become an FTS5 expression: each one quoted, the last one a beginning. No word holds
 * a quote, for only letters, marks and numbers are left. */
static bool make_match(char *out, size_t size, const struct copse_words *words)
{
    size_t used = 0;
    size_t count = 0;
    for (size_t at = 0; at < words->size && count < QUERY_WORDS_MAX; count++) {
        size_t end_at = at;
        while (end_at < words->size && words->text[end_at] != ' ') {
            end_at++;
        }
        int step = snprintf(out + used, size - used, "%s\"%.*s\"", count > 0 ? " " : "",
                            (int)(end_at - at), words->text + at);
        if (step < 0 || (size_t)step + 2 >= size - used) {
            return false;
        }
        used += (size_t)step;
        at = end_at + 1;
    }
    if (count > 0) {
        out[used++] = '*';
        out[used] = '\0';
    }
    return count > 0;
}

enum copse_err copse_search_find(struct copse_search *search, struct copse_search_hit *out,
                                 size_t *count, size_t max, const struct copse_search_query *query)
{
    char match[COPSE_SEARCH_QUERY_BYTES_MAX * 8];
    if (query->text.size > COPSE_SEARCH_QUERY_BYTES_MAX) {
        return COPSE_ERR_LIMIT;
    }
    if (search->sql == NULL) {
        return COPSE_ERR_IO;
    }
    *count = 0;
    enum copse_err err = copse_words_fold(&search->words, query->text, COPSE_WORDS_QUERY);
    if (err != COPSE_OK || !make_match(match, sizeof match, &search->words)) {
        return err;
    }
    sqlite3_stmt *find = get(search, query->order == COPSE_SEARCH_NEWEST ? STATEMENT_FIND_NEWEST
                                                                         : STATEMENT_FIND_BEST);
    (void)sqlite3_bind_text(find, 1, match, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(find, 2, query->community);
    (void)sqlite3_bind_int64(find, 3, max > INT32_MAX ? INT32_MAX : (sqlite3_int64)max);
    int code = SQLITE_DONE;
    while (*count < max && (code = sqlite3_step(find)) == SQLITE_ROW) {
        struct copse_search_hit *hit = &out[*count];
        hit->community = (uint32_t)sqlite3_column_int64(find, 0);
        if (sqlite3_column_bytes(find, 1) != (int)sizeof hit->object.bytes) {
            code = SQLITE_CORRUPT;
            break;
        }
        memcpy(hit->object.bytes, sqlite3_column_blob(find, 1), sizeof hit->object.bytes);
        (*count)++;
    }
    (void)sqlite3_reset(find);
    err = error_of(code);
    if (err == COPSE_ERR_CORRUPT) {
        *count = 0;
        err = make_anew(search); /* empty now; the next update fills it */
    }
    return err;
}
