/* Meeting other nodes: serve, sync, and the book of addresses. */
#include "cli/deeds.h"
#include "cli/detach.h"
#include "node/peering/gossip.h"
#include "node/peering/lock.h"
#include "node/peering/uv_env.h"
#include "node/practice/capacity.h"
#include "node/practice/community.h"
#include "node/practice/erasure.h"
#include "node/practice/tend.h"
#include "protocol/wire/record.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PEER_LISTEN "0.0.0.0:7071"
#define PEER_AGENT "copse/" COPSE_VERSION
#define PEER_CHORES_MS 30000u  /* between looks for what is due after others were met */
#define PEER_TENDS_MS 3600000u /* and at the least */
#define PEER_QUIET_MS 30000u   /* without anything stored, before the store is compacted */
#define PEER_SHARE 100u        /* compacting takes at most one part in so many of the time */
#define STOP_STEPS 150u        /* of 100 ms: longer than a node takes to say goodbye */

/* What a node is made of while a command runs it. */
struct peering {
    struct copse_command *command;
    struct copse_uv_env *env;
    struct copse_peers peers;
    struct copse_gossip *gossip;
    bool is_serving;
    bool has_key;   /* the node that is called is known by its key */
    size_t waiting; /* calls that have not ended */
    struct copse_progress progress;
    struct copse_gossip_news total;
    struct copse_gossip_news last; /* the link that ended last */
    uint64_t tended_ms;            /* when it was last looked for what is due */
    bool has_news;                 /* something has come since */
    bool has_stored;               /* and was it stored since the last chores? */
    uint64_t due_ms;               /* when bytes of erased words are due; 0: none are */
    uint64_t compact_ms;           /* the store is not compacted before */
    bool has_returned;             /* the person was readmitted, and this device has opened a log */
    enum copse_err fault;
};

static void peer_add(struct copse_gossip_news *total, const struct copse_gossip_news *news)
{
    total->is_reached = total->is_reached || news->is_reached;
    total->is_linked = total->is_linked || news->is_linked;
    total->topics += news->topics;
    total->equal += news->equal;
    total->unknown += news->unknown;
    total->entries_in += news->entries_in;
    total->entries_out += news->entries_out;
    total->bytes_in += news->bytes_in;
    total->bytes_out += news->bytes_out;
}

/* One line about a link; of a node that runs for weeks, with the time. */
static void peer_note(struct peering *peering, const char *text)
{
    char when[COPSE_TERMINAL_TIME_BYTES] = "";
    struct copse_command *command = peering->command;
    copse_progress_stop(&peering->progress);
    if (peering->is_serving) {
        uint64_t now_ms = command->practice.now_ms(command->practice.context);
        copse_terminal_time(when, (int64_t)now_ms, COPSE_TERMINAL_LOCAL);
    }
    copse_output_note(&command->output, "%s%s%s", when, peering->is_serving ? "  " : "", text);
}

static void peer_gone(struct peering *peering, const struct copse_gossip_news *news)
{
    char text[128];
    char node[COPSE_OUTPUT_SHORT_ID_BYTES];
    copse_output_short_id(node, &news->node);
    peer_add(&peering->total, news);
    peering->last = *news;
    if (news->is_linked) {
        (void)snprintf(text, sizeof(text),
                       "Parted from node %s: %" PRIu64 " entries came, %" PRIu64 " went", node,
                       news->entries_in, news->entries_out);
        peer_note(peering, text);
    }
    if (peering->waiting > 0 && --peering->waiting == 0) {
        copse_uv_env_stop(peering->env);
    }
}

static void peer_told(void *context, const struct copse_gossip_news *news)
{
    struct peering *peering = context;
    char text[64];
    char node[COPSE_OUTPUT_SHORT_ID_BYTES];
    switch (news->kind) {
    case COPSE_GOSSIP_LINKED:
        copse_output_short_id(node, &news->node);
        (void)snprintf(text, sizeof(text), "Met node %s", node);
        peer_note(peering, text);
        break;
    case COPSE_GOSSIP_STORED:
        peering->has_stored = true;
        if (!peering->is_serving) {
            copse_progress_step(&peering->progress, news->entries_in);
        }
        break;
    case COPSE_GOSSIP_EQUAL:
        peering->has_news = true;
        break;
    case COPSE_GOSSIP_GONE:
        peer_gone(peering, news);
        break;
    case COPSE_GOSSIP_FAULT:
        if (news->err == COPSE_ERR_FULL && peering->is_serving) {
            peer_note(peering, "The disk is full: nothing is taken from others for now");
            break;
        }
        peering->fault = news->err;
        copse_uv_env_stop(peering->env);
        break;
    }
}

