#include "storage/erased.h"

#include "protocol/rules/view.h"
#include "storage/entries.h"
#include "storage/views.h"

/* Most entries are named by no ERASE: this look saves the rest. */
enum copse_err copse_erased_is_named(struct copse_txn *txn, bool *out, uint32_t community,
                                     const struct copse_id *id)
{
    struct copse_fold_prefix prefix = copse_fold_acts(id, COPSE_OP_ERASE);
    return copse_views_has(txn, out, community, copse_fold_bytes(&prefix));
}

enum copse_err copse_erased_is(struct copse_txn *txn, bool *out, uint32_t community,
                               const struct copse_id *id)
{
    struct copse_views views;
    struct copse_entries_source entries;
    struct copse_state state = copse_views_state(&views, txn, community);
    struct copse_source source = copse_entries_source(&entries, txn, community);
    struct copse_view_options options = {.state = &state, .source = &source, .memory = txn->memory};
    struct copse_view *view = NULL;
    struct copse_view_entry entry;
    enum copse_err err = copse_erased_is_named(txn, out, community, id);
    if (err != COPSE_OK || !*out) {
        return err;
    }
    err = copse_entries_community_id(txn, &options.community, community);
    if (err == COPSE_OK) {
        err = copse_view_new(&view, &options);
    }
    if (err == COPSE_OK) {
        err = copse_view_load(view, &entry, id);
    }
    *out = err == COPSE_OK && entry.words == COPSE_VIEW_ERASED;
    copse_view_free(view);
    return err == COPSE_ERR_NOT_FOUND ? COPSE_OK : err;
}

enum copse_err copse_erased_put(struct copse_txn *txn, uint32_t community,
                                const struct copse_held *held, struct copse_slice salted)
{
    bool is_erased = false;
    enum copse_err err = copse_erased_is(txn, &is_erased, community, &held->id);
    if (err == COPSE_OK && is_erased && held->content_state == COPSE_CONTENT_MISSING) {
        err = copse_contents_release(txn, held, COPSE_CONTENT_ERASED);
    }
    if (err == COPSE_OK && is_erased) {
        return COPSE_ERR_REFUSED; /* what is here already goes when it is due */
    }
    return err == COPSE_OK && salted.data != NULL ? copse_contents_put(txn, held, salted) : err;
}
