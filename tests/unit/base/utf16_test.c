/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base/utf16: surrogates both ways, and malformed input of both kinds.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/utf16.h"
#include "tap.h"

static void to_utf8(const uint8_t *p, size_t units, const char *want, const char *what)
{
	char *s = utf16le_to_utf8(p, units);

	is_str(s, want, what);
	free(s);
}

int main(void)
{
	static const uint8_t pair[] = { 0x3d, 0xd8, 0x00, 0xde, 'a', 0 };
	static const uint8_t lone[] = { 0x3d, 0xd8, 'a', 0 };
	static const uint8_t nul[] = { 'a', 0, 0, 0, 'b', 0 };
	uint8_t out[8];

	to_utf8(pair, 3,
		"\xf0\x9f\x98\x80"
		"a",
		"a surrogate pair is one character");
	to_utf8(lone, 2,
		"\xef\xbf\xbd"
		"a",
		"a lone surrogate becomes U+FFFD");
	to_utf8(pair, 1, "\xef\xbf\xbd", "a pair cut by the end too");
	to_utf8(nul, 3, "a", "a NUL unit ends the text");
	is_int(utf8_to_utf16le("\xf0\x9f\x98\x80"
			       "a",
		       out, 4),
		3, "three units back");
	ok(memcmp(out, pair, 6) == 0, "with the same bytes");
	is_int(utf8_to_utf16le("abcde", out, 4), -ENOSPC, "no room is an error");
	is_int(utf8_to_utf16le("\xc0\xaf", out, 4), -EILSEQ, "an overlong form is refused");
	is_int(utf8_to_utf16le("\xed\xa0\x80", out, 4), -EILSEQ, "an encoded surrogate is refused");
	is_int(utf8_to_utf16le("\xe2\x82", out, 4), -EILSEQ, "a truncated character is refused");
	return tap_done();
}
