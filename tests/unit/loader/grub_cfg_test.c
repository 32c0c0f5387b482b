/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interpreter of GRUB's configuration, on the shapes that distributions write. */
#include "base/xalloc.h"
#include "loader/grub_cfg.h"
#include "memvol.h"
#include "tap.h"

static const char stub[] = "search.fs_uuid 1111-root root hd0,gpt2\n"
			   "set prefix=($root)'/boot/grub'\n"
			   "configfile $prefix/grub.cfg\n";

static const char debian[] =
	"### BEGIN /etc/grub.d/00_header ###\n"
	"if [ -s $prefix/grubenv ]; then\n"
	"  set have_grubenv=true\n"
	"  load_env\n"
	"fi\n"
	"if [ \"${next_entry}\" ] ; then\n"
	"   set default=\"${next_entry}\"\n"
	"   set next_entry=\n"
	"   save_env next_entry\n"
	"   set boot_once=true\n"
	"else\n"
	"   set default=\"0\"\n"
	"fi\n"
	"if [ x\"${feature_menuentry_id}\" = xy ]; then\n"
	"  menuentry_id_option=\"--id\"\n"
	"else\n"
	"  menuentry_id_option=\"\"\n"
	"fi\n"
	"export menuentry_id_option\n"
	"function savedefault {\n"
	"  if [ -z \"${boot_once}\" ]; then\n"
	"    saved_entry=\"${chosen}\"\n"
	"    save_env saved_entry\n"
	"  fi\n"
	"}\n"
	"function load_video {\n"
	"  if [ x$feature_all_video_module = xy ]; then\n"
	"    insmod all_video\n"
	"  else\n"
	"    insmod efi_gop\n"
	"  fi\n"
	"}\n"
	"if [ x$feature_default_font_path = xy ] ; then\n"
	"   font=unicode\n"
	"fi\n"
	"if loadfont $font ; then\n"
	"  set gfxmode=auto\n"
	"  load_video\n"
	"fi\n"
	"if [ x$feature_timeout_style = xy ] ; then\n"
	"  set timeout_style=menu\n"
	"  set timeout=5\n"
	"else\n"
	"  set timeout=5\n"
	"fi\n"
	"menuentry 'Debian GNU/Linux' --class debian --class gnu-linux --class gnu --class os "
	"$menuentry_id_option 'gnulinux-simple-1111' {\n"
	"\tload_video\n"
	"\tinsmod gzio\n"
	"\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n"
	"\tinsmod part_gpt\n"
	"\tsearch --no-floppy --fs-uuid --set=root 1111-root\n"
	"\techo\t'Loading Linux ...'\n"
	"\tlinux\t/boot/vmlinuz-6.1 root=UUID=1111-root ro  quiet\n"
	"\tinitrd\t/boot/initrd.img-6.1\n"
	"}\n"
	"submenu 'Advanced options for Debian' $menuentry_id_option 'gnulinux-advanced' {\n"
	"\tmenuentry 'Debian, with Linux 6.0' --id 'gnulinux-6.0' {\n"
	"\t\tlinux\t/boot/vmlinuz-6.0 root=/dev/vda2 \\\n\t\t\tro single\n"
	"\t}\n"
	"}\n"
	"if [ \"$grub_platform\" = \"efi\" ]; then\n"
	"\tmenuentry 'UEFI Firmware Settings' { fwsetup }\n"
	"fi\n"
	"if [ -f  ${config_directory}/custom.cfg ]; then\n"
	"  source ${config_directory}/custom.cfg\n"
	"fi\n";

struct setup {
	struct memvol esp_files, root_files;
	struct volume volumes[3];
	struct chain_view view;
	struct grub_start start;
};

static void setup_init(struct setup *w, const struct memfile *esp, size_t n_esp,
	const struct memfile *root, size_t n_root)
{
	memset(w, 0, sizeof(*w));
	w->esp_files = (struct memvol){ esp, n_esp, true };
	w->root_files = (struct memvol){ root, n_root, false };
	w->volumes[0] = (struct volume){ .number = 1, .is_esp = true, .uuid = "ABCD-0001" };
	w->volumes[1] = (struct volume){ .number = 2, .uuid = "1111-root", .label = "rootfs" };
	volume_set_mem(&w->volumes[0], &w->esp_files);
	volume_set_mem(&w->volumes[1], &w->root_files);
	w->view = (struct chain_view){ w->volumes, 2, &w->volumes[0] };
	w->start = (struct grub_start){
		.view = &w->view,
		.device = &w->volumes[0],
		.directory = "/EFI/BOOT",
		.prefix = "/EFI/debian",
	};
}

static void debian_configuration(void)
{
	const struct memfile esp[] = { { .path = "/EFI/debian/grub.cfg", .bytes = stub } };
	const struct memfile root[] = {
		{ .path = "/boot/grub/grub.cfg", .bytes = debian },
		{ .path = "/boot/vmlinuz-6.1", .bytes = "MZ" },
		{ .path = "/boot/initrd.img-6.1", .bytes = "x" },
	};
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	struct setup w;

	setup_init(&w, esp, ARRAY_SIZE(esp), root, ARRAY_SIZE(root));
	grub_config_run(&w.start, &c);
	is_int(c.n, 4, "four entries, the submenu and its own among them");
	is_int(c.configs.n, 2, "two configurations were read");
	is_str(c.configs.v[1], "(hd0,gpt2)/boot/grub/grub.cfg", "the second is on the root");
	is_int(c.unknown_commands.n, 0, "every command is known");
	is_int(c.syntax_errors.n, 0, "and the syntax");
	ok(!c.uncertain && !c.truncated && !c.waits, "nothing is uncertain");
	is_int(c.timeout, 5, "the time-out");
	is_int(c.default_entry, 0, "the default");
	if (c.n != 4)
		return;
	is_str(c.entries[0].title, "Debian GNU/Linux", "title");
	is_str(c.entries[0].id, "gnulinux-simple-1111", "id, by way of a variable");
	is_str(c.entries[0].kernel.path, "/boot/vmlinuz-6.1", "kernel");
	is_int(c.entries[0].kernel.presence, PRESENT, "which is there");
	is_str(c.entries[0].cmdline, "root=UUID=1111-root ro quiet", "command line");
	is_int(c.entries[0].n_initrds, 1, "one initrd");
	ok(c.entries[1].is_submenu && c.entries[2].parent == 1, "the submenu holds the third");
	is_int(c.entries[2].kernel.presence, ABSENT, "whose kernel is missing");
	is_str(c.entries[2].cmdline, "root=/dev/vda2 ro single", "a continued line");
	ok(c.entries[3].firmware_setup, "the fourth leads to the firmware");
}

