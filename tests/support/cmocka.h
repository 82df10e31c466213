/* cmocka with the headers that it wants before it, in the order that it wants. */
#ifndef COPSE_TESTS_SUPPORT_CMOCKA_H
#define COPSE_TESTS_SUPPORT_CMOCKA_H

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#endif
