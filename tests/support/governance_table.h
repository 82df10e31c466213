/* Reads the text tables of tests/vectors/governance; the README there says the form. */
#ifndef COPSE_TESTS_SUPPORT_GOVERNANCE_TABLE_H
#define COPSE_TESTS_SUPPORT_GOVERNANCE_TABLE_H

#include "tests/support/governance_model.h"

#define TABLE_EXPECTATIONS_MAX 64
#define TABLE_NAME_MAX 24

enum table_about {
    TABLE_STANDING, /* person, role or MODEL_NONE */
    TABLE_HONOURED, /* entry */
    TABLE_VOID,
    TABLE_HIDDEN,
    TABLE_SHOWN,
    TABLE_CHARTER,
    TABLE_WANTED,
    TABLE_UNWANTED,
};

struct table_expectation {
    enum table_about about;
    int subject;
    int role;
};

struct table_case {
    char title[120];
    struct model_history history;
    char labels[MODEL_ENTRIES_MAX][TABLE_NAME_MAX];
    char persons[MODEL_PERSONS_MAX][TABLE_NAME_MAX];
    char devices[MODEL_DEVICES_MAX][TABLE_NAME_MAX];
    struct table_expectation expectations[TABLE_EXPECTATIONS_MAX];
    int expectation_count;
    uint8_t first_bytes[MODEL_ENTRIES_MAX]; /* that make ids order as the labels do */
};

/* Read the next case from `*text`, which moves behind it. False at the end. A table that cannot be
 * read fails the test. */
bool governance_table_next(struct table_case *out, const char **text);

#endif
