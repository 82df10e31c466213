/* Makes valid, signed entries for tests. */
#ifndef COPSE_TESTS_SUPPORT_BUILD_ENTRY_H
#define COPSE_TESTS_SUPPORT_BUILD_ENTRY_H

#include "protocol/entry/entry.h"

/* An entry with everything that belongs to it. Slices in `entry` point into `bytes`. */
struct copse_built {
    struct copse_id id;
    struct copse_entry entry;
    struct copse_signature signature;
    uint8_t bytes[COPSE_ENTRY_BYTES_MAX];
    size_t size;
    uint8_t *salted; /* its content, or NULL; freed by copse_build_entry_free */
    size_t salted_size;
};

struct copse_build {
    const struct copse_key_scheme *scheme;
    const struct copse_id *author;
    const struct copse_secret *secret;
    const struct copse_id *community; /* NULL: a genesis */
    enum copse_entry_class class;
    const struct copse_built *prev;  /* NULL: none. For class 1 seq 0: the JOIN */
    const struct copse_under *under; /* NULL: none */
    uint64_t hlc;
    struct copse_slice op;
    struct copse_slice content; /* without salt; the salt is made from its bytes */
    struct copse_slice ext;
};

/* Make one. Fails the test when it cannot be encoded. Freed with copse_build_entry_free. */
struct copse_built *copse_build_entry(const struct copse_build *build);
void copse_build_entry_free(struct copse_built *built);

struct copse_slice copse_build_entry_bytes(const struct copse_built *built);
struct copse_slice copse_build_entry_salted(const struct copse_built *built);

#endif
