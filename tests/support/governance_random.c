/* How it works: entry by entry, somebody with a device does something, more often than not with a
 * grant they hold and about what exists. Which acts are likely differs from history to history,
 * so that each sort of trouble gets its share.
 */
#include "tests/support/governance_random.h"

#include <string.h>

#define LEAVES_MAX 18

/* What a history is mostly about: these kinds become likelier. */
enum focus {
    FOCUS_NOTHING,
    FOCUS_REMOVAL,
    FOCUS_DEVICES,
    FOCUS_CHARTERS,
    FOCUS_DOORS,
    FOCUS_RECALL
};
#define FOCUS_COUNT 6

struct maker {
    struct model_history *out;
    struct copse_random *random;
    int owner[MODEL_DEVICES_MAX]; /* person */
    int weights[MODEL_DATA + 1];
    int weight_total;
    enum focus focus;
};

static int below(struct maker *maker, int limit)
{
    return (int)copse_random_below(maker->random, (uint64_t)limit);
}

static bool one_in(struct maker *maker, int n)
{
    return below(maker, n) == 0;
}

static struct model_entry *at(struct maker *maker, int i)
{
    return &maker->out->entries[i];
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

static bool has(const struct model_list *list, int item)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i] == item) {
            return true;
        }
    }
    return false;
}

static struct model_entry blank(struct maker *maker, enum model_kind kind)
{
    struct model_entry entry;
    memset(&entry, 0, sizeof entry);
    entry.kind = kind;
    entry.prev = entry.grant = entry.charter = entry.of = entry.of_device = MODEL_NONE;
    entry.person = MODEL_NONE;
    entry.role = MODEL_NONE;
    entry.until = -1;
    entry.hlc = one_in(maker, 8) ? below(maker, maker->out->count + 2) : maker->out->count + 1;
    return entry;
}

/* ---- choosing ---- */

/* An entry of one of the kinds (a mask), the later the likelier; MODEL_NONE if there is none. */
static int pick(struct maker *maker, unsigned mask)
{
    int found = MODEL_NONE;
    for (int i = 0; i < maker->out->count; i++) {
        if ((mask >> at(maker, i)->kind & 1u) != 0 && (found == MODEL_NONE || one_in(maker, 3))) {
            found = i;
        }
    }
    return found;
}

static unsigned mask_of(enum model_kind kind)
{
    return 1u << kind;
}

static unsigned endings(void)
{
    return mask_of(MODEL_REMOVE) | mask_of(MODEL_REVOKE) | mask_of(MODEL_RECALL);
}

/* A grant that the person holds, as far as one sees at once; now and then any entry. */
static int pick_grant(struct maker *maker, int person)
{
    if (one_in(maker, 25)) {
        return below(maker, maker->out->count);
    }
    int found = has(&at(maker, 0)->founders, person) ? 0 : MODEL_NONE;
    for (int i = 1; i < maker->out->count; i++) {
        const struct model_entry *entry = at(maker, i);
        bool holds = (entry->kind == MODEL_GRANT && entry->person == person) ||
                     (entry->kind == MODEL_JOIN && entry->person == person && one_in(maker, 2));
        if (holds && (found == MODEL_NONE || one_in(maker, 2))) {
            found = i;
        }
    }
    return found;
}

static int pick_charter(struct maker *maker)
{
    return one_in(maker, 2) ? 0 : pick(maker, mask_of(MODEL_CHARTER) | mask_of(MODEL_GENESIS));
}

static bool is_of_person(struct maker *maker, int entry, int person)
{
    const struct model_entry *join = at(maker, model_join_of(maker->out, entry));
    if (join->kind == MODEL_GENESIS) {
        return join->founders.items[0] == person;
    }
    return join->kind == MODEL_JOIN && join->person == person;
}

