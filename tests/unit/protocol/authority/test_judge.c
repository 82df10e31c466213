/* What one entry may do: the table of SPEC 7.10, charters, and each reason of a verdict. */
#include "protocol/authority/judge.h"

#include "tests/support/cmocka.h"
#include "tests/support/governance_run.h"
#include "tests/support/governance_table.h"
#include "tests/support/hash_scheme.h"

#include <string.h>

/* ---- the table ---- */

/* By role, C D M G: y yes, - no, i and w if the charter lets invite or guests write, o own, p own
 * if guests may write. */
struct permission_row {
    struct copse_op op;
    const char *who;
};

static const struct permission_row rows[] = {
    {{.kind = COPSE_OP_JOIN}, "yyyy"},
    {{.kind = COPSE_OP_LEAVE}, "yyyy"},
    {{.kind = COPSE_OP_DEVICE_REVOKE}, "yyyy"},
    {{.kind = COPSE_OP_GRANT, .role = COPSE_OP_COORDINATOR}, "y---"},
    {{.kind = COPSE_OP_GRANT, .role = COPSE_OP_MODERATOR}, "y---"},
    {{.kind = COPSE_OP_GRANT, .role = COPSE_OP_MEMBER}, "yyii"},
    {{.kind = COPSE_OP_GRANT, .role = COPSE_OP_GUEST}, "yyii"},
    {{.kind = COPSE_OP_INVITE, .role = COPSE_OP_MEMBER}, "yyii"},
    {{.kind = COPSE_OP_CHARTER}, "y---"},
    {{.kind = COPSE_OP_REMOVE, .to = COPSE_OP_TO_NONE}, "yy--"},
    {{.kind = COPSE_OP_REMOVE, .to = COPSE_OP_TO_MEMBER}, "y---"},
    {{.kind = COPSE_OP_REMOVE, .to = COPSE_OP_TO_MODERATOR}, "y---"},
    {{.kind = COPSE_OP_REVOKE}, "yy--"},
    {{.kind = COPSE_OP_ACCEPT}, "yy--"},
    {{.kind = COPSE_OP_RECALL}, "----"},
    {{.kind = COPSE_OP_LOCK}, "yy--"},
    {{.kind = COPSE_OP_UNLOCK}, "yy--"},
    {{.kind = COPSE_OP_BAR}, "yy--"},
    {{.kind = COPSE_OP_UNBAR}, "yy--"},
    {{.kind = COPSE_OP_APPROVE}, "yy--"},
    {{.kind = COPSE_OP_SECRET}, "yy--"},
    {{.kind = COPSE_OP_HIDE}, "yyop"},
    {{.kind = COPSE_OP_UNHIDE}, "yyop"},
    {{.kind = COPSE_OP_ERASE}, "yyop"},
    {{.kind = COPSE_OP_FLAG}, "yyop"},
    {{.kind = COPSE_OP_ASSENT}, "yyyw"},
    {{.kind = COPSE_OP_CREATE}, "yyyw"},
    {{.kind = COPSE_OP_EDIT}, "yyyw"},
    {{.kind = COPSE_OP_SET}, "yyyw"},
    {{.kind = COPSE_OP_ADD}, "yyyw"},
    {{.kind = COPSE_OP_DEL}, "yyyw"},
};

static enum copse_verdict expected(char who, const struct copse_permission_rules *rules)
{
    bool is_own = who == 'o' || who == 'p';
    bool is_denied = who == '-' || (who == 'i' && !rules->invite) ||
                     ((who == 'w' || who == 'p') && !rules->guests);
    if (is_denied) {
        return COPSE_VERDICT_NOT_PERMITTED;
    }
    return is_own ? COPSE_VERDICT_OWN_ONLY : COPSE_VERDICT_HONOURED;
}

static void permission__follows_the_table(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        struct copse_permission_rules rules = {(bits & 1u) != 0, (bits & 2u) != 0, {NULL, 0}};
        for (size_t i = 0; i < COPSE_ARRAY_SIZE(rows); i++) {
            for (unsigned role = 0; role < 4; role++) {
                enum copse_verdict verdict =
                    copse_permission_judge((enum copse_op_role)role, &rows[i].op, &rules);
                assert_int_equal(verdict, expected(rows[i].who[role], &rules));
            }
        }
    }
}

static struct copse_permission_rules read_rules(const char *bytes, size_t size)
{
    struct copse_permission_rules rules;
    copse_permission_read(&rules, (struct copse_slice){(const uint8_t *)bytes, size});
    return rules;
}

