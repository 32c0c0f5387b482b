/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUIDs as UEFI and GPT store them (UEFI 2.10 appendix A): the first three
 * fields little-endian, the rest in order. struct guid holds those 16 bytes.
 */
#ifndef ARMVM_BASE_GUID_H
#define ARMVM_BASE_GUID_H

#include "base/base.h"

#define GUID_TEXT_LEN 36

struct guid {
	uint8_t b[16];
};

/* The GUID stored at p, of which 16 bytes must be readable. */
struct guid guid_load(const uint8_t *p);
bool guid_eq(struct guid a, struct guid b);
bool guid_is_zero(struct guid g);
/* Writes lower case text, NUL included. */
void guid_format(struct guid g, char text[GUID_TEXT_LEN + 1]);
/* Reads exactly the 36-character form in either case; false when it is not one. */
MUST_CHECK bool guid_parse(const char *text, struct guid *out);
/* A version 4 (random) GUID made of 16 bytes of the caller's choice. */
struct guid guid_from_bytes(const uint8_t random[16]);

#endif