/* ---- the book ---- */

static enum copse_err peer_load(struct copse_command *command, struct copse_peers *peers)
{
    struct copse_practice_deed deed;
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_READ, &command->error);
    if (err == COPSE_OK) {
        err = copse_peers_load(peers, deed.txn);
        copse_practice_end(&deed);
    }
    return err;
}

static enum copse_exit peer_address(struct copse_command *command,
                                    char out[COPSE_ADDRESS_BYTES_MAX + 1], const char *text)
{
    if (copse_peers_address(out, text) != COPSE_OK) {
        return copse_command_usage(command, "An address is HOST:PORT, such as 192.0.2.7:7071.",
                                   "%s is no address", text);
    }
    return COPSE_EXIT_OK;
}

enum copse_exit copse_do_peer_add(struct copse_command *command)
{
    struct copse_practice_deed deed;
    struct copse_peers_entry entry = {.added_ms = 0};
    enum copse_exit status = peer_address(command, entry.address, command->arguments.words[0]);
    if (status == COPSE_EXIT_OK) {
        status = copse_command_open(command, COPSE_COMMAND_READS);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    entry.added_ms = command->practice.now_ms(command->practice.context);
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_WRITE, &command->error);
    if (err == COPSE_OK) {
        err = copse_peers_save(deed.txn, &entry);
        if (err == COPSE_OK) {
            err = copse_practice_commit(&deed, &command->error);
        } else {
            copse_practice_end(&deed);
        }
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the address is not kept");
    }
    const char *address = copse_command_address(entry.address);
    copse_answer_word(&command->output.json, "address", address);
    copse_output_text(&command->output,
                      "%s is in the book. copse serve calls it from its next "
                      "start on; copse sync calls it now.\n",
                      address);
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_peer_list(struct copse_command *command)
{
    struct copse_peers peers;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_READS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    copse_peers_init(&peers, command->practice.memory);
    enum copse_err err = peer_load(command, &peers);
    struct copse_answer *json = &command->output.json;
    copse_answer_array(json, "items");
    for (size_t i = 0; err == COPSE_OK && i < peers.count; i++) {
        const struct copse_peers_entry *entry = &peers.entries[i];
        const char *address = copse_command_address(entry->address);
        char when[COPSE_TERMINAL_TIME_BYTES] = "never";
        copse_answer_object(json, NULL);
        copse_answer_word(json, "address", address);
        if (copse_bytes_is_zero(&entry->node)) {
            copse_answer_null(json, "node");
        } else {
            copse_answer_id(json, "node", &entry->node);
        }
        if (entry->reached_ms == 0) {
            copse_answer_null(json, "reached");
        } else {
            copse_answer_time(json, "reached", (int64_t)entry->reached_ms);
            copse_terminal_time(when, (int64_t)entry->reached_ms, COPSE_TERMINAL_LOCAL);
        }
        copse_answer_object_end(json);
        copse_output_text(&command->output, "%-28s  reached: %s\n", address, when);
    }
    copse_answer_array_end(json);
    if (err == COPSE_OK && peers.count == 0) {
        copse_output_note(&command->output, "The book is empty: copse peer add ADDR");
    }
    copse_peers_deinit(&peers);
    return copse_command_end(command, err, "the book of addresses");
}

/* ---- a node ---- */

enum peer_calls { PEER_WAITS, PEER_CALLS };

static enum copse_err peer_begin(struct peering *peering, struct copse_command *command,
                                 enum peer_calls calls)
{
    *peering = (struct peering){.command = command, .is_serving = calls == PEER_CALLS};
    copse_peers_init(&peering->peers, command->practice.memory);
    enum copse_err err = peer_load(command, &peering->peers);
    if (err == COPSE_OK) {
        err = copse_uv_env_new(&peering->env, command->practice.memory, &command->error);
    }
    if (err != COPSE_OK) {
        return err;
    }
    struct copse_gossip_options options = {
        .store = command->store,
        .keyring = command->keyring,
        .env = copse_uv_env_port(peering->env),
        .peers = &peering->peers,
        .calls = calls == PEER_CALLS,
        .agent = copse_bytes_of_string(PEER_AGENT),
        .error = &command->error,
        .tell = peer_told,
        .context = peering,
    };
    err = copse_gossip_new(&peering->gossip, &options);
    if (err == COPSE_OK) {
        copse_uv_env_attach(peering->env, peering->gossip, command->home);
    }
    return err;
}

static void peer_end(struct peering *peering)
{
    copse_uv_env_free(peering->env);
    copse_gossip_free(peering->gossip);
    copse_peers_deinit(&peering->peers);
}

/* ---- what is due ---- */

static void peer_say_tended(struct copse_command *command, const struct copse_tend_done *done)
{
    struct copse_output *output = &command->output;
    if (done->invitations > 0) {
        copse_output_note(output, "Closed %zu invitations that were used up or over",
                          done->invitations);
    }
    if (done->terms > 0) {
        copse_output_note(output, "Ended %zu roles whose term is over", done->terms);
    }
    if (done->rules > 0) {
        copse_output_note(output, "Joined rules that were changed in several places");
    }
}

/* A fault is left to the next look: nobody waits for it. Has this device come back? */
static bool peer_tend(struct copse_command *command)
{
    struct copse_tend_done done = {.invitations = 0};
    if (copse_tend_all(&command->practice, &done, NULL) == COPSE_OK) {
        peer_say_tended(command, &done);
    }
    return done.has_returned;
}

/* Let go what is erased and due. */
static void peer_erase(struct peering *peering)
{
    struct copse_erasure_done done = {.let_go = 0};
    if (copse_erasure_tend_all(&peering->command->practice, &done, NULL) == COPSE_OK &&
        done.let_go > 0) {
        char text[64];
        (void)snprintf(text, sizeof(text), "Let go of %zu erased pieces of writing", done.let_go);
        peer_note(peering, text);
    }
    peering->due_ms = done.due_ms;
}

/* Erased words leave traces in the files until they are written anew, which costs a whole copy. */
static void peer_compact(struct peering *peering, uint64_t now_ms)
{
    const struct copse_practice *practice = &peering->command->practice;
    uint64_t since_ms = 0;
    if (peering->has_stored || now_ms < peering->compact_ms ||
        copse_erasure_traces(practice, &since_ms, NULL) != COPSE_OK || since_ms == 0 ||
        now_ms < since_ms + PEER_QUIET_MS) {
        return;
    }
    enum copse_err err = copse_erasure_compact(practice, NULL);
    uint64_t done_ms = practice->now_ms(practice->context);
    peering->compact_ms = done_ms + PEER_SHARE * (done_ms - now_ms);
    peer_note(peering, err == COPSE_OK ? "The store was compacted: no erased word is left in it"
                                       : "The store could not be compacted; it is as it was");
}

static void peer_chores(void *context)
{
    struct peering *peering = context;
    uint64_t now_ms = peering->command->practice.now_ms(peering->command->practice.context);
    bool is_hourly = now_ms >= peering->tended_ms + PEER_TENDS_MS;
    if (peering->has_stored || is_hourly || (peering->due_ms > 0 && now_ms >= peering->due_ms)) {
        peer_erase(peering);
    }
    peer_compact(peering, now_ms);
    peering->has_stored = false;
    if (peering->has_news || is_hourly) {
        peering->has_news = false;
        peering->tended_ms = now_ms;
        (void)peer_tend(peering->command);
    }
}

/* ---- serve ---- */

/* Note where this node listens (or with no address that it does not any more), for invitations. */
static enum copse_err peer_note_own(struct copse_command *command,
                                    const struct copse_ticket_peer *own)
{
    struct copse_practice_deed deed;
    enum copse_err err =
        copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_WRITE, &command->error);
    if (err != COPSE_OK) {
        return err;
    }
    err = copse_peers_put_own(deed.txn, own);
    if (err != COPSE_OK) {
        copse_practice_end(&deed);
        return err;
    }
    return copse_practice_commit(&deed, &command->error);
}

