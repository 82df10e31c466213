/* How it works: a community is its genesis. Who joined before the genesis has arrived knows it from
 * the invitation, which lies among the settings under the community's id. */
#include "node/practice/community.h"

#include "node/practice/capacity.h"
#include "node/practice/charter.h"
#include "node/practice/membership.h"
#include "node/practice/people.h"
#include "protocol/authority/item.h"
#include "protocol/entry/clock.h"
#include "storage/local.h"
#include "storage/shapes.h"

#include <string.h>

#define TICKET_KEY "ticket:"
#define TICKET_KEY_BYTES (sizeof(TICKET_KEY) - 1 + COPSE_ID_BYTES)
#define ABOUT_SECRET 1u   /* SPEC 5.5: "1 the first discovery secret, bin of 32" */
#define ABOUT_SUCCEEDS 2u /* SPEC 5.5: "2 the community it succeeds" */
#define VALUES_MAX 4u
#define DAY_MS 86400000u

_Static_assert(COPSE_PRACTICE_NAME_BYTES == COPSE_TICKET_NAME_MAX + 1, "room for a name");

static struct copse_slice community_ticket_key(uint8_t room[TICKET_KEY_BYTES],
                                               const struct copse_id *community)
{
    memcpy(room, TICKET_KEY, sizeof(TICKET_KEY) - 1);
    memcpy(room + sizeof(TICKET_KEY) - 1, community->bytes, COPSE_ID_BYTES);
    return (struct copse_slice){room, TICKET_KEY_BYTES};
}

/* ---- founding ---- */

static size_t community_values(struct copse_practice_value out[VALUES_MAX],
                               const struct copse_community_plan *plan)
{
    const struct copse_practice_value all[VALUES_MAX] = {
        {.field = COPSE_OBJECT_FIELD_NAME, .string = plan->name},
        {.field = COPSE_OBJECT_FIELD_DOMAIN, .string = plan->domain},
        {.field = COPSE_OBJECT_FIELD_PURPOSE, .string = plan->purpose},
        {.field = COPSE_OBJECT_FIELD_NORMS, .string = plan->norms},
    };
    size_t count = 0;
    for (size_t i = 0; i < VALUES_MAX; i++) {
        if (all[i].string.size > 0) {
            out[count] = all[i];
            out[count].shape = COPSE_PRACTICE_STRING;
            count++;
        }
    }
    return count;
}

/* Oneself first, then the others in the order they were named, each once. */
static enum copse_err community_founders(struct copse_id out[COPSE_OP_FOUNDERS_MAX], size_t *count,
                                         const struct copse_practice *practice,
                                         const struct copse_community_plan *plan,
                                         struct copse_error *error)
{
    out[0] = *copse_keyring_person(practice->keyring);
    *count = 1;
    for (size_t i = 0; i < plan->founder_count; i++) {
        bool is_new = true;
        for (size_t k = 0; k < *count; k++) {
            is_new = is_new && !copse_bytes_equal_ids(&out[k], &plan->founders[i]);
        }
        if (is_new && *count == COPSE_OP_FOUNDERS_MAX) {
            return copse_error_set(error, COPSE_ERR_LIMIT,
                                   "a community has at most %u founders, you included",
                                   COPSE_OP_FOUNDERS_MAX);
        }
        if (is_new) {
            out[(*count)++] = plan->founders[i];
        }
    }
    return COPSE_OK;
}

static void community_put_about(struct copse_writer *about, const struct copse_practice *practice,
                                const struct copse_community_plan *plan)
{
    struct copse_id secret;
    practice->random(practice->context, secret.bytes, sizeof(secret.bytes));
    copse_writer_map(about, plan->succeeds == NULL ? 1 : 2);
    copse_writer_uint(about, ABOUT_SECRET);
    copse_writer_id(about, &secret);
    if (plan->succeeds != NULL) {
        copse_writer_uint(about, ABOUT_SUCCEEDS);
        copse_writer_id(about, plan->succeeds);
    }
}

