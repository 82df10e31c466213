/* How it works: everybody's keys come from the seed. The founder writes GENESIS and INVITE, each
 * device joins by it. Then the devices take turns: a turn is one run, signed at its end. Half the
 * posts answer the first post of their thread, half the newest answer to that.
 */
#include "tests/bench/community.h"

#include "protocol/authority/op.h"
#include "protocol/entry/clock.h"
#include "protocol/rules/object.h"
#include "protocol/wire/ticket.h"
#include "tests/bench/bench.h"
#include "tests/support/random.h"

#include <stdlib.h>
#include <string.h>

#define BEGIN_MS UINT64_C(1760000000000)
#define STEP_MS 20000u /* between two posts of the community */
#define BATCH_RUNS 128u
#define TEXT_BYTES (BENCH_COMMUNITY_CONTENT_BYTES - COPSE_CONTENT_SALT_BYTES - 4u)
#define WORD_DOUBLINGS 15u /* the vocabulary: 2^15 words, a doubling of them as likely as another */

_Static_assert(sizeof(((struct bench_community_result *)NULL)->ticket) == COPSE_TICKET_TEXT_MAX + 1,
               "room for a ticket");

struct device {
    struct copse_id key;
    struct copse_secret secret;
    struct copse_id last; /* of class 1; the JOIN before there is one */
    uint32_t seq;         /* of the next one */
};

struct thread {
    bool is_open;
    struct copse_id first;
    struct copse_id newest; /* answer to the first post */
};

/* One entry and the room that its slices point into. */
struct draft {
    struct copse_signature signature;
    uint8_t bytes[COPSE_ENTRY_REST_BYTES_MAX + 512];
    uint8_t salted[BENCH_COMMUNITY_CONTENT_BYTES];
};

struct writing {
    const struct bench_community_options *options;
    struct copse_store *store;
    struct copse_random random;
    struct copse_id community;
    struct copse_id invite;
    struct copse_id founder; /* person */
    struct device founder_device;
    uint8_t invite_seed[COPSE_SEED_BYTES];
    struct device *devices;
    struct thread *threads;
    struct copse_store_item *items;
    struct draft *drafts;
    size_t count;
    size_t capacity;
    uint64_t written; /* of class 1 so far, over all calls */
};

/* ---- keys ---- */

static void make_seed(uint8_t out[COPSE_SEED_BYTES], const struct writing *writing, uint8_t use,
                      size_t number)
{
    memset(out, 0, COPSE_SEED_BYTES);
    out[0] = use;
    copse_bytes_put_u64(out + 8, writing->options->seed);
    copse_bytes_put_u64(out + 16, number);
}

/* The keys of person `number`, with the certificate of the device. */
static void make_person(const struct writing *writing, size_t number, struct copse_id *person,
                        struct device *device, struct copse_signature *certificate)
{
    uint8_t seed[COPSE_SEED_BYTES];
    struct copse_secret root;
    make_seed(seed, writing, 'p', number);
    copse_key_from_seed(person, &root, seed);
    make_seed(seed, writing, 'd', number);
    copse_key_from_seed(&device->key, &device->secret, seed);
    copse_key_sign(copse_key_ed25519(), certificate, COPSE_KEY_DEVICE,
                   copse_bytes_of_id(&device->key), &root);
    copse_key_forget(&root);
}

/* ---- entries ---- */

static void store_batch(struct writing *writing)
{
    struct copse_error error = {""};
    struct copse_store_batch batch = {writing->items, writing->count};
    bench_must(copse_store_ingest(writing->store, &writing->community, &batch, BEGIN_MS, &error),
               &error, "storing");
    for (size_t i = 0; i < writing->count; i++) {
        bench_must(writing->items[i].outcome == COPSE_STORE_STORED ? COPSE_OK : COPSE_ERR_FORM,
                   NULL, "an entry that the store did not take");
    }
    writing->count = 0;
}

static void sign_last(struct writing *writing, const struct device *device)
{
    struct copse_store_item *item = &writing->items[writing->count - 1];
    struct copse_signature *signature = &writing->drafts[writing->count - 1].signature;
    copse_key_sign(copse_key_ed25519(), signature, COPSE_KEY_ENTRY, copse_bytes_of_id(&item->id),
                   &device->secret);
    item->signature = signature;
}

