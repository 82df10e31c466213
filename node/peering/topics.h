/* Topics: what a link and this node have to do about each community. Part of gossip.h.
 */
#ifndef COPSE_NODE_PEERING_TOPICS_H
#define COPSE_NODE_PEERING_TOPICS_H

#include "node/peering/link.h"

/* EDITs asked for each time that both are found equal: anybody may name ids that nobody has. */
#define COPSE_TOPICS_EDITS_MAX 4096u

/* All borrowed. */
struct copse_topics {
    struct copse_link_table *links;
    struct copse_shelf *shelf;
    struct copse_ingest *ingest;
};

enum copse_topics_manner {
    COPSE_TOPICS_FIRST, /* all communities, if this side has called; otherwise the other opens */
    COPSE_TOPICS_NEW,   /* those that came to be known since, or are to be opened again */
};

/* Open on a link what this node knows and the link does not. COPSE_OK or a fault, as all here. */
enum copse_err copse_topics_open(struct copse_topics *topics, struct copse_link *link,
                                 enum copse_topics_manner manner, uint64_t now_ms) COPSE_MUST_CHECK;

/* Both sides hold the same: put a mark, sweep what nobody stands behind, ask for contents. */
enum copse_err copse_topics_equal(struct copse_topics *topics, struct copse_link *link,
                                  struct copse_link_topic *topic,
                                  uint64_t wall_ms) COPSE_MUST_CHECK;

/* The session has closed it. */
enum copse_err copse_topics_closed(struct copse_topics *topics, struct copse_link *link,
                                   struct copse_link_topic *topic, enum copse_code code,
                                   uint64_t now_ms) COPSE_MUST_CHECK;

/* What came over a link has its outcome: it may lean on what is not here. */
enum copse_err copse_topics_stored(struct copse_topics *topics, struct copse_link *link,
                                   const struct copse_ingest_unit *unit) COPSE_MUST_CHECK;

/* A content that was asked for came, or it or an entry did not. */
enum copse_err copse_topics_answered(struct copse_topics *topics, struct copse_link *link,
                                     struct copse_link_topic *topic) COPSE_MUST_CHECK;

#endif
