/* Recalls: the founders' appeal, counted before the walk (SPEC 7.12). */
#ifndef COPSE_PROTOCOL_AUTHORITY_RECALL_H
#define COPSE_PROTOCOL_AUTHORITY_RECALL_H

#include "protocol/authority/settle.h"

/* Count the voices, and put the recalls in effect first among the removals of their founders. */
enum copse_err copse_recall_count(struct copse_settle *settle) COPSE_MUST_CHECK;

#endif