/* Add an entry with `op` to the batch; `text` NULL: without a content. */
static struct copse_id add_entry(struct writing *writing, struct copse_entry *entry,
                                 const struct copse_op *op, struct copse_slice content)
{
    uint8_t op_room[COPSE_ENTRY_OP_BYTES_MAX];
    uint8_t room[COPSE_ENTRY_BYTES_MAX];
    struct copse_store_item *item = &writing->items[writing->count];
    struct draft *draft = &writing->drafts[writing->count++];
    *item = (struct copse_store_item){.outcome = COPSE_STORE_WAITING};
    if (content.size > 0) {
        copse_random_bytes(&writing->random, draft->salted, COPSE_CONTENT_SALT_BYTES);
        memcpy(draft->salted + COPSE_CONTENT_SALT_BYTES, content.data, content.size);
        item->salted = (struct copse_slice){draft->salted, COPSE_CONTENT_SALT_BYTES + content.size};
        copse_id_of_content(&entry->content_hash, item->salted);
        entry->content_size = (uint32_t)content.size;
    }
    bench_must(copse_op_encode(&entry->op, op_room, op), NULL, "encoding an op");
    bench_must(copse_entry_encode(&item->bytes, room, entry), NULL, "encoding an entry");
    COPSE_ASSERT(item->bytes.size <= sizeof(draft->bytes));
    memcpy(draft->bytes, item->bytes.data, item->bytes.size);
    item->bytes.data = draft->bytes;
    copse_id_of_entry(&item->id, item->bytes);
    bench_must(copse_entry_decode(&item->entry, item->bytes), NULL, "decoding an entry");
    return item->id;
}

static struct copse_slice no_content(void)
{
    return (struct copse_slice){NULL, 0};
}

/* ---- founding ---- */

static void add_genesis(struct writing *writing)
{
    uint8_t about_room[48];
    uint8_t founders_room[48];
    struct copse_id secret;
    struct copse_writer about;
    struct copse_writer founders;
    make_seed(secret.bytes, writing, 's', 0);
    copse_writer_init(&about, about_room, sizeof(about_room));
    copse_writer_map(&about, 1);
    copse_writer_uint(&about, 1); /* SPEC 5.5: "1 the first discovery secret, bin of 32" */
    copse_writer_id(&about, &secret);
    copse_writer_init(&founders, founders_room, sizeof(founders_room));
    struct copse_op op = {.kind = COPSE_OP_GENESIS};
    make_person(writing, 0, &writing->founder, &writing->founder_device, &op.signature);
    op.ids = copse_op_list_ids(&founders, &writing->founder, 1);
    bench_must(copse_writer_end(&op.map, &about), NULL, "the genesis");
    struct copse_entry entry = {.author = writing->founder_device.key,
                                .class = COPSE_ENTRY_CONTROL,
                                .hlc = copse_clock_of_ms(BEGIN_MS)};
    writing->community = add_entry(writing, &entry, &op, no_content());
    sign_last(writing, &writing->founder_device);
}

static void add_invite(struct writing *writing)
{
    struct copse_secret secret;
    struct copse_op op = {.kind = COPSE_OP_INVITE, .role = COPSE_OP_MEMBER};
    make_seed(writing->invite_seed, writing, 'i', 0);
    copse_key_from_seed(&op.target, &secret, writing->invite_seed);
    copse_key_forget(&secret);
    struct copse_entry entry = {.community = writing->community,
                                .author = writing->founder_device.key,
                                .class = COPSE_ENTRY_CONTROL,
                                .seq = 1,
                                .has_prev = true,
                                .prev = writing->community,
                                .hlc = copse_clock_of_ms(BEGIN_MS + 1)};
    writing->invite = add_entry(writing, &entry, &op, no_content());
    sign_last(writing, &writing->founder_device);
}

