/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-16LE as GPT names, FAT long names, PE resources and UEFI strings hold
 * it, to and from UTF-8. Input is hostile: an unpaired surrogate becomes
 * U+FFFD on the way to UTF-8, malformed UTF-8 is refused on the way back.
 */
#ifndef ARMVM_BASE_UTF16_H
#define ARMVM_BASE_UTF16_H

#include "base/base.h"

/*
 * Converts at most units 16-bit units at p, stopping before a NUL unit.
 * Returns a string that the caller frees.
 */
char *utf16le_to_utf8(const uint8_t *p, size_t units);

/*
 * Converts s without its NUL into out, room for max units. Returns the number
 * of units, or -EILSEQ for malformed UTF-8, -ENOSPC when it does not fit.
 */
MUST_CHECK int utf8_to_utf16le(const char *s, uint8_t *out, size_t max);

#endif