static void run_text(struct setup *w, struct grub_config *c, const char *text)
{
	static struct memfile esp[1];
	static const struct memfile root[] = {
		{ .path = "/vmlinuz", .bytes = "MZ" },
		{ .path = "/k/vmlinuz-1", .bytes = "MZ" },
		{ .path = "/k/vmlinuz-2", .bytes = "MZ" },
		{ .path = "/env",
			.bytes = "# GRUB Environment Block\nsaved_entry=b\\=c\nx=1\n####" },
		{ .path = "/env-cr", .bytes = "# GRUB Environment Block\r\nsaved_entry=b\r\n####" },
		{ .path = "/crlf.cfg", .bytes = "r=\\\r\na\r\nr=$r'b\r\nc'\r\n" },
		{ .path = "/empty", .bytes = "" },
		{ .path = "/loader/entries/m-6.1.conf",
			.bytes = "title One\nlinux /vmlinuz\noptions root=UUID=1111-root $more\n" },
		{ .path = "/loader/entries/m-6.10.conf",
			.bytes = "title Ten\nlinux /vmlinuz\ninitrd /i\noptions a\n" },
	};

	esp[0] = (struct memfile){ .path = "/EFI/debian/grub.cfg", .bytes = text };
	setup_init(w, esp, 1, root, ARRAY_SIZE(root));
	grub_config_run(&w->start, c);
	w->start.view = NULL;
}

/* Runs text that sets r in an entry's title and returns that title. */
static void expect(const char *text, const char *want)
{
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	CLEANUP(xfree) char *shown = xstrdup(text);
	CLEANUP(xfree) char *all = xasprintf("%s\nmenuentry \"$r\" { linux /vmlinuz }\n", text);
	struct setup w;

	run_text(&w, &c, all);
	shown[strcspn(shown, "#\n")] = '\0';
	is_str(c.n ? c.entries[0].title : "(none)", want, shown);
}

/* Of several that have the name, GRUB takes what a hint names, or the last partition, as seen in GRUB 2.12. */
static void copies(void)
{
	static const struct {
		const char *search, *want;
		bool sure;
	} cases[] = {
		{ "--label copies", "hd0,gpt3", true },
		{ "--fs-uuid 2222-COPY", "hd0,gpt3", true },
		{ "--file /last", "hd0,gpt5", true },
		{ "--file /copy", "hd0,gpt3", false },
		{ "--file /copy --hint=hd0,gpt3", "hd0,gpt3", false },
		{ "--label copies --hint=hd0,gpt3", "hd0,gpt3", true },
		{ "--label copies --hint-efi=hd0,gpt2", "hd0,gpt2", false },
		{ "--hint hd0,gpt2 --file /copy", "hd0,gpt2", false },
		{ "--hint-bios=hd0,gpt2 --label copies", "hd0,gpt3", true },
		{ "--hint=hd0,gpt1 --label copies", "hd0,gpt3", true },
		{ "--label made", "lvm/v-made", true },
		{ "--label both", "hd0,gpt1", true },
	};
	static const struct memfile files[] = { { .path = "/copy", .bytes = "x" } };
	static const struct memfile more[] = { { .path = "/last", .bytes = "x" } };
	struct memvol fs = { files, 1, false }, last = { more, 1, false }, none = { NULL, 0, true },
		      esp = none;
	struct volume volumes[] = {
		{ .lvm_name = "v-made", .label = "both" },
		{ .lvm_name = "v-made", .label = "made" },
		{ .number = 1, .is_esp = true, .label = "both" },
		{ .number = 2, .label = "copies", .uuid = "2222-copy" },
		{ .number = 3, .label = "copies", .uuid = "2222-copy" },
		{ .number = 4, .fstype = "ext4", .label = "unread" },
		{ .number = 5, .label = "last" },
	};
	struct chain_view view = { volumes, ARRAY_SIZE(volumes), &volumes[2], false };
	struct grub_start start = { .view = &view,
		.device = &volumes[2],
		.directory = "/EFI/BOOT",
		.prefix = "/EFI/debian" };

	for (size_t i = 0; i < 5; i++)
		volume_set_mem(&volumes[i], i < 2 ? &none : i == 2 ? &esp : &fs);
	volume_set_mem(&volumes[6], &last);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		CLEANUP(xfree)
		char *text = xasprintf(
			"search --set=r %s\nmenuentry \"$r\" { linux /x }\n", cases[i].search);

		const struct memfile config = { .path = "/EFI/debian/grub.cfg", .bytes = text };

		esp = (struct memvol){ &config, 1, true };
		grub_config_run(&start, &c);
		is_str(c.n ? c.entries[0].title : "(none)", cases[i].want, cases[i].search);
		ok(c.uncertain != cases[i].sure, "  %s",
			cases[i].sure
				? "on any machine"
				: "where the hint means that, or what is not read has no such file");
	}
}