/* Leaves: late entries of the person's logs, each as likely as not; sometimes somebody else's. */
static void pick_cut(struct maker *maker, struct model_entry *entry, int person)
{
    int style = below(maker, 4); /* none, few, many, the last of each */
    for (int i = 0; style > 0 && i < maker->out->count; i++) {
        bool is_of = is_of_person(maker, i, person) || one_in(maker, 20);
        if (is_of && (style == 3 || one_in(maker, style == 1 ? 4 : 2)) && entry->cut.count < 12) {
            add(&entry->cut, i);
            if (one_in(maker, 25)) {
                add(&entry->bad_leaves, i);
            }
        }
    }
}

static void pick_over(struct maker *maker, struct model_entry *entry, int person)
{
    for (int i = 0; i < maker->out->count; i++) {
        const struct model_entry *named = at(maker, i);
        bool is_about = ((named->kind == MODEL_REMOVE || named->kind == MODEL_RECALL) &&
                         named->person == person) ||
                        (named->kind == MODEL_LEAVE && is_of_person(maker, i, person));
        if (is_about ? !one_in(maker, 3) : one_in(maker, 60)) {
            add(&entry->over, i);
        }
    }
}

/* ---- places in logs ---- */

static int count_leaves(struct maker *maker, int entry, int class)
{
    int leaves = 0;
    for (int i = 0; i < maker->out->count; i++) {
        if (model_join_of(maker->out, i) != model_join_of(maker->out, entry) ||
            model_class(at(maker, i)) != class) {
            continue;
        }
        bool is_leaf = true;
        for (int k = 0; k < maker->out->count; k++) {
            is_leaf = is_leaf && (at(maker, k)->prev != i || model_class(at(maker, k)) != class);
        }
        leaves += is_leaf ? 1 : 0;
    }
    return leaves;
}

static bool has_child(struct maker *maker, int entry, int class)
{
    for (int i = 0; i < maker->out->count; i++) {
        if (at(maker, i)->prev == entry && model_class(at(maker, i)) == class) {
            return true;
        }
    }
    return false;
}

/* What the next entry of a device follows; mostly its last one. MODEL_NONE: the device has none. */
static int pick_prev(struct maker *maker, int device, int class)
{
    int found = MODEL_NONE;
    bool forks = one_in(maker, 12);
    for (int i = 0; i < maker->out->count; i++) {
        const struct model_entry *entry = at(maker, i);
        bool may_follow = entry->device == device &&
                          (model_class(entry) == class ||
                           (class == 1 && entry->prev == MODEL_NONE && found == MODEL_NONE));
        if (may_follow && (!forks || found == MODEL_NONE || one_in(maker, 3))) {
            found = i;
        }
    }
    bool is_new_branch = found != MODEL_NONE && has_child(maker, found, class);
    if (is_new_branch && count_leaves(maker, found, class) >= LEAVES_MAX) {
        return MODEL_NONE;
    }
    return found;
}

/* ---- entries ---- */

static void put(struct maker *maker, const struct model_entry *entry)
{
    if (maker->out->count < MODEL_ENTRIES_MAX) {
        maker->out->entries[maker->out->count++] = *entry;
    }
}

static void begin(struct maker *maker)
{
    struct model_entry entry = blank(maker, MODEL_GENESIS);
    maker->out->person_count = one_in(maker, 6) ? 8 + below(maker, MODEL_PERSONS_MAX - 7)
                                                : 3 + below(maker, one_in(maker, 2) ? 2 : 4);
    int founders = one_in(maker, 6) ? 4 + below(maker, 2) : 1 + below(maker, 3);
    founders = maker->focus == FOCUS_RECALL && founders < 3 ? 3 : founders;
    for (int i = 0; i < founders && i < maker->out->person_count; i++) {
        add(&entry.founders, i);
    }
    entry.role =
        one_in(maker, maker->focus == FOCUS_DOORS ? 2 : 5) ? 2 + below(maker, 2) : MODEL_NONE;
    entry.may_invite = one_in(maker, 3);
    entry.may_guests = one_in(maker, 3);
    entry.grant = entry.charter = 0;
    entry.device = 0;
    maker->owner[0] = 0;
    maker->out->device_count = 1;
    put(maker, &entry);
}