static void permission__reads_charters_with_tolerance(void **state)
{
    (void)state;
    struct copse_permission_rules rules = read_rules("\x82\x01\xc3\x02\xc3", 5);
    assert_true(rules.invite && rules.guests);
    rules = read_rules("\x82\x01\x01\x02\xc3", 5); /* key 1 is a number */
    assert_true(!rules.invite && rules.guests);
    rules = read_rules("\x82\x01\xc3\x03\x92\x20\x21", 7);
    assert_int_equal(rules.kinds.size, 3);
    rules = read_rules("\x81\x03\x92\x21\x20", 5); /* kinds that fall */
    assert_int_equal(rules.kinds.size, 0);
    rules = read_rules("\x81\x03\x91\xa1x", 5);
    assert_int_equal(rules.kinds.size, 0);
    rules = read_rules("\x82\x00\xc3\x09\xa1x", 6); /* other keys */
    assert_true(!rules.invite && !rules.guests);
    rules = read_rules("\x80", 1);
    assert_true(!rules.invite && !rules.guests);
}

static void permission__lets_listed_kinds_of_members_wait(void **state)
{
    (void)state;
    struct copse_permission_rules rules = read_rules("\x82\x02\xc3\x03\x92\x20\x22", 7);
    struct copse_op create = {.kind = COPSE_OP_CREATE};
    struct copse_op edit = {.kind = COPSE_OP_EDIT};
    struct copse_op set = {.kind = COPSE_OP_SET};
    assert_int_equal(copse_permission_judge(COPSE_OP_MEMBER, &create, &rules),
                     COPSE_VERDICT_WAITING);
    assert_int_equal(copse_permission_judge(COPSE_OP_GUEST, &set, &rules), COPSE_VERDICT_WAITING);
    assert_int_equal(copse_permission_judge(COPSE_OP_MEMBER, &edit, &rules),
                     COPSE_VERDICT_HONOURED);
    assert_int_equal(copse_permission_judge(COPSE_OP_MODERATOR, &create, &rules),
                     COPSE_VERDICT_HONOURED);
}

/* ---- reasons ---- */

struct reason {
    const char *text; /* a case; its last entry is judged */
    enum copse_verdict verdict;
};

static const struct reason reasons[] = {
    {"case a\n"
     "g ana.1 GENESIS founders=ana\n"
     "d ana.1 DATA\n",
     COPSE_VERDICT_HONOURED},
    {"case b\n"
     "g ana.1 GENESIS founders=ana\n"
     "g1 ana.1 GRANT person=ben role=M\n"
     "bj ben.1 JOIN as=g1\n"
     "h ben.1 HIDE target=bj\n",
     COPSE_VERDICT_OWN_ONLY},
    {"case c\n"
     "g ana.1 GENESIS founders=ana\n"
     "g1 ana.1 GRANT person=ben role=G\n"
     "bj ben.1 JOIN as=g1\n"
     "d ben.1 DATA\n",
     COPSE_VERDICT_NOT_PERMITTED},
    {"case d\n"
     "g ana.1 GENESIS founders=ana\n"
     "bj ben.1 JOIN as=g\n"
     "d ben.1 DATA\n",
     COPSE_VERDICT_NO_GRANT},
    {"case e\n"
     "g ana.1 GENESIS founders=ana\n"
     "bj ben.1 JOIN as=g bad=signature\n"
     "d ben.1 DATA\n",
     COPSE_VERDICT_STRANGER},
    {"case f\n"
     "g ana.1 GENESIS founders=ana\n"
     "d ana.1 DATA bad=ext\n",
     COPSE_VERDICT_REFUSED},
    {"case g\n"
     "g ana.1 GENESIS founders=ana\n"
     "g1 ana.1 GRANT person=ben role=M until=9\n"
     "bj ben.1 JOIN as=g1\n"
     "d ben.1 DATA hlc=9\n",
     COPSE_VERDICT_TERM_OVER},
    {"case h\n"
     "g ana.1 GENESIS founders=ana\n"
     "g1 ana.1 GRANT person=ben role=M\n"
     "bj ben.1 JOIN as=g1\n"
     "a1 ana.1 REMOVE person=ben leaves=bj\n"
     "d ben.1 DATA\n",
     COPSE_VERDICT_ENDED},
    {"case i\n"
     "g ana.1 GENESIS founders=ana\n"
     "g1 ana.1 GRANT person=ben role=M\n"
     "bj ben.1 JOIN as=g1\n"
     "l ben.1 LEAVE leaves=bj\n"
     "d ben.1 DATA\n",
     COPSE_VERDICT_WITHDRAWN},
    {"case j\n"
     "g ana.1 GENESIS founders=ana\n"
     "l ana.1 LEAVE\n"
     "i ana.1 INVITE role=M\n",
     COPSE_VERDICT_LEFT},
    {"case k\n"
     "g ana.1 GENESIS founders=ana\n"
     "t ana.1 DATA prev=g times=17\n",
     COPSE_VERDICT_FROZEN},
    {"case l\n"
     "g ana.1 GENESIS founders=ana\n"
     "g1 ana.1 GRANT person=ben role=C\n"
     "bj ben.1 JOIN as=g1\n"
     "b ben.1 REMOVE person=ana leaves=-\n",
     COPSE_VERDICT_NOT_PERMITTED},
    {"case m\n"
     "g ana.1 GENESIS founders=ana\n"
     "r ana.1 RECALL person=ana leaves=-\n",
     COPSE_VERDICT_NOT_PERMITTED},
};

