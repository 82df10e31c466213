/* Makes real, signed entries of the histories of governance_model.h. */
#ifndef COPSE_TESTS_SUPPORT_GOVERNANCE_BUILD_H
#define COPSE_TESTS_SUPPORT_GOVERNANCE_BUILD_H

#include "protocol/entry/key.h"
#include "tests/support/governance_model.h"
#include "tests/support/memory_source.h"

struct governance_build_options {
    const struct copse_key_scheme *scheme;
    /* The first byte each id shall have, found by trying; NULL: as it comes. */
    const uint8_t *first_bytes;
};

/* One entry as it travels. */
struct governance_built_entry {
    uint8_t *bytes;
    size_t size;
    struct copse_id id;
    struct copse_signature signature;
    uint32_t seq;
};

struct governance_built {
    struct governance_built_entry entries[MODEL_ENTRIES_MAX];
    int count;
};

/* Build all entries and set their ids in the history. Fails the test when one cannot be made. */
void governance_build(struct governance_built *out, struct model_history *history,
                      const struct governance_build_options *options);
void governance_build_free(struct governance_built *built);

/* The root key of a person and the device key of a device, for a scheme. */
struct copse_id governance_build_person(const struct copse_key_scheme *scheme, int person);
struct copse_id governance_build_device(const struct copse_key_scheme *scheme, int device);

/* Give an entry to a source. Fails the test if it is not taken. */
void governance_build_add(struct memory_source *source, const struct governance_built *built,
                          int entry);

#endif
