#include "node/practice/devices.h"

#include "node/practice/act.h"
#include "node/practice/annals.h"
#include "node/practice/capacity.h"
#include "node/practice/community.h"
#include "node/practice/membership.h"
#include "protocol/entry/clock.h"
#include "protocol/rules/fold.h"
#include "storage/local.h"

#include <stdlib.h>
#include <string.h>

#define NAME_KEY "device:"
#define NAME_KEY_BYTES (sizeof(NAME_KEY) - 1 + COPSE_ID_BYTES)
#define FROM_KEY "d.from:"     /* as long */
#define REPAIR_KEY "me.repair" /* the device that is being replaced */

/* ---- walking ---- */

static void devices_open(struct copse_state_cursor *rows, const struct copse_practice_deed *deed)
{
    struct copse_fold_prefix prefix =
        copse_fold_devices(copse_keyring_person(deed->practice->keyring));
    copse_state_open(rows, copse_fold_bytes(&prefix));
}

/* The next JOIN of the person. COPSE_ERR_NOT_FOUND after the last. */
static enum copse_err devices_next(struct copse_practice_deed *deed, struct copse_held *join,
                                   struct copse_state_cursor *rows)
{
    struct copse_slice key;
    struct copse_slice value;
    struct copse_id id;
    enum copse_err err = copse_state_next(rows, &key, &value, &deed->state);
    if (err == COPSE_OK) {
        err = copse_fold_entry_of(&id, key);
    }
    return err == COPSE_OK ? copse_entries_find(deed->txn, join, NULL, deed->number, &id) : err;
}

/* Does this device write in the deed's community? */
static enum copse_err devices_is_in(struct copse_practice_deed *deed, bool *out)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    uint32_t number = 0;
    enum copse_err err = copse_entries_next_log(deed->txn, &number, &walk, deed->number,
                                                copse_keyring_device(deed->practice->keyring));
    *out = err == COPSE_OK;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- reading ---- */

static enum copse_err devices_item(struct copse_devices *devices, struct copse_devices_item **out,
                                   const struct copse_id *device)
{
    for (size_t i = 0; i < devices->count; i++) {
        if (copse_bytes_equal_ids(&devices->items[i].device, device)) {
            *out = &devices->items[i];
            return COPSE_OK;
        }
    }
    enum copse_err err = copse_memory_grow(devices->memory, &devices->items, &devices->capacity,
                                           devices->count + 1, sizeof(*devices->items));
    if (err == COPSE_OK) {
        *out = &devices->items[devices->count++];
        **out = (struct copse_devices_item){.device = *device};
    }
    return err;
}

