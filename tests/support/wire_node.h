/* A node for tests of the wire: entries in memory with their signatures, and the port by which a
 * session reads them. Everybody whose first entry is held is a member.
 */
#ifndef COPSE_TESTS_SUPPORT_WIRE_NODE_H
#define COPSE_TESTS_SUPPORT_WIRE_NODE_H

#include "protocol/wire/port.h"
#include "tests/support/build_entry.h"
#include "tests/support/memory_source.h"

struct wire_node {
    const struct copse_key_scheme *scheme;
    struct copse_id community;
    struct copse_id device;
    struct copse_secret secret_key;
    struct copse_port_secret secrets[4]; /* newest first */
    size_t secret_count;
    struct memory_source *source;
    struct wire_signed *signatures; /* by id; open addressing */
    size_t signature_room;
    size_t signature_count;
    struct wire_place *places; /* positions to indexes of `source` */
    size_t place_room;
    size_t place_count;
    struct copse_slice admission; /* shown with the proof; borrowed */
    bool is_former;               /* every peer stands as FORMER here */
    bool awaits_publish;          /* own entries do */
    bool refuses_strangers;       /* an ADMISSION is not honoured */
    struct copse_id clip;         /* not zeros: the log of this entry is wanted up to it only */
    struct copse_id named;        /* not zeros: an item of its log where that is frozen */
    size_t reads;                 /* calls of `at` and `find` */
};

/* `seed` makes the device's pair, of hash_scheme.h. The community's secret is made from its id. */
void wire_node_init(struct wire_node *node, const struct copse_key_scheme *scheme,
                    const struct copse_id *community, uint8_t seed);
void wire_node_deinit(struct wire_node *node);

/* Take an entry; `signature` NULL: none came. True: it is held now. A fork too many is given up. */
bool wire_node_add(struct wire_node *node, struct copse_slice entry, struct copse_slice salted,
                   const struct copse_signature *signature);
bool wire_node_add_built(struct wire_node *node, const struct copse_built *built);

struct copse_port wire_node_port(struct wire_node *node);

/* A hash over all items of both classes: equal for nodes that hold the same. */
uint64_t wire_node_sum(struct wire_node *node);

#endif
