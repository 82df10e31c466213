/* Bytes as a small history of a community (SPEC 7): each ten are one entry that somebody writes.
 * It is evaluated in two orders of delivery, which must leave the same rows, and by the naive
 * model, which must honour the same entries.
 */
#include "tests/support/governance_run.h"
#include "tests/support/hash_scheme.h"

#include <string.h>

#define RECORD_BYTES 10u
#define ENTRIES_MAX 40
#define PERSONS 4
#define DEVICES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An entry before `count`, from a byte. */
static int earlier(uint8_t byte, int count)
{
    return (int)byte % count;
}

static void add(struct model_list *list, int item)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i] == item) {
            return;
        }
    }
    if (list->count < MODEL_LIST_MAX) {
        list->items[list->count++] = item;
    }
}

/* The entries whose places from the end back are the bits of a byte. */
static void add_bits(struct model_list *list, uint8_t bits, int count)
{
    for (int i = 0; i < 8 && i < count; i++) {
        if (((unsigned)bits >> (unsigned)i & 1u) != 0) {
            add(list, count - 1 - i);
        }
    }
}

/* The entry that a device's next one of a class follows: its last one, or one before that. */
static int find_prev(const struct model_history *history, int device, int class, unsigned back)
{
    int found = MODEL_NONE;
    for (int i = history->count; i > 0; i--) {
        const struct model_entry *entry = &history->entries[i - 1];
        bool may_follow = model_class(entry) == class || (class == 1 && entry->prev == MODEL_NONE);
        if (entry->device != device || !may_follow) {
            continue;
        }
        found = i - 1;
        if (back-- == 0) {
            break;
        }
    }
    return found;
}

static void begin(struct model_history *history, const uint8_t *data)
{
    struct model_entry genesis;
    memset(&genesis, 0, sizeof genesis);
    genesis.prev = genesis.of = genesis.of_device = genesis.person = MODEL_NONE;
    genesis.until = -1;
    for (int i = 0; i <= data[0] % PERSONS; i++) {
        add(&genesis.founders, i);
    }
    genesis.role = data[1] % 4 < 2 ? MODEL_NONE : data[1] % 4;
    genesis.may_invite = data[2] % 2 != 0;
    genesis.may_guests = data[3] % 2 != 0;
    history->person_count = PERSONS;
    history->device_count = DEVICES;
    history->entries[history->count++] = genesis;
}

static void add_entry(struct model_history *history, const uint8_t record[RECORD_BYTES])
{
    struct model_entry entry;
    int count = history->count;
    memset(&entry, 0, sizeof entry);
    entry.kind = (enum model_kind)(1 + record[0] % MODEL_DATA);
    entry.device = record[1] % DEVICES;
    entry.hlc = record[2] % 64;
    entry.prev = entry.kind == MODEL_JOIN ? MODEL_NONE
                                          : find_prev(history, entry.device, model_class(&entry),
                                                      record[1] / DEVICES % 4);
    if (entry.kind != MODEL_JOIN && entry.prev == MODEL_NONE) {
        return;
    }
    bool cites = record[3] < 192 || entry.kind == MODEL_JOIN;
    entry.grant = cites ? earlier(record[3], count) : MODEL_NONE;
    entry.charter = cites ? earlier(record[4], count) : MODEL_NONE;
    entry.person = record[5] % PERSONS;
    entry.role = entry.kind == MODEL_INVITE ? 2 + record[6] % 2 : record[6] % 4;
    entry.is_root_signed = entry.kind == MODEL_LEAVE && record[6] % 2 != 0;
    entry.to =
        entry.kind == MODEL_LEAVE ? (entry.is_root_signed ? record[5] % 2 : 0) : record[6] % 3;
    entry.until = record[5] > 200 ? record[6] % 64 : -1;
    entry.of = earlier(record[7], count);
    bool takes_device =
        entry.kind == MODEL_DEVICE_REVOKE || (entry.kind == MODEL_ACCEPT && record[6] % 2 != 0);
    entry.of_device = takes_device ? record[7] % DEVICES : MODEL_NONE;
    bool is_signed_inside =
        entry.kind == MODEL_JOIN || entry.kind == MODEL_DEVICE_REVOKE || entry.is_root_signed;
    entry.has_bad_signature = is_signed_inside && record[9] == 251;
    entry.has_bad_invite = record[9] == 252;
    entry.is_refused = record[9] == 253;
    entry.may_invite = record[6] % 2 != 0;
    entry.may_guests = record[7] % 2 != 0;
    add(&entry.over, earlier(record[7], count));
    add(&entry.grants, earlier(record[7], count));
    add_bits(&entry.keep, record[9], count);
    add_bits(&entry.cut, record[8], count);
    history->entries[history->count++] = entry;
}

/* Another order: the last log first, as far as each entry's predecessor allows. */
static void reorder(int order[MODEL_ENTRIES_MAX], const struct model_history *history)
{
    bool is_placed[MODEL_ENTRIES_MAX] = {false};
    int count = 0;
    while (count < history->count) {
        for (int i = history->count - 1; i >= 0; i--) {
            int prev = history->entries[i].prev;
            if (!is_placed[i] && (prev == MODEL_NONE || is_placed[prev])) {
                is_placed[i] = true;
                order[count++] = i;
            }
        }
    }
}

static void check(const struct model_history *history, const struct governance_built *built)
{
    static struct governance_outcome first;
    static struct governance_outcome second;
    static struct model_result model;
    bool held[MODEL_ENTRIES_MAX];
    int order[MODEL_ENTRIES_MAX];
    memset(held, true, sizeof held);
    for (int i = 0; i < history->count; i++) {
        order[i] = i;
    }
    governance_run(&first, history, built, copse_hash_scheme(), order, history->count);
    reorder(order, history);
    governance_run(&second, history, built, copse_hash_scheme(), order, history->count);
    COPSE_ASSERT(copse_bytes_equal_ids(&first.digest, &second.digest));
    model_evaluate(&model, history, held);
    for (int i = 0; i < history->count; i++) {
        COPSE_ASSERT(governance_run_counts(&first, i) == model.honoured[i]);
        COPSE_ASSERT(first.wanted[i] == model.wanted[i]);
    }
    for (int i = 0; i < history->person_count; i++) {
        COPSE_ASSERT(first.role[i] == model.role[i]);
    }
    COPSE_ASSERT(first.charter == model.charter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model_history history;
    static struct governance_built built;
    struct governance_build_options options = {copse_hash_scheme(), NULL};
    if (size < 4) {
        return 0;
    }
    memset(&history, 0, sizeof history);
    begin(&history, data);
    for (size_t at = 4; at + RECORD_BYTES <= size && history.count < ENTRIES_MAX;
         at += RECORD_BYTES) {
        add_entry(&history, data + at);
    }
    governance_build(&built, &history, &options);
    check(&history, &built);
    governance_build_free(&built);
    return 0;
}
