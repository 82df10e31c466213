#include "node/practice/diff.h"

#include "tests/support/cmocka.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3000u
#define SEED 20261123u

static struct copse_diff compare(const char *old_text, const char *new_text,
                                 enum copse_diff_grain grain)
{
    struct copse_diff diff;
    struct copse_diff_pair pair = {copse_bytes_of_string(old_text),
                                   copse_bytes_of_string(new_text)};
    assert_int_equal(copse_diff_init(&diff, &pair, grain, copse_memory_heap()), COPSE_OK);
    return diff;
}

/* Apply the changes to the old text, as whoever receives them would. */
static void patch(char *out, const char *old_text, const char *new_text,
                  const struct copse_diff *diff)
{
    size_t size = 0;
    size_t at = 0;
    for (size_t i = 0; i < diff->count; i++) {
        const struct copse_diff_change *change = &diff->changes[i];
        assert_true(change->old_start >= at);
        assert_true(i == 0 || change->old_start > at); /* something equal between two */
        assert_true(change->old_size + change->new_size > 0);
        memcpy(out + size, old_text + at, change->old_start - at);
        size += change->old_start - at;
        memcpy(out + size, new_text + change->new_start, change->new_size);
        size += change->new_size;
        at = change->old_start + change->old_size;
    }
    memcpy(out + size, old_text + at, strlen(old_text + at) + 1);
}

/* A text of few different words and lines, so that much is equal. Multi-byte words are among them.
 */
static void random_text(char *out, struct copse_random *random, size_t pieces)
{
    static const char *const words[] = {"lens ", "light ", "a ",   "\n",   "bench\n", "straße ",
                                        ", ",    "café",   "光学", "\n\n", ". ",      "torque "};
    size_t size = 0;
    for (size_t i = 0; i < pieces; i++) {
        const char *word = words[copse_random_below(random, COPSE_ARRAY_SIZE(words))];
        memcpy(out + size, word, strlen(word));
        size += strlen(word);
    }
    out[size] = '\0';
}

/* Some words of a text replaced, some taken out, some put in. */
static void random_edit(char *out, const char *text, struct copse_random *random)
{
    size_t size = 0;
    while (*text != '\0') {
        size_t step = 1;
        while ((text[step] & 0xc0) == 0x80) {
            step++;
        }
        uint64_t dice = copse_random_below(random, 30);
        if (dice != 0) {
            memcpy(out + size, text, step);
            size += step;
        }
        if (dice == 1) {
            memcpy(out + size, "ö ", 3);
            size += 3;
        }
        text += step;
    }
    out[size] = '\0';
}

static void diff__patch_of_a_and_the_diff_gives_b(void **state)
{
    (void)state;
    static char a[4096];
    static char b[8192];
    static char result[8192];
    struct copse_random random;
    copse_random_init(&random, SEED);
    for (size_t round = 0; round < ROUNDS; round++) {
        random_text(a, &random, copse_random_below(&random, 60));
        if (copse_random_below(&random, 3) == 0) {
            random_text(b, &random, copse_random_below(&random, 60));
        } else {
            random_edit(b, a, &random);
        }
        for (int grain = COPSE_DIFF_LINES; grain <= COPSE_DIFF_WORDS; grain++) {
            struct copse_diff diff = compare(a, b, (enum copse_diff_grain)grain);
            patch(result, a, b, &diff);
            if (strcmp(result, b) != 0) {
                fail_msg("seed %u round %zu", SEED, round);
            }
            for (size_t i = 0; i < diff.count; i++) {
                assert_true((a[diff.changes[i].old_start] & 0xc0) != 0x80);
                assert_true((b[diff.changes[i].new_start] & 0xc0) != 0x80);
            }
            copse_diff_deinit(&diff);
        }
    }
}

static void diff__equal_texts_have_no_change(void **state)
{
    (void)state;
    struct copse_diff diff = compare("one\ntwo\n", "one\ntwo\n", COPSE_DIFF_WORDS);
    assert_int_equal(diff.count, 0);
    copse_diff_deinit(&diff);
    diff = compare("", "", COPSE_DIFF_WORDS);
    assert_int_equal(diff.count, 0);
    copse_diff_deinit(&diff);
}

static void diff__lines_find_the_shortest_list(void **state)
{
    (void)state;
    /* The example of Myers 1986, figure 2: ABCABBA to CBABAC takes five edits. */
    struct copse_diff diff =
        compare("A\nB\nC\nA\nB\nB\nA\n", "C\nB\nA\nB\nA\nC\n", COPSE_DIFF_LINES);
    size_t edits = 0;
    for (size_t i = 0; i < diff.count; i++) {
        edits += (diff.changes[i].old_size + diff.changes[i].new_size) / 2;
    }
    assert_int_equal(edits, 5);
    copse_diff_deinit(&diff);
}

