/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-16LE to and from UTF-8. See utf16.h.
 */
#include <errno.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/utf16.h"

static void add_utf8(struct text *b, uint32_t c)
{
	char s[4];
	size_t n;

	if (c < 0x80) {
		s[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		s[0] = (char)(0xc0 | c >> 6);
		s[1] = (char)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		s[0] = (char)(0xe0 | c >> 12);
		s[1] = (char)(0x80 | (c >> 6 & 0x3f));
		s[2] = (char)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		s[0] = (char)(0xf0 | c >> 18);
		s[1] = (char)(0x80 | (c >> 12 & 0x3f));
		s[2] = (char)(0x80 | (c >> 6 & 0x3f));
		s[3] = (char)(0x80 | (c & 0x3f));
		n = 4;
	}
	text_add(b, s, n);
}

static bool is_high(uint32_t u)
{
	return u >= 0xd800 && u < 0xdc00;
}

static bool is_low(uint32_t u)
{
	return u >= 0xdc00 && u < 0xe000;
}

char *utf16le_to_utf8(const uint8_t *p, size_t units)
{
	struct text b = TEXT_INIT;

	for (size_t i = 0; i < units; i++) {
		uint32_t u = le16(p + 2 * i);

		if (u == 0)
			break;
		if (is_high(u) && i + 1 < units && is_low(le16(p + 2 * i + 2))) {
			u = 0x10000 + ((u - 0xd800) << 10) + (le16(p + 2 * i + 2) - 0xdc00u);
			i++;
		} else if (is_high(u) || is_low(u)) {
			u = 0xfffd;
		}
		add_utf8(&b, u);
	}
	return text_detach(&b);
}

/* Decodes one character at *s and moves past it; -EILSEQ if malformed. */
static int next_char(const unsigned char **s, uint32_t *out)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = *s;
	uint32_t c = p[0];
	int n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 4;

	if (n == 4 && (c & 0xf8) != 0xf0)
		return -EILSEQ;
	if (n > 1)
		c &= 0xffu >> (n + 1);
	for (int i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -EILSEQ;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return -EILSEQ;
	*out = c;
	*s = p + n;
	return 0;
}

int utf8_to_utf16le(const char *s, uint8_t *out, size_t max)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = 0;

	while (*p) {
		uint32_t c;
		size_t units;

		if (next_char(&p, &c) < 0)
			return -EILSEQ;
		units = c < 0x10000 ? 1 : 2;
		if (max - n < units)
			return -ENOSPC;
		if (units == 1) {
			put_le16(out + 2 * n, (uint16_t)c);
		} else {
			put_le16(out + 2 * n, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
			put_le16(out + 2 * n + 2, (uint16_t)(0xdc00 + (c & 0x3ff)));
		}
		n += units;
	}
	return (int)n;
}