/* A device comes in; sometimes one that came before, for the same or another person. */
static void join(struct maker *maker)
{
    struct model_entry entry = blank(maker, MODEL_JOIN);
    entry.person = below(maker, maker->out->person_count);
    entry.device = maker->out->device_count;
    if (one_in(maker, 15) || entry.device == MODEL_DEVICES_MAX) {
        entry.device = below(maker, maker->out->device_count);
    } else {
        maker->out->device_count++;
    }
    maker->owner[entry.device] = entry.person;
    int invite = pick(maker, mask_of(MODEL_INVITE));
    int held = pick_grant(maker, entry.person);
    bool by_invite = invite != MODEL_NONE && one_in(maker, 3);
    entry.grant = by_invite ? invite : held == MODEL_NONE ? 0 : held;
    entry.charter = pick_charter(maker);
    entry.has_bad_signature = one_in(maker, 40);
    entry.has_bad_invite = one_in(maker, 30);
    pick_over(maker, &entry, entry.person);
    put(maker, &entry);
}

static void fill_grant(struct maker *maker, struct model_entry *entry)
{
    int about = MODEL_NONE;
    about =
        one_in(maker, 2) ? pick(maker, mask_of(MODEL_REMOVE) | mask_of(MODEL_RECALL)) : MODEL_NONE;
    entry->person = about == MODEL_NONE ? entry->person : at(maker, about)->person;
    entry->role = one_in(maker, 2) ? 0 : below(maker, 4);
    entry->role =
        maker->focus == FOCUS_CHARTERS && !one_in(maker, 4) ? 2 + below(maker, 2) : entry->role;
    entry->until = one_in(maker, 8) ? below(maker, 60) : -1;
    pick_over(maker, entry, entry->person);
}

static void fill_revoke(struct maker *maker, struct model_entry *entry)
{
    for (int i = 1 + below(maker, 2); i > 0; i--) {
        int grant = pick(maker, mask_of(MODEL_GRANT) | mask_of(MODEL_INVITE) | mask_of(MODEL_JOIN) |
                                    mask_of(MODEL_GENESIS));
        add(&entry->grants, grant);
        pick_cut(maker, entry,
                 at(maker, grant)->person == MODEL_NONE ? entry->person : at(maker, grant)->person);
    }
    for (int i = 0; i < maker->out->count; i++) {
        if (at(maker, i)->kind == MODEL_JOIN && one_in(maker, 2)) {
            add(&entry->keep, i);
        }
    }
}

static void fill_accept(struct maker *maker, struct model_entry *entry)
{
    int about = MODEL_NONE;
    entry->of = pick(maker, endings());
    if (entry->of == MODEL_NONE || one_in(maker, 3)) {
        entry->of_device = below(maker, maker->out->device_count);
        pick_cut(maker, entry, maker->owner[entry->of_device]);
    } else {
        about = at(maker, entry->of)->person;
        pick_cut(maker, entry, about == MODEL_NONE ? entry->person : about);
    }
}