static void diff__a_word_in_a_long_line_is_one_small_change(void **state)
{
    (void)state;
    const char *old_text = "Hold the lens upright and look at the window through it.\n";
    const char *new_text = "Hold the lens upright and look at the candle through it.\n";
    struct copse_diff diff = compare(old_text, new_text, COPSE_DIFF_WORDS);
    assert_int_equal(diff.count, 1);
    assert_int_equal(diff.changes[0].old_start, strlen("Hold the lens upright and look at the "));
    assert_int_equal(diff.changes[0].old_size, strlen("window"));
    assert_int_equal(diff.changes[0].new_size, strlen("candle"));
    copse_diff_deinit(&diff);
}

/* Otherwise two people who write on at the same place would double the word before it. */
static void diff__what_is_written_on_behind_a_word_leaves_it_alone(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"Push near the hinge", "Push near the hinge first"},
        {"Push near the hinge\n", "Push near the hinge first\n"},
        {"the hinge", "first the hinge"},
        {"oak", "oak tree"},
    };
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(texts); i++) {
        struct copse_diff diff = compare(texts[i][0], texts[i][1], COPSE_DIFF_WORDS);
        assert_int_equal(diff.count, 1);
        assert_int_equal(diff.changes[0].old_size, 0);
        copse_diff_deinit(&diff);
    }
}

static void diff__short_equal_stretch_between_changes_is_absorbed(void **state)
{
    (void)state;
    /* "of" between two changed words stands for itself in neither text. */
    struct copse_diff diff =
        compare("alpha of gamma stays here\n", "beta of delta stays here\n", COPSE_DIFF_WORDS);
    assert_int_equal(diff.count, 1);
    assert_int_equal(diff.changes[0].old_size, strlen("alpha of gamma"));
    copse_diff_deinit(&diff);
}

static void diff__stretch_no_longer_than_both_neighbours_is_absorbed(void **state)
{
    (void)state;
    struct copse_diff diff =
        compare("electricity through magnetism, and on\n",
                "mechanics through thermodynamics, and on\n", COPSE_DIFF_WORDS);
    assert_int_equal(diff.count, 1);
    copse_diff_deinit(&diff);
    diff = compare("a stays the same for a long while b\n", "x stays the same for a long while y\n",
                   COPSE_DIFF_WORDS);
    assert_int_equal(diff.count, 2);
    copse_diff_deinit(&diff);
}

static void diff__newline_is_never_absorbed(void **state)
{
    (void)state;
    struct copse_diff diff =
        compare("one long line of words\n\nanother line of words\n",
                "quite different things\n\nall of it is changed\n", COPSE_DIFF_WORDS);
    assert_true(diff.count >= 2);
    copse_diff_deinit(&diff);
}

static void diff__group_with_too_many_edits_is_replaced_whole(void **state)
{
    (void)state;
    size_t lines = COPSE_DIFF_EDITS_MAX;
    char *old_text = calloc(lines + 1, 7);
    char *new_text = calloc(lines + 1, 7);
    assert_non_null(old_text);
    assert_non_null(new_text);
    for (size_t i = 0; i < lines; i++) {
        (void)snprintf(old_text + 7 * i, 8, "%6zu\n", i);
        (void)snprintf(new_text + 7 * i, 8, "%6zx\n", i + 1000000);
    }
    struct copse_diff diff = compare(old_text, new_text, COPSE_DIFF_LINES);
    assert_int_equal(diff.count, 1);
    assert_int_equal(diff.changes[0].old_size, strlen(old_text));
    assert_int_equal(diff.changes[0].new_size, strlen(new_text));
    copse_diff_deinit(&diff);
    free(old_text);
    free(new_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diff__patch_of_a_and_the_diff_gives_b),
        cmocka_unit_test(diff__equal_texts_have_no_change),
        cmocka_unit_test(diff__lines_find_the_shortest_list),
        cmocka_unit_test(diff__a_word_in_a_long_line_is_one_small_change),
        cmocka_unit_test(diff__what_is_written_on_behind_a_word_leaves_it_alone),
        cmocka_unit_test(diff__short_equal_stretch_between_changes_is_absorbed),
        cmocka_unit_test(diff__stretch_no_longer_than_both_neighbours_is_absorbed),
        cmocka_unit_test(diff__newline_is_never_absorbed),
        cmocka_unit_test(diff__group_with_too_many_edits_is_replaced_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
