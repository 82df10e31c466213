/* Published test vectors that lie beside the project and are not part of it.
 *
 * They are looked for under the folder that the environment variable COPSE_SHARED
 * names, otherwise under ../shared as seen from the project's top.
 */
#ifndef COPSE_TESTS_SUPPORT_SHARED_H
#define COPSE_TESTS_SUPPORT_SHARED_H

#include <stddef.h>

/* The whole of a file, e.g. "vectors/msgpack-test-suite.json", with a NUL behind its `*size`
 * bytes; a .gz is unpacked. NULL, with a notice, when it is absent: the test calls skip().
 * Give it back with copse_shared_free. */
char *copse_shared_load(size_t *size, const char *name);

void copse_shared_free(char *text);

#endif