/* Where a name without a device leads at the start: to the prefix's device, wherever the binary lies. */
static void first_root(void)
{
	static const struct {
		const char *prefix, *root;
	} cases[] = {
		{ "/EFI/debian", "hd0,gpt1" },
		{ "(,gpt1)/EFI/debian", "hd0,gpt1" },
		{ "(,gpt2)/boot/grub", "hd0,gpt2" },
		{ "(hd0,gpt2)/boot/grub", "hd0,gpt2" },
		{ "()/boot/grub", "hd0" },
	};
	static const struct memfile files[] = { { .path = "/EFI/debian/grub.cfg", .bytes = "" },
		{ .path = "/boot/grub/grub.cfg", .bytes = "" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		struct setup w;

		setup_init(&w, files, 1, files + 1, 1);
		w.start.prefix = cases[i].prefix;
		w.start.config = "linux (hd0,gpt2)/x $root\nboot\n";
		grub_config_run(&w.start, &c);
		is_str(c.n ? c.entries[0].cmdline : "(none)", cases[i].root, cases[i].prefix);
	}
}

static void language(void)
{
	expect("set r=a; if [ a = b ]; then r=1; elif [ -n x -a ! -z x ]; then r=2; else r=3; fi",
		"2");
	expect("for i in a 'b c' d; do r=\"$r<$i>\"; done", "<a><b c><d>");
	expect("v='x y'; for i in $v \"$v\"; do r=\"$r<$i>\"; done", "<x><y><x y>");
	expect("function f { set r=\"$1-$2-$#\"; return 1; set r=no; }; f a b", "a-b-2");
	expect("if ! search --fs-uuid --set=d 1111-ROOT; then r=no; else r=$d; fi", "hd0,gpt2");
	expect("search -l rootfs -s d; r=${d}", "hd0,gpt2");
	expect("search --file --set=d /k/vmlinuz-1; r=$d", "hd0,gpt2");
	expect("search --label rootfs --set d --no-floppy; r=$d", "hd0,gpt2");
	expect("search --no-floppy --set d --fs-uuid 1111-root; r=$d", "hd0,gpt2");
	expect("search --no-floppy --fs-uuid --set 1111-root; r=$root", "hd0,gpt2");
	expect("search --label --set=rootfs; r=$root", "hd0,gpt2");
	expect("search -l rootfs --set --no-floppy; r=$root", "hd0,gpt2");
	expect("search --hint-efi hd0,gpt1 --hint hd0 -l --set=d rootfs; r=$d", "hd0,gpt2");
	expect("search --hint-efi=hd0,gpt1 -l rootfs; r=x$d", "x");
	expect("for f in (hd0,gpt2)/k/vmlinuz-*; do r=\"$r $f\"; done",
		" (hd0,gpt2)/k/vmlinuz-1 (hd0,gpt2)/k/vmlinuz-2");
	expect("load_env -f (hd0,gpt2)/env saved_entry; r=\"$saved_entry$x\"", "b=c");
	expect("if load_env -f (hd0,gpt2)/env-cr; then r=1; else r=0$saved_entry; fi", "0");
	expect("source (hd0,gpt2)/crlf.cfg", "ab\nc");
	expect("if [ -s (hd0,gpt2)/empty ]; then r=1; else r=0; fi", "0");
	expect("if [ -d (hd0,gpt2)/k -a -f (hd0,gpt2)/vmlinuz ]; then r=1; fi", "1");
	expect("if [ 10 -gt 9 ]; then r=1; fi", "1");
	expect("i=; while [ x$i != xaaa ]; do i=a$i; done; r=$i", "aaa");
	expect("r=$cmdpath$prefix", "(hd0,gpt1)/EFI/BOOT(hd0,gpt1)/EFI/debian");
	expect("r=\"a\\\"b\\$c\"'$d'\\'", "a\"b$c$d'");
	expect("if true; then r=1 # a comment }\n fi", "1");
	expect("probe -u (hd0,gpt2) --set=r", "1111-root");
	expect("eval \"set r=x\"", "x");
	expect("regexp --set=1:r --set=2:s 'vm(.*)-([0-9]+)$' vmlinuz-6; r=\"$r $s\"", "linuz 6");
	expect("regexp --set r 'a(b*)' xabbc", "bb");
	expect("if regexp '^b' abc; then r=1; else r=0; fi", "0");
	expect("if [ -f (hd0,msdos2)/vmlinuz ]; then r=1; else r=0; fi", "0");
	expect("if [ -f (hd0,2)/vmlinuz ]; then r=1; else r=0; fi", "1");
}

/* What GRUB's own emulator (grub-emu) says of each. */
static void statuses(void)
{
	expect("false; if [ $? = 0 ]; then r=zero; else r=other; fi", "other");
	expect("true; if [ $? = 0 ]; then r=zero; else r=other; fi", "zero");
	expect("false; if [ a = b ]; then r=1; elif [ $? = 0 ]; then r=2; else r=3; fi", "3");
	expect("function f { if [ $? = 0 ]; then r=zero; else r=other; fi; }; false; f", "other");
	expect("false; if $nothing; then r=1; else r=0; fi", "1");
	expect("false; function g { true; }; r=$?", "1");
	expect("false; a=b; r=$?", "0");
	expect("false; if false; then true; fi; r=$?", "0");
	expect("false; for i in; do true; done; r=$?", "0");
	expect("for i in a b; do false; done; r=$?", "1");
	expect("i=; while [ x$i != xa ]; do i=a$i; done; r=$?", "1");
	expect("function f { return 3; }; f; r=$?", "3");
}

static void menus(void)
{
	static const struct {
		const char *command;
		unsigned n;
		const char *first;
	} asked[] = {
		{ "blscfg default", 1, "One" },
		{ "blscfg non-default", 1, "Ten" },
		{ "blscfg m-6.10", 1, "Ten" },
		{ "blscfg (hd0,gpt2)/loader/entries", 2, "Ten" },
		{ "blscfg (hd0,gpt1)/loader/entries", 0, NULL },
		{ "blsdir=/none; blscfg", 0, NULL },
		{ "blscfg --path=/loader/entries", 2, "Ten" },
		{ "blscfg -p (hd0,gpt2)/loader/entries -d", 1, "One" },
		{ "blscfg --show-non-default", 1, "Ten" },
		{ "blscfg -e m-6.10.conf", 1, "Ten" },
		{ "blscfg --path /loader/entries/m-6.1.conf", 1, "One" },
		{ "blscfg --path /none", 0, NULL },
		{ "blscfg --path /none --enable-fallback", 2, "Ten" },
	};
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	struct setup w;

	run_text(&w, &c,
		"set root=hd0,gpt2\nset default='a>two'\nset timeout=-1\n"
		"submenu a { menuentry one { linux /vmlinuz }\n menuentry two { linux /no } }\n"
		"frobnicate now\nif frob2; then true; fi\n");
	is_int(c.n, 3, "entries");
	is_int(c.default_entry, 2, "a default inside a submenu");
	ok(c.waits, "a negative time-out waits");
	is_int(c.unknown_commands.n, 2, "unknown commands are noted");
	ok(c.uncertain, "a condition on one is uncertain");
	grub_config_release(&c);

	run_text(&w, &c,
		"search --label --set=root nothing\nset default=9\nmenuentry x { linux /vmlinuz }");
	is_int(c.failed_searches.n, 1, "a search that fails");
	is_str(c.failed_searches.v[0], "--label nothing", "is told");
	ok(!c.default_found && c.default_entry == 0, "a default that is not there");
	ok(c.waits, "no time-out at all waits, too");
	is_int(c.entries[0].kernel.presence, ABSENT,
		"and the kernel is looked for in the wrong place");
	grub_config_release(&c);

	run_text(&w, &c,
		"set root=hd0,gpt2\nmore='b c'\nset timeout=1\nset default=m-6.1\nblscfg\n");
	is_int(c.n, 2, "blscfg's entries");
	is_str(c.entries[0].title, "Ten", "newest first");
	is_int(c.default_entry, 1, "the default by id");
	is_str(c.entries[1].cmdline, "root=UUID=1111-root b c", "options with a variable");
	is_int(c.entries[0].initrds[0].presence, ABSENT, "an initrd that is missing");
	grub_config_release(&c);

	/* Fedora's words, and upstream's options. */
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		CLEANUP(xfree)
		char *text = xasprintf("set root=hd0,gpt2\nset timeout=1\nset default=m-6.1\n%s\n",
			asked[i].command);

		run_text(&w, &c, text);
		is_int(c.n, asked[i].n, asked[i].command);
		if (c.n && asked[i].n)
			is_str(c.entries[0].title, asked[i].first, "its first entry");
		grub_config_release(&c);
	}

	run_text(&w, &c, "regexp 'a{9}' aaaaaaaaa\nmenuentry x { linux /vmlinuz }");
	ok(c.uncertain, "a pattern that is not tried is uncertain");
	grub_config_release(&c);

	run_text(&w, &c,
		"set root=hd0,gpt2\nset fallback='1 2'\nset timeout=1\nmenuentry a { linux /no }\n"
		"menuentry b { linux /nor }\nmenuentry c { linux /vmlinuz }\n");
	ok(c.default_entry == 2 && c.fell_back, "the fallback of a fallback");
	grub_config_release(&c);
	run_text(&w, &c,
		"set root=hd0,gpt2\nset fallback=1\nset timeout=1\nmenuentry a { linux /vmlinuz }\n"
		"menuentry b { linux /k/vmlinuz-1 }\n");
	ok(c.default_entry == 0 && !c.fell_back, "none is needed");
	grub_config_release(&c);

	run_text(&w, &c,
		"set root=hd0,gpt2\nset timeout=1\nmenuentry a { initrd /empty\nlinux /vmlinuz }\n"
		"menuentry b { linux /vmlinuz\ninitrd /empty newc:a/b:/env }\n");
	is_int(c.entries[0].n_initrds, 0, "an initrd before its kernel is not loaded");
	ok(c.entries[1].n_initrds == 2 && c.entries[1].initrds[1].wrapped,
		"a file in an archive of GRUB's");
	grub_config_release(&c);

	run_text(&w, &c, "linux (hd0,gpt2)/vmlinuz a\nboot\n");
	ok(c.direct_boot && c.n == 1, "a boot without a menu");
	grub_config_release(&c);

	run_text(&w, &c, "configfile (hd0,gpt2)/nothing.cfg\n");
	is_int(c.missing_configs.n, 1, "a missing configuration");
	is_int(c.n, 0, "and no entry");
	grub_config_release(&c);

	run_text(&w, &c, "while true; do x=1; done\nmenuentry x { linux /vmlinuz }");
	ok(c.truncated, "an endless loop ends");
	grub_config_release(&c);

	run_text(&w, &c, "source $config_file\nmenuentry x { linux /vmlinuz }");
	ok(c.runs_itself && !c.truncated && !c.n, "a file that sources itself has no end");
	grub_config_release(&c);

	run_text(&w, &c,
		"if [ -z \"$done\" ]; then\ndone=1\nsource $config_file\nfi\nset timeout=1\n"
		"menuentry x { linux /vmlinuz }");
	ok(!c.runs_itself && !c.truncated && c.n == 2, "but once it has");
	grub_config_release(&c);

	run_text(&w, &c,
		"x=\"x$x\"\nexport x\nconfigfile $config_file\nmenuentry x { linux /vmlinuz }");
	ok(!c.runs_itself && c.truncated, "what changes each time is left alone somewhere");
	grub_config_release(&c);

	run_text(&w, &c,
		"self=$config_file\nexport self\nset timeout=1\nmenuentry x { linux /vmlinuz }\n"
		"menuentry back { configfile $self }\n");
	ok(!c.truncated && !c.uncertain && c.n <= 4 && c.default_entry == 0,
		"an entry that leads back to its own menu is followed once");
	ok(c.n && c.entries[c.n - 1].runs_again, "and known");
}

