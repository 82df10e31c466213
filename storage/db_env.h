/* What lies behind db.h: environments of LMDB and their transactions. For db*.c alone. */
#ifndef COPSE_STORAGE_DB_ENV_H
#define COPSE_STORAGE_DB_ENV_H

#include "storage/db.h"
#include "storage/disk.h"
#include "storage/file.h"

#include <lmdb.h>
#include <stdatomic.h>

/* An open file. */
struct copse_db_env {
    MDB_env *env;
    MDB_dbi tables[COPSE_DB_TABLES];
    struct copse_file file;
    atomic_uint open_count; /* transactions */
    bool is_old;            /* to be closed when there is none */
};

struct copse_db {
    struct copse_db_env *current;
    const struct copse_memory *memory;
    atomic_bool failed;   /* panic */
    uint64_t number_base; /* what comes before the numbers of the current file */
    struct copse_disk_path home;
    char path[COPSE_DISK_PATH_BYTES];
};

struct copse_db_txn {
    struct copse_db *db;
    struct copse_db_env *from;
    uint64_t number_base;
    MDB_txn *txn;
    MDB_cursor *cursors[COPSE_DB_TABLES];
    enum copse_db_mode mode;
    enum copse_err fault; /* the first one of a write transaction */
};

/* Names of the tables in the file. */
extern const char *const copse_db_env_names[COPSE_DB_TABLES];

/* What a code of LMDB means. */
enum copse_err copse_db_env_error(int code);

/* Open a file with further flags, and its tables. Codes of LMDB. */
int copse_db_env_open(MDB_env **out, const char *path, unsigned flags);
enum copse_db_env_how { COPSE_DB_ENV_THERE, COPSE_DB_ENV_FRESH };
int copse_db_env_tables(struct copse_db_env *at, enum copse_db_env_how how);

/* Is the file that is open the one that has the name? If not, go over to that. */
enum copse_err copse_db_env_follow(struct copse_db *db, struct copse_error *error) COPSE_MUST_CHECK;

#endif
