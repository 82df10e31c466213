/* Encodes, hashes, signs; the slices of the copy are found again by decoding it. */
#include "tests/support/build_entry.h"

#include "tests/support/cmocka.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void add_content(struct copse_built *built, const struct copse_build *build)
{
    built->salted_size = COPSE_CONTENT_SALT_BYTES + build->content.size;
    built->salted = malloc(built->salted_size);
    assert_non_null(built->salted);
    (void)crypto_generichash(built->salted, COPSE_CONTENT_SALT_BYTES, build->content.data,
                             build->content.size, NULL, 0);
    memcpy(built->salted + COPSE_CONTENT_SALT_BYTES, build->content.data, build->content.size);
    built->entry.content_size = (uint32_t)build->content.size;
    copse_id_of_content(&built->entry.content_hash, copse_build_entry_salted(built));
}

struct copse_built *copse_build_entry(const struct copse_build *build)
{
    struct copse_built *built = calloc(1, sizeof *built);
    assert_non_null(built);
    struct copse_entry *entry = &built->entry;
    if (build->community != NULL) {
        entry->community = *build->community;
    }
    entry->author = *build->author;
    entry->class = build->class;
    entry->hlc = build->hlc;
    entry->op = build->op;
    entry->ext = build->ext;
    if (build->prev != NULL) {
        entry->has_prev = true;
        entry->prev = build->prev->id;
        entry->seq = build->prev->entry.class == build->class ? build->prev->entry.seq + 1 : 0;
    }
    if (build->under != NULL) {
        entry->has_under = true;
        entry->under = *build->under;
    }
    if (build->content.size > 0) {
        add_content(built, build);
    }
    struct copse_slice bytes = {NULL, 0};
    assert_int_equal(copse_entry_encode(&bytes, built->bytes, entry), COPSE_OK);
    built->size = bytes.size;
    copse_id_of_entry(&built->id, bytes);
    assert_int_equal(copse_entry_decode(&built->entry, bytes), COPSE_OK);
    copse_key_sign(build->scheme, &built->signature, COPSE_KEY_ENTRY, copse_bytes_of_id(&built->id),
                   build->secret);
    return built;
}

void copse_build_entry_free(struct copse_built *built)
{
    if (built != NULL) {
        free(built->salted);
        free(built);
    }
}

struct copse_slice copse_build_entry_bytes(const struct copse_built *built)
{
    return (struct copse_slice){built->bytes, built->size};
}

struct copse_slice copse_build_entry_salted(const struct copse_built *built)
{
    return (struct copse_slice){built->salted, built->salted_size};
}
