/* Acts on others: the cut of a person, the reason, and an act in as many entries as it takes.
 *
 * Words:  cut     of a person: the last entries held of all their logs; it says "up to here"
 *         reason  why, in the words of who acts; content of the entry (SPEC 5.7)
 */
#ifndef COPSE_NODE_PRACTICE_ACT_H
#define COPSE_NODE_PRACTICE_ACT_H

#include "node/practice/practice.h"

#define COPSE_ACT_REASON_BYTES_MAX 2000u

/* Rising as SPEC 5.2 says; more than 48 go into several entries. Begin with zeros. */
struct copse_act_cut {
    const struct copse_memory *memory;
    struct copse_op_leaf *leaves;
    size_t count;
    size_t capacity;
};

/* All that is held of a person: every leaf of every log, of both classes, with its signature. The
 * caller deinits. COPSE_OK, also for a person of whom nothing is held; or a fault. */
enum copse_err copse_act_cut_person(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                    const struct copse_id *person) COPSE_MUST_CHECK;

/* The same for what one JOIN, or the genesis, opened: added to `out`, which is sorted again. */
enum copse_err copse_act_cut_line(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                  const struct copse_id *join) COPSE_MUST_CHECK;

/* The same for what one device wrote, in however many logs: into `out`, which begins with zeros. */
enum copse_err copse_act_cut_device(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                    const struct copse_id *device) COPSE_MUST_CHECK;

/* The same for one log. */
enum copse_err copse_act_cut_log(struct copse_practice_deed *deed, struct copse_act_cut *out,
                                 uint32_t number) COPSE_MUST_CHECK;

/* Take an entry, and all that follows it in its log, out of a cut: the leaf becomes the last signed
 * entry before it, or none. COPSE_ERR_NOT_FOUND: it is not here. */
enum copse_err copse_act_cut_before(struct copse_practice_deed *deed, struct copse_act_cut *cut,
                                    const struct copse_id *entry) COPSE_MUST_CHECK;
void copse_act_cut_deinit(struct copse_act_cut *cut);

/* An entry of the deed's community by the beginning of its id, whatever it is. Sets *count to how
 * many begin so; *out is one of them. COPSE_OK; COPSE_ERR_DECODE: no such beginning; or a fault. */
enum copse_err copse_act_match(struct copse_practice_deed *deed, struct copse_id *out,
                               size_t *count, const char *digits) COPSE_MUST_CHECK;

/* Can these words be a reason? COPSE_ERR_LIMIT, COPSE_ERR_FORM. */
enum copse_err copse_act_check_reason(struct copse_slice reason,
                                      struct copse_error *error) COPSE_MUST_CHECK;

/* Write an act with a reason (size 0: none). With a cut (NULL: none) it becomes as many entries as
 * the leaves need, at least one, all alike but for the leaves; SPEC 7.5 unites them. *first is the
 * first one's id. COPSE_ERR_LIMIT, COPSE_ERR_FORM: no possible reason; else copse_practice_write.
 */
enum copse_err copse_act_write(struct copse_practice_deed *deed, struct copse_id *first,
                               const struct copse_op *op, const struct copse_act_cut *cut,
                               struct copse_slice reason,
                               struct copse_error *error) COPSE_MUST_CHECK;

/* The reason that an entry gives; size 0: none, or it is not here. Borrowed from the view. */
struct copse_slice copse_act_reason(const struct copse_held *held);

#endif