static void fill_targets(struct maker *maker, struct model_entry *entry)
{
    int person = maker->owner[entry->device];
    int other = below(maker, maker->out->person_count);
    entry->person = other;
    switch (entry->kind) {
    case MODEL_GENESIS:
    case MODEL_JOIN:
    case MODEL_DATA:
        break;
    case MODEL_GRANT:
        fill_grant(maker, entry);
        break;
    case MODEL_INVITE:
        entry->role = 2 + below(maker, 2);
        entry->until = one_in(maker, 8) ? below(maker, 60) : -1;
        break;
    case MODEL_REMOVE:
        entry->to = one_in(maker, 3) ? 1 + below(maker, 2) : 0;
        pick_cut(maker, entry, other);
        break;
    case MODEL_RECALL:
        entry->person = one_in(maker, 5) ? other : at(maker, 0)->founders.items[0];
        pick_cut(maker, entry, entry->person);
        break;
    case MODEL_REVOKE:
        fill_revoke(maker, entry);
        break;
    case MODEL_ACCEPT:
        fill_accept(maker, entry);
        break;
    case MODEL_LEAVE:
        entry->is_root_signed = !one_in(maker, 3);
        entry->has_bad_signature = entry->is_root_signed && one_in(maker, 12);
        entry->to = entry->is_root_signed ? below(maker, 2) : 0;
        if (entry->is_root_signed) {
            pick_cut(maker, entry, person);
        }
        break;
    case MODEL_DEVICE_REVOKE:
        entry->of_device = below(maker, maker->out->device_count);
        for (int i = 0; i < 3 && maker->owner[entry->of_device] != person; i++) {
            entry->of_device = below(maker, maker->out->device_count);
        }
        entry->has_bad_signature = one_in(maker, 12);
        pick_cut(maker, entry, person);
        break;
    case MODEL_CHARTER:
        entry->may_invite = one_in(maker, 2);
        entry->may_guests = one_in(maker, 2);
        add(&entry->over, pick(maker, mask_of(MODEL_CHARTER) | mask_of(MODEL_GENESIS)));
        if (one_in(maker, 2)) {
            pick_cut(maker, entry, other);
        }
        break;
    case MODEL_ASSENT:
        entry->of = one_in(maker, 5) ? MODEL_NONE : pick(maker, mask_of(MODEL_RECALL));
        entry->of = entry->of == MODEL_NONE ? below(maker, maker->out->count) : entry->of;
        break;
    case MODEL_HIDE:
    case MODEL_UNHIDE:
        entry->of = below(maker, maker->out->count);
        add(&entry->over, below(maker, maker->out->count));
        break;
    }
}

static enum model_kind pick_kind(struct maker *maker)
{
    int left = below(maker, maker->weight_total);
    int kind = 0;
    while (left >= maker->weights[kind]) {
        left -= maker->weights[kind++];
    }
    return (enum model_kind)kind;
}

static void deed(struct maker *maker)
{
    struct model_entry entry = blank(maker, pick_kind(maker));
    if (entry.kind == MODEL_JOIN && !one_in(maker, 15)) {
        join(maker);
        return;
    }
    entry.device = below(maker, maker->out->device_count);
    entry.prev = pick_prev(maker, entry.device, model_class(&entry));
    if (entry.prev == MODEL_NONE) {
        return;
    }
    int person = maker->owner[entry.device];
    bool is_voice = entry.kind == MODEL_RECALL || entry.kind == MODEL_ASSENT;
    if (is_voice && has(&at(maker, 0)->founders, person) && !one_in(maker, 6)) {
        entry.grant = 0;
    } else if (entry.kind == MODEL_JOIN) { /* in the middle of a log: nothing */
        entry.grant = pick(maker, mask_of(MODEL_INVITE) | mask_of(MODEL_GENESIS));
    } else if (one_in(maker, 2) || at(maker, entry.prev)->kind == MODEL_JOIN) {
        entry.grant = pick_grant(maker, person);
    }
    entry.charter = entry.grant == MODEL_NONE ? MODEL_NONE : pick_charter(maker);
    entry.is_refused = one_in(maker, 60);
    fill_targets(maker, &entry);
    put(maker, &entry);
}

/* Seventeen ways on from one entry. */
static void freeze(struct maker *maker)
{
    int device = below(maker, maker->out->device_count);
    int class = below(maker, 2);
    int prev = pick_prev(maker, device, class);
    if (prev == MODEL_NONE || maker->out->count + 18 > MODEL_ENTRIES_MAX ||
        count_leaves(maker, prev, class) > 1) {
        return;
    }
    for (int i = 0; i < 17; i++) {
        struct model_entry entry = blank(maker, class == 0 ? MODEL_HIDE : MODEL_DATA);
        entry.device = device;
        entry.prev = prev;
        entry.of = 0;
        entry.hlc = i + maker->out->count;
        put(maker, &entry);
    }
}