/* Two files that lead to each other: by `source`, as menus, and by a way that is chosen by itself. */
static void circles(void)
{
	static const char to_other[] = "set timeout=1\nsource $prefix/more/other.cfg\n";
	const struct memfile esp[] = { { .path = "/EFI/debian/grub.cfg", .bytes = to_other },
		{ .path = "/EFI/debian/more/other.cfg", .bytes = "source $prefix/grub.cfg\n" } };
	const struct memfile menus[] = {
		{ .path = "/EFI/debian/grub.cfg",
			.bytes =
				"set timeout=1\nmenuentry more { configfile $prefix/more/other.cfg }\n"
				"menuentry a { linux (hd0,gpt2)/vmlinuz }\n" },
		{ .path = "/EFI/debian/more/other.cfg",
			.bytes = "set timeout=1\nmenuentry back { configfile $prefix/grub.cfg }\n" }
	};
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	struct setup w;

	setup_init(&w, esp, 2, NULL, 0);
	grub_config_run(&w.start, &c);
	ok(c.runs_itself && !c.truncated, "two files that source each other have no end");
	grub_config_release(&c);
	setup_init(&w, menus, 2, NULL, 0);
	grub_config_run(&w.start, &c);
	ok(c.default_entry >= 0 && c.entries[c.default_entry].runs_again && !c.truncated,
		"a default that leads from menu to menu boots nothing");
}