/* What one log says of its device. */
static enum copse_err devices_look(struct copse_practice_deed *deed,
                                   struct copse_devices_item *item, const struct copse_id *join,
                                   enum copse_entry_class class)
{
    const struct copse_log *log = NULL;
    uint32_t number = 0;
    uint32_t fork_seq = 0;
    enum copse_err err = copse_entries_log_of(deed->txn, &number, deed->number, join, class);
    if (err == COPSE_OK) {
        err = copse_entries_log(deed->txn, &log, number);
    }
    if (err != COPSE_OK) {
        return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    item->places = log->branch_count > item->places ? log->branch_count : item->places;
    item->is_frozen = item->is_frozen || copse_log_is_frozen(&fork_seq, log);
    for (uint32_t i = 0; err == COPSE_OK && i < log->branch_count; i++) {
        struct copse_held leaf;
        err = copse_entries_find(deed->txn, &leaf, NULL, deed->number, &log->branches[i].leaf);
        if (err == COPSE_OK && copse_clock_ms(leaf.entry.hlc) > item->last_ms) {
            item->last_ms = copse_clock_ms(leaf.entry.hlc);
        }
    }
    return err;
}

static bool devices_is_among(const struct copse_id *ids, size_t count, const struct copse_id *id)
{
    for (size_t i = 0; i < count; i++) {
        if (copse_bytes_equal_ids(&ids[i], id)) {
            return true;
        }
    }
    return false;
}

/* One device may have joined more than once: it counts once. */
static enum copse_err devices_read_logs(struct copse_practice_deed *deed,
                                        struct copse_devices *devices)
{
    struct copse_state_cursor rows;
    struct copse_held join;
    struct copse_id *seen = NULL;
    size_t capacity = 0;
    size_t count = 0;
    enum copse_err err = COPSE_OK;
    devices_open(&rows, deed);
    while (err == COPSE_OK && (err = devices_next(deed, &join, &rows)) == COPSE_OK) {
        struct copse_devices_item *item = NULL;
        struct copse_id id = join.id;
        struct copse_id device = join.entry.author;
        err = devices_item(devices, &item, &device);
        if (err == COPSE_OK && !devices_is_among(seen, count, &device)) {
            err = copse_memory_grow(devices->memory, &seen, &capacity, count + 1, sizeof(*seen));
            if (err == COPSE_OK) {
                seen[count++] = device;
                item->communities++;
            }
        }
        if (err == COPSE_OK) {
            err = devices_look(deed, item, &id, COPSE_ENTRY_CONTROL);
        }
        if (err == COPSE_OK) {
            err = devices_look(deed, item, &id, COPSE_ENTRY_DATA);
        }
    }
    copse_memory_free(devices->memory, seen);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err devices_read_given_up(struct copse_practice_deed *deed,
                                            struct copse_devices *devices)
{
    struct copse_annals annals;
    const struct copse_id *own = copse_keyring_person(deed->practice->keyring);
    enum copse_err err =
        copse_annals_read(deed, &annals, COPSE_ANNALS_KIND(COPSE_OP_DEVICE_REVOKE), NULL, NULL);
    for (size_t i = 0; err == COPSE_OK && i < annals.count; i++) {
        const struct copse_annals_act *act = &annals.acts[i];
        struct copse_devices_item *item = NULL;
        bool is_first = copse_annals_counts(act) && copse_bytes_equal_ids(&act->person, own);
        for (size_t k = 0; is_first && k < i; k++) {
            is_first = !copse_annals_counts(&annals.acts[k]) ||
                       !copse_bytes_equal_ids(&annals.acts[k].person, own) ||
                       !copse_bytes_equal_ids(&annals.acts[k].op.target, &act->op.target);
        }
        if (is_first) {
            err = devices_item(devices, &item, &act->op.target);
        }
        if (item != NULL) {
            item->given_up++;
        }
    }
    copse_annals_deinit(&annals);
    return err;
}

static enum copse_err devices_read_in(void *context, struct copse_practice_deed *deed,
                                      struct copse_error *error)
{
    struct copse_view *view;
    (void)error;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = devices_read_logs(deed, context);
    }
    return err == COPSE_OK ? devices_read_given_up(deed, context) : err;
}

static int devices_compare(const void *a, const void *b)
{
    const struct copse_devices_item *x = a;
    const struct copse_devices_item *y = b;
    if (x->last_ms != y->last_ms) {
        return x->last_ms > y->last_ms ? -1 : 1;
    }
    return copse_bytes_compare_ids(&x->device, &y->device);
}

/* `what` is NAME_KEY or FROM_KEY. */
static struct copse_slice devices_key(uint8_t room[NAME_KEY_BYTES], const char *what,
                                      const struct copse_id *device)
{
    memcpy(room, what, sizeof(NAME_KEY) - 1);
    memcpy(room + sizeof(NAME_KEY) - 1, device->bytes, COPSE_ID_BYTES);
    return (struct copse_slice){room, NAME_KEY_BYTES};
}

static enum copse_err devices_read_names(const struct copse_practice *practice,
                                         struct copse_devices *devices, struct copse_error *error)
{
    struct copse_practice_deed deed;
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_READ, error);
    if (err != COPSE_OK) {
        return err;
    }
    for (size_t i = 0; err == COPSE_OK && i < devices->count; i++) {
        struct copse_devices_item *item = &devices->items[i];
        uint8_t room[NAME_KEY_BYTES];
        struct copse_slice name;
        err = copse_local_get(deed.txn, &name, COPSE_LOCAL_SETTINGS,
                              devices_key(room, NAME_KEY, &item->device));
        if (err == COPSE_OK && name.size < sizeof(item->name)) {
            memcpy(item->name, name.data, name.size);
        }
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    }
    copse_practice_end(&deed);
    return err;
}

enum copse_err copse_devices_read(const struct copse_practice *practice, struct copse_devices *out,
                                  struct copse_error *error)
{
    struct copse_devices_item *own = NULL;
    *out = (struct copse_devices){.memory = practice->memory};
    enum copse_err err = devices_item(out, &own, copse_keyring_device(practice->keyring));
    if (err == COPSE_OK) {
        own->is_own = true;
        err = copse_practice_in_all(practice, COPSE_DB_READ, devices_read_in, out, error);
    }
    if (err == COPSE_OK) {
        err = devices_read_names(practice, out, error);
    }
    if (err == COPSE_OK) {
        qsort(out->items, out->count, sizeof(*out->items), devices_compare);
    }
    return err;
}

