/* How it works: the table `steps` has one row for each format there ever was, and the way
 * from it to the next; an empty store has format 0.
 */
#include "storage/migrate.h"

#include <sodium.h>

static struct copse_slice name_of(const char *name)
{
    return copse_bytes_of_string(name);
}

static enum copse_err put_format(struct copse_db_txn *txn, uint32_t format)
{
    uint8_t bytes[4];
    copse_bytes_put_u32(bytes, format);
    return copse_db_put(txn, COPSE_DB_META, name_of("format"),
                        (struct copse_slice){bytes, sizeof bytes});
}

/* From nothing: only the name of the store, which its file of published heads goes by. */
static enum copse_err make_first(struct copse_db_txn *txn)
{
    struct copse_id name;
    randombytes_buf(name.bytes, sizeof name.bytes);
    return copse_db_put(txn, COPSE_DB_META, name_of("name"), copse_bytes_of_id(&name));
}

/* Only views are different: the docket is new. */
static enum copse_err renew_views(struct copse_db_txn *txn)
{
    (void)txn;
    return COPSE_OK;
}

static enum copse_err (*const steps[])(struct copse_db_txn *txn) = {
    make_first,  /* 0 to 1 */
    renew_views, /* 1 to 2 */
};

_Static_assert(COPSE_ARRAY_SIZE(steps) == COPSE_MIGRATE_FORMAT, "a step for each format");

enum copse_err copse_migrate_format(struct copse_db_txn *txn, uint32_t *format)
{
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn, &value, COPSE_DB_META, name_of("format"));
    if (err == COPSE_ERR_NOT_FOUND) {
        *format = 0;
        return COPSE_OK;
    }
    if (err == COPSE_OK && value.size != 4) {
        return COPSE_ERR_CORRUPT;
    }
    if (err == COPSE_OK) {
        *format = copse_bytes_get_u32(value.data);
    }
    return err;
}

enum copse_err copse_migrate_run(struct copse_db_txn *txn, struct copse_error *error)
{
    uint32_t format = 0;
    enum copse_err err = copse_migrate_format(txn, &format);
    if (err != COPSE_OK) {
        return copse_error_set(error, err, "the store does not tell its format");
    }
    if (format > COPSE_MIGRATE_FORMAT) {
        return copse_error_set(error, COPSE_ERR_VERSION,
                               "the store has format %u, this program knows %u", (unsigned)format,
                               (unsigned)COPSE_MIGRATE_FORMAT);
    }
    for (; format < COPSE_MIGRATE_FORMAT; format++) {
        err = steps[format](txn);
        if (err == COPSE_OK) {
            err = put_format(txn, format + 1);
        }
        if (err != COPSE_OK) {
            return copse_error_set(error, err, "bringing the store from format %u to %u failed",
                                   (unsigned)format, (unsigned)format + 1);
        }
    }
    return COPSE_OK;
}

enum copse_err copse_migrate_name(struct copse_db_txn *txn, struct copse_id *out)
{
    struct copse_slice value;
    enum copse_err err = copse_db_get(txn, &value, COPSE_DB_META, name_of("name"));
    if (err == COPSE_OK && copse_bytes_to_id(out, value) != COPSE_OK) {
        err = COPSE_ERR_CORRUPT;
    }
    return err;
}