/* Listen, and note it for invitations. */
static enum copse_err peer_listen(struct peering *peering, struct copse_ticket_peer *own,
                                  char at[COPSE_UV_NET_ADDRESS_BYTES])
{
    struct copse_command *command = peering->command;
    const char *address = copse_arguments_get(&command->arguments, "listen");
    memset(own, 0, sizeof(*own));
    copse_gossip_node(peering->gossip, &own->node);
    enum copse_err err =
        copse_uv_net_listen(copse_uv_env_net(peering->env), at,
                            address == NULL ? PEER_LISTEN : address, &command->error);
    if (err == COPSE_OK) {
        copse_uv_net_addresses(own, at);
        err = peer_note_own(command, own);
    }
    return err;
}

/* Say that it stands; `log`, where it goes on in the background, is where it writes. */
static enum copse_exit peer_stands(struct copse_command *command,
                                   const struct copse_ticket_peer *own, const char *at,
                                   const char *log)
{
    copse_answer_word(&command->output.json, "listen", at);
    copse_answer_id(&command->output.json, "node", &own->node);
    copse_output_text(&command->output, "Listening at %s. %s\n", at,
                      log == NULL ? "Ctrl-C stops." : "copse serve --stop stops it.");
    copse_command_addresses(command, own, "Others reach it at ");
    copse_output_text(&command->output, own->address_count > 0 ? "\n" : "");
    if (log != NULL) {
        copse_answer_number(&command->output.json, "process", (uint64_t)getpid());
        copse_answer_word(&command->output.json, "log", log);
        copse_output_text(&command->output, "It writes to %s\n", log);
    }
    return copse_output_done(&command->output);
}

