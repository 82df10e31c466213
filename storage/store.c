/* How it works: a store is an environment with the files beside it. Commit is where all
 * threads meet: views are settled, waiting rows written, LMDB makes it durable, and the
 * poke file tells other processes.
 *
 * A batch of foreign entries is cut at signed entries into write transactions that stay
 * below COPSE_STORE_WRITE_MS_MAX; the pause after each lets a waiting process have the
 * lock, which LMDB hands to nobody in particular.
 */
#include "storage/store.h"

#include "storage/admit.h"
#include "storage/disk.h"
#include "storage/erased.h"
#include "storage/migrate.h"
#include "storage/own.h"
#include "storage/shapes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define RESERVE_FILE "reserve"
/* How long a write transaction takes entries in, before it is written: the index and the disk take
 * as long again, or longer on a slow one. Adapted to what the one before has taken. */
#define FILL_US_FIRST 16000u
#define FILL_US_MIN 4000u
#define FILL_US_MAX 30000u
#define TIDY_KEYS 2048u
#define DEVICES_CHECKED_MAX 8u

struct copse_store {
    const struct copse_memory *memory;
    const struct copse_key_scheme *scheme;
    struct copse_db *db;
    int poke; /* descriptor; -1: none */
    struct copse_id name;
    uint64_t published_number; /* of the transaction up to which the head file is right */
    struct copse_id published_device;
    struct copse_id checked[DEVICES_CHECKED_MAX]; /* devices known not to be behind */
    size_t checked_count;
    bool keeps_head;
    struct copse_disk_path home;
    struct copse_disk_path state_home;
};

/* ---- open and close ---- */

enum copse_err copse_store_create(const struct copse_store_options *options,
                                  struct copse_error *error)
{
    return copse_db_create(options->home, copse_migrate_run, options->memory, error);
}

static enum copse_err copy_path(struct copse_disk_path *out, const char *path,
                                struct copse_error *error)
{
    size_t size = strlen(path);
    if (size >= sizeof out->text) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path of the store is too long");
    }
    memcpy(out->text, path, size + 1);
    return COPSE_OK;
}

