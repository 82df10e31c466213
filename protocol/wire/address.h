/* Addresses of nodes as text, and whether they have the right form (SPEC 9.5). */
#ifndef COPSE_PROTOCOL_WIRE_ADDRESS_H
#define COPSE_PROTOCOL_WIRE_ADDRESS_H

#include "protocol/base/bytes.h"

#define COPSE_ADDRESS_BYTES_MAX 128u /* SPEC 9.5 */

/* Does `text` (untrusted) have one of the four forms of SPEC 9.5?
 *
 *   4:192.0.2.7:7071   6:[2001:db8::7]:7071   d:host.example:7071   o:<56 letters>.onion:7071
 *
 * Whether anybody answers there is not asked. Cost: O(size). */
bool copse_address_is_valid(struct copse_slice text);

#endif