static enum copse_err community_write_genesis(struct copse_practice_deed *deed, struct copse_id *id,
                                              const struct copse_community_plan *plan,
                                              struct copse_slice content, struct copse_error *error)
{
    uint8_t charter_room[16];
    uint8_t about_room[96];
    uint8_t founders_room[COPSE_OP_FOUNDERS_MAX * 34u + 8u];
    struct copse_id persons[COPSE_OP_FOUNDERS_MAX];
    size_t count = 0;
    struct copse_writer charter;
    struct copse_writer about;
    struct copse_writer founders;
    struct copse_charter_rules rules = {.invite = plan->kind == COPSE_COMMUNITY_OPEN};
    enum copse_err err = community_founders(persons, &count, deed->practice, plan, error);
    if (err != COPSE_OK) {
        return err;
    }
    copse_writer_init(&charter, charter_room, sizeof(charter_room));
    copse_writer_init(&about, about_room, sizeof(about_room));
    copse_writer_init(&founders, founders_room, sizeof(founders_room));
    community_put_about(&about, deed->practice, plan);
    struct copse_op op = {
        .kind = COPSE_OP_GENESIS,
        .community_kind = (uint32_t)plan->kind,
        .signature = *copse_keyring_certificate(deed->practice->keyring),
        .ids = copse_op_list_ids(&founders, persons, count),
    };
    err = copse_charter_map(&op.charter, &charter, &rules, (struct copse_slice){NULL, 0});
    if (err == COPSE_OK) {
        err = copse_writer_end(&op.map, &about);
    }
    return err == COPSE_OK ? copse_practice_write(deed, id, &op, content, error) : err;
}

/* The first words in a community, behind its genesis: who one is. Then commit, or give up if `err`
 * says that what came before failed. */
static enum copse_err community_enter(struct copse_practice_deed *deed, enum copse_err err,
                                      struct copse_error *error)
{
    bool said = false;
    if (err == COPSE_OK) {
        err = copse_practice_settle(deed);
    }
    if (err == COPSE_OK) {
        err = copse_people_say_name(deed, &said, error);
    }
    if (err == COPSE_OK) {
        return copse_practice_commit(deed, error);
    }
    copse_practice_end(deed);
    return err;
}

enum copse_err copse_community_create(const struct copse_practice *practice, struct copse_id *id,
                                      const struct copse_community_plan *plan,
                                      struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct copse_practice_value values[VALUES_MAX];
    struct copse_slice content;
    size_t count = community_values(values, plan);
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_practice_map(&deed, &content, COPSE_OBJECT_COMMUNITY, values, count, error);
    if (err == COPSE_OK) {
        err = community_write_genesis(&deed, &deed.community, plan, content, error);
    }
    if (err == COPSE_OK) {
        err = copse_entries_community(deed.txn, &deed.number, &deed.community);
    }
    struct copse_id community = deed.community;
    err = community_enter(&deed, err, error);
    if (err == COPSE_OK) {
        *id = community;
    }
    return err;
}

/* ---- inviting ---- */

