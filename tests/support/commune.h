/* People who share one store: whoever writes, all have it at once. For the deeds of membership,
 * where what counts is who may do what, not how it travels.
 */
#ifndef COPSE_TESTS_SUPPORT_COMMUNE_H
#define COPSE_TESTS_SUPPORT_COMMUNE_H

#include "node/practice/community.h"
#include "tests/support/random.h"

#define COMMUNE_PERSONS_MAX 256u
#define COMMUNE_DAY_MS UINT64_C(86400000)

struct commune_person {
    struct copse_keyring *keyring;
    struct copse_practice practice;
};

struct commune {
    char home[64];
    struct copse_random random;
    uint64_t now_ms; /* a few more at each look */
    struct copse_store *store;
    struct commune_person persons[COMMUNE_PERSONS_MAX];
    size_t count;
    struct copse_id community;
    struct copse_ticket ticket; /* made by commune_invite */
    struct copse_error error;   /* of the last deed */
    struct copse_practice_deed deed;
};

/* A store with person 0, and no community. cmocka's setup and teardown. */
int commune_setup(void **state);
int commune_teardown(void **state);

/* One more person, or one more device of a person. Returns its number. */
size_t commune_add(struct commune *commune);
size_t commune_add_device(struct commune *commune, size_t person);
const struct copse_id *commune_person(const struct commune *commune, size_t person);
struct copse_secret commune_root(const struct commune *commune, size_t person);

/* Person 0 founds the community, with the persons from 1 to `founders` - 1 as further founders. */
void commune_found(struct commune *commune, enum copse_community_kind kind, size_t founders);

/* Begin a deed of a person, in commune->deed; and its end: commits where `err` is COPSE_OK. Gives
 * `err` back; the commit must work. */
struct copse_practice_deed *commune_begin(struct commune *commune, size_t person);
enum copse_err commune_end(struct commune *commune, enum copse_err err);

/* An invitation of a person, in commune->ticket. */
enum copse_err commune_invite(struct commune *commune, size_t person, uint32_t uses, uint32_t days);

/* Join by commune->ticket. */
enum copse_err commune_join(struct commune *commune, size_t person);

/* Somebody writes a post. Sets *id. */
enum copse_err commune_post(struct commune *commune, size_t person, struct copse_id *id,
                            const char *text);

/* Does an entry count, as anybody sees it? */
bool commune_counts(struct commune *commune, const struct copse_id *id);

/* Give a role, with `reason` "test". */
enum copse_err commune_grant(struct commune *commune, size_t by, size_t to, enum copse_op_role role,
                             uint64_t until_ms);
enum copse_err commune_remove(struct commune *commune, size_t by, size_t who);

/* The best role that holds; COPSE_ERR_NOT_FOUND: none. */
enum copse_err commune_role(struct commune *commune, size_t who, enum copse_op_role *role);
void commune_assert_role(struct commune *commune, size_t who, enum copse_op_role role);
void commune_assert_no_role(struct commune *commune, size_t who);

/* As a member again. */
enum copse_err commune_readmit(struct commune *commune, size_t by, size_t who);

/* An open community that Ana (0) has founded, with Ben (1) and Cat (2) as members. */
struct commune *commune_three(void **state);

/* What the last deed said when it was refused. */
#define COMMUNE_ASSERT_SAYS(commune, words) assert_non_null(strstr((commune)->error.text, words))

#endif