static enum copse_exit peer_serve(struct peering *peering, struct copse_detach *detach)
{
    struct copse_command *command = peering->command;
    char at[COPSE_UV_NET_ADDRESS_BYTES];
    char log[COPSE_FILES_PATH_MAX];
    char name[64];
    char node[COPSE_OUTPUT_SHORT_ID_BYTES];
    int file = -1;
    bool was_interrupted = false;
    struct copse_ticket_peer own;
    enum copse_err err = peer_listen(peering, &own, at);
    if (err == COPSE_OK && detach->is_child) {
        copse_output_short_id(node, &own.node);
        (void)snprintf(name, sizeof(name), "serve-%s.log", node);
        err = copse_detach_open_log(&file, log, command, name);
    }
    if (err == COPSE_ERR_DECODE) {
        return copse_command_usage(command, "Such as 0.0.0.0:7071, or 127.0.0.1:0 for any port.",
                                   "%s", command->error.text);
    }
    if (err == COPSE_ERR_NETWORK) {
        struct copse_output_fault fault = {COPSE_EXIT_NETWORK, "network",
                                           "--listen ADDR:PORT names another place; port 0 takes "
                                           "any that is free."};
        return copse_output_fail(&command->output, &fault, "%s", command->error.text);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the node cannot listen");
    }
    enum copse_exit status = peer_stands(command, &own, at, detach->is_child ? log : NULL);
    if (status == COPSE_EXIT_OK) {
        if (detach->is_child) {
            copse_detach_stand(detach, file);
        }
        copse_uv_env_every(peering->env, PEER_CHORES_MS, peer_chores, peering);
        copse_uv_env_run(peering->env, &was_interrupted);
    }
    own.address_count = 0;
    err = peering->fault == COPSE_OK ? peer_note_own(command, &own) : peering->fault;
    return err == COPSE_OK ? status : copse_command_fail(command, err, "the store");
}

static enum copse_exit peer_run(struct copse_command *command, struct copse_detach *detach)
{
    struct peering peering;
    int lock = -1;
    enum copse_exit status = copse_command_open(command, COPSE_COMMAND_ACTS);
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = copse_lock_take(&lock, command->home, &command->error);
    if (err == COPSE_ERR_BUSY) {
        struct copse_output_fault fault = {COPSE_EXIT_BUSY, "busy",
                                           "copse status tells where; copse serve --stop stops "
                                           "it."};
        return copse_output_fail(&command->output, &fault, "%s", command->error.text);
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "serve");
    }
    err = peer_begin(&peering, command, PEER_CALLS);
    status = err == COPSE_OK ? peer_serve(&peering, detach)
                             : copse_command_fail(command, err, "the node cannot start");
    peer_end(&peering);
    copse_lock_release(lock);
    return status;
}