/* More than is looked at is not passed over in silence. */
static void many_initrds(void)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	struct setup w;

	text_puts(&text, "set timeout=1\nmenuentry a {\nlinux (hd0,gpt2)/vmlinuz\ninitrd");
	for (int i = 0; i < 32; i++)
		text_puts(&text, " (hd0,gpt2)/vmlinuz");
	{
		CLEANUP(xfree) char *good = xasprintf("%s\n}\n", text_str(&text));
		CLEANUP(xfree) char *more = xasprintf("%s /x\n}\n", text_str(&text));

		run_text(&w, &c, good);
		ok(c.n == 1 && c.entries[0].n_initrds == 32 && !c.entries[0].unfollowed,
			"32 initrds");
		grub_config_release(&c);
		run_text(&w, &c, more);
		ok(c.n == 1 && c.entries[0].unfollowed, "33 are too many");
	}
}

/* Which commands this GRUB has is not known here: those of x86's are doubted. */
static void loads_by_another_command(void)
{
	static const char *const commands[] = { "linux", "linuxefi", "linux16" };

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		CLEANUP(xfree)
		char *text = xasprintf("menuentry a {\n%s (hd0,gpt2)/vmlinuz\n}\n", commands[i]);
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		struct setup w;

		run_text(&w, &c, text);
		ok(c.n == 1 && c.entries[0].has_kernel && !c.entries[0].unfollowed == !i, "%s",
			commands[i]);
	}
}

/* The default entry of BLS entries that are read by Fedora's blscfg: "title: command line, initrds". */
static const char *fedora_boots(const char *config, const char *entry)
{
	const struct memfile root[] = { { .path = "/vmlinuz", .bytes = "MZ" },
		{ .path = "/k/vmlinuz", .bytes = "MZ" }, { .path = "/k/initrd", .bytes = "x" },
		{ .path = "/k/early", .bytes = "x" }, { .path = "/k/board.dtb", .bytes = "x" },
		{ .path = "/loader/entries/m-1-1.conf", .bytes = entry } };
	CLEANUP(xfree)
	char *text = xasprintf("set root=hd0,gpt2\nset timeout=1\n%s\nblscfg\n", config);
	const struct memfile esp[] = { { .path = "/EFI/debian/grub.cfg", .bytes = text } };
	static char line[128];
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	const struct grub_entry *e;
	struct setup w;

	setup_init(&w, esp, 1, root, ARRAY_SIZE(root));
	grub_config_run(&w.start, &c);
	e = c.default_entry < 0 ? NULL : &c.entries[c.default_entry];
	snprintf(line, sizeof(line), "%zu %s: %s, %zu%s%s", c.n, e ? e->title : "",
		e ? e->cmdline : "", e ? e->n_initrds : 0, e && e->has_devicetree ? " " : "",
		e && e->has_devicetree ? e->devicetree.path
		: c.asks_password      ? " asks"
				       : "");
	return line;
}

static void fedora(void)
{
	static const char plain[] = "linux /k/vmlinuz\ninitrd /k/initrd\n";

	is_str(fedora_boots("set default_kernelopts='root=x ro'", plain),
		"1 /k/vmlinuz: root=x ro, 1",
		"without options $default_kernelopts, without a title the kernel");
	is_str(fedora_boots("set default_kernelopts=x", "title T\nlinux /k/vmlinuz\noptions y\n"),
		"1 T: y, 0", "with options these");
	is_str(fedora_boots("set early_initrd='early initrd'", plain), "1 /k/vmlinuz: , 3",
		"$early_initrd");
	is_str(fedora_boots("set devicetree=board.dtb", plain), "1 /k/vmlinuz: , 1 /k/board.dtb",
		"$devicetree, beside the kernel");
	is_str(fedora_boots("blscfg", plain), "1 /k/vmlinuz: , 1", "no entry twice");
	is_str(fedora_boots("set superusers=root", plain), "1 /k/vmlinuz: , 1",
		"an entry without grub_users is for all");
	is_str(fedora_boots("set superusers=root",
		       "title T\nlinux /k/vmlinuz\ngrub_users $grub_users\n"),
		"1 T: , 0", "so is one whose variable is empty");
	is_str(fedora_boots("set superusers=root\nset grub_users=root",
		       "title T\nlinux /k/vmlinuz\ngrub_users $grub_users\n"),
		"1 T: , 0 asks", "or else for those");
}

