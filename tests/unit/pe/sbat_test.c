/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SBAT text: what shim accepts, what it refuses, and who is revoked. */
#include "pe/sbat.h"
#include "sample.h"
#include "tap.h"

#define FIRST "sbat,1,SBAT Version,sbat,1,https://example.org\n"

static void parse(struct sbat *s, const char *text, bool level)
{
	sbat_parse(s, text, strlen(text), level);
}

static void test_parse(void)
{
	CLEANUP(sbat_release) struct sbat s;

	parse(&s, FIRST "grub,5,FSF,grub,2.06,https://example.org/,with,commas\r\n", false);
	is_str(s.problem, NULL, "two lines are fine");
	is_int(s.n, 2, "and are two entries");
	is_str(s.v[1].component, "grub", "the component");
	is_int(s.v[1].generation, 5, "the generation");
	is_str(s.v[1].rest, "FSF,grub,2.06,https://example.org/,with,commas", "the rest");
	ok(sbat_find(&s, "grub") == &s.v[1] && !sbat_find(&s, "gru"), "components are found whole");
}

static void test_malformed(void)
{
	static const char *const texts[] = { "", FIRST "grub,5\n", FIRST "grub,x,a,b,c,d\n",
		FIRST "grub,0,a,b,c,d\n", FIRST ",1,a,b,c,d\n", "grub,5,a,b,c,d\n",
		FIRST "grub,99999999999999999999,a,b,c,d\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(sbat_release) struct sbat s;

		parse(&s, texts[i], false);
		ok(s.problem != NULL, "malformed text %zu: %s", i, s.problem ? s.problem : "");
	}
}

static void test_revoked(void)
{
	CLEANUP(sbat_release) struct sbat program, old, new;
	const struct sbat_entry *e;

	parse(&program, FIRST "grub,4,a,b,c,d\ngrub.debian,4,a,b,c,d\n", false);
	parse(&old, "sbat,1,2022052400\ngrub,2\n", true);
	parse(&new, "sbat,1,2025021800\nshim,4\ngrub,5\n", true);
	is_str(new.problem, NULL, "a level is read");
	ok(!sbat_revoked(&program, &old), "an older level revokes nothing");
	e = sbat_revoked(&program, &new);
	is_str(e ? e->component : NULL, "grub", "a newer one does");
}

static void test_levels(void)
{
	static const uint8_t good[] =
		"\0\0\0\0\x08\0\0\0\x1a\0\0\0sbat,1,20\nshim,4\n\0sbat,1,30\nshim,5\n";
	struct sample_section given[] = { { ".sbatlevel", good, sizeof(good) } };
	static struct sample s;
	CLEANUP(pe_release) struct pe pe;
	CLEANUP(sbat_levels_release) struct sbat_levels lv;
	CLEANUP(sbat_levels_release) struct sbat_levels bad;
	CLEANUP(sbat_release) struct sbat none;

	sample_make(&s, given, 1);
	pe_read(&pe, &s.src, NULL);
	is_int(pe_sbat_levels_read(&pe, &s.src, &lv, NULL), 0, "a shim's levels are read");
	is_int(lv.automatic.n == 2 ? lv.automatic.v[1].generation : 0, 4, "the automatic one");
	is_int(lv.latest.n == 2 ? lv.latest.v[1].generation : 0, 5, "the latest one");
	is_int(pe_sbat_read(&pe, &s.src, &none, NULL), -2, "no .sbat is ENOENT");
	put_le32(s.bytes + pe_section(&pe, ".sbatlevel", 0)->raw + 8, 0xfffffff0);
	is_int(pe_sbat_levels_read(&pe, &s.src, &bad, NULL), -74, "a wild offset is EBADMSG");
}

int main(void)
{
	test_parse();
	test_malformed();
	test_revoked();
	test_levels();
	return tap_done();
}
