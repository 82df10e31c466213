/* What the entries come to: objects, lists and threads, computed when they are read (SPEC 8).
 *
 * A view stands on the rows of the fold, the entries they name, and the judge. It keeps no
 * values, so it is never stale; a view lasts as long as one read transaction. Fields are
 * read with view_field.h, page texts with view_text.h.
 *
 * Words:  counts   has its effect: is honoured, not hidden, and by someone who may write this
 *         visible  an object that a neutral reader is shown with its words
 */
#ifndef COPSE_PROTOCOL_RULES_VIEW_H
#define COPSE_PROTOCOL_RULES_VIEW_H

#include "protocol/authority/verdict.h"
#include "protocol/base/memory.h"
#include "protocol/base/state.h"
#include "protocol/entry/source.h"
#include "protocol/rules/fold.h"
#include "protocol/rules/object.h"

#define COPSE_VIEW_DEPTH_MAX 64u /* refs from a post to its root; SPEC 8.12 */

struct copse_view;

/* All borrowed until the view is freed. */
struct copse_view_options {
    const struct copse_state *state;
    const struct copse_source *source;
    const struct copse_memory *memory;
    struct copse_id community;
};

/* Make a view. COPSE_OK or COPSE_ERR_NOMEM. */
enum copse_err copse_view_new(struct copse_view **out,
                              const struct copse_view_options *options) COPSE_MUST_CHECK;
void copse_view_free(struct copse_view *view);

/* What is left of words. */
enum copse_view_words {
    COPSE_VIEW_NONE, /* the entry has none, or unsets */
    COPSE_VIEW_HERE,
    COPSE_VIEW_MISSING,    /* not here yet, or not kept by this node */
    COPSE_VIEW_ERASED,     /* erased by an act that counts, whether bytes are left or not */
    COPSE_VIEW_UNREADABLE, /* not a value that the field takes */
};

/* One entry, judged. Slices are borrowed from the source. */
struct copse_view_entry {
    struct copse_held held;
    struct copse_op op;      /* zeros if the verdict is REFUSED */
    struct copse_id person;  /* zeros if its device has not joined for anybody */
    enum copse_op_role role; /* of the unit it was written under */
    enum copse_verdict verdict;
    enum copse_view_words words; /* of its content as a whole: not UNREADABLE */
    bool is_hidden;              /* itself, by an act that counts */
    bool counts;                 /* honoured and not hidden; fields have further rules */
};

/* An object. What makes one is a CREATE, for the community its GENESIS, for a person coming in. */
struct copse_view_object {
    struct copse_id id;
    uint32_t kind;
    struct copse_view_entry create; /* of a person: the first JOIN by id */
    bool is_visible;                /* what made it counts */
};

/* An entry with the judge's word alone: verdict, person and role; nothing on it is looked at. */
enum copse_err copse_view_judge(struct copse_view *view, struct copse_view_entry *out,
                                const struct copse_id *id) COPSE_MUST_CHECK;

/* An entry with all that bears on it. COPSE_OK; COPSE_ERR_NOT_FOUND when it is not here;
 * COPSE_ERR_NOMEM, COPSE_ERR_CORRUPT, or a fault of state or source. Cost: a few reads; more where
 * acts bear on it. */
enum copse_err copse_view_load(struct copse_view *view, struct copse_view_entry *out,
                               const struct copse_id *id) COPSE_MUST_CHECK;

/* An object by id, of any kind. COPSE_ERR_NOT_FOUND when what makes it is not here, or is no such
 * thing, or is of a kind that this version does not know. */
enum copse_err copse_view_object(struct copse_view *view, struct copse_view_object *out,
                                 const struct copse_id *id) COPSE_MUST_CHECK;

/* A walk over objects, visible or not, of which each step reads one. */
struct copse_view_cursor {
    struct copse_state_cursor rows;
    struct copse_id person; /* the last one given; meaningful if has_person */
    bool has_person;
};

/* Objects of a kind that CREATE makes, newest first; of posts those that refer to nothing. */
void copse_view_open_kind(struct copse_view_cursor *cursor, uint32_t kind);

/* What refers to `object`, oldest first. */
void copse_view_open_children(struct copse_view_cursor *cursor, const struct copse_id *object);

/* Persons who have a device here, by id. */
void copse_view_open_people(struct copse_view_cursor *cursor);

/* Every post that refers to something, by (what it refers to, hlc, id). */
void copse_view_open_replies(struct copse_view_cursor *cursor);

/* The next object. COPSE_ERR_NOT_FOUND after the last; otherwise as copse_view_object. */
enum copse_err copse_view_next(struct copse_view *view, struct copse_view_object *out,
                               struct copse_view_cursor *cursor) COPSE_MUST_CHECK;

/* A thread, in the order it is read in: each post followed by what refers to it. */
struct copse_view_thread {
    struct copse_view_cursor levels[COPSE_VIEW_DEPTH_MAX];
    size_t depth; /* levels in use */
};

/* Everything below `object`, which is not given itself. */
void copse_view_open_thread(struct copse_view_thread *thread, const struct copse_id *object);

/* The next one and how many refs it is away from the start, at least 1. What is further away
 * than COPSE_VIEW_DEPTH_MAX is left out: open a thread there. As copse_view_next. */
enum copse_err copse_view_next_in_thread(struct copse_view *view, struct copse_view_object *out,
                                         size_t *depth,
                                         struct copse_view_thread *thread) COPSE_MUST_CHECK;

/* Is `person` the one who made the object, or the one it is named by? */
bool copse_view_is_owner(const struct copse_view_object *object, const struct copse_id *person);

/* The options of the view: for view_*.c. */
const struct copse_view_options *copse_view_options_of(const struct copse_view *view);

#endif