/* The discovery secret in force: that of the newest SECRET that counts, else the first one. */
static enum copse_err community_secret(struct copse_practice_deed *deed, struct copse_id *out)
{
    struct copse_view *view;
    struct copse_held held;
    struct copse_view_entry entry;
    uint64_t cursor = 0;
    uint64_t newest = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_load(view, &entry, &deed->community);
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_reader reader;
    int64_t last = -1;
    copse_reader_init(&reader, entry.op.map);
    if (copse_reader_map(&reader, COPSE_OP_ATTRIBUTES_BYTES_MAX) > 0 &&
        copse_reader_key(&reader, &last) == ABOUT_SECRET) {
        *out = copse_reader_id(&reader);
    }
    while ((err = deed->source.next_control(deed->source.context, &held, &cursor)) == COPSE_OK) {
        struct copse_op op;
        struct copse_id id = held.id;
        if (copse_op_decode(&op, held.entry.op, COPSE_ENTRY_CONTROL) != COPSE_OK ||
            op.kind != COPSE_OP_SECRET) {
            continue;
        }
        err = copse_view_load(view, &entry, &id);
        if (err != COPSE_OK) {
            return err;
        }
        if (entry.counts && entry.held.entry.hlc > newest) {
            newest = entry.held.entry.hlc;
            *out = entry.op.target;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* As much of a text as fits, cut between characters; line feeds become blanks. */
static void community_copy(char *out, size_t max, struct copse_slice text)
{
    size_t size = text.size < max ? text.size : max;
    while (size > 0 && size < text.size && (text.data[size] & 0xc0u) == 0x80u) {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = text.data[i] == '\n' || text.data[i] == '\t' ? ' ' : (char)text.data[i];
    }
    out[size] = '\0';
}

/* The charter that this device writes under: what its newest entry cites. */
static enum copse_err community_charter(struct copse_practice_deed *deed, struct copse_id *out)
{
    struct copse_entries_cursor cursor = {.next_size = 0};
    uint32_t number = 0;
    const struct copse_log *log;
    struct copse_held held;
    enum copse_err err = copse_entries_next_log(deed->txn, &number, &cursor, deed->number,
                                                copse_keyring_device(deed->practice->keyring));
    if (err == COPSE_OK) {
        err = copse_entries_log(deed->txn, &log, number);
    }
    if (err == COPSE_OK) {
        err = copse_entries_find(deed->txn, &held, NULL, deed->number, &log->branches[0].leaf);
    }
    if (err == COPSE_OK) {
        *out = held.trail.has_under ? held.trail.under.charter : deed->community;
    }
    return err;
}

enum copse_err copse_community_fill_ticket(struct copse_practice_deed *deed,
                                           struct copse_ticket *ticket)
{
    struct copse_community_card card;
    enum copse_err err = copse_community_card(deed, &card);
    if (err == COPSE_OK && !card.is_here) {
        err = COPSE_ERR_NOT_FOUND;
    }
    if (err == COPSE_OK) {
        err = community_secret(deed, &ticket->discovery);
    }
    if (err == COPSE_OK) {
        err = community_charter(deed, &ticket->charter);
    }
    if (err != COPSE_OK) {
        return err;
    }
    ticket->community = deed->community;
    ticket->inviter = *copse_keyring_person(deed->practice->keyring);
    community_copy(ticket->name, COPSE_TICKET_NAME_MAX, card.name);
    community_copy(ticket->purpose, COPSE_TICKET_PROSE_MAX,
                   card.purpose.size > 0 ? card.purpose : card.domain);
    return COPSE_OK;
}

static enum copse_err community_kind(struct copse_practice_deed *deed,
                                     enum copse_community_kind *out)
{
    struct copse_view *view;
    struct copse_view_entry genesis;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = copse_view_judge(view, &genesis, &deed->community);
    }
    *out = err == COPSE_OK && genesis.op.community_kind == (uint32_t)COPSE_COMMUNITY_MODERATED
               ? COPSE_COMMUNITY_MODERATED
               : COPSE_COMMUNITY_OPEN;
    return err;
}

static enum copse_err community_write_invite(struct copse_practice_deed *deed,
                                             struct copse_ticket *ticket,
                                             const struct copse_community_offer *offer,
                                             struct copse_error *error)
{
    const struct copse_practice *practice = deed->practice;
    struct copse_secret secret;
    struct copse_op op = {
        .kind = COPSE_OP_INVITE,
        .role = offer->role,
        .has_uses = offer->uses > 0,
        .uses = offer->uses,
        .has_until = offer->days > 0,
    };
    practice->random(practice->context, ticket->invite_seed, sizeof(ticket->invite_seed));
    copse_key_from_seed(&op.target, &secret, ticket->invite_seed);
    copse_key_forget(&secret);
    if (op.has_until) {
        uint64_t end_ms = practice->now_ms(practice->context) + (uint64_t)offer->days * DAY_MS;
        op.until = copse_clock_of_ms(end_ms);
        ticket->has_expiry = true;
        ticket->expires_s = end_ms / 1000u;
    }
    ticket->has_invite = true;
    return copse_practice_write(deed, &ticket->invite, &op, (struct copse_slice){NULL, 0}, error);
}

enum copse_err copse_community_invite(const struct copse_practice *practice,
                                      struct copse_ticket *ticket, const struct copse_id *community,
                                      struct copse_community_offer *offer,
                                      struct copse_error *error)
{
    struct copse_practice_deed deed;
    struct copse_ticket made;
    enum copse_community_kind kind = COPSE_COMMUNITY_OPEN;
    memset(&made, 0, sizeof(made));
    enum copse_err err = copse_practice_begin(&deed, practice, community, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    community_copy(made.greeting, COPSE_TICKET_PROSE_MAX, offer->greeting);
    err = copse_community_fill_ticket(&deed, &made);
    if (err == COPSE_OK && !offer->has_role) {
        err = community_kind(&deed, &kind);
        offer->role = kind == COPSE_COMMUNITY_MODERATED ? COPSE_OP_GUEST : COPSE_OP_MEMBER;
    }
    if (err == COPSE_OK) {
        err = community_write_invite(&deed, &made, offer, error);
    }
    if (err == COPSE_OK) {
        err = copse_practice_commit(&deed, error);
    } else {
        copse_practice_end(&deed);
    }
    if (err == COPSE_OK) {
        *ticket = made;
    }
    copse_ticket_forget(&made);
    return err;
}

/* ---- joining ---- */

/* SPEC 7.8: "its message is the community, the person and the device, 96 bytes" */
static void community_sign_join(struct copse_op *op, const struct copse_ticket *ticket,
                                const struct copse_keyring *keyring)
{
    uint8_t message[3 * COPSE_ID_BYTES];
    struct copse_id key;
    struct copse_secret secret;
    memcpy(message, ticket->community.bytes, COPSE_ID_BYTES);
    memcpy(message + COPSE_ID_BYTES, op->target.bytes, COPSE_ID_BYTES);
    memcpy(message + 2 * COPSE_ID_BYTES, copse_keyring_device(keyring)->bytes, COPSE_ID_BYTES);
    copse_key_from_seed(&key, &secret, ticket->invite_seed);
    copse_key_sign(copse_key_ed25519(), &op->invite_signature, COPSE_KEY_INVITE,
                   (struct copse_slice){message, sizeof(message)}, &secret);
    copse_key_forget(&secret);
    op->has_invite_signature = true;
}

/* The JOIN, and one's name under it: a guest's does not count yet, but tells stewards who waits. */
static enum copse_err community_write_join(struct copse_practice_deed *deed, struct copse_id *id,
                                           const struct copse_ticket *ticket,
                                           struct copse_error *error)
{
    const struct copse_keyring *keyring = deed->practice->keyring;
    uint8_t room[COPSE_OP_OVER_MAX * 34u + 8u];
    struct copse_id left[COPSE_OP_OVER_MAX];
    struct copse_writer writer;
    size_t count = 0;
    bool said = false;
    struct copse_op op = {
        .kind = COPSE_OP_JOIN,
        .target = *copse_keyring_person(keyring),
        .signature = *copse_keyring_certificate(keyring),
    };
    enum copse_err err = copse_membership_leaves(deed, left, &count);
    if (err != COPSE_OK) {
        return err;
    }
    copse_writer_init(&writer, room, sizeof(room));
    op.over = copse_op_list_ids(&writer, left, count);
    if (ticket->has_invite) {
        community_sign_join(&op, ticket, keyring);
    }
    struct copse_under door = {ticket->invite, ticket->charter};
    deed->under = &door;
    err = copse_practice_write(deed, id, &op, (struct copse_slice){NULL, 0}, error);
    struct copse_under own = {ticket->has_invite ? *id : ticket->invite, ticket->charter};
    deed->under = &own;
    if (err == COPSE_OK) {
        err = copse_practice_settle(deed);
    }
    if (err == COPSE_OK) {
        err = copse_people_say_name(deed, &said, error);
    }
    deed->under = NULL;
    return err;
}

/* Has this device a log in the community? */
static enum copse_err community_is_joined(struct copse_practice_deed *deed, bool *out)
{
    struct copse_entries_cursor cursor = {.next_size = 0};
    uint32_t number = 0;
    *out = false;
    if (deed->practice->keyring == NULL) {
        return COPSE_OK;
    }
    enum copse_err err = copse_entries_next_log(deed->txn, &number, &cursor, deed->number,
                                                copse_keyring_device(deed->practice->keyring));
    *out = err == COPSE_OK;
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* May this device write here, in whatever role? */
static enum copse_err community_is_in(struct copse_practice_deed *deed, bool *out)
{
    static const struct copse_op any = {.kind = COPSE_OP_LEAVE};
    struct copse_capacity capacity;
    *out = false;
    enum copse_err err = community_is_joined(deed, out);
    if (err == COPSE_OK && *out) {
        err = copse_capacity_choose(deed, &capacity, &any, NULL);
        *out = err == COPSE_OK;
    }
    return err == COPSE_ERR_REFUSED ? COPSE_OK : err;
}

/* Where it is known already what the JOIN comes to, an invitation may turn out to be no use. */
static enum copse_err community_check_join(struct copse_practice_deed *deed,
                                           struct copse_error *error)
{
    struct copse_held genesis;
    bool is_in = false;
    bool was_removed = false;
    enum copse_err err =
        copse_entries_find(deed->txn, &genesis, NULL, deed->number, &deed->community);
    if (err == COPSE_ERR_NOT_FOUND) {
        return COPSE_OK;
    }
    if (err == COPSE_OK) {
        err = copse_practice_settle(deed);
    }
    if (err == COPSE_OK) {
        err = community_is_in(deed, &is_in);
    }
    if (err != COPSE_OK || is_in) {
        return err;
    }
    err = copse_membership_was_removed(deed, &was_removed);
    if (err != COPSE_OK) {
        return err;
    }
    return copse_error_set(error, COPSE_ERR_REFUSED, "%s",
                           was_removed
                               ? "you were removed from this community, and an invitation does not "
                                 "undo that: ask its coordinators to readmit you"
                               : "this invitation is closed, or its time is over: ask for another");
}

static enum copse_err community_join(struct copse_practice_deed *deed,
                                     const struct copse_ticket *ticket, struct copse_slice text,
                                     struct copse_error *error)
{
    uint8_t key[TICKET_KEY_BYTES];
    struct copse_id join;
    bool is_in = false;
    deed->community = ticket->community;
    enum copse_err err = copse_entries_add_community(deed->txn, &deed->number, &ticket->community);
    if (err == COPSE_OK) {
        err = community_is_in(deed, &is_in);
    }
    if (err == COPSE_OK && is_in) {
        err = copse_error_set(error, COPSE_ERR_EXISTS, "you are in %s already", ticket->name);
    }
    if (err == COPSE_OK) {
        err = copse_local_put(deed->txn, COPSE_LOCAL_SETTINGS,
                              community_ticket_key(key, &ticket->community), text);
    }
    if (err == COPSE_OK) {
        err = community_write_join(deed, &join, ticket, error);
    }
    return err == COPSE_OK ? community_check_join(deed, error) : err;
}

enum copse_err copse_community_join(const struct copse_practice *practice,
                                    const struct copse_ticket *ticket, struct copse_slice text,
                                    struct copse_error *error)
{
    struct copse_practice_deed deed;
    if (!ticket->has_invite && !ticket->has_grant) {
        return copse_error_set(error, COPSE_ERR_FORM, "the invitation carries no key to join with");
    }
    if (ticket->has_grant &&
        !copse_bytes_equal_ids(&ticket->inviter, copse_keyring_person(practice->keyring))) {
        return copse_error_set(error, COPSE_ERR_FORM,
                               "this line is for the devices of whoever made it");
    }
    enum copse_err err = copse_practice_begin(&deed, practice, NULL, COPSE_DB_WRITE, error);
    if (err != COPSE_OK) {
        return err;
    }
    err = community_join(&deed, ticket, text, error);
    if (err != COPSE_OK) {
        copse_practice_end(&deed);
        return err;
    }
    return copse_practice_commit(&deed, error);
}

/* ---- reading ---- */

enum copse_err copse_community_ticket(struct copse_practice_deed *deed, struct copse_ticket *out)
{
    uint8_t key[TICKET_KEY_BYTES];
    struct copse_slice text;
    enum copse_err err = copse_local_get(deed->txn, &text, COPSE_LOCAL_SETTINGS,
                                         community_ticket_key(key, &deed->community));
    return err == COPSE_OK && copse_ticket_decode(out, text) != COPSE_OK ? COPSE_ERR_NOT_FOUND
                                                                         : err;
}

/* The name in the invitation that was joined by. It is copied into the deed's room for names. */
static enum copse_err community_name_in_ticket(struct copse_practice_deed *deed,
                                               struct copse_slice *out)
{
    struct copse_ticket ticket;
    enum copse_err err = copse_community_ticket(deed, &ticket);
    if (err == COPSE_OK) {
        memcpy(deed->name, ticket.name, sizeof(deed->name));
        *out = copse_bytes_of_string(deed->name);
        copse_ticket_forget(&ticket);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* What the genesis says beside fields. */
static void community_about(struct copse_community_card *out, const struct copse_op *genesis)
{
    struct copse_reader reader;
    int64_t last = -1;
    out->kind = genesis->community_kind == (uint32_t)COPSE_COMMUNITY_MODERATED
                    ? COPSE_COMMUNITY_MODERATED
                    : COPSE_COMMUNITY_OPEN;
    copse_reader_init(&reader, genesis->map);
    size_t count = genesis->map.size == 0 ? 0 : copse_reader_map(&reader, genesis->map.size);
    for (size_t i = 0; i < count; i++) {
        struct copse_reader inner;
        uint64_t key = copse_reader_key(&reader, &last);
        copse_reader_init(&inner, copse_reader_value(&reader, COPSE_READER_DEPTH_MAX));
        struct copse_id id = copse_reader_id(&inner);
        if (key == ABOUT_SUCCEEDS && copse_reader_end(&inner) == COPSE_OK) {
            out->succeeds = id;
        }
    }
}

/* Is the person in as a guest who may not write? */
static enum copse_err community_waits(struct copse_practice_deed *deed, bool *out)
{
    static const struct copse_op post = {.kind = COPSE_OP_CREATE};
    const struct copse_standing *own = NULL;
    struct copse_capacity capacity;
    enum copse_op_role role = COPSE_OP_MEMBER;
    *out = false;
    enum copse_err err = copse_capacity_standing(deed, &own);
    if (err == COPSE_OK && own != NULL && copse_standing_role(&role, own) &&
        role == COPSE_OP_GUEST) {
        err = copse_capacity_choose(deed, &capacity, &post, NULL);
        *out = err == COPSE_ERR_REFUSED;
    }
    return err == COPSE_ERR_REFUSED ? COPSE_OK : err;
}

enum copse_err copse_community_card(struct copse_practice_deed *deed,
                                    struct copse_community_card *out)
{
    struct copse_view *view;
    struct copse_view_object object;
    *out = (struct copse_community_card){.id = deed->community};
    enum copse_err err = community_is_joined(deed, &out->is_joined);
    if (err == COPSE_OK) {
        err = copse_practice_view(deed, &view);
    }
    if (err == COPSE_OK) {
        err = copse_view_object(view, &object, &deed->community);
        if (err == COPSE_ERR_NOT_FOUND) {
            return community_name_in_ticket(deed, &out->name);
        }
    }
    out->is_here = err == COPSE_OK;
    if (err == COPSE_OK) {
        community_about(out, &object.create.op);
        err = copse_reading_string(deed, &out->name, &object, COPSE_OBJECT_FIELD_NAME);
    }
    if (err == COPSE_OK && out->name.size == 0) {
        err = community_name_in_ticket(deed, &out->name); /* its words are not here yet */
    }
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &out->domain, &object, COPSE_OBJECT_FIELD_DOMAIN);
    }
    if (err == COPSE_OK) {
        err = copse_reading_string(deed, &out->purpose, &object, COPSE_OBJECT_FIELD_PURPOSE);
    }
    return err == COPSE_OK && out->is_joined ? community_waits(deed, &out->is_waiting) : err;
}

static enum copse_err community_count_logs(struct copse_practice_deed *deed,
                                           struct copse_community_counts *out)
{
    struct copse_entries_cursor cursor = {.next_size = 0};
    uint32_t number = 0;
    enum copse_err err;
    while ((err = copse_entries_next_log(deed->txn, &number, &cursor, deed->number, NULL)) ==
           COPSE_OK) {
        const struct copse_log *log;
        err = copse_entries_log(deed->txn, &log, number);
        if (err != COPSE_OK) {
            return err;
        }
        out->logs++;
        for (uint32_t i = 0; i < log->branch_count; i++) {
            out->entries += (uint64_t)log->branches[i].last_seq - log->branches[i].first_seq + 1;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err community_count_pending(struct copse_practice_deed *deed,
                                              struct copse_community_counts *out)
{
    struct copse_id id;
    uint64_t cursor = 0;
    enum copse_err err;
    while ((err = copse_shapes_next_awaited(deed->txn, &id, &cursor, deed->number)) == COPSE_OK) {
        out->pending++;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

static enum copse_err community_count_missing(struct copse_practice_deed *deed,
                                              struct copse_community_counts *out)
{
    struct copse_position cursor = {0, 0, 0};
    struct copse_position position;
    enum copse_err err;
    while ((err = copse_contents_next_missing(deed->txn, &position, &cursor)) == COPSE_OK) {
        struct copse_held held;
        err = copse_entries_at(deed->txn, &held, NULL, &position);
        if (err != COPSE_OK) {
            return err;
        }
        out->missing +=
            copse_bytes_equal_ids(copse_entry_community(&held.entry, &held.id), &deed->community);
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_community_counts(struct copse_practice_deed *deed,
                                      struct copse_community_counts *out)
{
    struct copse_view *view;
    struct copse_view_cursor cursor;
    struct copse_view_object object;
    *out = (struct copse_community_counts){.entries = 0};
    enum copse_err err = community_count_logs(deed, out);
    if (err == COPSE_OK) {
        err = community_count_pending(deed, out);
    }
    if (err == COPSE_OK) {
        err = community_count_missing(deed, out);
    }
    if (err == COPSE_OK) {
        err = copse_practice_view(deed, &view);
    }
    copse_view_open_people(&cursor);
    while (err == COPSE_OK) {
        err = copse_view_next(view, &object, &cursor);
        out->people += err == COPSE_OK && object.is_visible;
    }
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

/* ---- digest ---- */

/* The items of all logs, which the caller frees. */
static enum copse_err community_items(struct copse_practice_deed *deed, struct copse_item **out,
                                      size_t *count)
{
    struct copse_entries_cursor cursor = {.next_size = 0};
    struct copse_item *items = NULL;
    size_t capacity = 0;
    uint32_t number = 0;
    enum copse_err err;
    *count = 0;
    while ((err = copse_entries_next_log(deed->txn, &number, &cursor, deed->number, NULL)) ==
           COPSE_OK) {
        size_t more = 0;
        err = copse_memory_grow(deed->practice->memory, &items, &capacity,
                                *count + COPSE_ITEM_OF_LOG_MAX, sizeof(*items));
        if (err == COPSE_OK) {
            err = copse_item_of_log(items + *count, &more, &deed->state, &deed->source, number);
        }
        if (err != COPSE_OK) {
            copse_memory_free(deed->practice->memory, items);
            return err;
        }
        *count += more;
    }
    *out = items;
    if (err != COPSE_ERR_NOT_FOUND) {
        copse_memory_free(deed->practice->memory, items);
        return err;
    }
    return COPSE_OK;
}

enum copse_err copse_community_digest(struct copse_practice_deed *deed, struct copse_id *out)
{
    struct copse_view *view;
    struct copse_item *items = NULL;
    size_t count = 0;
    enum copse_err err = copse_practice_view(deed, &view);
    if (err == COPSE_OK) {
        err = community_items(deed, &items, &count);
    }
    if (err != COPSE_OK) {
        return err;
    }
    copse_item_digest(out, items, count);
    copse_memory_free(deed->practice->memory, items);
    return COPSE_OK;
}

enum copse_err copse_community_next(struct copse_practice_deed *deed, struct copse_id *id,
                                    uint32_t *number)
{
    return copse_entries_next_community(deed->txn, id, number);
}
