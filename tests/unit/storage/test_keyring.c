/* Tests of storage/keyring.c. */
#include "storage/keyring.h"

#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    char home[256];
    struct copse_keyring *keyring;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(fixture->home, sizeof fixture->home, "%s/copse-keyring-XXXXXX",
                   temporary != NULL ? temporary : ".");
    assert_non_null(mkdtemp(fixture->home));
    assert_int_equal(copse_key_self_test(), COPSE_OK);
    assert_int_equal(copse_keyring_create(fixture->home, NULL, copse_memory_heap(), NULL),
                     COPSE_OK);
    assert_int_equal(
        copse_keyring_open(&fixture->keyring, fixture->home, copse_memory_heap(), NULL), COPSE_OK);
    *state = fixture;
    return 0;
}

static void path_of(char out[400], const struct fixture *fixture)
{
    (void)snprintf(out, 400, "%s/%s", fixture->home, COPSE_KEYRING_FILE);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char path[400];
    path_of(path, fixture);
    copse_keyring_close(fixture->keyring);
    (void)unlink(path);
    (void)rmdir(fixture->home);
    free(fixture);
    return 0;
}

static void reopen(struct fixture *fixture)
{
    copse_keyring_close(fixture->keyring);
    fixture->keyring = NULL;
    assert_int_equal(
        copse_keyring_open(&fixture->keyring, fixture->home, copse_memory_heap(), NULL), COPSE_OK);
}

static void keyring__is_a_file_for_its_owner_only(void **state)
{
    struct fixture *fixture = *state;
    char path[400];
    struct stat status;
    path_of(path, fixture);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0644), 0);
    struct copse_keyring *second = NULL;
    struct copse_error error = {""};
    assert_int_equal(copse_keyring_open(&second, fixture->home, copse_memory_heap(), &error),
                     COPSE_ERR_REFUSED);
    assert_non_null(strstr(error.text, "chmod 600"));
}

static void keyring__is_not_made_twice(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(copse_keyring_create(fixture->home, NULL, copse_memory_heap(), NULL),
                     COPSE_ERR_EXISTS);
}

static void keyring__certifies_its_device(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(copse_key_verify(copse_key_ed25519(), copse_keyring_person(fixture->keyring),
                                      COPSE_KEY_DEVICE,
                                      copse_bytes_of_id(copse_keyring_device(fixture->keyring)),
                                      copse_keyring_certificate(fixture->keyring)),
                     COPSE_OK);
}

static void keyring__gives_the_root_key_for_the_code(void **state)
{
    struct fixture *fixture = *state;
    struct copse_keyring_code code;
    struct copse_secret root;
    struct copse_signature signature;
    assert_int_equal(copse_keyring_code(fixture->keyring, &code), COPSE_OK);
    assert_int_equal(strlen(code.text), COPSE_KEYRING_CODE_BYTES - 1);
    assert_int_equal(copse_keyring_root(fixture->keyring, &root, code.text), COPSE_OK);
    struct copse_slice message = copse_bytes_of_string("message");
    copse_key_sign(copse_key_ed25519(), &signature, COPSE_KEY_ROOT, message, &root);
    assert_int_equal(copse_key_verify(copse_key_ed25519(), copse_keyring_person(fixture->keyring),
                                      COPSE_KEY_ROOT, message, &signature),
                     COPSE_OK);
    copse_key_forget(&root);
}

static void keyring__reads_a_code_in_any_case_and_spacing(void **state)
{
    struct fixture *fixture = *state;
    struct copse_keyring_code code;
    assert_int_equal(copse_keyring_code(fixture->keyring, &code), COPSE_OK);
    char typed[128];
    size_t size = 0;
    for (const char *at = code.text; *at != '\0'; at++) {
        char letter = *at;
        if (letter == '0') {
            letter = 'o';
        } else if (letter == '1') {
            letter = 'l';
        } else if (letter >= 'A' && letter <= 'Z') {
            letter = (char)(letter - 'A' + 'a');
        } else if (letter == '-') {
            typed[size++] = ' ';
            letter = ' ';
        }
        typed[size++] = letter;
    }
    typed[size] = '\0';
    struct copse_secret root;
    assert_int_equal(copse_keyring_root(fixture->keyring, &root, typed), COPSE_OK);
    copse_key_forget(&root);
}

