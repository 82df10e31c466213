/* Each keystroke of a published trace is an op. They are added, then replayed and printed once:
 * what a node does with a page that was typed elsewhere, and whenever it reads the page, since
 * nothing but entries is stored. A text of more ops than one may have goes on in a second one.
 */
#include "tests/bench/bench.h"
#include "tests/support/text_history.h"

#include <stdio.h>
#include <string.h>

#define RUNS 5u

static struct copse_text *fresh_text(void)
{
    struct copse_text *text = NULL;
    bench_must(copse_text_new(&text, copse_memory_heap()), NULL, "a text");
    return text;
}

/* Add one op after another from `first` on, as many as a text takes. Returns how many. */
static size_t fill(struct copse_text *text, const struct copse_text_history *history, size_t first,
                   const struct copse_id *base)
{
    size_t count = 0;
    for (; first + count < history->count && count < COPSE_TEXT_OPS_MAX - 1; count++) {
        struct copse_text_op op = copse_text_history_give(history, first + count);
        if (count == 0 && base != NULL) {
            op.parents = base;
            op.parent_count = 1;
        }
        bench_must(copse_text_add(text, &op), NULL, "an op");
    }
    return count;
}

/* The first op of a text that goes on with what another one came to. */
static void begin_page(struct copse_text *text, struct copse_text_history *page,
                       const struct copse_text_view *view)
{
    struct copse_text_patch all = {0, 0, (uint32_t)view->units, false};
    struct copse_id id = copse_text_history_id(0);
    copse_text_history_push(page, &id, &all, 1, view->text);
    struct copse_text_op op = copse_text_history_give(page, page->count - 1);
    bench_must(copse_text_add(text, &op), NULL, "a page");
}

/* Milliseconds until the whole trace is text. */
static double replay(const struct copse_text_history *history)
{
    struct copse_text_view view = {.units = 0};
    struct copse_text_history page;
    struct copse_text *text = fresh_text();
    struct copse_id base;
    copse_text_history_init(&page);
    double began_us = bench_now_us();
    for (size_t done = 0; done < history->count;) {
        if (done > 0) {
            struct copse_text *next = fresh_text();
            begin_page(next, &page, &view);
            base = page.ops[page.count - 1].id;
            copse_text_free(text);
            text = next;
        }
        done += fill(text, history, done, done > 0 ? &base : NULL);
        bench_must(copse_text_merge(text, &view, NULL), NULL, "merging");
    }
    double took_ms = (bench_now_us() - began_us) / 1e3;
    bool is_right = view.text.size == strlen(history->end) &&
                    memcmp(view.text.data, history->end, view.text.size) == 0;
    bench_must(is_right ? COPSE_OK : COPSE_ERR_CORRUPT, NULL, "the text is not the published one");
    copse_text_free(text);
    copse_text_history_deinit(&page);
    return took_ms;
}

static void measure(const char *trace, const char *name)
{
    struct copse_text_history history;
    double took_ms[RUNS];
    copse_text_history_init(&history);
    if (copse_text_history_load_trace(&history, trace)) {
        for (size_t i = 0; i < RUNS; i++) {
            took_ms[i] = replay(&history);
        }
        printf("%s %.1f\n", name, bench_quantile(took_ms, RUNS, 0.5));
    }
    copse_text_history_deinit(&history);
}

void bench_text(const struct bench_arguments *arguments)
{
    (void)arguments;
    measure("vectors/trace-automerge-paper.json.gz", "typed_ms");
    measure("vectors/trace-friendsforever.json.gz", "merged_ms");
}
