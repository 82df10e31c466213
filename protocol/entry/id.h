/* Hashes that name things (SPEC 3.1 to 3.3, 4.15). */
#ifndef COPSE_PROTOCOL_ENTRY_ID_H
#define COPSE_PROTOCOL_ENTRY_ID_H

#include "protocol/base/bytes.h"

#define COPSE_CONTENT_SALT_BYTES 16u
#define COPSE_CONTENT_BYTES_MAX 49152u /* without the salt; SPEC 3.3 */

/* The id of an entry from its canonical bytes. Cost: O(size). Source: SPEC 3.2. */
void copse_id_of_entry(struct copse_id *out, struct copse_slice entry);

/* The hash of a content or of a blob's chunk, from salt and bytes joined. Source: SPEC 3.3. */
void copse_id_of_content(struct copse_id *out, struct copse_slice salted);

/* The id of a blob from the canonical bytes of its list. Source: SPEC 4.15. */
void copse_id_of_blob(struct copse_id *out, struct copse_slice list);

#endif
