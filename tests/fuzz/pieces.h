/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several inputs out of a fuzzer's one: lines of "=N" part them, where N is a character that
 * says which file the bytes after it are; what stands before the first belongs to '0'.
 */
#ifndef ARMVM_TESTS_PIECES_H
#define ARMVM_TESTS_PIECES_H

#include <string.h>

#include "base/base.h"

struct piece {
	char which;
	const char *bytes;
	size_t len;
};

/* The next piece from *at on; false: there is none. */
static inline bool piece_next(const char *bytes, size_t len, size_t *at, struct piece *p)
{
	const char *end;

	if (*at >= len)
		return false;
	*p = (struct piece){ '0', bytes + *at, 0 };
	if (len - *at >= 3 && bytes[*at] == '=' && bytes[*at + 2] == '\n') {
		p->which = bytes[*at + 1];
		p->bytes += 3;
	}
	end = memmem(p->bytes, (size_t)(bytes + len - p->bytes), "\n=", 2);
	p->len = (size_t)((end ? end + 1 : bytes + len) - p->bytes);
	*at = (size_t)(p->bytes - bytes) + p->len;
	return true;
}

#endif
