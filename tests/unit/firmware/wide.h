/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of variables, as the firmware is handed them. */
#ifndef ARMVM_TESTS_WIDE_H
#define ARMVM_TESTS_WIDE_H

#include <stddef.h>
#include <stdint.h>

struct name {
	uint16_t u[64];
};

static inline struct name wide(const char *s)
{
	struct name n = { { 0 } };

	for (size_t i = 0; s[i]; i++)
		n.u[i] = (uint8_t)s[i];
	return n;
}

#endif