static enum copse_err migrate(struct copse_store *store, struct copse_error *error)
{
    struct copse_txn *txn = NULL;
    enum copse_err err = copse_store_begin(&txn, store, COPSE_DB_WRITE, 0, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_migrate_run(txn->db, error);
    if (err == COPSE_OK) {
        err = copse_migrate_name(txn->db, &store->name);
    }
    if (err != COPSE_OK) {
        copse_store_abort(txn);
        return err;
    }
    return copse_store_commit(store, txn, error);
}

/* An older format is brought up to date under the write lock; nothing is written otherwise. */
static enum copse_err read_format(struct copse_store *store, struct copse_error *error)
{
    struct copse_db_txn *txn = NULL;
    uint32_t format = 0;
    enum copse_err err = copse_db_begin(&txn, store->db, COPSE_DB_READ, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_migrate_format(txn, &format);
    if (err == COPSE_OK && format == COPSE_MIGRATE_FORMAT) {
        err = copse_migrate_name(txn, &store->name);
        copse_db_abort(txn);
        return err;
    }
    copse_db_abort(txn);
    return err == COPSE_OK ? migrate(store, error) : err;
}

static void open_poke(struct copse_store *store)
{
    struct copse_disk_path path;
    if (copse_disk_join(&path, store->home.text, COPSE_STORE_POKE_FILE, NULL) == COPSE_OK) {
        store->poke = open(path.text, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
}

enum copse_err copse_store_open(struct copse_store **out, const struct copse_store_options *options,
                                struct copse_error *error)
{
    struct copse_store *store = copse_memory_new(options->memory, 1, sizeof *store);
    if (store == NULL) {
        return COPSE_ERR_NOMEM;
    }
    store->memory = options->memory;
    store->scheme = options->scheme;
    store->poke = -1;
    store->keeps_head = options->state_home != NULL;
    enum copse_err err = copy_path(&store->home, options->home, error);
    if (err == COPSE_OK && store->keeps_head) {
        err = copy_path(&store->state_home, options->state_home, error);
    }
    if (err == COPSE_OK) {
        err = copse_db_open(&store->db, options->home, options->memory, error);
    }
    if (err != COPSE_OK) {
        goto fail_open;
    }
    err = read_format(store, error);
    if (err != COPSE_OK) {
        goto fail_format;
    }
    open_poke(store);
    enum copse_err reserve = copse_store_make_reserve(store, NULL);
    (void)reserve; /* a disk too full for it is told of by the first write that fails */
    *out = store;
    return COPSE_OK;

fail_format:
    copse_db_close(store->db);
fail_open:
    copse_memory_free(options->memory, store);
    return err;
}

void copse_store_close(struct copse_store *store)
{
    if (store == NULL) {
        return;
    }
    copse_db_close(store->db);
    if (store->poke >= 0) {
        (void)close(store->poke);
    }
    copse_memory_free(store->memory, store);
}

/* ---- transactions ---- */

enum copse_err copse_store_begin(struct copse_txn **out, struct copse_store *store,
                                 enum copse_db_mode mode, uint64_t now_ms,
                                 struct copse_error *error)
{
    struct copse_txn_options options = {mode, now_ms, store->memory, store->scheme};
    return copse_txn_begin(out, store->db, &options, error);
}

enum copse_err copse_store_commit(struct copse_store *store, struct copse_txn *txn,
                                  struct copse_error *error)
{
    if (txn->mode == COPSE_DB_READ) {
        copse_txn_abort(txn);
        return COPSE_OK;
    }
    enum copse_err err = COPSE_OK;
    if (copse_admit_is_unproved(txn)) {
        err = copse_error_set(error, COPSE_ERR_FORM, "a run without a signature at its end");
    }
    if (err == COPSE_OK) {
        err = copse_shapes_settle(txn);
    }
    if (err == COPSE_OK) {
        err = copse_views_settle(txn);
    }
    if (err == COPSE_OK) {
        err = copse_admit_flush(txn);
    }
    if (err != COPSE_OK) {
        copse_txn_abort(txn);
        if (err == COPSE_ERR_FULL) {
            copse_error_set(error, err, "no room for more in %s", store->home.text);
        }
        return err;
    }
    err = copse_txn_commit(txn, error);
    if (err == COPSE_OK && store->poke >= 0) {
        (void)futimens(store->poke, NULL);
    }
    return err;
}

void copse_store_abort(struct copse_txn *txn)
{
    copse_txn_abort(txn);
}

uint64_t copse_store_number(struct copse_store *store)
{
    return copse_db_last_number(store->db);
}

uint64_t copse_store_txn_number(const struct copse_txn *txn)
{
    return copse_db_txn_number(txn->db);
}

const struct copse_memory *copse_store_memory(const struct copse_store *store)
{
    return store->memory;
}

const char *copse_store_home(const struct copse_store *store)
{
    return store->home.text;
}

/* ---- own entries ---- */

static struct copse_slice sent_key(void)
{
    return copse_bytes_of_string("sent");
}

static enum copse_err was_sent(struct copse_txn *txn, bool *out, const struct copse_id *device)
{
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn->db, &value, COPSE_DB_META, sent_key());
    if (err == COPSE_OK || err == COPSE_ERR_NOT_FOUND) {
        *out = err == COPSE_OK && copse_bytes_equal(value, copse_bytes_of_id(device));
        return COPSE_OK;
    }
    return err;
}

enum copse_err copse_store_check_head(struct copse_store *store, struct copse_txn *txn,
                                      const struct copse_id *device, struct copse_error *error)
{
    if (!store->keeps_head) {
        return COPSE_OK;
    }
    struct copse_head head;
    copse_head_init(&head, store->memory);
    enum copse_err err = copse_head_load(&head, store->state_home.text, &store->name, error);
    if (err == COPSE_OK) {
        err = copse_own_check(txn, &head, device, error);
    } else if (err == COPSE_ERR_NOT_FOUND) {
        /* Entries left from here once, by the device that is noted, but not a line is left of it.
         */
        struct copse_slice sender;
        err = copse_db_get(txn->db, &sender, COPSE_DB_META, sent_key());
        if (err == COPSE_ERR_NOT_FOUND) {
            err = COPSE_OK;
        } else if (err == COPSE_OK && copse_bytes_equal(sender, copse_bytes_of_id(device))) {
            err = copse_error_set(error, COPSE_ERR_REFUSED,
                                  "the note of what this machine has sent to others is missing in "
                                  "%s, so nothing can be written here: copse sync, then copse fork "
                                  "repair goes on with a new key",
                                  store->state_home.text);
        }
    }
    copse_head_deinit(&head);
    return err;
}

/* Ask once for each device. */
static enum copse_err check_device(struct copse_store *store, struct copse_txn *txn,
                                   const struct copse_id *device, struct copse_error *error)
{
    for (size_t i = 0; i < store->checked_count; i++) {
        if (copse_bytes_equal_ids(&store->checked[i], device)) {
            return COPSE_OK;
        }
    }
    enum copse_err err = copse_store_check_head(store, txn, device, error);
    if (err == COPSE_OK && store->checked_count < DEVICES_CHECKED_MAX) {
        store->checked[store->checked_count++] = *device;
    }
    return err;
}

enum copse_err copse_store_write(struct copse_store *store, struct copse_txn *txn,
                                 struct copse_id *id, const struct copse_store_deed *deed,
                                 struct copse_error *error)
{
    COPSE_ASSERT(txn->mode == COPSE_DB_WRITE);
    enum copse_err err = check_device(store, txn, &deed->device, error);
    return err == COPSE_OK ? copse_own_write(txn, id, deed, error) : err;
}

/* Remember in the store too that something left it, so that a missing head file is noticed. */
static enum copse_err note_sent(struct copse_store *store, const struct copse_id *device,
                                struct copse_error *error)
{
    struct copse_db_txn *txn = NULL;
    enum copse_err err = copse_db_begin(&txn, store->db, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_db_put(txn, COPSE_DB_META, sent_key(), copse_bytes_of_id(device));
    if (err != COPSE_OK) {
        copse_db_abort(txn);
        return err;
    }
    return copse_db_commit(txn, error);
}

static enum copse_err publish(struct copse_store *store, struct copse_txn *txn, bool *first,
                              const struct copse_id *device, struct copse_error *error)
{
    struct copse_head head;
    copse_head_init(&head, store->memory);
    bool changed = false;
    bool sent = false;
    enum copse_err err = check_device(store, txn, device, error);
    if (err == COPSE_OK) {
        err = copse_head_load(&head, store->state_home.text, &store->name, error);
    }
    if (err == COPSE_OK || err == COPSE_ERR_NOT_FOUND) {
        err = copse_own_raise(txn, &head, &changed, device);
    }
    if (err == COPSE_OK && changed) {
        err = copse_head_save(&head, store->state_home.text, &store->name, error);
    }
    if (err == COPSE_OK) {
        err = was_sent(txn, &sent, device);
        *first = err == COPSE_OK && !sent;
    }
    copse_head_deinit(&head);
    /* A store that is behind writes nothing of its own: all that is here has left before. */
    return err == COPSE_ERR_REFUSED ? COPSE_OK : err;
}

enum copse_err copse_store_publish(struct copse_store *store, const struct copse_id *device,
                                   struct copse_error *error)
{
    uint64_t number = copse_store_number(store);
    if (!store->keeps_head || (store->published_number == number &&
                               copse_bytes_equal_ids(&store->published_device, device))) {
        return COPSE_OK;
    }
    struct copse_txn *txn = NULL;
    bool first = false;
    int lock = -1;
    /* The lock before the transaction: who has it last has seen most. */
    enum copse_err err = copse_head_lock(&lock, store->state_home.text, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_store_begin(&txn, store, COPSE_DB_READ, 0, error);
    if (err == COPSE_OK) {
        number = copse_store_txn_number(txn);
        err = publish(store, txn, &first, device, error);
        copse_txn_abort(txn);
    }
    copse_head_unlock(lock);
    if (err == COPSE_OK && first) {
        err = note_sent(store, device, error);
    }
    if (err == COPSE_OK) {
        store->published_number = number;
        store->published_device = *device;
    }
    return err;
}

/* ---- entries of others ---- */

/* A content that came along, unless an act erases it. */
static enum copse_err keep_content(struct copse_txn *txn, uint32_t community,
                                   const struct copse_held *held, struct copse_slice salted)
{
    if (salted.data == NULL || held->content_state != COPSE_CONTENT_MISSING) {
        return COPSE_OK;
    }
    enum copse_err err = copse_erased_put(txn, community, held, salted);
    return err == COPSE_ERR_SIGNATURE || err == COPSE_ERR_REFUSED ? COPSE_OK : err;
}

/* What came along with an entry that is here already. SPEC 4.11: "A signature that comes for an
 * entry held without one, in a run or in a cut, is kept from then on." */
static enum copse_err complete(struct copse_txn *txn, uint32_t community,
                               const struct copse_held *held, const struct copse_store_item *item)
{
    enum copse_err err = COPSE_OK;
    if (item->signature != NULL) {
        err = copse_admit_sign(txn, &held->position, item->signature);
    }
    return err == COPSE_OK ? keep_content(txn, community, held, item->salted) : err;
}

/* What became of an item, unless it is a fault. */
static bool outcome_of(enum copse_store_outcome *out, enum copse_err err)
{
    static const struct {
        enum copse_err err;
        enum copse_store_outcome outcome;
    } outcomes[] = {
        {COPSE_OK, COPSE_STORE_STORED},
        {COPSE_ERR_EXISTS, COPSE_STORE_HELD},
        {COPSE_ERR_NOT_FOUND, COPSE_STORE_ORPHAN},
        {COPSE_ERR_FORM, COPSE_STORE_BAD},
        {COPSE_ERR_LIMIT, COPSE_STORE_SURPLUS},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(outcomes); i++) {
        if (outcomes[i].err == err) {
            *out = outcomes[i].outcome;
            return true;
        }
    }
    return false;
}

static enum copse_err add_item(struct copse_txn *txn, uint32_t community,
                               struct copse_store_item *item)
{
    struct copse_admit_entry fresh = {&item->id,    &item->entry,    item->bytes,
                                      item->salted, item->signature, COPSE_ADMIT_FOREIGN};
    struct copse_held held;
    bool is_named = false;
    enum copse_err err = item->entry.content_size == 0
                             ? COPSE_OK
                             : copse_erased_is_named(txn, &is_named, community, &item->id);
    if (err != COPSE_OK) {
        return err;
    }
    /* Words that some ERASE names are not written before it is known that it does not count. */
    fresh.salted = is_named ? (struct copse_slice){NULL, 0} : item->salted;
    err = copse_admit_add(txn, &held, community, &fresh);
    if (!outcome_of(&item->outcome, err)) {
        return err;
    }
    if (err == COPSE_OK) {
        err = copse_views_add(txn, community, &held);
        return err == COPSE_OK && is_named ? keep_content(txn, community, &held, item->salted)
                                           : err;
    }
    return err == COPSE_ERR_EXISTS ? complete(txn, community, &held, item) : COPSE_OK;
}

enum copse_err copse_store_add(struct copse_txn *txn, uint32_t community,
                               const struct copse_store_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        enum copse_err err = add_item(txn, community, &batch->items[i]);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return copse_admit_is_unproved(txn) ? COPSE_ERR_FORM : COPSE_OK;
}

static uint64_t monotonic_us(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* Keep whole transactions below COPSE_STORE_WRITE_MS_MAX. */
static uint64_t adapt(uint64_t fill_us, uint64_t took_us)
{
    const uint64_t most_us = COPSE_STORE_WRITE_MS_MAX * 1000u;
    if (took_us > most_us) {
        fill_us = fill_us * most_us / took_us;
        return fill_us < FILL_US_MIN ? FILL_US_MIN : fill_us;
    }
    if (took_us < most_us * 3 / 4) {
        fill_us += fill_us / 8;
    }
    return fill_us > FILL_US_MAX ? FILL_US_MAX : fill_us;
}

/* How far an ingestion has come. */
struct progress {
    size_t at;
    uint64_t fill_us;
};

/* One transaction's worth, from progress->at on. */
static enum copse_err ingest_some(struct copse_store *store, struct progress *progress,
                                  const struct copse_id *community,
                                  const struct copse_store_batch *batch, uint64_t now_ms,
                                  struct copse_error *error)
{
    struct copse_txn *txn = NULL;
    enum copse_err err = copse_store_begin(&txn, store, COPSE_DB_WRITE, now_ms, error);
    if (err != COPSE_OK) {
        return err;
    }
    uint64_t began_us = monotonic_us();
    uint32_t number = 0;
    size_t next = progress->at;
    err = copse_entries_community(txn, &number, community);
    while (err == COPSE_OK && next < batch->count) {
        struct copse_store_item *item = &batch->items[next];
        err = add_item(txn, number, item);
        next++;
        if (item->signature != NULL && monotonic_us() - began_us > progress->fill_us) {
            break;
        }
    }
    if (err != COPSE_OK) {
        copse_store_abort(txn);
    } else {
        err = copse_store_commit(store, txn, error);
    }
    if (err == COPSE_OK) {
        progress->at = next;
        progress->fill_us = adapt(progress->fill_us, monotonic_us() - began_us);
        return COPSE_OK;
    }
    for (size_t i = progress->at; i < next; i++) {
        batch->items[i].outcome = COPSE_STORE_WAITING;
    }
    return err;
}

void copse_store_pause(void)
{
    struct timespec pause = {0, (long)COPSE_STORE_PAUSE_US * 1000};
    (void)nanosleep(&pause, NULL);
}

enum copse_err copse_store_ingest(struct copse_store *store, const struct copse_id *community,
                                  const struct copse_store_batch *batch, uint64_t now_ms,
                                  struct copse_error *error)
{
    for (size_t i = 0; i < batch->count; i++) {
        batch->items[i].outcome = COPSE_STORE_WAITING;
    }
    struct progress progress = {0, FILL_US_FIRST};
    while (progress.at < batch->count) {
        if (progress.at > 0) {
            copse_store_pause();
        }
        enum copse_err err = ingest_some(store, &progress, community, batch, now_ms, error);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* ---- care ---- */

static enum copse_err has_layers(struct copse_store *store, bool *out, struct copse_error *error)
{
    struct copse_txn *txn = NULL;
    enum copse_err err = copse_store_begin(&txn, store, COPSE_DB_READ, 0, error);
    if (err == COPSE_OK) {
        err = copse_layers_has(&txn->layers, out);
        copse_txn_abort(txn);
    }
    return err;
}

enum copse_err copse_store_tidy(struct copse_store *store, struct copse_error *error)
{
    bool left = false;
    enum copse_err err = has_layers(store, &left, error);
    while (err == COPSE_OK && left) {
        struct copse_txn *txn = NULL;
        err = copse_store_begin(&txn, store, COPSE_DB_WRITE, 0, error);
        if (err != COPSE_OK) {
            break;
        }
        err = copse_layers_tidy(&txn->layers, &left, TIDY_KEYS);
        if (err != COPSE_OK) {
            copse_txn_abort(txn);
            break;
        }
        err = copse_store_commit(store, txn, error);
        copse_store_pause();
    }
    return err;
}

enum copse_err copse_store_backup(struct copse_store *store, const char *path,
                                  struct copse_error *error)
{
    struct copse_disk_path fresh;
    struct copse_disk_path directory;
    int size = snprintf(fresh.text, sizeof fresh.text, "%s.%ld", path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof fresh.text) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "the path of the copy is too long");
    }
    if (access(path, F_OK) == 0) {
        return copse_error_set(error, COPSE_ERR_EXISTS, "%s is there already", path);
    }
    const char *slash = strrchr(path, '/');
    memcpy(directory.text, ".", 2);
    if (slash != NULL) {
        size_t length = slash == path ? 1 : (size_t)(slash - path);
        memcpy(directory.text, path, length);
        directory.text[length] = '\0';
    }
    (void)unlink(fresh.text);
    enum copse_err err = copse_db_copy(store->db, fresh.text, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_db_verify(fresh.text, error);
    if (err == COPSE_OK) {
        err = copse_disk_publish(fresh.text, path, directory.text, error);
    }
    if (err != COPSE_OK) {
        (void)unlink(fresh.text);
    }
    return err;
}

enum copse_err copse_store_compact(struct copse_store *store, struct copse_error *error)
{
    return copse_db_compact(store->db, copse_contents_no_traces, error);
}

void copse_store_clear_readers(struct copse_store *store)
{
    copse_db_clear_readers(store->db);
}

void copse_store_release_reserve(struct copse_store *store)
{
    struct copse_disk_path path;
    if (copse_disk_join(&path, store->home.text, RESERVE_FILE, NULL) == COPSE_OK) {
        (void)unlink(path.text);
    }
}

enum copse_err copse_store_make_reserve(struct copse_store *store, struct copse_error *error)
{
    struct copse_disk_path path;
    enum copse_err err = copse_disk_join(&path, store->home.text, RESERVE_FILE, error);
    struct statvfs disk;
    if (err != COPSE_OK || access(path.text, F_OK) == 0) {
        return err;
    }
    if (statvfs(store->home.text, &disk) == 0 &&
        (uint64_t)disk.f_bavail * disk.f_frsize <
            (uint64_t)COPSE_STORE_RESERVE_TIMES * COPSE_STORE_RESERVE_BYTES) {
        return COPSE_ERR_FULL;
    }
    int file = open(path.text, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return copse_error_set(error, copse_disk_error(errno), "make %s: %s", path.text,
                               strerror(errno));
    }
    int code = posix_fallocate(file, 0, (off_t)COPSE_STORE_RESERVE_BYTES);
    (void)close(file);
    if (code != 0) {
        (void)unlink(path.text);
        return copse_error_set(error, copse_disk_error(code), "make %s: %s", path.text,
                               strerror(code));
    }
    return COPSE_OK;
}
