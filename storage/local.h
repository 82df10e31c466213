/* What is never shared: settings, the address book, marks of what was read.
 *
 * Rows of bytes in rooms; what they mean is for node/ to know.
 */
#ifndef COPSE_STORAGE_LOCAL_H
#define COPSE_STORAGE_LOCAL_H

#include "storage/txn.h"

#define COPSE_LOCAL_KEY_MAX 200u     /* bytes */
#define COPSE_LOCAL_VALUE_MAX 65536u /* bytes */

enum copse_local_room {
    COPSE_LOCAL_SETTINGS, /* name -> value */
    COPSE_LOCAL_PEERS,    /* node key -> addresses and history */
    COPSE_LOCAL_MARKS,    /* community and object -> what was seen */
    COPSE_LOCAL_DRAFTS,   /* number -> words not sent yet */
    COPSE_LOCAL_IMPORTS,  /* source and key -> id of the entry it became */
    COPSE_LOCAL_REQUESTS, /* what one process asks of another, e.g. a dial */
    COPSE_LOCAL_EPOCHS,   /* community and epoch -> keys of closed communities */
};

/* COPSE_OK, COPSE_ERR_NOT_FOUND, or a fault. Keys are 1 to COPSE_LOCAL_KEY_MAX bytes. */
enum copse_err copse_local_get(struct copse_txn *txn, struct copse_slice *value,
                               enum copse_local_room room, struct copse_slice key) COPSE_MUST_CHECK;
enum copse_err copse_local_put(struct copse_txn *txn, enum copse_local_room room,
                               struct copse_slice key, struct copse_slice value) COPSE_MUST_CHECK;
enum copse_err copse_local_del(struct copse_txn *txn, enum copse_local_room room,
                               struct copse_slice key) COPSE_MUST_CHECK;
/* The first row whose key is >= `from` (may be empty). COPSE_ERR_NOT_FOUND at the end of the room.
 */
enum copse_err copse_local_seek(struct copse_txn *txn, struct copse_slice *key,
                                struct copse_slice *value, enum copse_local_room room,
                                struct copse_slice from) COPSE_MUST_CHECK;

#endif
