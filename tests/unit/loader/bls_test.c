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

static const struct bls_rules today = { 262, .bare_ids = true, .uki_key = true, .preferred = true,
	.menu_force = true, .profiles = true, .profile_key = true };
static const struct bls_rules of_257 = { 257, .bare_ids = true, .menu_force = true,
	.profiles = true, .lost_profiles = true };
static const struct bls_rules of_252 = { 252, .menu_force = true };
static const struct bls_rules of_247 = { 247, .old_order = true, .matches_case = true };

static void entries(void)
{
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	const struct bls_entry *e;

	bls_entry_parse(&l, "debian-6.1+3-1.conf", entry, sizeof(entry) - 1, &today);
	is_int(l.n, 1, "one entry");
	e = l.v;
	is_str(e->id, "debian-6.1.conf", "its id has no counters");
	is_int(e->tries_left, 3, "tries left");
	is_int(e->tries_done, 1, "tries done");
	is_str(e->title, "Debian GNU/Linux 12 (bookworm)", "title, blanks taken off");
	is_str(e->options, "root=UUID=1 ro quiet", "options of two lines");
	is_str(e->linux_path, "/debian/6.1/linux", "kernel");
	is_int(e->initrds.n, 2, "two initrds");
	ok(bls_entry_fits(e, &today), "it is for this architecture");
	ok(!e->devicetree, "a key without a value says nothing");
	for (size_t len = 0; len < 2 * sizeof(entry); len++)
		bls_entry_parse(&l, "+.conf", entry, len % sizeof(entry), &today);
	is_int(l.n, BLS_ENTRIES_MAX, "the list is bounded");
	is_int(l.v[1].tries_left, -1, "a lone plus is no counter");
}

static void add(struct bls_list *l, const char *file, const char *text)
{
	bls_entry_parse(l, file, text, strlen(text), &today);
}

static void order(void)
{
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	CLEANUP(loader_conf_release) struct loader_conf conf;
	const char *matched;

	add(&l, "a-5.conf", "title no sort key\n");
	add(&l, "z-6.1.conf", "sort-key debian\nversion 6.1\n");
	add(&l, "z-6.10.conf", "sort-key debian\nversion 6.10\n");
	add(&l, "z-7+0-3.conf", "sort-key debian\nversion 7\n");
	bls_add_uki(&l, "b.efi", "ID=arch\nPRETTY_NAME=\"Arch Linux\"\nVERSION_ID=1\n", &today);
	bls_sort_systemd(&l, &today);
	is_str(l.v[0].id, "b.efi", "sort-key first");
	is_str(l.v[0].title, "Arch Linux", "a UKI's title from its os-release");
	is_str(l.v[1].id, "z-6.10.conf", "newest version first");
	is_str(l.v[2].id, "z-6.1.conf", "then the older");
	is_str(l.v[3].id, "a-5.conf", "without a sort-key later");
	is_str(l.v[4].id, "z-7.conf", "out of tries last");

	loader_conf_parse(&conf, "timeout menu-force\ndefault z-*\n", 31, &today);
	ok(conf.waits, "menu-force waits for ever");
	is_str(bls_default(&l, &conf, &today, &matched)->id, "z-6.10.conf",
		"the first that matches");
	is_str(matched, "z-*", "and this named it");
	loader_conf_release(&conf);
	loader_conf_parse(&conf, "timeout 7\ndefault nothing\n", 26, &today);
	is_int(conf.timeout, 7, "seconds");
	is_str(bls_default(&l, &conf, &today, &matched)->id, "b.efi", "else the first of all");
	ok(!matched, "and that is told");
}

/* The files' names in GRUB's order, which the rest of the list has to be sorted into. */
static void grub_order(enum bls_grub kind, const char *const *names, size_t n, const char *what)
{
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	bool same = true;

	for (size_t i = 0; i < n; i++)
		bls_grub_parse(&l, names[(i * 5 + 3) % n], "linux /x\n", 9, kind);
	bls_sort_grub(&l, kind);
	for (size_t i = 0; i < n; i++) {
		same = same && strcmp(l.v[i].file, names[i]) == 0;
		if (strcmp(l.v[i].file, names[i]) != 0)
			printf("# %s, not %s\n", l.v[i].file, names[i]);
	}
	ok(same, "%s", what);
}

static void grub_orders(void)
{
	static const char *const fedora[] = { "m-6.10.3-100.fc40.aarch64.conf",
		"m-6.9.12-200.fc40.aarch64.conf", "m-6.9.12-100.fc40.aarch64+debug.conf",
		"m-6.9.12-100.fc40.aarch64.conf", "m-6.9.12~rc1-1.conf", "m-0-rescue.conf",
		"a.conf" };
	static const char *const upstream[] = { "m_b.conf", "m-6.10.conf", "m-6.9-rc1.conf",
		"m-6.9.conf", "m-6.9~rc1.conf", "ma.conf", "m.conf" };

	grub_order(BLS_GRUB_FEDORA, fedora, ARRAY_SIZE(fedora), "Fedora's order, as of packages");
	grub_order(
		BLS_GRUB_UPSTREAM, upstream, ARRAY_SIZE(upstream), "upstream's order, as of files");
}