static void keyring__tells_a_typing_error_from_another_code(void **state)
{
    struct fixture *fixture = *state;
    struct copse_keyring_code code;
    struct copse_secret root;
    assert_int_equal(copse_keyring_code(fixture->keyring, &code), COPSE_OK);
    /* Every place mistyped once: the checksum of 12 bits misses one in 4,096. */
    size_t told = 0;
    size_t tried = 0;
    for (size_t i = 0; code.text[i] != '\0'; i++) {
        struct copse_keyring_code wrong = code;
        if (wrong.text[i] == '-') {
            continue;
        }
        wrong.text[i] = wrong.text[i] == 'A' ? 'B' : 'A';
        tried++;
        enum copse_err err = copse_keyring_root(fixture->keyring, &root, wrong.text);
        assert_int_not_equal(err, COPSE_OK);
        told += err == COPSE_ERR_DECODE ? 1 : 0;
    }
    assert_int_equal(tried, 28);
    assert_true(told >= 27);
    assert_int_equal(copse_keyring_root(fixture->keyring, &root, "7K3M"), COPSE_ERR_DECODE);
    struct copse_id person;
    assert_int_equal(copse_keyring_read_code(&person, "7K3M"), COPSE_ERR_DECODE);
    assert_int_equal(copse_keyring_read_code(&person, code.text), COPSE_OK);
    assert_memory_equal(&person, copse_keyring_person(fixture->keyring), sizeof person);
    /* Another person's code, typed well. */
    struct fixture *other = NULL;
    void *other_state = NULL;
    assert_int_equal(setup(&other_state), 0);
    other = other_state;
    struct copse_keyring_code others;
    assert_int_equal(copse_keyring_code(other->keyring, &others), COPSE_OK);
    assert_int_equal(copse_keyring_root(fixture->keyring, &root, others.text), COPSE_ERR_SIGNATURE);
    assert_int_equal(teardown(&other_state), 0);
}

static void group_of(char out[5], const struct copse_keyring_code *code, size_t group)
{
    memcpy(out, code->text + group * 5, 4);
    out[4] = '\0';
}

static void keyring__wipes_the_code_when_two_groups_were_typed_back(void **state)
{
    struct fixture *fixture = *state;
    struct copse_keyring_code code;
    char groups[2][5];
    assert_int_equal(copse_keyring_code(fixture->keyring, &code), COPSE_OK);
    group_of(groups[0], &code, 1);
    group_of(groups[1], &code, 5);
    struct copse_keyring_answer wrong[2] = {{1, groups[0]}, {4, groups[1]}};
    struct copse_keyring_answer same[2] = {{1, groups[0]}, {1, groups[0]}};
    struct copse_keyring_answer right[2] = {{1, groups[0]}, {5, groups[1]}};
    if (strcmp(groups[1], code.text + 20) != 0) {
        assert_int_equal(copse_keyring_confirm(fixture->keyring, wrong, NULL), COPSE_ERR_SIGNATURE);
    }
    assert_int_equal(copse_keyring_confirm(fixture->keyring, same, NULL), COPSE_ERR_SIGNATURE);
    assert_false(copse_keyring_is_confirmed(fixture->keyring));
    assert_int_equal(copse_keyring_confirm(fixture->keyring, right, NULL), COPSE_OK);
    reopen(fixture);
    assert_true(copse_keyring_is_confirmed(fixture->keyring));
    struct copse_keyring_code gone;
    assert_int_equal(copse_keyring_code(fixture->keyring, &gone), COPSE_ERR_NOT_FOUND);
    char path[400];
    char bytes[2048];
    path_of(path, fixture);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    for (size_t i = 0; i + 9 <= size; i++) {
        assert_memory_not_equal(bytes + i, code.text, 9);
    }
    struct copse_secret root;
    assert_int_equal(copse_keyring_root(fixture->keyring, &root, code.text), COPSE_OK);
    copse_key_forget(&root);
}

