/* Is everything in the store what it should be?
 *
 * Walks all rows of all tables and verifies hashes, links, signatures and derived state.
 * A damaged file may crash the reader, since LMDB trusts its pages: run it in a child
 * process.
 */
#ifndef COPSE_STORAGE_CHECK_H
#define COPSE_STORAGE_CHECK_H

#include "storage/store.h"

#define COPSE_CHECK_FAULTS_MAX 16u

struct copse_check_fault {
    char text[COPSE_ERROR_TEXT_MAX]; /* what is wrong, with which thing */
};

struct copse_check_report {
    uint64_t communities;
    uint64_t logs;
    uint64_t entries;
    uint64_t signatures; /* held and verified */
    uint64_t contents;   /* present and verified */
    uint64_t missing;
    uint64_t chunks;
    uint64_t state_rows;
    uint64_t fault_count; /* all; the first ones are described */
    struct copse_check_fault faults[COPSE_CHECK_FAULTS_MAX];
};

/* How thorough: links and hashes, or every signature and a rebuild of the state too. */
enum copse_check_depth { COPSE_CHECK_QUICK, COPSE_CHECK_FULL };

/* Check in one read transaction. COPSE_OK when the walk came to its end, whatever it found
 * (report->fault_count); otherwise the fault that stopped it. Cost: FULL about 40 us an entry that
 * has a signature. */
enum copse_err copse_check_store(struct copse_store *store, struct copse_check_report *report,
                                 enum copse_check_depth depth,
                                 struct copse_error *error) COPSE_MUST_CHECK;

#endif