/* What GRUB makes of an entry: "linux|options|initrds|users". */
static const char *grub_reads(const char *text, enum bls_grub kind)
{
	static char line[256];
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	const struct bls_entry *e;

	bls_grub_parse(&l, "a+3.conf", text, strlen(text), kind);
	e = &l.v[0];
	snprintf(line, sizeof(line), "%s|%s|%zu|%s", e->linux_path ? e->linux_path : "-",
		e->given_options ? e->given_options : "-", e->initrds.n, e->users ? e->users : "-");
	return line;
}

static void grub_entries(void)
{
	static const char two[] =
		"linux /a\noptions x\noptions y\nlinux /b\ninitrd /i\ninitrd /j\n";
	static const char tabs[] = "linux\t/a\noptions\troot=x ro\ninitrd\t/i\n";

	is_str(grub_reads(two, BLS_GRUB_FEDORA), "/a|x|2|-", "the first line of a key counts");
	is_str(grub_reads(two, BLS_GRUB_UPSTREAM), "/a|x|2|-", "for upstream's, too");
	is_str(grub_reads("linux /a\r\n# x\n  options x\r\n", BLS_GRUB_FEDORA), "/a|x|0|-",
		"comments, blanks and carriage returns");
	is_str(grub_reads("linux /a\n\noptions x\n", BLS_GRUB_FEDORA), "/a|-|0|-",
		"an empty line is the end");
	is_str(grub_reads("linux /a\n\noptions x\n", BLS_GRUB_UPSTREAM), "/a|-|0|-",
		"for upstream's, too");
	is_str(grub_reads("linux /a\nversion\noptions x\n", BLS_GRUB_FEDORA), "/a|-|0|-",
		"and a key without a value");
	is_str(grub_reads(tabs, BLS_GRUB_FEDORA), "/a|-|1|-",
		"a tab ends a key for Fedora's where no blank follows");
	is_str(grub_reads(tabs, BLS_GRUB_UPSTREAM), "/a|root=x ro|1|-", "for upstream's always");
	is_str(grub_reads("linux /a\ngrub_users $grub_users\n", BLS_GRUB_FEDORA),
		"/a|-|0|$grub_users", "who may boot it");
	is_str(grub_reads("", BLS_GRUB_UPSTREAM), "-|-|0|-", "an empty entry");
}

/* The id of the default of four entries, one of them counted and one out of tries. */
static const char *chosen(const struct bls_rules *rules, const char *conf_text)
{
	static char id[64];
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	CLEANUP(loader_conf_release) struct loader_conf conf;
	const char *matched;

	bls_entry_parse(&l, "Arch+3.conf", "linux /a\n", 9, rules);
	bls_entry_parse(&l, "beta+0-3.conf", "linux /b\n", 9, rules);
	bls_entry_parse(&l, "gamma-1~rc.conf", "linux /c\n", 9, rules);
	bls_entry_parse(&l, "gamma-1.conf", "sort-key z\nlinux /c\n", 20, rules);
	bls_sort_systemd(&l, rules);
	loader_conf_parse(&conf, conf_text, strlen(conf_text), rules);
	snprintf(id, sizeof(id), "%s", bls_default(&l, &conf, rules, &matched)->id);
	return id;
}

/* What versions differ in, as they were seen to. */
static void rules(void)
{
	CLEANUP(bls_list_release) struct bls_list l = { 0 };

	is_str(chosen(&today, "default arch.conf"), "Arch.conf", "counters are no part of an id");
	is_str(chosen(&of_252, "default arch.conf"), "gamma-1.conf", "until they were taken off");
	is_str(chosen(&of_252, "default arch+3.conf"), "Arch+3.conf", "they belong to it");
	is_str(chosen(&of_252, "default \"ARCH*\""), "Arch+3.conf", "quotes and letters");
	is_str(chosen(&of_247, "default g*"), "gamma-1~rc.conf", "247 orders by names");
	is_str(chosen(&of_247, "default G*"), "Arch+3.conf", "and compares letters as they are");
	is_str(chosen(&today, "default [!x]amma-1.conf"), "gamma-1.conf", "no set is negated");
	is_str(chosen(&today, "default beta*"), "beta.conf", "the default may be out of tries");
	is_str(chosen(&today, "preferred beta*\ndefault arch*"), "Arch.conf", "not the preferred");
	is_str(chosen(&today, "preferred a*\ndefault g*"), "Arch.conf", "which comes before it");
	is_str(chosen(&of_252, "preferred a*\ndefault g*"), "gamma-1.conf", "252 knows it not");
	is_str(chosen(&today, "default arch*\rdefault @new"), "Arch.conf", "names of a new kind");

	bls_entry_parse(&l, "a.conf", "uki /u.efi\n", 11, &today);
	bls_entry_parse(&l, "b.conf", "uki /u.efi\n", 11, &of_252);
	bls_entry_parse(&l, "c.conf", "linux /l\nefi /e\n", 16, &today);
	bls_entry_parse(&l, "d.conf", "linux /l\nefi /e\n", 16, &of_252);
	bls_add_uki(&l, "e.efi", "VERSION_ID=1\n", &of_252);
	bls_add_uki(&l, "f.efi", "NAME=x\n", &of_247);
	bls_entry_parse(&l, "g.conf", "linux /l\narchitecture AA64\n", 27, &of_247);
	ok(bls_entry_fits(&l.v[0], &today), "uki is what an entry starts");
	ok(!bls_entry_fits(&l.v[1], &of_252), "252 knows it not");
	ok(!bls_entry_fits(&l.v[2], &today), "two programs");
	ok(bls_entry_fits(&l.v[3], &of_252) && !l.v[3].linux_path, "252 takes the last");
	ok(!bls_entry_fits(&l.v[4], &of_252), "a UKI without a name");
	ok(!bls_entry_fits(&l.v[5], &of_247), "247 wants ID and a version, too");
	ok(!bls_entry_fits(&l.v[6], &of_247) && bls_entry_fits(&l.v[6], &today), "AA64");
	ok(bls_counted(&l, "a.conf") == NULL, "none is counted");
}

