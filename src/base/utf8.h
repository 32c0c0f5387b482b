/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 as it comes from outside: one character at a time, nothing believed
 * (RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF).
 */
#ifndef ARMVM_BASE_UTF8_H
#define ARMVM_BASE_UTF8_H

#include "base/base.h"

/*
 * The bytes (1 to 4) of the character at text, of which len bytes are there, and
 * the character; 0 when they are no UTF-8. len is at least 1.
 */
unsigned utf8_next(const char *text, size_t len, uint32_t *character);

#endif
