/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot Loader Specification entries, their order, and loader.conf. */
#include "loader/bls.h"
#include "loader/glob.h"
#include "base/xalloc.h"
#include "tap.h"

static const char entry[] = "# a comment\n"
			    "title\tDebian GNU/Linux 12 (bookworm)  \r\n"
			    "version 6.1.0-32\n"
			    "machine-id 0123\n"
			    "sort-key debian\n"
			    "options root=UUID=1 ro\n"
			    "  options   quiet\n"
			    "linux /debian/6.1/linux\n"
			    "initrd /debian/6.1/initrd.img\n"
			    "initrd /extra\n"
			    "architecture aa64\n"
			    "nonsense x\n"
			    "devicetree";

static void entries(void)
{
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	const struct bls_entry *e;

	bls_entry_parse(&l, "debian-6.1+3-1.conf", entry, sizeof(entry) - 1);
	is_int(l.n, 1, "one entry");
	e = l.v;
	is_str(e->id, "debian-6.1.conf", "its id has no counters");
	is_int(e->tries_left, 3, "tries left");
	is_int(e->tries_done, 1, "tries done");
	is_str(e->title, "Debian GNU/Linux 12 (bookworm)", "title, blanks taken off");
	is_str(e->options, "root=UUID=1 ro quiet", "options of two lines");
	is_str(e->linux_path, "/debian/6.1/linux", "kernel");
	is_int(e->initrds.n, 2, "two initrds");
	ok(bls_entry_fits(e), "it is for this architecture");
	ok(!e->devicetree, "a key without a value says nothing");
	for (size_t len = 0; len < 2 * sizeof(entry); len++)
		bls_entry_parse(&l, "+.conf", entry, len % sizeof(entry));
	is_int(l.n, BLS_ENTRIES_MAX, "the list is bounded");
	is_int(l.v[1].tries_left, -1, "a lone plus is no counter");
}

static void add(struct bls_list *l, const char *file, const char *text)
{
	bls_entry_parse(l, file, text, strlen(text));
}

static void order(void)
{
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	CLEANUP(loader_conf_release) struct loader_conf conf;
	bool matched;

	add(&l, "a-5.conf", "title no sort key\n");
	add(&l, "z-6.1.conf", "sort-key debian\nversion 6.1\n");
	add(&l, "z-6.10.conf", "sort-key debian\nversion 6.10\n");
	add(&l, "z-7+0-3.conf", "sort-key debian\nversion 7\n");
	bls_add_uki(&l, "b.efi", "ID=arch\nPRETTY_NAME=\"Arch Linux\"\nVERSION_ID=1\n");
	bls_sort_systemd(&l);
	is_str(l.v[0].id, "b.efi", "sort-key first");
	is_str(l.v[0].title, "Arch Linux", "a UKI's title from its os-release");
	is_str(l.v[1].id, "z-6.10.conf", "newest version first");
	is_str(l.v[2].id, "z-6.1.conf", "then the older");
	is_str(l.v[3].id, "a-5.conf", "without a sort-key later");
	is_str(l.v[4].id, "z-7.conf", "out of tries last");

	loader_conf_parse(&conf, "timeout menu-force\ndefault z-*\n", 31);
	ok(conf.waits, "menu-force waits for ever");
	is_str(bls_default(&l, &conf, &matched)->id, "z-6.10.conf", "the first that matches");
	ok(matched, "and it matched");
	loader_conf_release(&conf);
	loader_conf_parse(&conf, "timeout 7\ndefault nothing\n", 26);
	is_int(conf.timeout, 7, "seconds");
	is_str(bls_default(&l, &conf, &matched)->id, "b.efi", "else the first of all");
	ok(!matched, "and that is told");
	bls_sort_grub(&l);
	is_str(l.v[0].id, "z-7.conf", "GRUB orders by file name alone");
}

static void versions(void)
{
	static const char *const rising[] = { "1~rc1", "1", "1-1", "1^post", "1.0", "1.0.a", "1.1",
		"1.10", "2a", "2b", "10" };

	for (size_t i = 0; i < ARRAY_SIZE(rising); i++)
		for (size_t j = 0; j < ARRAY_SIZE(rising); j++) {
			int got = bls_version_compare(rising[i], rising[j]);

			if ((got > 0) - (got < 0) != (i > j) - (i < j))
				ok(false, "%s against %s", rising[i], rising[j]);
		}
	is_int(bls_version_compare("01.2", "1.2"), 0, "leading zeros don't count");
}

static void globs(void)
{
	ok(glob_match("a*c*e", "abcde", false), "stars");
	ok(!glob_match("a*c", "abcd", false), "the end counts");
	ok(glob_match("[a-c]?[!x]", "bzy", false), "sets");
	ok(glob_match("DEB*", "debian", true), "folded");
	ok(!glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b",
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		   false),
		"in bounded time");
}

int main(void)
{
	entries();
	order();
	versions();
	globs();
	return tap_done();
}