void copse_devices_deinit(struct copse_devices *devices)
{
    if (devices->items != NULL) {
        copse_memory_free(devices->memory, devices->items);
    }
    *devices = (struct copse_devices){.memory = NULL};
}

enum copse_err copse_devices_set_name(const struct copse_practice *practice,
                                      const struct copse_id *device, struct copse_slice name,
                                      struct copse_error *error)
{
    uint8_t room[NAME_KEY_BYTES];
    struct copse_practice_deed deed;
    if (name.size > COPSE_DEVICES_NAME_BYTES_MAX) {
        return copse_error_set(error, COPSE_ERR_LIMIT, "a name is at most %u bytes long",
                               COPSE_DEVICES_NAME_BYTES_MAX);
    }
    bool is_fit = copse_bytes_is_utf8(name);
    for (size_t i = 0; i < name.size; i++) {
        is_fit = is_fit && name.data[i] >= 0x20 && name.data[i] != 0x7f;
    }
    if (!is_fit) {
        return copse_error_set(error, COPSE_ERR_FORM, "a name is one line of UTF-8");
    }
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_slice key = devices_key(room, NAME_KEY, device);
    if (name.size == 0) {
        err = copse_local_del(deed.txn, COPSE_LOCAL_SETTINGS, key);
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    } else {
        err = copse_local_put(deed.txn, COPSE_LOCAL_SETTINGS, key, name);
    }
    if (err == COPSE_OK) {
        return copse_practice_commit(&deed, error);
    }
    copse_practice_end(&deed);
    return err;
}

/* ---- one more ---- */

/* Before the community is here: the invitation that this device came by, without its key. SPEC 7.1
 * counts a self-join among the grants: "to its person, of the role of the door". */
static enum copse_err devices_early_ticket(struct copse_practice_deed *deed,
                                           struct copse_ticket *out)
{
    struct copse_entries_cursor walk = {.next_size = 0};
    const struct copse_log *log = NULL;
    uint32_t number = 0;
    enum copse_err err = copse_entries_next_log(deed->txn, &number, &walk, deed->number,
                                                copse_keyring_device(deed->practice->keyring));
    if (err == COPSE_OK) {
        err = copse_entries_log(deed->txn, &log, number);
    }
    if (err == COPSE_OK && out->has_invite) {
        out->has_invite = false;
        out->has_grant = true;
        out->has_expiry = false;
        out->invite = log->join;
        memset(out->invite_seed, 0, sizeof(out->invite_seed));
    }
    out->inviter = *copse_keyring_person(deed->practice->keyring);
    return err;
}

enum copse_err copse_devices_ticket(struct copse_practice_deed *deed, struct copse_ticket *out)
{
    static const struct copse_op any = {.kind = COPSE_OP_LEAVE};
    struct copse_capacity capacity;
    struct copse_ticket came_by;
    memset(out, 0, sizeof(*out));
    enum copse_err err = copse_community_fill_ticket(deed, out);
    enum copse_err has_one = copse_community_ticket(deed, &came_by);
    if (err == COPSE_ERR_NOT_FOUND && has_one == COPSE_OK) {
        *out = came_by;
        copse_ticket_forget(&came_by);
        return devices_early_ticket(deed, out);
    }
    if (err == COPSE_OK) {
        err = copse_capacity_choose(deed, &capacity, &any, NULL);
        err = err == COPSE_ERR_REFUSED ? COPSE_ERR_NOT_FOUND : err;
    }
    if (err == COPSE_OK) {
        out->has_grant = true;
        out->invite = capacity.under.grant;
        out->charter = capacity.under.charter;
    }
    if (err == COPSE_OK && has_one == COPSE_OK) {
        out->has_network = came_by.has_network;
        out->network = came_by.network;
        out->peer_count = came_by.peer_count;
        memcpy(out->peers, came_by.peers, sizeof(out->peers));
    }
    if (has_one == COPSE_OK) {
        copse_ticket_forget(&came_by);
    }
    return err;
}

/* ---- coming in ---- */

struct knowing {
    const struct copse_id *person;
    size_t communities;
    bool is_known;
};

static enum copse_err devices_knows_in(void *context, struct copse_practice_deed *deed,
                                       struct copse_error *error)
{
    struct knowing *knowing = context;
    struct copse_standing *standing = NULL;
    struct copse_view *view;
    (void)error;
    knowing->communities++;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_standing_load(&standing, &deed->state, knowing->person, &deed->source,
                                  deed->practice->memory);
    }
    knowing->is_known = knowing->is_known || err == COPSE_OK;
    copse_standing_free(standing);
    return err;
}