static void add_join(struct writing *writing, size_t number)
{
    uint8_t message[3 * COPSE_ID_BYTES];
    struct copse_id key;
    struct copse_secret secret;
    struct device *device = &writing->devices[number];
    struct copse_op op = {.kind = COPSE_OP_JOIN, .has_invite_signature = true};
    make_person(writing, number + 1, &op.target, device, &op.signature);
    memcpy(message, writing->community.bytes, COPSE_ID_BYTES);
    memcpy(message + COPSE_ID_BYTES, op.target.bytes, COPSE_ID_BYTES);
    memcpy(message + 2 * COPSE_ID_BYTES, device->key.bytes, COPSE_ID_BYTES);
    copse_key_from_seed(&key, &secret, writing->invite_seed);
    copse_key_sign(copse_key_ed25519(), &op.invite_signature, COPSE_KEY_INVITE,
                   (struct copse_slice){message, sizeof(message)}, &secret);
    struct copse_entry entry = {.community = writing->community,
                                .author = device->key,
                                .class = COPSE_ENTRY_CONTROL,
                                .has_under = true,
                                .under = {writing->invite, writing->community},
                                .hlc = copse_clock_of_ms(BEGIN_MS + 2 + number)};
    device->last = add_entry(writing, &entry, &op, no_content());
    sign_last(writing, device);
}

/* Where a device goes on, if it has written before. */
static void find_end(struct writing *writing, struct copse_txn *txn, uint32_t community,
                     struct device *device)
{
    struct copse_entries_cursor cursor = {.next_size = 0};
    uint32_t number = 0;
    while (copse_entries_next_log(txn, &number, &cursor, community, &device->key) == COPSE_OK) {
        const struct copse_log *log = NULL;
        bench_must(copse_entries_log(txn, &log, number), NULL, "a log");
        if (log->class == COPSE_ENTRY_DATA) {
            device->last = log->branches[0].leaf;
            device->seq = log->branches[0].last_seq + 1;
            writing->written += device->seq;
        }
    }
}

/* Make the control entries: for the store, or where it has them only to know their ids. */
static void found(struct writing *writing)
{
    struct copse_error error = {""};
    struct copse_txn *txn = NULL;
    uint32_t number = 0;
    add_genesis(writing);
    add_invite(writing);
    for (size_t i = 0; i < writing->options->devices; i++) {
        add_join(writing, i);
    }
    bench_must(copse_store_begin(&txn, writing->store, COPSE_DB_WRITE, BEGIN_MS, &error), &error,
               "beginning");
    if (copse_entries_community(txn, &number, &writing->community) == COPSE_OK) {
        for (size_t i = 0; i < writing->options->devices; i++) {
            find_end(writing, txn, number, &writing->devices[i]);
        }
        copse_store_abort(txn);
        writing->count = 0;
        return;
    }
    bench_must(copse_entries_add_community(txn, &number, &writing->community), NULL, "a number");
    bench_must(copse_store_commit(writing->store, txn, &error), &error, "committing");
    store_batch(writing);
}

/* ---- posts ---- */

/* Words of two to seven letters, the frequent ones short; the last one is cut. */
static void write_text(struct writing *writing, char out[TEXT_BYTES])
{
    static const char consonants[] = "bdfgklmnprstvz";
    static const char vowels[] = "aeiou";
    size_t size = 0;
    while (size < TEXT_BYTES) {
        uint64_t rank = copse_random_below(
            &writing->random, UINT64_C(2) << copse_random_below(&writing->random, WORD_DOUBLINGS));
        for (bool begins = true; size < TEXT_BYTES && (begins || rank > 0); begins = false) {
            out[size++] = consonants[rank % 14];
            rank /= 14;
            if (size < TEXT_BYTES) {
                out[size++] = vowels[rank % 5];
                rank /= 5;
            }
        }
        if (size < TEXT_BYTES) {
            out[size++] = ' ';
        }
    }
    out[TEXT_BYTES - 1] = '.';
}