/* With superusers, what is not --unrestricted asks for a name, by default as well. */
static void passwords(void)
{
	static const char menu[] = "password_pbkdf2 root grub.pbkdf2.sha512.1.00\nset timeout=1\n"
				   "menuentry a { linux (hd0,gpt2)/vmlinuz }\n"
				   "menuentry b --unrestricted { linux (hd0,gpt2)/vmlinuz }\n";
	static const struct {
		const char *before, *what;
		bool asks;
	} cases[] = {
		{ "set superusers=root\n", "the default entry asks", true },
		{ "set superusers=root\nset default=1\n", "an unrestricted one does not", false },
		{ "", "nor any without superusers", false },
		{ "set superusers=\n", "nobody is in an empty one, and it asks", true },
		{ "set superusers=root\nunset superusers\n", "unset it is for all", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		CLEANUP(xfree) char *text = xasprintf("%s%s", cases[i].before, menu);
		struct setup w;

		run_text(&w, &c, text);
		ok(c.n == 2 && c.asks_password == cases[i].asks, "%s", cases[i].what);
		is_int(c.unknown_commands.n, 0, "password is a known command");
	}
}
/* Commands that wait for somebody, and those that wait long: on the way to the menu, and in the entry that boots. */
static void waiting(void)
{
	static const char asks[] = "read x";
	static const struct {
		const char *before, *first, *second, *what;
		const char *command; /* that waits */
		unsigned slept;
	} cases[] = {
		{ "", asks, "", "the default entry asks", "read", 0 },
		{ "", "", asks, "another one may", NULL, 0 },
		{ "read -s secret", "", "", "on the way to the menu", "read", 0 },
		{ "function f { read x; }", "", "", "what is not called asks nothing", NULL, 0 },
		{ "set default=1", asks, "sleep 700", "the one that is chosen", NULL, 700 },
		{ "authenticate root", "", "", "without superusers everybody may", NULL, 0 },
		{ "set superusers=root\nauthenticate root", "", "", "or else it asks",
			"authenticate", 0 },
		{ "sleep 400", "sleep --interruptible 300", "sleep 4", "times add up", NULL, 700 },
		{ "sleep -1", "sleep x", "", "what is no number is no time", NULL, 0 },
		{ "", "videotest", "", "a picture", "videotest", 0 },
		{ "cryptomount -u abc-12", "", "", "what is encrypted", "cryptomount", 0 },
		{ "cryptomount (hd0,gpt3)", "", "", "by its place", "cryptomount", 0 },
		{ "cryptomount -a", "", "", "all", "cryptomount", 0 },
		{ "cryptomount -u abc13", "", "", "what is not there", NULL, 0 },
		{ "cryptomount (hd0,gpt2)", "", "", "what is not encrypted", NULL, 0 },
		{ "cryptomount -p secret -u abc12", "", "", "with a key", NULL, 0 },
		{ "cryptomount -u abc12 -k (hd0,gpt1)/key", "", "", "in a file", NULL, 0 },
		{ "cryptomount -b", "", "", "LUKS has no such flag", NULL, 0 },
	};

	const struct memfile root[] = { { .path = "/vmlinuz", .bytes = "MZ" } };
	struct memfile esp[] = { { .path = "/EFI/debian/grub.cfg" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		CLEANUP(xfree)
		char *text = xasprintf(
			"%s\nset timeout=1\n"
			"menuentry a --unrestricted { linux (hd0,gpt2)/vmlinuz\n%s\n}\n"
			"menuentry b --unrestricted { linux (hd0,gpt2)/vmlinuz\n%s\n}\n",
			cases[i].before, cases[i].first, cases[i].second);
		struct setup w;

		esp[0].bytes = text;
		setup_init(&w, esp, 1, root, 1);
		w.volumes[2] = (struct volume){
			.number = 3, .fstype = "crypto_LUKS", .uuid = "ab-c12"
		};
		w.view.n = 3;
		grub_config_run(&w.start, &c);
		ok(!c.wait.asks == !cases[i].command &&
				(!c.wait.asks || strstr(c.wait.asks, cases[i].command)) &&
				c.wait.slept == cases[i].slept,
			"%s", cases[i].what);
		is_int(c.unknown_commands.n, 0, "it is a known command");
	}
}

/* The entry that boots by itself; other is a second configuration. "waits", "asks": what it does first. */
static const char *booted(const char *text, const char *other)
{
	const struct memfile esp[] = { { .path = "/EFI/debian/grub.cfg", .bytes = text },
		{ .path = "/EFI/debian/more/other.cfg", .bytes = other },
		{ .path = "/EFI/debian/more/third.cfg", .bytes = "set default=b\n" } };
	const struct memfile root[] = { { .path = "/vmlinuz", .bytes = "MZ" } };
	static char line[128];
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	struct setup w;

	setup_init(&w, esp, ARRAY_SIZE(esp), root, ARRAY_SIZE(root));
	grub_config_run(&w.start, &c);
	snprintf(line, sizeof(line), "%s%s%s",
		c.default_entry < 0 ? "nothing" : c.entries[c.default_entry].title,
		c.waits ? " waits" : "", c.asks_password ? " asks" : "");
	return line;
}

#define ENTRY(name) "menuentry " name " { linux (hd0,gpt2)/vmlinuz }\n"

/* Entries that run another configuration: its menu is shown, and the choice goes on in it. */
static void configurations_in_entries(void)
{
	static const char runs[] =
		"set timeout=1\nmenuentry c { configfile $prefix/more/other.cfg }\n" ENTRY("d");
	static const char two[] = "set timeout=1\n" ENTRY("a") ENTRY("b");

	is_str(booted(runs, two), "a", "its first entry");
	is_str(booted(runs, "set timeout=1\nset default=1\n" ENTRY("a") ENTRY("b")), "b",
		"its default");
	is_str(booted(runs, ENTRY("a")), "a waits", "its own time-out is not set");
	is_str(booted("set timeout_style=menu\nset timeout=1\nexport timeout\n"
		      "menuentry c { configfile $prefix/more/other.cfg }\n",
		       ENTRY("a")),
		"a waits", "GRUB unsets an exported one");
	is_str(booted("set timeout=0\nexport timeout\n"
		      "menuentry c { configfile $prefix/more/other.cfg }\n",
		       ENTRY("a")),
		"a", "but where it did not wait");
	is_str(booted(runs, "set timeout=1\nset superusers=root\n" ENTRY("a")), "a asks",
		"its own superusers");
	is_str(booted("set superusers=root\nset timeout=1\n"
		      "menuentry c --unrestricted { configfile $prefix/more/other.cfg }\n",
		       two),
		"a", "those outside are not exported");
	is_str(booted("set timeout=1\nset default='1st b'\n" ENTRY("a") ENTRY("c") ENTRY("'1st b'"),
		       NULL),
		"c", "a text that begins with a number is that number");
	is_str(booted("set timeout=08\nset default=01\n" ENTRY("a") ENTRY("c"), NULL), "c",
		"in GRUB's notation");
	is_str(booted("set timeout=1\nset default=-1\n" ENTRY("a") ENTRY("-1"), NULL), "-1",
		"a sign is none");
	is_str(booted("set superusers=root\nset timeout=1\nset fallback=1\n"
		      "menuentry z --unrestricted { linux /none }\n" ENTRY("y"),
		       NULL),
		"y asks", "the entry that is fallen back to asks, too");
	is_str(booted("set superusers=root\nset timeout=1\nset default='s>a'\n"
		      "submenu s --unrestricted {\n" ENTRY("a") "}\n",
		       NULL),
		"a", "in a submenu superusers that are not exported are none");
	is_str(booted("set superusers=root\nexport superusers\nset timeout=1\nset default='s>a'\n"
		      "submenu s --unrestricted {\n" ENTRY("a") "}\n",
		       NULL),
		"a asks", "those that are exported are");
	is_str(booted(runs,
		       "set timeout=1\nset fallback=1\nmenuentry a { linux /none }\n" ENTRY("b")),
		"b", "its own fallback");
	is_str(booted(runs,
		       "set timeout=1\nset fallback=1\nsubmenu s { menuentry a { linux /none } }\n" ENTRY(
			       "b")),
		"b", "that of the menu that a submenu is in");
	is_str(booted(runs, "set timeout=1\nset fallback=1\nsubmenu s {\nset fallback=2\n"
			    "menuentry a { linux /none }\n" ENTRY("b") ENTRY("e") "}\n" ENTRY("f")),
		"e", "the submenu's own is the first");
	is_str(booted(runs,
		       "set timeout=1\nset fallback=1\nsubmenu s {\nset fallback=1\n"
		       "menuentry a { linux /none }\nmenuentry b { linux /none }\n}\n" ENTRY("f")),
		"f", "and where that fails, the other");
	is_str(booted("set timeout=1\nset fallback=1\n"
		      "menuentry c { configfile $prefix/more/other.cfg }\n" ENTRY("d"),
		       "set timeout=1\nmenuentry a { linux /none }\n"),
		"a", "the menu of a configuration is not left");
	is_str(booted("set timeout=1\nset default='s>1'\nset fallback=1\nsubmenu s {\n" ENTRY(
			      "a") "menuentry b { linux /none }\n}\nsubmenu t {\n" ENTRY("c") "}\n",
		       ""),
		"c", "a fallback into a submenu");
	is_str(booted("set timeout=1\nset fallback='1 x'\nmenuentry a { linux /none }\n"
		      "menuentry b { linux /none }\n" ENTRY("c"),
		       ""),
		"a", "what is no number ends the list");
	is_str(booted("set timeout=1\nset fallback=1\nmenuentry c { configfile /none }\n" ENTRY(
			      "d"),
		       two),
		"d", "an entry without anything to boot falls back");
	is_str(booted("set timeout=1\nmenuentry c { source $prefix/more/other.cfg }\n", two), "c",
		"source brings an entry no menu");
	is_str(booted("set timeout=1\n" ENTRY("a") ENTRY("b") "source $prefix/more/other.cfg\n",
		       "source $config_directory/third.cfg\n"),
		"b", "source knows its file's folder");
	is_str(booted("set timeout=1\n" ENTRY(
			      "a") "extract_entries_source $prefix/more/other.cfg\n",
		       "set default=1\nset timeout=9\nunset timeout\n" ENTRY("b")),
		"a", "what takes the entries alone leaves the variables");
	is_str(booted("set timeout=1\nset default=b\nextract_entries_source $prefix/more/other.cfg\n",
		       ENTRY("b")),
		"b", "and brings the entries");
	is_str(booted("source $prefix/more/other.cfg\nif [ \"$config_directory\" = $prefix ]; then\n"
		      "set timeout=1\nfi\n" ENTRY("a"),
		       "x=1\n"),
		"a", "and gives the old one back");
}

/* What is loaded last is what boots. */
static void chainloading(void)
{
	CLEANUP(grub_config_release) struct grub_config c = { 0 };
	struct setup w;

	run_text(&w, &c,
		"set root=hd0,gpt2\nset timeout=1\n"
		"menuentry a { chainloader /vmlinuz root=UUID=1 initrd=/i }\n"
		"menuentry b { linux /vmlinuz x\nchainloader /vmlinuz y }\n"
		"menuentry c { linux /vmlinuz x\nchainloader /none y }\n");
	is_str(c.entries[0].cmdline, "root=UUID=1 initrd=/i", "what a loader is started with");
	ok(!c.entries[1].has_kernel, "the loader takes the kernel's place");
	is_str(c.entries[1].cmdline, "y", "with its own options");
	ok(c.entries[2].has_kernel, "where it is there");
	is_str(c.entries[2].cmdline, "x", "else the kernel stays");
}

/* SUSE's GRUB takes paths from the default subvolume on where a variable says so. */
static void subvolumes(void)
{
	static const struct {
		const char *before, *module;
		int presence;
		const char *path;
	} cases[] = {
		{ "", NULL, ABSENT, "/boot/k" },
		{ "set btrfs_relative_path=yes\n", NULL, PRESENT, "/@/s/boot/k" },
		{ "set btrfs_relative_path=1\n", "\0btrfs_relative_path", PRESENT, "/@/s/boot/k" },
		{ "set btrfs_relative_path=no\n", NULL, ABSENT, "/boot/k" },
		{ "set btrfs_relative_path=yes\n", "\0another_text_of_it_", ABSENT, "/boot/k" },
	};
	static const struct memfile root[] = { { .path = "/@/s/boot/k", .bytes = "MZ" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(xfree)
		char *text = xasprintf("%sset root=hd0,gpt2\nset timeout=0\n"
				       "menuentry x { linux /boot/k }\n",
			cases[i].before);
		const struct memfile esp[] = { { .path = "/EFI/debian/grub.cfg", .bytes = text } };
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		CLEANUP(grub_modules_release) struct grub_modules modules = { 0 };
		struct setup w;

		setup_init(&w, esp, 1, root, 1);
		w.volumes[1].default_subvolume = "@/s";
		if (cases[i].module) {
			strlist_add(&modules.names, "linux");
			strlist_add(&modules.names, "normal");
			strlist_add(&modules.names, "btrfs");
			strlist_add(&modules.names, "part_gpt");
			buf_add(&modules.texts, cases[i].module, 21);
			w.start.modules = &modules;
		}
		grub_config_run(&w.start, &c);
		if (!is_int(c.n, 1, "an entry"))
			continue;
		is_int(c.entries[0].kernel.presence, cases[i].presence, "whether it is there");
		is_str(c.entries[0].kernel.path, cases[i].path, "where it is looked for");
	}
}

static void truncation(void)
{
	size_t with = 0, without = 0;

	for (size_t len = 0; len < sizeof(debian); len++) {
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		CLEANUP(xfree) char *text = xstrndup(debian, len);
		struct setup w;

		run_text(&w, &c, text);
		*(c.n ? &with : &without) += 1;
	}
	ok(with && without, "of the beginnings of a configuration %zu have entries, %zu none", with,
		without);
}

/* A kernel splits its command line at blanks, and GRUB's words may have some. */
static void quoting(void)
{
	static const char config[] =
		"menuentry a {\nlinux /boot/vmlinuz-6.1 a='b c' \"d  e\" f=\\\"g\\\" h\\\\i\n}\n";
	CLEANUP(grub_config_release) struct grub_config c = { 0 };

	struct setup w;

	run_text(&w, &c, config);
	is_str(c.n ? c.entries[0].cmdline : "", "\"a=b c\" \"d  e\" f=\\\"g\\\" h\\\\i",
		"words with blanks are quoted");
}

/* "\\xHH" in a word: an escape, and escaped for the kernel; or neither, in what is made of Red Hat's sources. */
static void hex(void)
{
	static const struct {
		const char *word, *others, *keeps;
	} cases[] = {
		{ "a\\x20b", "ax20b", "a\\x20b" },
		{ "'a\\x20b'", "a\\\\x20b", "a\\x20b" },
		{ "\"a\\x2Fb\"", "a\\\\x2Fb", "a\\x2Fb" },
		{ "a\\\\x20b", "a\\\\x20b", "a\\x20b" },
		{ "$v", "a\\\\x20b", "a\\x20b" },
		{ "\"$v c\"", "\"a\\\\x20b c\"", "\"a\\x20b c\"" },
		/* These are none. */
		{ "'a\\x2gb'", "a\\\\x2gb", "a\\\\x2gb" },
		{ "'a\\x2'", "a\\\\x2", "a\\\\x2" },
		{ "'a\\y20'", "a\\\\y20", "a\\\\y20" },
		{ "a\\x2", "ax2", "ax2" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		CLEANUP(grub_config_release) struct grub_config c = { 0 };
		CLEANUP(xfree)
		char *text = xasprintf(
			"v='a\\x20b'\nexport v\nmenuentry a {\nlinux /boot/vmlinuz-6.1 %s\n}\n",
			cases[i / 2].word);
		const struct memfile esp[] = { { .path = "/EFI/debian/grub.cfg", .bytes = text } };
		struct setup w;

		setup_init(&w, esp, 1, NULL, 0);
		w.start.keeps_hex = i % 2;
		grub_config_run(&w.start, &c);
		is_str(c.n ? c.entries[0].cmdline : "",
			i % 2 ? cases[i / 2].keeps : cases[i / 2].others,
			i % 2 ? "\\xHH as it is" : "\\xHH escaped");
	}
}

int main(void)
{
	debian_configuration();
	first_root();
	copies();
	language();
	statuses();
	menus();
	fedora();
	passwords();
	waiting();
	configurations_in_entries();
	circles();
	many_initrds();
	loads_by_another_command();
	chainloading();
	subvolumes();
	quoting();
	hex();
	truncation();
	return tap_done();
}
