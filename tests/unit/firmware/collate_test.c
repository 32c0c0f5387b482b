/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collation: comparing, patterns, characters of FAT names.
 */
#include "base/utf16.h"
#include "firmware/proto/collate.h"
#include "tap.h"

static struct units units(const char *s, uint8_t *mem)
{
	int n = utf8_to_utf16le(s, mem, 128);

	return (struct units){ mem, n < 0 ? 0 : (size_t)n };
}

static int compare(const char *a, const char *b)
{
	uint8_t x[256], y[256];
	int d = collate_compare(units(a, x), units(b, y));

	return d < 0 ? -1 : d > 0;
}

static void match(const char *s, const char *pattern, bool want)
{
	uint8_t x[256], y[256];

	ok(collate_match(units(s, x), units(pattern, y)) == want, "'%s' %s '%s'", s,
		want ? "is" : "is not", pattern);
}

int main(void)
{
	is_int(compare("Grub.CFG", "grub.cfg"), 0, "case doesn't count");
	is_int(compare("a", "b"), -1, "a before b");
	is_int(compare("b", "A"), 1, "b after A");
	is_int(compare("ab", "a"), 1, "longer is after");
	is_int(compare("", "a"), -1, "nothing is before");
	is_int(compare("\xc3\xa9", "\xc3\x89"), 0, "an accent's case doesn't count");

	match("", "", true);
	match("a", "", false);
	match("", "*", true);
	match("BOOTAA64.EFI", "*.efi", true);
	match("bootaa64.efi", "b*64?e*", true);
	match("abc", "a?d", false);
	match("abc", "a?", false);
	match("aXbXc", "*X?", true);
	match("fs0", "FS[0-9]", true);
	match("fsa", "FS[0-9]", false);
	match("fs-", "fs[a-]", true);
	match("x", "[xyz]", true);
	match("X", "[w-z]*", true);
	match("x", "[", false);
	match("x", "[x", true);
	match("", "[", false);
	match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*c", false);

	is_int(collate_fat_char('a'), 'A', "FAT names are in capitals");
	is_int(collate_fat_char('~'), '~', "a tilde is fine");
	is_int(collate_fat_char('+'), 0, "a plus is not");
	is_int(collate_fat_char(0xe9), 0, "nor what isn't ASCII");
	is_int(collate_upper(0xf7), 0xf7, "the division sign has no capital");
	is_int(collate_lower(0xd7), 0xd7, "nor has the times sign a small one");
	return tap_done();
}
