#include "storage/db.h"
#include "storage/restore.h"
#include "storage/store.h"
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct home {
    char path[64];
    char file[96];
};

static int setup(void **state)
{
    struct home *home = calloc(1, sizeof(*home));
    assert_non_null(home);
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(home->path, sizeof(home->path), "%s/copse-restore-XXXXXX",
                   temporary != NULL ? temporary : ".");
    assert_non_null(mkdtemp(home->path));
    (void)snprintf(home->file, sizeof(home->file), "%s/backup", home->path);
    *state = home;
    return 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool is_there(const struct home *home, const char *name)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", home->path, name);
    return access(path, F_OK) == 0;
}

static int teardown(void **state)
{
    struct home *home = *state;
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s", home->path, COPSE_DB_FILE);
    (void)unlink(path);
    (void)unlink(home->file);
    assert_int_equal(rmdir(home->path), 0); /* and nothing else was left */
    free(home);
    return 0;
}

static void restore__puts_a_copy_in_place(void **state)
{
    struct home *home = *state;
    struct copse_disk_path where;
    struct copse_error error = {.text = ""};
    char kept[8] = "";
    char path[160];
    write_file(home->file, "bytes");
    assert_int_equal(copse_restore_begin(&where, home->path, home->file, &error), COPSE_OK);
    assert_false(is_there(home, COPSE_DB_FILE));
    assert_int_equal(copse_restore_end(&where, home->path, COPSE_OK, &error), COPSE_OK);
    (void)snprintf(path, sizeof(path), "%s/%s", home->path, COPSE_DB_FILE);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(kept, sizeof(kept), file));
    (void)fclose(file);
    assert_string_equal(kept, "bytes");
    assert_true(access(home->file, F_OK) == 0);

    assert_int_equal(copse_restore_begin(&where, home->path, home->file, &error), COPSE_ERR_EXISTS);
}

static void restore__takes_away_what_was_not_wanted(void **state)
{
    struct home *home = *state;
    struct copse_disk_path where;
    struct copse_error error = {.text = ""};
    write_file(home->file, "bytes");
    assert_int_equal(copse_restore_begin(&where, home->path, home->file, &error), COPSE_OK);
    assert_int_equal(copse_restore_end(&where, home->path, COPSE_ERR_CORRUPT, &error),
                     COPSE_ERR_CORRUPT);
    assert_false(is_there(home, COPSE_DB_FILE));
    assert_false(is_there(home, "restore"));
}

/* A process that was killed in between has left its folder. */
static void restore__begins_anew_after_one_that_was_cut_short(void **state)
{
    struct home *home = *state;
    struct copse_disk_path where;
    struct copse_error error = {.text = ""};
    write_file(home->file, "bytes");
    assert_int_equal(copse_restore_begin(&where, home->path, home->file, &error), COPSE_OK);
    assert_int_equal(copse_restore_begin(&where, home->path, home->file, &error), COPSE_OK);
    assert_int_equal(copse_restore_end(&where, home->path, COPSE_OK, &error), COPSE_OK);
    assert_true(is_there(home, COPSE_DB_FILE));
}

static void restore__tells_what_is_no_backup(void **state)
{
    struct home *home = *state;
    struct copse_disk_path where;
    struct copse_error error = {.text = ""};
    assert_int_equal(copse_restore_begin(&where, home->path, home->file, &error),
                     COPSE_ERR_NOT_FOUND);
    assert_int_equal(copse_restore_begin(&where, home->path, home->path, &error), COPSE_ERR_FORM);
    assert_false(is_there(home, "restore"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(restore__puts_a_copy_in_place),
        TEST(restore__takes_away_what_was_not_wanted),
        TEST(restore__begins_anew_after_one_that_was_cut_short),
        TEST(restore__tells_what_is_no_backup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