/* The default of a UKI with two profiles beside its own; its file has counters or none. */
static const char *profile(const struct bls_rules *rules, const char *file, const char *conf_text)
{
	static char name[64];
	static const char os[] = "PRETTY_NAME=x\nID=x\n";
	CLEANUP(bls_list_release) struct bls_list l = { 0 };
	CLEANUP(loader_conf_release) struct loader_conf conf;
	const struct bls_entry *e;
	const char *matched;

	bls_add_profile(&l, file, os, 2, "TITLE=second\n", rules);
	bls_add_profile(&l, file, os, 1, "ID=Safe\n", rules);
	bls_add_uki(&l, file, os, rules);
	bls_sort_systemd(&l, rules);
	loader_conf_parse(&conf, conf_text, strlen(conf_text), rules);
	e = bls_default(&l, &conf, rules, &matched);
	snprintf(name, sizeof(name), "%u %s%s", e->profile, e->id, matched ? "" : " (none)");
	return name;
}

static void profiles(void)
{
	CLEANUP(bls_list_release) struct bls_list l = { 0 };

	is_str(profile(&today, "a.efi", ""), "0 a.efi (none)", "the first comes first");
	is_str(profile(&today, "a.efi", "default a.efi@safe"), "1 a.efi@Safe", "by its name");
	is_str(profile(&today, "a.efi", "default *@2"), "2 a.efi@2", "by its number");
	is_str(profile(&today, "a+3.efi", "default a.efi@safe"), "1 a.efi@Safe", "beside counters");
	is_str(profile(&of_257, "a.efi", "default a.efi@safe"), "1 a.efi@Safe", "257 knows it");
	is_str(profile(&of_257, "a+3.efi", ""), "1 a.efi (none)", "but loses it to counters");
	is_str(profile(&of_257, "a+3.efi", "default a.efi"), "1 a.efi", "where it comes first");
	is_str(profile(&of_257, "a+3.efi", "default a.efi@safe"), "1 a.efi (none)",
		"without a name");

	bls_entry_parse(&l, "a.conf", "uki /u.efi\nprofile 2\n", 21, &today);
	bls_entry_parse(&l, "b.conf", "efi /u.efi\nprofile 2\n", 21, &of_257);
	bls_entry_parse(&l, "c.conf", "uki /u.efi\nprofile x\n", 21, &today);
	is_int(l.v[0].profile, 2, "an entry's profile");
	is_int(l.v[1].profile, 0, "which 257 does not know");
	is_int(l.v[2].profile, 0, "and which is a number");
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
	ok(glob_match("a*c*e", "abcde", 0), "stars");
	ok(!glob_match("a*c", "abcd", 0), "the end counts");
	ok(glob_match("[a-c]?[!x]", "bzy", 0), "sets");
	ok(glob_match("DEB*", "debian", GLOB_FOLD), "folded");
	ok(!glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b",
		   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0),
		"in bounded time");
	ok(glob_match("[!x]", "!", GLOB_NO_NEGATION), "a set that is not negated");
	ok(glob_match("a\\b[]c]", "abc", 0), "quoting, and a set that begins with its end");
	ok(!glob_match("a\\b", "ab", GLOB_NO_QUOTING), "nothing is quoted");
	ok(!glob_match("[]a]", "a", GLOB_NO_QUOTING), "a set that ends at once");
}

int main(void)
{
	entries();
	order();
	rules();
	profiles();
	versions();
	globs();
	grub_orders();
	grub_entries();
	return tap_done();
}
