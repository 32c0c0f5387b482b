/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading UTF-8. See utf8.h.
 */
#include "base/utf8.h"

unsigned utf8_next(const char *text, size_t len, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *p = (const uint8_t *)text;
	unsigned n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (p[0] > 0xf4 || n == 0 || n > len)
		return 0;
	*character = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (p[i] & 0x3f);
	}
	if (*character < least[n] || *character > 0x10ffff || (*character & 0x1ff800) == 0xd800)
		return 0;
	return n;
}