static void add_post(struct writing *writing, struct device *device, uint64_t place)
{
    char text[TEXT_BYTES];
    uint8_t content_room[BENCH_COMMUNITY_CONTENT_BYTES];
    struct copse_writer writer;
    struct copse_slice content;
    struct thread *thread =
        &writing->threads[copse_random_below(&writing->random, writing->options->threads)];
    bool answers_first = copse_random_below(&writing->random, 2) == 0;
    struct copse_op op = {
        .kind = COPSE_OP_CREATE,
        .object_kind = COPSE_OBJECT_POST,
        .has_ref = thread->is_open,
        .ref = answers_first ? thread->first : thread->newest,
    };
    struct copse_entry entry = {
        .community = writing->community,
        .author = device->key,
        .class = COPSE_ENTRY_DATA,
        .seq = device->seq,
        .has_prev = true,
        .prev = device->last,
        .hlc = copse_clock_of_ms(BEGIN_MS + STEP_MS * place +
                                 copse_random_below(&writing->random, STEP_MS)),
    };
    if (device->seq == 0) {
        /* Its JOIN made the unit that it acts by; later entries inherit this. */
        entry.has_under = true;
        entry.under = (struct copse_under){device->last, writing->community};
    }
    write_text(writing, text);
    copse_writer_init(&writer, content_room, sizeof(content_room));
    copse_writer_map(&writer, 1);
    copse_writer_uint(&writer, COPSE_OBJECT_FIELD_BODY);
    copse_writer_str(&writer, (struct copse_slice){(const uint8_t *)text, sizeof(text)});
    bench_must(copse_writer_end(&content, &writer), NULL, "a content");
    device->last = add_entry(writing, &entry, &op, content);
    device->seq++;
    if (!thread->is_open) {
        *thread = (struct thread){true, device->last, device->last};
    } else if (answers_first) {
        thread->newest = device->last;
    }
}

/* One device writes a run; in the community's time the devices write one by one in turn. */
static void add_run(struct writing *writing, size_t number, size_t count)
{
    struct device *device = &writing->devices[number];
    for (size_t i = 0; i < count; i++) {
        uint64_t place = device->seq * (uint64_t)writing->options->devices + number + 1;
        add_post(writing, device, place);
    }
    sign_last(writing, device);
}

static void write_posts(struct writing *writing)
{
    const struct bench_community_options *options = writing->options;
    size_t number = 0;
    for (size_t left = options->entries; left > 0;) {
        size_t count = left < options->run ? left : options->run;
        if (writing->count + count > writing->capacity) {
            store_batch(writing);
        }
        add_run(writing, number, count);
        number = (number + 1) % options->devices;
        left -= count;
    }
    store_batch(writing);
}

/* ---- all of it ---- */

static void write_ticket(const struct writing *writing, struct bench_community_result *out)
{
    struct copse_ticket ticket;
    memset(&ticket, 0, sizeof(ticket));
    ticket.community = writing->community;
    ticket.charter = writing->community;
    ticket.inviter = writing->founder;
    ticket.has_invite = true;
    ticket.invite = writing->invite;
    memcpy(ticket.invite_seed, writing->invite_seed, sizeof(ticket.invite_seed));
    make_seed(ticket.discovery.bytes, writing, 's', 0);
    memcpy(ticket.name, "Reference", sizeof("Reference"));
    bench_must(copse_ticket_encode(out->ticket, &ticket), NULL, "the invitation");
    out->community = writing->community;
}

void bench_community_write(struct copse_store *store, struct bench_community_result *out,
                           const struct bench_community_options *options)
{
    struct writing writing = {.options = options, .store = store};
    size_t least = options->devices + 2;
    writing.capacity = BATCH_RUNS * options->run > least ? BATCH_RUNS * options->run : least;
    writing.devices = calloc(options->devices, sizeof(*writing.devices));
    writing.threads = calloc(options->threads, sizeof(*writing.threads));
    writing.items = calloc(writing.capacity, sizeof(*writing.items));
    writing.drafts = calloc(writing.capacity, sizeof(*writing.drafts));
    if (writing.devices == NULL || writing.threads == NULL || writing.items == NULL ||
        writing.drafts == NULL) {
        bench_must(COPSE_ERR_NOMEM, NULL, "the community");
    }
    found(&writing);
    copse_random_init(&writing.random, options->seed + writing.written);
    write_posts(&writing);
    write_ticket(&writing, out);
    free(writing.devices);
    free(writing.threads);
    free(writing.items);
    free(writing.drafts);
}
