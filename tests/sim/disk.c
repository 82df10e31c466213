#include "tests/sim/disk.h"

#include "storage/db.h"
#include "storage/disk.h"

#include <sodium.h>

#include <time.h>

static struct disk *used;
static struct copse_random *chance;

/* ---- randomness of libsodium ---- */

static const char *sodium_name(void)
{
    return "simulated";
}

static void sodium_bytes(void *const out, const size_t size)
{
    copse_random_bytes(chance, out, size);
}

static uint32_t sodium_number(void)
{
    return (uint32_t)copse_random_u64(chance);
}

void disk_use(struct disk *disk, struct copse_random *random)
{
    static struct randombytes_implementation simulated = {
        .implementation_name = sodium_name, .random = sodium_number, .buf = sodium_bytes};
    if (chance == NULL) {
        (void)randombytes_set_implementation(&simulated);
    }
    used = disk;
    chance = random;
}

/* ---- writes ---- */

/* What happens at this write. */
static enum disk_strike strike(bool is_note)
{
    if (used == NULL) {
        return DISK_GOOD;
    }
    if (used->is_dead) {
        return DISK_BEFORE;
    }
    if (used->strike == DISK_GOOD || used->left-- > 0) {
        return DISK_GOOD;
    }
    enum disk_strike now = used->strike;
    used->strike = DISK_GOOD;
    used->struck = now;
    used->is_dead = now != DISK_FULL;
    used->is_note = is_note;
    used->fulls += now == DISK_FULL;
    return now;
}

static enum copse_err fail(struct copse_error *error, enum disk_strike now)
{
    return now == DISK_FULL ? copse_error_set(error, COPSE_ERR_FULL, "no room, as simulated")
                            : copse_error_set(error, COPSE_ERR_IO, "dead, as simulated");
}

enum copse_err __real_copse_db_commit(struct copse_db_txn *txn, struct copse_error *error);
enum copse_err __wrap_copse_db_commit(struct copse_db_txn *txn, struct copse_error *error);
enum copse_err __wrap_copse_db_commit(struct copse_db_txn *txn, struct copse_error *error)
{
    enum disk_strike now = strike(false);
    if (now == DISK_FULL || now == DISK_BEFORE) {
        copse_db_abort(txn);
        return fail(error, now);
    }
    enum copse_err err = __real_copse_db_commit(txn, error);
    return now == DISK_GOOD ? err : fail(error, now);
}

enum copse_err __real_copse_disk_write(const char *directory, const char *name,
                                       struct copse_slice bytes, struct copse_error *error);
enum copse_err __wrap_copse_disk_write(const char *directory, const char *name,
                                       struct copse_slice bytes, struct copse_error *error);
enum copse_err __wrap_copse_disk_write(const char *directory, const char *name,
                                       struct copse_slice bytes, struct copse_error *error)
{
    enum disk_strike now = strike(true);
    if (now == DISK_FULL || now == DISK_BEFORE) {
        return fail(error, now);
    }
    enum copse_err err = __real_copse_disk_write(directory, name, bytes, error);
    return now == DISK_GOOD ? err : fail(error, now);
}

/* ---- the clock by which a batch is cut into transactions ---- */

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    if (used == NULL) {
        return __real_clock_gettime(clock, out);
    }
    used->us += used->slow == 0 ? 0 : copse_random_below(chance, used->slow);
    out->tv_sec = (time_t)(used->us / 1000000u);
    out->tv_nsec = (long)(used->us % 1000000u) * 1000;
    return 0;
}

int __real_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    return used == NULL ? __real_nanosleep(wanted, left) : 0;
}