static void set_weights(struct maker *maker)
{
    static const int usual[] = {
        [MODEL_GENESIS] = 0, [MODEL_JOIN] = 8,    [MODEL_GRANT] = 10, [MODEL_REVOKE] = 3,
        [MODEL_REMOVE] = 5,  [MODEL_ACCEPT] = 3,  [MODEL_LEAVE] = 2,  [MODEL_DEVICE_REVOKE] = 2,
        [MODEL_INVITE] = 2,  [MODEL_CHARTER] = 2, [MODEL_RECALL] = 1, [MODEL_ASSENT] = 2,
        [MODEL_HIDE] = 2,    [MODEL_UNHIDE] = 1,  [MODEL_DATA] = 6,
    };
    static const enum model_kind about[FOCUS_COUNT][4] = {
        [FOCUS_REMOVAL] = {MODEL_REMOVE, MODEL_GRANT, MODEL_ACCEPT, MODEL_JOIN},
        [FOCUS_DEVICES] = {MODEL_DEVICE_REVOKE, MODEL_LEAVE, MODEL_ACCEPT, MODEL_REVOKE},
        [FOCUS_CHARTERS] = {MODEL_CHARTER, MODEL_INVITE, MODEL_GRANT, MODEL_CHARTER},
        [FOCUS_DOORS] = {MODEL_INVITE, MODEL_JOIN, MODEL_REVOKE, MODEL_DATA},
        [FOCUS_RECALL] = {MODEL_RECALL, MODEL_ASSENT, MODEL_DEVICE_REVOKE, MODEL_GRANT},
    };
    for (int i = 0; i <= MODEL_DATA; i++) {
        maker->weights[i] = usual[i] * (one_in(maker, 4) ? 3 : 1);
    }
    for (int i = 0; maker->focus != FOCUS_NOTHING && i < 4; i++) {
        maker->weights[about[maker->focus][i]] += 10;
    }
    for (int i = 0; i <= MODEL_DATA; i++) {
        maker->weight_total += maker->weights[i];
    }
}

void governance_random_history(struct model_history *out, struct copse_random *random, int entries)
{
    struct maker maker;
    memset(&maker, 0, sizeof maker);
    memset(out, 0, sizeof *out);
    maker.out = out;
    maker.random = random;
    maker.focus = (enum focus)below(&maker, FOCUS_COUNT);
    set_weights(&maker);
    begin(&maker);
    for (int i = 0; i < out->person_count; i++) {
        join(&maker);
    }
    bool freezes = one_in(&maker, maker.focus == FOCUS_DEVICES ? 3 : 20);
    for (int tries = 0; out->count < entries && tries < 4 * entries; tries++) {
        deed(&maker);
        if (freezes && out->count > entries / 3) {
            freeze(&maker);
            freezes = false;
        }
    }
}

void governance_random_subset(bool held[MODEL_ENTRIES_MAX], const struct model_history *history,
                              struct copse_random *random)
{
    bool drops = copse_random_below(random, 2) == 0;
    for (int i = 0; i < history->count; i++) {
        int prev = history->entries[i].prev;
        bool is_dropped = i > 0 && drops && copse_random_below(random, 15) == 0;
        held[i] = !is_dropped && (prev == MODEL_NONE || held[prev]);
    }
}

int governance_random_order(int order[MODEL_ENTRIES_MAX], const struct model_history *history,
                            const bool held[MODEL_ENTRIES_MAX], struct copse_random *random)
{
    bool is_placed[MODEL_ENTRIES_MAX] = {false};
    int count = 0;
    int total = 0;
    for (int i = 0; i < history->count; i++) {
        total += held[i] ? 1 : 0;
    }
    while (count < total) {
        int entry = (int)copse_random_below(random, (uint64_t)history->count);
        int prev = history->entries[entry].prev;
        if (held[entry] && !is_placed[entry] && (prev == MODEL_NONE || is_placed[prev])) {
            is_placed[entry] = true;
            order[count++] = entry;
        }
    }
    return count;
}
