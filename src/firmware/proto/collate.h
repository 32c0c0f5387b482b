/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing, matching and converting strings as EFI_UNICODE_COLLATION_PROTOCOL
 * has it (UEFI 2.10 13.5) for English: case is folded in Latin-1, the rest
 * compares by its numbers. Pure, over arrays of UTF-16 units without a NUL.
 */
#ifndef ARMVM_FIRMWARE_PROTO_COLLATE_H
#define ARMVM_FIRMWARE_PROTO_COLLATE_H

#include "base/base.h"

struct units {
	const uint8_t *p; /* UTF-16LE */
	size_t n;
};

uint16_t collate_upper(uint16_t unit);
uint16_t collate_lower(uint16_t unit);

/* Below 0, 0, above 0. */
int collate_compare(struct units a, struct units b);

/*
 * Whether a pattern with * ? and [sets] matches all of the string. The time is
 * at most in proportion to the product of the lengths.
 */
bool collate_match(struct units s, struct units pattern);

/* The character of the OEM code page (437's ASCII half) for an 8.3 name; 0: no such. */
uint8_t collate_fat_char(uint16_t unit);

#endif