enum copse_err copse_devices_knows(const struct copse_practice *practice, bool *out,
                                   const struct copse_id *person, struct copse_error *error)
{
    struct knowing knowing = {.person = person};
    enum copse_err err =
        copse_practice_in_all(practice, COPSE_DB_READ, devices_knows_in, &knowing, error);
    *out = knowing.is_known || knowing.communities == 0;
    return err;
}

static enum copse_err devices_enter_in(void *context, struct copse_practice_deed *deed,
                                       struct copse_error *error)
{
    struct copse_devices_done *done = context;
    bool is_in = false;
    bool opened = false;
    enum copse_err err = devices_is_in(deed, &is_in);
    if (err == COPSE_OK && !is_in) {
        err = copse_membership_join_again(deed, &opened, error);
        done->skipped += err == COPSE_OK && !opened;
        done->joined += opened;
    }
    done->communities += err == COPSE_OK && (is_in || opened);
    return err == COPSE_OK && !opened ? COPSE_ERR_NOT_FOUND : err;
}

enum copse_err copse_devices_enter(const struct copse_practice *practice,
                                   struct copse_devices_done *done, struct copse_error *error)
{
    *done = (struct copse_devices_done){.communities = 0};
    return copse_practice_in_all(practice, COPSE_DB_WRITE, devices_enter_in, done, error);
}

/* ---- giving up ---- */

struct giving_up {
    const struct copse_devices_giving_up *plan;
    struct copse_devices_done *done;
    struct copse_id from[COPSE_DEVICES_FROM_MAX]; /* of the plan, and those remembered */
    size_t from_count;
    bool enters; /* join with this device first */
};

static enum copse_err devices_add_from(struct giving_up *work, const struct copse_id *id,
                                       struct copse_error *error)
{
    if (devices_is_among(work->from, work->from_count, id)) {
        return COPSE_OK;
    }
    if (work->from_count == COPSE_DEVICES_FROM_MAX) {
        return copse_error_set(error, COPSE_ERR_LIMIT,
                               "there are more than %u entries from which on nothing is to stand",
                               COPSE_DEVICES_FROM_MAX);
    }
    work->from[work->from_count++] = *id;
    return COPSE_OK;
}

/* Cuts are united (SPEC 7.5), so what did not stand the first time must not the next time. */
static enum copse_err devices_remember(const struct copse_practice *practice,
                                       struct giving_up *work, struct copse_error *error)
{
    uint8_t room[NAME_KEY_BYTES];
    struct copse_practice_deed deed;
    struct copse_slice value;
    struct copse_slice key = devices_key(room, FROM_KEY, &work->plan->device);
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_local_get(deed.txn, &value, COPSE_LOCAL_SETTINGS, key);
    for (size_t at = 0; err == COPSE_OK && at + COPSE_ID_BYTES <= value.size;
         at += COPSE_ID_BYTES) {
        struct copse_id id;
        memcpy(id.bytes, value.data + at, sizeof(id.bytes));
        err = devices_add_from(work, &id, error);
    }
    err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
    for (size_t i = 0; err == COPSE_OK && i < work->plan->from_count; i++) {
        err = devices_add_from(work, &work->plan->from[i], error);
    }
    if (err == COPSE_OK && work->from_count > 0) {
        value = (struct copse_slice){work->from[0].bytes, work->from_count * sizeof(*work->from)};
        err = copse_local_put(deed.txn, COPSE_LOCAL_SETTINGS, key, value);
    }
    if (err == COPSE_OK) {
        return copse_practice_commit(&deed, error);
    }
    copse_practice_end(&deed);
    return err;
}

static enum copse_err devices_cut(struct copse_practice_deed *deed, struct copse_act_cut *cut,
                                  const struct giving_up *work)
{
    enum copse_err err = copse_act_cut_device(deed, cut, &work->plan->device);
    for (size_t i = 0; err == COPSE_OK && i < work->from_count; i++) {
        err = copse_act_cut_before(deed, cut, &work->from[i]);
        err = err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err; /* of another community */
    }
    return err;
}

static enum copse_err devices_write_given_up(struct copse_practice_deed *deed,
                                             const struct giving_up *work,
                                             struct copse_error *error)
{
    struct copse_act_cut cut;
    struct copse_id id;
    struct copse_op op = {
        .kind = COPSE_OP_DEVICE_REVOKE, .target = work->plan->device, .is_root_signed = true};
    deed->root = work->plan->root;
    enum copse_err err = devices_cut(deed, &cut, work);
    if (err == COPSE_OK) {
        err = copse_act_write(deed, &id, &op, &cut, (struct copse_slice){NULL, 0}, error);
    }
    copse_act_cut_deinit(&cut);
    return err == COPSE_OK ? copse_capacity_confirm(deed, &id, error) : err;
}

