/* How it works: parts that come in are answered one by one; lists among them say what the peer
 * lacks, which becomes jobs of the stream at once, while later parts are still under way. SENT is
 * said when no set is due, no job waits and no ask is open; what an ask of the peer's brings about
 * after that is covered by its answer, which is sent behind it.
 */
#include "protocol/wire/exchange.h"

#include <string.h>

void copse_exchange_init(struct copse_exchange *exchange, const struct copse_memory *memory)
{
    memset(exchange, 0, sizeof *exchange);
    copse_reconcile_init(&exchange->reconcile, memory);
    copse_stream_init(&exchange->stream, memory);
    exchange->turn = COPSE_EXCHANGE_NOBODY;
}

void copse_exchange_deinit(struct copse_exchange *exchange)
{
    copse_reconcile_deinit(&exchange->reconcile);
    copse_stream_deinit(&exchange->stream);
}

void copse_exchange_end(struct copse_exchange *exchange)
{
    const struct copse_memory *memory = exchange->reconcile.memory;
    copse_reconcile_deinit(&exchange->reconcile);
    copse_reconcile_init(&exchange->reconcile, memory);
    exchange->turn = COPSE_EXCHANGE_NOBODY;
    exchange->asks.count = 0;
    exchange->waiting.count = 0;
    exchange->crossed.count = 0;
    exchange->answers.count = 0;
}

/* ---- items ---- */

static uint64_t tag_of(const struct copse_exchange_view *view, enum copse_entry_class class,
                       const struct copse_port_leaf *leaf)
{
    return copse_reconcile_tag(view->key, class, &leaf->author, leaf->position.seq, &leaf->id);
}

static enum copse_err next_leaf(const struct copse_exchange_view *view, struct copse_port_leaf *out,
                                uint64_t *cursor, enum copse_entry_class class)
{
    return view->port->next_leaf(view->port->context, out, cursor, view->community, class);
}

enum copse_err copse_exchange_sum(uint64_t *sum, const struct copse_exchange_view *view,
                                  enum copse_entry_class class)
{
    uint64_t total = 0;
    uint64_t cursor = 0;
    struct copse_port_leaf leaf;
    enum copse_err err = COPSE_OK;
    while ((err = next_leaf(view, &leaf, &cursor, class)) == COPSE_OK) {
        total += tag_of(view, class, &leaf);
    }
    if (err != COPSE_ERR_NOT_FOUND) {
        return err;
    }
    *sum = total;
    return COPSE_OK;
}

