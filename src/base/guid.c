/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUIDs and their text form. See guid.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/guid.h"

/* Position in the stored bytes of the n-th byte of the text. */
static const uint8_t text_order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

struct guid guid_load(const uint8_t *p)
{
	struct guid g;

	memcpy(g.b, p, sizeof(g.b));
	return g;
}

bool guid_eq(struct guid a, struct guid b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

bool guid_is_zero(struct guid g)
{
	static const struct guid zero;

	return guid_eq(g, zero);
}

static bool dash_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void guid_format(struct guid g, char text[GUID_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	char *p = text;

	for (size_t i = 0; i < 16; i++) {
		uint8_t v = g.b[text_order[i]];

		if (dash_before(i))
			*p++ = '-';
		*p++ = digits[v >> 4];
		*p++ = digits[v & 15];
	}
	*p = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool guid_parse(const char *text, struct guid *out)
{
	struct guid g;
	const char *p = text;

	for (size_t i = 0; i < 16; i++) {
		int hi, lo;

		if (dash_before(i) && *p++ != '-')
			return false;
		hi = hex_digit(p[0]);
		lo = hi < 0 ? -1 : hex_digit(p[1]);
		if (lo < 0)
			return false;
		g.b[text_order[i]] = (uint8_t)(hi << 4 | lo);
		p += 2;
	}
	if (*p)
		return false;
	*out = g;
	return true;
}

struct guid guid_from_bytes(const uint8_t random[16])
{
	struct guid g = guid_load(random);

	g.b[7] = (uint8_t)((g.b[7] & 0x0f) | 0x40);
	g.b[8] = (uint8_t)((g.b[8] & 0x3f) | 0x80);
	return g;
}