static void judge__says_why(void **state)
{
    (void)state;
    static struct table_case table;
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(reasons); i++) {
        const char *text = reasons[i].text;
        struct governance_built built;
        struct governance_build_options options = {copse_hash_scheme(), NULL};
        struct governance_outcome outcome;
        int order[MODEL_ENTRIES_MAX];
        assert_true(governance_table_next(&table, &text));
        governance_build(&built, &table.history, &options);
        for (int k = 0; k < table.history.count; k++) {
            order[k] = k;
        }
        governance_run(&outcome, &table.history, &built, copse_hash_scheme(), order,
                       table.history.count);
        int last = table.history.count - 1;
        if (outcome.verdict[last] != reasons[i].verdict) {
            fail_msg("case %s: %s, not %s", table.title, copse_verdict_name(outcome.verdict[last]),
                     copse_verdict_name(reasons[i].verdict));
        }
        governance_build_free(&built);
    }
}

static void judge__refuses_what_was_not_decoded(void **state)
{
    (void)state;
    struct copse_judge_verdict verdict;
    struct copse_commons commons;
    struct copse_source source;
    struct copse_held held;
    memset(&commons, 0, sizeof commons);
    memset(&source, 0, sizeof source);
    memset(&held, 0, sizeof held);
    held.id.bytes[0] = 1;
    copse_judge_entry(&verdict, NULL, &commons, &source, &held, NULL);
    assert_int_equal(verdict.verdict, COPSE_VERDICT_REFUSED);
    struct copse_op genesis = {.kind = COPSE_OP_GENESIS};
    copse_judge_entry(&verdict, NULL, &commons, &source, &held, &genesis);
    assert_int_equal(verdict.verdict, COPSE_VERDICT_REFUSED);
    struct copse_op join = {.kind = COPSE_OP_JOIN};
    held.entry.seq = 3;
    copse_judge_entry(&verdict, NULL, &commons, &source, &held, &join);
    assert_int_equal(verdict.verdict, COPSE_VERDICT_REFUSED);
}

static void verdict__has_a_name_and_a_sentence_for_each(void **state)
{
    (void)state;
    assert_string_equal(copse_verdict_name(COPSE_VERDICT_NO_GRANT), "NO_GRANT");
    assert_string_equal(copse_verdict_text(COPSE_VERDICT_HONOURED), "counts");
    for (int i = COPSE_VERDICT_HONOURED; i <= COPSE_VERDICT_REFUSED; i++) {
        assert_true(strlen(copse_verdict_text((enum copse_verdict)i)) > 4);
    }
    assert_int_equal(copse_verdict_worse(COPSE_VERDICT_WAITING, COPSE_VERDICT_NOT_PERMITTED),
                     COPSE_VERDICT_NOT_PERMITTED);
    assert_int_equal(copse_verdict_worse(COPSE_VERDICT_WAITING, COPSE_VERDICT_HONOURED),
                     COPSE_VERDICT_WAITING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permission__follows_the_table),
        cmocka_unit_test(permission__reads_charters_with_tolerance),
        cmocka_unit_test(permission__lets_listed_kinds_of_members_wait),
        cmocka_unit_test(judge__says_why),
        cmocka_unit_test(judge__refuses_what_was_not_decoded),
        cmocka_unit_test(verdict__has_a_name_and_a_sentence_for_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