static void keyring__makes_another_device_of_the_same_person(void **state)
{
    struct fixture *fixture = *state;
    struct copse_keyring_code code;
    assert_int_equal(copse_keyring_code(fixture->keyring, &code), COPSE_OK);
    char home[300];
    (void)snprintf(home, sizeof home, "%s/second", fixture->home);
    assert_int_equal(copse_keyring_create(home, "wrong", copse_memory_heap(), NULL),
                     COPSE_ERR_DECODE);
    assert_int_equal(copse_keyring_create(home, code.text, copse_memory_heap(), NULL), COPSE_OK);
    struct copse_keyring *second = NULL;
    assert_int_equal(copse_keyring_open(&second, home, copse_memory_heap(), NULL), COPSE_OK);
    assert_true(copse_bytes_equal_ids(copse_keyring_person(second),
                                      copse_keyring_person(fixture->keyring)));
    assert_false(copse_bytes_equal_ids(copse_keyring_device(second),
                                       copse_keyring_device(fixture->keyring)));
    assert_true(copse_keyring_is_confirmed(second));
    copse_keyring_close(second);
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", home, COPSE_KEYRING_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(home), 0);
}

/* A code and the person it makes, so that another implementation can compare. */
static void keyring__makes_the_person_from_the_code_alone(void **state)
{
    struct fixture *fixture = *state;
    char home[300];
    char path[400];
    (void)snprintf(home, sizeof home, "%s/known", fixture->home);
    assert_int_equal(
        copse_keyring_create(home, "000G-40R4-0M30-E209-185G-R38E-1ZWM", copse_memory_heap(), NULL),
        COPSE_OK);
    struct copse_keyring *known = NULL;
    assert_int_equal(copse_keyring_open(&known, home, copse_memory_heap(), NULL), COPSE_OK);
    char hex[COPSE_ID_HEX_BYTES];
    copse_bytes_id_to_hex(hex, copse_keyring_person(known));
    assert_string_equal(hex, "a0bbc1fe15f5c052b6380d595314afe578bcc946b7b8ea1e74058edf0fa10aa5");
    copse_keyring_close(known);
    (void)snprintf(path, sizeof path, "%s/%s", home, COPSE_KEYRING_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(home), 0);
}

static void keyring__renews_the_device_for_the_code(void **state)
{
    struct fixture *fixture = *state;
    struct copse_keyring_code code;
    assert_int_equal(copse_keyring_code(fixture->keyring, &code), COPSE_OK);
    struct copse_id before = *copse_keyring_device(fixture->keyring);
    assert_int_equal(copse_keyring_renew(fixture->keyring, code.text, NULL), COPSE_OK);
    reopen(fixture);
    assert_false(copse_bytes_equal_ids(copse_keyring_device(fixture->keyring), &before));
    keyring__certifies_its_device(state);
}

static void keyring__tells_damage(void **state)
{
    struct fixture *fixture = *state;
    char path[400];
    path_of(path, fixture);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    for (long at = 0; at < status.st_size; at += 13) {
        FILE *file = fopen(path, "r+b");
        assert_non_null(file);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        int old = fgetc(file);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        (void)fputc(old ^ 0x80, file);
        assert_int_equal(fclose(file), 0);
        struct copse_keyring *second = NULL;
        enum copse_err err = copse_keyring_open(&second, fixture->home, copse_memory_heap(), NULL);
        /* Nothing here vouches for the node key, which names the node anew, nor for the code beyond
         * its length: a damaged one is told when it is typed. */
        if (err != COPSE_OK) {
            assert_true(err == COPSE_ERR_CORRUPT || err == COPSE_ERR_VERSION ||
                        err == COPSE_ERR_REFUSED);
        }
        copse_keyring_close(second);
        file = fopen(path, "r+b");
        assert_non_null(file);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        (void)fputc(old, file);
        assert_int_equal(fclose(file), 0);
    }
    assert_int_equal(truncate(path, status.st_size / 2), 0);
    struct copse_keyring *second = NULL;
    assert_int_equal(copse_keyring_open(&second, fixture->home, copse_memory_heap(), NULL),
                     COPSE_ERR_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keyring__is_a_file_for_its_owner_only),
        TEST(keyring__is_not_made_twice),
        TEST(keyring__certifies_its_device),
        TEST(keyring__gives_the_root_key_for_the_code),
        TEST(keyring__reads_a_code_in_any_case_and_spacing),
        TEST(keyring__tells_a_typing_error_from_another_code),
        TEST(keyring__wipes_the_code_when_two_groups_were_typed_back),
        TEST(keyring__makes_another_device_of_the_same_person),
        TEST(keyring__makes_the_person_from_the_code_alone),
        TEST(keyring__renews_the_device_for_the_code),
        TEST(keyring__tells_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