/* Where it would not count, since the person has left or holds nothing, there is nothing to say. */
static enum copse_err devices_give_up_in(void *context, struct copse_practice_deed *deed,
                                         struct copse_error *error)
{
    struct giving_up *work = context;
    bool is_in = false;
    bool opened = false;
    enum copse_err err = devices_is_in(deed, &is_in);
    if (err == COPSE_OK && !is_in && work->enters) {
        err = copse_membership_join_again(deed, &opened, error);
        is_in = opened;
    }
    if (err == COPSE_OK && is_in) {
        err = devices_write_given_up(deed, work, NULL);
        work->done->communities += err == COPSE_OK;
        work->done->joined += err == COPSE_OK && opened;
    }
    bool is_idle = (err == COPSE_OK && !is_in) || err == COPSE_ERR_REFUSED;
    work->done->skipped += is_idle;
    return is_idle ? COPSE_ERR_NOT_FOUND : err;
}

/* A store that is behind writes nothing; that is no reason to pass a community over in silence. */
static enum copse_err devices_may_write(const struct copse_practice *practice,
                                        struct copse_error *error)
{
    struct copse_practice_deed deed;
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_READ, error);
    if (err == COPSE_OK) {
        err = copse_store_check_head(practice->store, deed.txn,
                                     copse_keyring_device(practice->keyring), error);
        copse_practice_end(&deed);
    }
    return err;
}

enum copse_err copse_devices_give_up(const struct copse_practice *practice,
                                     struct copse_devices_done *done,
                                     const struct copse_devices_giving_up *plan,
                                     struct copse_error *error)
{
    struct giving_up work = {.plan = plan, .done = done};
    *done = (struct copse_devices_done){.communities = 0};
    enum copse_err err = devices_may_write(practice, error);
    if (err == COPSE_OK) {
        err = devices_remember(practice, &work, error);
    }
    return err == COPSE_OK
               ? copse_practice_in_all(practice, COPSE_DB_WRITE, devices_give_up_in, &work, error)
               : err;
}

/* ---- repairing ---- */

/* Note which device is replaced, before its key is gone from the file; or read the note of a repair
 * that was cut short. */
static enum copse_err devices_note(const struct copse_practice *practice, struct copse_id *old,
                                   struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct copse_slice noted;
    struct copse_slice key = copse_bytes_of_string(REPAIR_KEY);
    *old = *copse_keyring_device(practice->keyring);
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_local_get(deed.txn, &noted, COPSE_LOCAL_SETTINGS, key);
    if (err == COPSE_OK) {
        err = copse_bytes_to_id(old, noted);
    } else if (err == COPSE_ERR_NOT_FOUND) {
        err = copse_local_put(deed.txn, COPSE_LOCAL_SETTINGS, key, copse_bytes_of_id(old));
    }
    if (err == COPSE_OK) {
        return copse_practice_commit(&deed, error);
    }
    copse_practice_end(&deed);
    return err;
}

static enum copse_err devices_forget_note(const struct copse_practice *practice,
                                          struct copse_error *error)
{
    struct copse_practice_deed deed;
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_local_del(deed.txn, COPSE_LOCAL_SETTINGS, copse_bytes_of_string(REPAIR_KEY));
    if (err == COPSE_OK) {
        return copse_practice_commit(&deed, error);
    }
    copse_practice_end(&deed);
    return err;
}

enum copse_err copse_devices_repair(const struct copse_practice *practice,
                                    struct copse_keyring *keyring, struct copse_devices_done *done,
                                    struct copse_devices_giving_up *plan, const char *code,
                                    struct copse_error *error)
{
    struct copse_secret root;
    struct giving_up work = {.plan = plan, .done = done, .enters = true};
    *done = (struct copse_devices_done){.communities = 0};
    enum copse_err err = copse_keyring_root(keyring, &root, code);
    if (err != COPSE_OK) {
        return err;
    }
    plan->root = &root;
    err = devices_note(practice, &plan->device, error);
    if (err == COPSE_OK) {
        err = devices_remember(practice, &work, error);
    }
    if (err == COPSE_OK && copse_bytes_equal_ids(&plan->device, copse_keyring_device(keyring))) {
        err = copse_keyring_renew(keyring, code, error);
    }
    if (err == COPSE_OK) {
        err = copse_practice_in_all(practice, COPSE_DB_WRITE, devices_give_up_in, &work, error);
    }
    copse_key_forget(&root);
    plan->root = NULL;
    return err == COPSE_OK ? devices_forget_note(practice, error) : err;
}