/* Ask the one that runs to end, and wait until it has. */
static enum copse_exit peer_stop(struct copse_command *command)
{
    const struct timespec step = {.tv_nsec = 100000000};
    long process = 0;
    if (!copse_lock_is_taken(command->home, &process)) {
        struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "not_running", NULL};
        return copse_output_fail(&command->output, &fault, "copse serve does not run for %s",
                                 command->home);
    }
    if (process <= 0 || kill((pid_t)process, SIGTERM) != 0) {
        struct copse_output_fault fault = {COPSE_EXIT_PERMISSION, "refused", NULL};
        return copse_output_fail(&command->output, &fault,
                                 "copse serve belongs to somebody else (process %ld)", process);
    }
    for (size_t i = 0; i < STOP_STEPS && copse_lock_is_taken(command->home, NULL); i++) {
        (void)nanosleep(&step, NULL);
    }
    if (copse_lock_is_taken(command->home, NULL)) {
        struct copse_output_fault fault = {COPSE_EXIT_BUSY, "busy", "Try again in a moment."};
        return copse_output_fail(&command->output, &fault,
                                 "copse serve (process %ld) has not ended yet", process);
    }
    copse_answer_number(&command->output.json, "process", (uint64_t)process);
    copse_output_text(&command->output, "copse serve has stopped.\n");
    return copse_output_done(&command->output);
}

enum copse_exit copse_do_peer_serve(struct copse_command *command)
{
    struct copse_detach detach = {.end = -1};
    if (copse_arguments_has(&command->arguments, "stop")) {
        return peer_stop(command);
    }
    if (copse_arguments_has(&command->arguments, "background")) {
        enum copse_exit status = copse_detach_begin(&detach, command);
        if (!detach.is_child) {
            return status;
        }
    }
    return peer_run(command, &detach);
}

/* ---- sync ---- */

/* Somebody took the call, and was not who was meant. */
static enum copse_exit peer_no_node(struct peering *peering, const char *where)
{
    struct copse_output *output = &peering->command->output;
    bool is_silent = peering->last.bytes_in == 0;
    struct copse_output_fault fault = {COPSE_EXIT_NETWORK, "no_node",
                                       "Is copse serve running there, and is the port right?"};
    /* Another protocol is given up at the length of its first record. */
    bool has_shaken = peering->last.bytes_in > COPSE_RECORD_HEAD_BYTES;
    if (has_shaken && peering->last.code == COPSE_CODE_MALFORMED && peering->has_key) {
        fault.code = "wrong_key";
        fault.hint = "If that node was set up anew, copse peer add with its address forgets the "
                     "old key.";
        return copse_output_fail(output, &fault,
                                 "what answers at %s does not have the key of the node that was "
                                 "meant",
                                 where);
    }
    return copse_output_fail(output, &fault,
                             is_silent ? "at %s the call is taken, but no copse node answers"
                                       : "what answers at %s is no copse node",
                             where);
}

/* Asks one community something; true ends the walk. */
typedef bool peer_ask(struct copse_command *command, struct copse_practice_deed *deed,
                      void *context);

/* Ask all communities in turn, each in a reading of its own. Did one end it? */
static bool peer_each(struct copse_command *command, peer_ask *ask, void *context)
{
    uint32_t number = 0;
    for (;;) {
        struct copse_practice_deed deed;
        struct copse_id id;
        enum copse_err err =
            copse_practice_begin(&deed, &command->practice, NULL, COPSE_DB_READ, NULL);
        if (err == COPSE_OK) {
            err = copse_community_next(&deed, &id, &number);
            copse_practice_end(&deed);
        }
        if (err == COPSE_OK) {
            err = copse_practice_begin(&deed, &command->practice, &id, COPSE_DB_READ, NULL);
        }
        if (err != COPSE_OK) {
            return false;
        }
        bool is_over = ask(command, &deed, context);
        copse_practice_end(&deed);
        if (is_over) {
            return true;
        }
    }
}

/* Is this device shut out? Then `context`, an error, says why. */
static bool peer_is_shut_out(struct copse_command *command, struct copse_practice_deed *deed,
                             void *context)
{
    static const struct copse_op any = {.kind = COPSE_OP_LEAVE};
    struct copse_capacity capacity;
    struct copse_error *error = context;
    (void)command;
    return copse_capacity_choose(deed, &capacity, &any, error) == COPSE_ERR_REFUSED;
}