static enum copse_err gather_items(struct copse_exchange *exchange,
                                   const struct copse_exchange_view *view)
{
    uint64_t cursor = 0;
    struct copse_port_leaf leaf;
    enum copse_err err = COPSE_OK;
    while ((err = next_leaf(view, &leaf, &cursor, exchange->class)) == COPSE_OK) {
        struct copse_reconcile_item item;
        memset(&item, 0, sizeof item);
        item.author = leaf.author;
        item.tag = tag_of(view, exchange->class, &leaf);
        item.position = leaf.position;
        item.is_frozen = leaf.is_frozen;
        err = copse_reconcile_add(&exchange->reconcile, &item);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return err == COPSE_ERR_NOT_FOUND ? copse_reconcile_finish(&exchange->reconcile) : err;
}

enum copse_err copse_exchange_begin(struct copse_exchange *exchange,
                                    const struct copse_exchange_view *view,
                                    enum copse_entry_class class, enum copse_exchange_turn turn,
                                    enum copse_exchange_manner manner)
{
    const struct copse_memory *memory = exchange->reconcile.memory;
    copse_exchange_deinit(exchange);
    copse_exchange_init(exchange, memory);
    exchange->class = class;
    exchange->manner = manner;
    exchange->turn = turn;
    enum copse_err err = gather_items(exchange, view);
    if (err == COPSE_OK && turn == COPSE_EXCHANGE_OWN) {
        err = copse_reconcile_start(&exchange->reconcile);
    }
    return err;
}

/* ---- lists of authors ---- */

static size_t find_author(const struct copse_exchange_authors *list, const struct copse_id *author)
{
    size_t i = 0;
    while (i < list->count && !copse_bytes_equal_ids(&list->authors[i], author)) {
        i++;
    }
    return i;
}

static bool has_author(const struct copse_exchange_authors *list, const struct copse_id *author)
{
    return find_author(list, author) < list->count;
}

static void remove_author(struct copse_exchange_authors *list, size_t index)
{
    list->count--;
    memmove(&list->authors[index], &list->authors[index + 1],
            (list->count - index) * sizeof list->authors[0]);
}

/* What does not fit is left to the next exchange. */
void copse_exchange_ask(struct copse_exchange *exchange, const struct copse_id *author)
{
    if (has_author(&exchange->asks, author) || has_author(&exchange->waiting, author) ||
        exchange->asks.count == COPSE_EXCHANGE_ASKS_MAX ||
        exchange->asked_count == COPSE_EXCHANGE_ASKED_MAX) {
        return;
    }
    exchange->asks.authors[exchange->asks.count++] = *author;
    exchange->asked_count++;
}

/* ---- what the peer lacks ---- */

static struct copse_history history_of(const struct copse_exchange *exchange,
                                       const struct copse_exchange_view *view,
                                       const struct copse_id *author, size_t *budget)
{
    return (struct copse_history){view->port, view->key,       view->community,
                                  author,     exchange->class, budget};
}

static enum copse_err add_jobs(struct copse_exchange *exchange,
                               const struct copse_exchange_view *view,
                               const struct copse_reconcile_item *item, uint32_t from_seq,
                               enum copse_stream_check check)
{
    if (exchange->manner == COPSE_EXCHANGE_LEARN) {
        return COPSE_OK;
    }
    if (!item->is_frozen) {
        struct copse_stream_job job = {item->position, from_seq};
        return copse_stream_add(&exchange->stream, &job, check);
    }
    return copse_stream_add_frozen(&exchange->stream, view->port, view->community, &item->position,
                                   from_seq);
}

/* Look at one own item of which the peer has shown `known`. */
static enum copse_err settle_item(struct copse_exchange *exchange,
                                  const struct copse_history *history,
                                  const struct copse_exchange_view *view,
                                  const struct copse_reconcile_item *item,
                                  const struct copse_history_known *known, size_t known_count)
{
    struct copse_history_plan plan;
    enum copse_err err =
        copse_history_plan(history, &plan, item, COPSE_HISTORY_ROWS, known, known_count);
    if (err != COPSE_OK) {
        return err;
    }
    switch (plan.verdict) {
    case COPSE_HISTORY_SEND:
        return add_jobs(exchange, view, item, plan.from_seq, COPSE_STREAM_ANY);
    case COPSE_HISTORY_ASK:
        copse_exchange_ask(exchange, &item->author);
        return COPSE_OK;
    case COPSE_HISTORY_WAIT:
    case COPSE_HISTORY_NOTHING:
        return COPSE_OK;
    }
    return COPSE_OK;
}

/* The rows of an item's device as pairs. True: the item itself is among them. */
static bool collect_rows(struct copse_history_known known[COPSE_MESSAGE_KNOWN_MAX], size_t *count,
                         const struct copse_reconcile_part *part,
                         const struct copse_reconcile_item *item)
{
    size_t first = 0;
    size_t rows = copse_reconcile_rows_of(part, &first, &item->author);
    *count = 0;
    for (size_t i = 0; i < rows; i++) {
        struct copse_reconcile_row row = copse_reconcile_row(part, first + i);
        if (row.tag == item->tag) {
            return true;
        }
        if (*count < COPSE_MESSAGE_KNOWN_MAX) {
            known[(*count)++] = (struct copse_history_known){row.seq, row.tag};
        }
    }
    return false;
}

static enum copse_err settle_own(struct copse_exchange *exchange,
                                 const struct copse_exchange_view *view,
                                 const struct copse_reconcile_part *part, size_t *budget)
{
    for (size_t i = part->first; i < part->end; i++) {
        const struct copse_reconcile_item *item = &exchange->reconcile.items[i];
        struct copse_history_known known[COPSE_MESSAGE_KNOWN_MAX];
        size_t count = 0;
        if (collect_rows(known, &count, part, item)) {
            continue;
        }
        struct copse_history history = history_of(exchange, view, &item->author, budget);
        enum copse_err err = settle_item(exchange, &history, view, item, known, count);
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* Is the entry that a row means held by this side? A frozen log is when it is frozen here alike. */
static enum copse_err is_row_held(bool *is_held, const struct copse_exchange *exchange,
                                  const struct copse_exchange_view *view,
                                  const struct copse_reconcile_part *part,
                                  const struct copse_reconcile_row *row, size_t *budget)
{
    size_t first = 0;
    size_t items = copse_reconcile_items_of(&exchange->reconcile, &first, part, row);
    const struct copse_id *last_author = NULL;
    *is_held = false;
    for (size_t i = 0; i < items; i++) {
        const struct copse_reconcile_item *item = &exchange->reconcile.items[first + i];
        if (item->tag == row->tag) {
            *is_held = true;
            return COPSE_OK;
        }
    }
    for (size_t i = 0; i < items; i++) {
        const struct copse_reconcile_item *item = &exchange->reconcile.items[first + i];
        if (last_author != NULL && copse_bytes_equal_ids(last_author, &item->author)) {
            continue;
        }
        last_author = &item->author;
        struct copse_history history = history_of(exchange, view, &item->author, budget);
        struct copse_history_known known = {row->seq, row->tag};
        struct copse_position position;
        bool is_frozen = false;
        enum copse_err err = copse_history_find(&history, &position, &is_frozen, &known);
        if (err != COPSE_ERR_NOT_FOUND) {
            *is_held = err == COPSE_OK && !is_frozen;
            return err;
        }
    }
    return COPSE_OK;
}

/* Does the list show anything that is not held here? */
static enum copse_err lacks_any(bool *out, const struct copse_exchange *exchange,
                                const struct copse_exchange_view *view,
                                const struct copse_reconcile_part *part, size_t *budget)
{
    *out = false;
    size_t count = copse_reconcile_row_count(part);
    for (size_t i = 0; i < count && !*out; i++) {
        struct copse_reconcile_row row = copse_reconcile_row(part, i);
        bool is_held = false;
        enum copse_err err = is_row_held(&is_held, exchange, view, part, &row, budget);
        if (err != COPSE_OK) {
            return err;
        }
        *out = !is_held;
    }
    return COPSE_OK;
}

/* ---- RANGES ---- */

/* SPEC 10.13: the answer to one part. */
static enum copse_err take_part(struct copse_exchange *exchange,
                                const struct copse_exchange_view *view,
                                const struct copse_reconcile_part *part, size_t *budget)
{
    enum copse_reconcile_mode answer = COPSE_RECONCILE_SETTLED;
    enum copse_err err = COPSE_OK;
    bool lacks = false;
    switch (part->mode) {
    case COPSE_RECONCILE_SETTLED:
        break;
    case COPSE_RECONCILE_SUM:
        exchange->in_asks = true;
        answer = copse_reconcile_choose(&exchange->reconcile, part, exchange->sets);
        break;
    case COPSE_RECONCILE_LIST:
        exchange->in_asks = true;
        err = settle_own(exchange, view, part, budget);
        if (err == COPSE_OK) {
            err = lacks_any(&lacks, exchange, view, part, budget);
        }
        answer = lacks ? COPSE_RECONCILE_ANSWER : COPSE_RECONCILE_SETTLED;
        break;
    case COPSE_RECONCILE_ANSWER:
        err = settle_own(exchange, view, part, budget);
        break;
    }
    return err == COPSE_OK ? copse_reconcile_answer(&exchange->reconcile, part, answer) : err;
}

static enum copse_err take_ranges(struct copse_exchange *exchange,
                                  const struct copse_exchange_view *view,
                                  const struct copse_message *message)
{
    if (exchange->turn != COPSE_EXCHANGE_PEER ||
        message->ranges.class != (uint64_t)exchange->class) {
        return COPSE_ERR_FORM;
    }
    if (!exchange->in_set) {
        if (exchange->sets == COPSE_EXCHANGE_SETS_MAX) {
            return COPSE_ERR_LIMIT;
        }
        exchange->in_set = true;
        exchange->in_asks = false;
        exchange->sets++;
        copse_reconcile_open_set(&exchange->reconcile);
    }
    struct copse_reader reader;
    size_t count = 0;
    size_t budget = COPSE_HISTORY_BUDGET;
    enum copse_err err =
        copse_reconcile_open(&exchange->reconcile, &reader, &count, message->ranges.parts);
    for (size_t i = 0; i < count && err == COPSE_OK; i++) {
        struct copse_reconcile_part part;
        err = copse_reconcile_next(&exchange->reconcile, &part, &reader);
        if (err == COPSE_OK) {
            err = take_part(exchange, view, &part, &budget);
        }
    }
    if (err == COPSE_OK) {
        err = copse_reader_end(&reader);
    }
    if (err == COPSE_OK && exchange->reconcile.in_done) {
        exchange->in_set = false;
        exchange->turn = exchange->in_asks ? COPSE_EXCHANGE_OWN : COPSE_EXCHANGE_NOBODY;
    }
    return err;
}

/* ---- LOCATE ---- */

/* Now all is known that will be: what would be asked or waited for is sent from the beginning. */
static enum copse_err settle_located(struct copse_exchange *exchange,
                                     const struct copse_exchange_view *view,
                                     const struct copse_id *author,
                                     const struct copse_history_known *known, size_t known_count)
{
    size_t budget = COPSE_HISTORY_BUDGET;
    struct copse_history history = history_of(exchange, view, author, &budget);
    const struct copse_reconcile_part whole = {.end = exchange->reconcile.count};
    const struct copse_reconcile_row row = {.author = author->bytes};
    size_t first = 0;
    size_t items = copse_reconcile_items_of(&exchange->reconcile, &first, &whole, &row);
    for (size_t i = first; i < first + items; i++) {
        const struct copse_reconcile_item *item = &exchange->reconcile.items[i];
        if (!copse_bytes_equal_ids(&item->author, author)) {
            continue; /* it only begins alike */
        }
        struct copse_history_plan plan;
        enum copse_err err =
            copse_history_plan(&history, &plan, item, COPSE_HISTORY_PAIRS, known, known_count);
        if (err != COPSE_OK) {
            return err;
        }
        if (plan.verdict != COPSE_HISTORY_NOTHING) {
            uint32_t from_seq = plan.verdict == COPSE_HISTORY_SEND ? plan.from_seq : 0;
            err = add_jobs(exchange, view, item, from_seq, COPSE_STREAM_UNIQUE);
        }
        if (err != COPSE_OK) {
            return err;
        }
    }
    return COPSE_OK;
}

/* *is_news: what it says was not known from an ask that crossed this side's. */
static enum copse_err note_answer(struct copse_exchange *exchange, bool *is_news,
                                  const struct copse_id *author)
{
    size_t index = find_author(&exchange->crossed, author);
    *is_news = index == exchange->crossed.count;
    if (!*is_news) {
        remove_author(&exchange->crossed, index);
    }
    index = find_author(&exchange->waiting, author);
    if (index == exchange->waiting.count) {
        return COPSE_ERR_FORM;
    }
    remove_author(&exchange->waiting, index);
    return COPSE_OK;
}

static enum copse_err note_ask(struct copse_exchange *exchange, const struct copse_id *author)
{
    if (has_author(&exchange->answers, author) ||
        exchange->answers.count == COPSE_EXCHANGE_ASKS_MAX) {
        return COPSE_ERR_LIMIT;
    }
    exchange->answers.authors[exchange->answers.count++] = *author;
    size_t index = find_author(&exchange->asks, author);
    if (index < exchange->asks.count) {
        remove_author(&exchange->asks, index);
    }
    if (has_author(&exchange->waiting, author) && !has_author(&exchange->crossed, author)) {
        exchange->crossed.authors[exchange->crossed.count++] = *author;
    }
    return COPSE_OK;
}

static enum copse_err take_locate(struct copse_exchange *exchange,
                                  const struct copse_exchange_view *view,
                                  const struct copse_message *message)
{
    struct copse_id author;
    enum copse_err err = copse_bytes_to_id(&author, message->locate.author);
    COPSE_ASSERT(err == COPSE_OK); /* the table says 32 bytes */
    if (message->locate.class != (uint64_t)exchange->class || exchange->reconcile.sums == NULL) {
        return COPSE_OK; /* it crossed the end of the exchange it belongs to */
    }
    bool is_news = true;
    err = message->locate.is_answer == 1 ? note_answer(exchange, &is_news, &author)
                                         : note_ask(exchange, &author);
    if (err != COPSE_OK || !is_news) {
        return err;
    }
    struct copse_history_known known[COPSE_MESSAGE_KNOWN_MAX];
    size_t count = copse_history_unpack(known, message->locate.known);
    return settle_located(exchange, view, &author, known, count);
}

enum copse_err copse_exchange_take(struct copse_exchange *exchange,
                                   const struct copse_exchange_view *view,
                                   const struct copse_message *message)
{
    if (message->type == COPSE_MESSAGE_RANGES) {
        return take_ranges(exchange, view, message);
    }
    if (message->type == COPSE_MESSAGE_LOCATE) {
        return take_locate(exchange, view, message);
    }
    COPSE_ASSERT(message->type == COPSE_MESSAGE_SENT);
    exchange->has_peer_sent = true;
    return COPSE_OK;
}

/* ---- what goes out ---- */

static void write_ranges(struct copse_exchange *exchange, struct copse_message *out,
                         struct copse_noise_room room)
{
    bool is_last = false;
    out->type = COPSE_MESSAGE_RANGES;
    out->ranges.class = (uint64_t)exchange->class;
    copse_reconcile_write(&exchange->reconcile, &out->ranges.parts, &is_last, room);
    if (is_last) {
        exchange->sets++;
        exchange->turn = copse_reconcile_asks(&exchange->reconcile) ? COPSE_EXCHANGE_PEER
                                                                    : COPSE_EXCHANGE_NOBODY;
    }
}

/* The author's id goes to the end of the room, behind the pairs. */
static enum copse_err write_locate(const struct copse_exchange *exchange, struct copse_message *out,
                                   const struct copse_exchange_view *view,
                                   struct copse_noise_room room, const struct copse_id *author)
{
    size_t budget = COPSE_HISTORY_BUDGET;
    struct copse_history history = history_of(exchange, view, author, &budget);
    enum copse_err err = copse_history_locate(&history, &out->locate.known, room);
    uint8_t *place = room.data + room.size - COPSE_ID_BYTES;
    memcpy(place, author->bytes, COPSE_ID_BYTES);
    out->type = COPSE_MESSAGE_LOCATE;
    out->locate.class = (uint64_t)exchange->class;
    out->locate.author = (struct copse_slice){place, COPSE_ID_BYTES};
    return err;
}

static bool is_sent_due(const struct copse_exchange *exchange)
{
    return exchange->reconcile.sums != NULL && exchange->turn == COPSE_EXCHANGE_NOBODY &&
           copse_stream_is_empty(&exchange->stream) && exchange->asks.count == 0 &&
           exchange->waiting.count == 0 && exchange->answers.count == 0;
}

enum copse_err copse_exchange_next(struct copse_exchange *exchange, struct copse_message *out,
                                   const struct copse_exchange_view *view,
                                   struct copse_noise_room room, enum copse_exchange_pace pace)
{
    COPSE_ASSERT(room.size >= COPSE_MESSAGE_PARTS_MAX);
    enum copse_err err = COPSE_OK;
    if (exchange->turn == COPSE_EXCHANGE_OWN) {
        write_ranges(exchange, out, room);
    } else if (exchange->answers.count > 0 && copse_stream_is_empty(&exchange->stream) &&
               pace == COPSE_EXCHANGE_GO) {
        struct copse_id author = exchange->answers.authors[0];
        remove_author(&exchange->answers, 0);
        out->locate.is_answer = 1;
        err = write_locate(exchange, out, view, room, &author);
    } else if (exchange->asks.count > 0 && exchange->waiting.count < COPSE_EXCHANGE_ASKS_MAX &&
               pace == COPSE_EXCHANGE_GO) {
        struct copse_id author = exchange->asks.authors[0];
        remove_author(&exchange->asks, 0);
        exchange->waiting.authors[exchange->waiting.count++] = author;
        out->locate.is_answer = 0;
        err = write_locate(exchange, out, view, room, &author);
    } else if (is_sent_due(exchange) && !exchange->has_said_sent) {
        exchange->has_said_sent = true;
        out->type = COPSE_MESSAGE_SENT;
    } else {
        err = COPSE_ERR_NOT_FOUND;
    }
    return err;
}

bool copse_exchange_is_asking(const struct copse_exchange *exchange)
{
    return exchange->asks.count + exchange->waiting.count > 0;
}

bool copse_exchange_is_over(const struct copse_exchange *exchange)
{
    return exchange->has_said_sent && exchange->has_peer_sent && is_sent_due(exchange);
}