/* Has it joined, and what it joined by has not come? Then `context`, an error, says so. */
static bool peer_is_not_in(struct copse_command *command, struct copse_practice_deed *deed,
                           void *context)
{
    static const struct copse_op any = {.kind = COPSE_OP_LEAVE};
    struct copse_community_card card;
    struct copse_capacity capacity;
    struct copse_error *error = context;
    (void)command;
    if (copse_capacity_choose(deed, &capacity, &any, NULL) != COPSE_OK || !capacity.is_early ||
        copse_community_card(deed, &card) != COPSE_OK) {
        return false;
    }
    (void)copse_error_set(error, COPSE_ERR_NOT_FOUND,
                          "it does not take you into %.*s: the invitation may be closed or over",
                          (int)card.name.size,
                          card.name.size > 0 ? (const char *)card.name.data : "");
    return true;
}

/* Say where the reader waits to be let in, and who can do that. */
static bool peer_note_waiting(struct copse_command *command, struct copse_practice_deed *deed,
                              void *context)
{
    static const struct copse_op welcome = {.kind = COPSE_OP_GRANT, .role = COPSE_OP_MEMBER};
    struct copse_community_card card;
    char who[COPSE_CAPACITY_WHO_BYTES];
    (void)context;
    if (copse_community_card(deed, &card) == COPSE_OK && card.is_waiting &&
        copse_capacity_who_may(deed, who, &welcome) == COPSE_OK) {
        copse_output_text(&command->output, "In ");
        copse_output_words(&command->output, card.name, COPSE_TERMINAL_LINE);
        copse_output_text(&command->output,
                          " you read as a guest until you are let in. That is for ");
        copse_output_words(&command->output, copse_bytes_of_string(who), COPSE_TERMINAL_LINE);
        copse_output_text(&command->output, ".\n");
    }
    return false;
}

/* Why there is nothing to be glad of. */
static enum copse_exit peer_sync_failed(struct peering *peering, const char *where)
{
    struct copse_output *output = &peering->command->output;
    const struct copse_gossip_news *total = &peering->total;
    struct copse_error why = {""};
    struct copse_output_fault fault = {COPSE_EXIT_NETWORK, "network",
                                       "Is copse serve running there, and is the port right?"};
    if (!total->is_reached) {
        return copse_output_fail(output, &fault, "nobody answers at %s", where);
    }
    if (!total->is_linked) {
        return peer_no_node(peering, where);
    }
    if (peering->last.code == COPSE_CODE_WRONG_PEER) {
        fault = (struct copse_output_fault){COPSE_EXIT_USAGE, "own_address", NULL};
        return copse_output_fail(output, &fault, "%s is this very node", where);
    }
    if (peering->has_returned) {
        fault = (struct copse_output_fault){COPSE_EXIT_FAILURE, "not_equal",
                                            "Call once more: copse sync ADDRESS"};
        return copse_output_fail(output, &fault,
                                 "you have been let in again, which is not known there yet");
    }
    if (total->unknown > 0 && total->unknown == total->topics &&
        peer_each(peering->command, peer_is_shut_out, &why)) {
        fault = (struct copse_output_fault){COPSE_EXIT_PERMISSION, "refused",
                                            "copse people role history NAME tells how that came "
                                            "to be; copse unplaced list shows your words."};
        return copse_output_fail(output, &fault, "%s", why.text);
    }
    if (total->unknown > 0 && total->unknown == total->topics &&
        peer_each(peering->command, peer_is_not_in, &why)) {
        fault = (struct copse_output_fault){COPSE_EXIT_NOT_FOUND, "nothing_in_common",
                                            "Ask for another one. What you wrote is kept."};
        return copse_output_fail(output, &fault, "%s", why.text);
    }
    if (total->unknown == total->topics) {
        fault = (struct copse_output_fault){COPSE_EXIT_NOT_FOUND, "nothing_in_common",
                                            "Ask for an invitation; copse community join TICKET "
                                            "joins."};
        return copse_output_fail(output, &fault,
                                 "who answers at %s shares no community with you, or does not "
                                 "know you as a member",
                                 where);
    }
    fault.code = "not_equal";
    fault.hint = "What has come is kept. Try again.";
    return copse_output_fail(output, &fault, "the two nodes did not become equal: %s",
                             peering->last.err == COPSE_ERR_NETWORK
                                 ? "the connection broke"
                                 : copse_message_code_text(peering->last.code));
}

static enum copse_exit peer_sync_done(struct peering *peering, const char *where)
{
    struct copse_output *output = &peering->command->output;
    const struct copse_gossip_news *total = &peering->total;
    bool is_equal = total->equal > 0 && total->equal + total->unknown == total->topics;
    if (!is_equal) {
        return peer_sync_failed(peering, where);
    }
    copse_answer_number(&output->json, "entries_in", total->entries_in);
    copse_answer_number(&output->json, "entries_out", total->entries_out);
    copse_answer_number(&output->json, "bytes_in", total->bytes_in);
    copse_answer_number(&output->json, "bytes_out", total->bytes_out);
    copse_answer_number(&output->json, "communities", total->equal);
    copse_answer_truth(&output->json, "equal", is_equal);
    copse_output_text(output,
                      "Equal now: %" PRIu64 " entries came, %" PRIu64 " went (%" PRIu64
                      " bytes in, %" PRIu64 " out)\n",
                      total->entries_in, total->entries_out, total->bytes_in, total->bytes_out);
    (void)peer_each(peering->command, peer_note_waiting, NULL);
    return copse_output_done(output);
}

/* Call one address, or all that are known. */
static enum copse_err peer_call(struct peering *peering, const char *address)
{
    static const struct copse_id anybody = {{0}};
    struct copse_peers *peers = &peering->peers;
    size_t index = 0;
    enum copse_err err = COPSE_OK;
    if (address != NULL) {
        err = copse_peers_put(peers, &index, address, &anybody);
    }
    for (size_t i = 0; err == COPSE_OK && i < peers->count; i++) {
        uint64_t connection = 0;
        if ((address == NULL || i == index) && peering->waiting < COPSE_PEERS_DIALLED_MAX) {
            peering->has_key = !copse_bytes_is_zero(&peers->entries[i].node);
            err = copse_gossip_call(peering->gossip, &connection, &peers->entries[i]);
            peering->waiting += err == COPSE_OK;
            err = err == COPSE_ERR_NETWORK ? COPSE_OK : err;
        }
    }
    return err;
}

static enum copse_exit peer_sync(struct peering *peering, const char *address)
{
    bool was_interrupted = false;
    struct copse_command *command = peering->command;
    const char *where =
        address == NULL ? "the addresses in the book" : copse_command_address(address);
    enum copse_err err = peer_call(peering, address);
    if (err == COPSE_OK && peering->peers.count == 0) {
        struct copse_output_fault fault = {COPSE_EXIT_NOT_FOUND, "no_address",
                                           "copse sync HOST:PORT calls one; copse peer add keeps "
                                           "it."};
        return copse_output_fail(&command->output, &fault, "the book of addresses is empty");
    }
    if (err == COPSE_OK && peering->waiting > 0) {
        copse_progress_start(&peering->progress, &command->output, "Entries that came", 0);
        copse_uv_env_run(peering->env, &was_interrupted);
        copse_progress_stop(&peering->progress);
        err = peering->fault;
    }
    if (err != COPSE_OK) {
        return copse_command_fail(command, err, "the store");
    }
    if (was_interrupted) {
        struct copse_output_fault fault = {COPSE_EXIT_INTERRUPTED, "interrupted",
                                           "Run it again: what has come is kept."};
        return copse_output_fail(&command->output, &fault, "interrupted before both were equal");
    }
    peering->has_returned = peer_tend(command);
    peer_erase(peering);
    return peer_sync_done(peering, where);
}

enum copse_exit copse_do_peer_sync(struct copse_command *command)
{
    struct peering peering;
    char address[COPSE_ADDRESS_BYTES_MAX + 1];
    bool has_address = command->arguments.word_count > 0;
    enum copse_exit status =
        has_address ? peer_address(command, address, command->arguments.words[0]) : COPSE_EXIT_OK;
    if (status == COPSE_EXIT_OK) {
        status = copse_command_open(command, COPSE_COMMAND_ACTS);
    }
    if (status != COPSE_EXIT_OK) {
        return status;
    }
    enum copse_err err = peer_begin(&peering, command, PEER_WAITS);
    status = err == COPSE_OK ? peer_sync(&peering, has_address ? address : NULL)
                             : copse_command_fail(command, err, "the node cannot start");
    peer_end(&peering);
    return status;
}
