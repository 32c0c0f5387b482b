/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk along the boot chain, where the fixtures of the checks don't reach. */
#include "loader/chain.h"
#include "loader/device.h"
#include "memvol.h"
#include "minipe.h"
#include "tap.h"

#define WIDE_GRUB "\\\0g\0r\0u\0b\0a\0a\0006\0004\0.\0e\0f\0i\0\0"

static struct buf shim, grub, sdboot, uki, kernel, sdstub, addon;

static void make_files(void)
{
	static const char shim_data[] = "UEFI SHIM\n$Version: 15.8 $\n\0" WIDE_GRUB;
	static const char boot_magic[] = "#### LoaderInfo: systemd-boot 260 ####";
	static const char stub_magic[] = "#### LoaderInfo: systemd-stub 255 ####";
	static const char addon_magic[] = "#### LoaderInfo: systemd-addon 255 ####";
	static const char cmdline[] = "root=LABEL=none quiet";
	uint8_t mods[48] = { 0 };

	put_le32(mods, 0x676d696d);
	put_le64(mods + 8, 24);
	put_le64(mods + 16, 48);
	put_le32(mods + 24, 3);
	put_le32(mods + 28, 24);
	memcpy(mods + 32, "/EFI/v", 7);
	minipe(&shim, (struct minisection[]){ { ".data", shim_data, sizeof(shim_data) } }, 1,
		false);
	minipe(&grub, (struct minisection[]){ { ".text", "x", 1 }, { "mods", mods, 48 } }, 2,
		false);
	minipe(&sdboot, (struct minisection[]){ { ".sdmagic", boot_magic, sizeof(boot_magic) } }, 1,
		false);
	minipe(&sdstub, (struct minisection[]){ { ".sdmagic", stub_magic, sizeof(stub_magic) } }, 1,
		false);
	minipe(&addon,
		(struct minisection[]){ { ".sdmagic", addon_magic, sizeof(addon_magic) },
			{ ".cmdline", "root=LABEL=root", 16 } },
		2, false);
	minipe(&kernel, (struct minisection[]){ { ".text", "x", 1 } }, 1, true);
	minipe(&uki,
		(struct minisection[]){ { ".sdmagic", stub_magic, sizeof(stub_magic) },
			{ ".osrel", "ID=u\n", 5 }, { ".cmdline", cmdline, sizeof(cmdline) },
			{ ".uname", "6.9", 3 }, { ".initrd", "i", 1 },
			{ ".linux", buf_bytes(&kernel), kernel.len } },
		6, false);
}

struct setup {
	struct memvol files[2];
	struct volume volumes[3];
	struct chain_view view;
};

/* An ESP, a root file system, and a third that cannot be read. */
static struct boot_chain *walk(struct setup *w, const struct memfile *esp, size_t n_esp,
	const struct memfile *root, size_t n_root)
{
	memset(w, 0, sizeof(*w));
	w->files[0] = (struct memvol){ esp, n_esp, true };
	w->files[1] = (struct memvol){ root, n_root, false };
	w->volumes[0] = (struct volume){ .number = 1, .is_esp = true, .uuid = "ABCD-0001" };
	w->volumes[1] = (struct volume){ .number = 2, .uuid = "1111", .label = "root" };
	w->volumes[2] = (struct volume){ .number = 3, .uuid = "3333", .fstype = "xfs" };
	volume_set_mem(&w->volumes[0], &w->files[0]);
	volume_set_mem(&w->volumes[1], &w->files[1]);
	w->view = (struct chain_view){ w->volumes, 3, &w->volumes[0] };
	return chain_walk(&w->view, CHAIN_FALLBACK_PATH);
}

#define PE_FILE(name, b)                                                                           \
	{                                                                                          \
		.path = (name), .bytes = buf_text(&(b)), .len = (b).len                            \
	}
#define TEXT_FILE(name, text)                                                                      \
	{                                                                                          \
		.path = (name), .bytes = (text)                                                    \
	}

static bool has(const struct boot_chain *c, enum chain_code code, bool certain)
{
	for (size_t i = 0; i < c->n_problems; i++)
		if (c->problems[i].code == code && c->problems[i].certain == certain)
			return true;
	return false;
}

static void say(const struct boot_chain *c)
{
	for (size_t i = 0; i < c->n_problems; i++)
		printf("# %s: %s\n", c->problems[i].where, c->problems[i].text);
}

/* shim's fallback program leads to the vendor's loader, as its CSV says. */
static void fallback_program(void)
{
	static const char csv[] =
		"\xff\xfes\0h\0i\0m\0a\0a\0006\0004\0.\0e\0f\0i\0,\0v\0,\0,\0x\0\n\0";
	const struct memfile esp[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", shim),
		PE_FILE("/EFI/BOOT/fbaa64.efi", shim),
		PE_FILE("/EFI/v/shimaa64.efi", shim),
		PE_FILE("/EFI/v/grubaa64.efi", grub),
		{ "/EFI/v/BOOTAA64.CSV", csv, sizeof(csv) - 1, 0 },
		TEXT_FILE("/EFI/v/grub.cfg",
			"set timeout=1\nsearch --label --set=r root\nmenuentry a {\n"
			"linux ($r)/vmlinuz-6.9 root=LABEL=root\n"
			"initrd ($r)/vmlinuz-6.9\n}\n"),
	};
	const struct memfile root[] = { PE_FILE("/vmlinuz-6.9", kernel) };
	struct setup w;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), root, 1);
	CLEANUP(xfree) char *summary = chain_summary(c);

	ok(has(c, CHAIN_FALLBACK_PROGRAM, true), "the fallback program is found");
	ok(c->complete, "and followed to the kernel");
	is_str(summary, "shim 15.8 -> shim's fallback program -> shim 15.8 -> GRUB -> Linux 6.9",
		"by this way");
	is_int(c->n_problems, 1, "nothing else is wrong");
	say(c);
}

static bool is_open(const struct boot_chain *c)
{
	bool open = c->uncertain;

	for (size_t i = 0; i < c->n_problems; i++)
		open |= !c->problems[i].certain && c->problems[i].on_default;
	return open;
}

/* Whether it is sure of something that the other one is not. */
static bool is_surer(const struct boot_chain *c, const struct boot_chain *than)
{
	for (size_t i = 0; i < c->n_problems; i++)
		if (c->problems[i].certain && !has(than, c->problems[i].code, true))
			return true;
	return false;
}

/* Whichever of the files on the way cannot be read, what boots is not known; and it is where all can. */
static void each_unread(const struct memfile *esp, size_t n, const struct memfile *root,
	size_t n_root, const char *what)
{
	struct memfile files[16];
	struct setup w;
	CLEANUP(chain_free) struct boot_chain *whole = walk(&w, esp, n, root, n_root);

	ok(whole->complete && !is_open(whole), "%s: it boots", what);
	say(whole);
	for (size_t i = 0; i < n + n_root; i++) {
		const struct memfile *from = i < n ? &esp[i] : &root[i - n];
		CLEANUP(chain_free) struct boot_chain *c = NULL;

		for (size_t k = 0; k < n + n_root; k++)
			files[k] = k < n ? esp[k] : root[k - n];
		files[i].bytes = NULL;
		c = walk(&w, files, n, files + n, n_root);
		ok(is_open(c) && !is_surer(c, whole), "%s: %s cannot be read", what, from->path);
		say(c);
	}
}

static void unread_files(void)
{
	static const char csv[] =
		"\xff\xfes\0h\0i\0m\0a\0a\0006\0004\0.\0e\0f\0i\0,\0v\0,\0,\0x\0\n\0";
	const struct memfile root[] = { PE_FILE("/vmlinuz-6.9", kernel), TEXT_FILE("/initrd", "x"),
		TEXT_FILE("/dtb", "x") };
	const struct memfile fallback[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", shim),
		PE_FILE("/EFI/BOOT/fbaa64.efi", shim),
		PE_FILE("/EFI/v/shimaa64.efi", shim),
		PE_FILE("/EFI/v/grubaa64.efi", grub),
		{ "/EFI/v/BOOTAA64.CSV", csv, sizeof(csv) - 1, 0 },
		TEXT_FILE("/EFI/v/grub.cfg",
			"set timeout=1\nsearch --label --set=root root\nload_env -f /env\n"
			"menuentry a {\nlinux /vmlinuz-6.9 root=LABEL=root\ninitrd /initrd\n"
			"devicetree /dtb\n}\n"),
	};
	const struct memfile entries[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
		TEXT_FILE("/loader/loader.conf", "timeout 1\n"),
		TEXT_FILE("/loader/entries/b-6.9.conf",
			"version 6.9\nlinux /linux\ninitrd /initrd\ndevicetree /dtb\n"
			"options root=LABEL=root\n"),
		PE_FILE("/linux", kernel),
		TEXT_FILE("/initrd", "x"),
		TEXT_FILE("/dtb", "x"),
	};
	const struct memfile images[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
		PE_FILE("/EFI/Linux/u.efi", uki),
		PE_FILE("/EFI/Linux/u.efi.extra.d/a.addon.efi", addon),
	};

	each_unread(
		fallback, ARRAY_SIZE(fallback), root, ARRAY_SIZE(root), "shim's fallback program");
	each_unread(entries, ARRAY_SIZE(entries), NULL, 0, "systemd-boot's entries");
	each_unread(images, ARRAY_SIZE(images), NULL, 0, "its unified kernel images");
}

/* As images with unified kernels have it: the CSV's arguments are what shim starts. */
static void fallback_arguments(void)
{
	static const struct {
		const char *line, *way;
	} cases[] = {
		{ "shimaa64.efi,v,\\EFI\\Linux\\u.efi ,x\n",
			"shim 15.8 -> shim's fallback program -> shim 15.8 -> unified kernel image 6.9" },
		{ "shimaa64.efi,v,\\efi\\linux\\u.efi,x\n",
			"shim 15.8 -> shim's fallback program -> shim 15.8 -> unified kernel image 6.9" },
		{ "shimaa64.efi,v,\\other.efi quiet,x\n",
			"shim 15.8 -> shim's fallback program -> shim 15.8 -> unified kernel image 6.9" },
		{ "shimaa64.efi,v,\\EFI\\Linux\\none.efi,x\n", NULL },
		{ "shimaa64.efi,v,,x\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(buf_release) struct buf csv = BUF_INIT;
		CLEANUP(chain_free) struct boot_chain *c = NULL;
		CLEANUP(xfree) char *summary = NULL;
		struct setup w;

		buf_add(&csv, "\xff\xfe", 2);
		for (const char *p = cases[i].line; *p; p++)
			buf_add(&csv, (char[]){ *p, 0 }, 2);
		const struct memfile esp[] = {
			PE_FILE("/EFI/BOOT/BOOTAA64.EFI", shim),
			PE_FILE("/EFI/BOOT/fbaa64.efi", shim),
			PE_FILE("/EFI/v/shimaa64.efi", shim),
			PE_FILE("/EFI/v/other.efi", uki),
			PE_FILE("/EFI/Linux/u.efi", uki),
			{ "/EFI/v/BOOTAA64.CSV", buf_text(&csv), csv.len, 0 },
		};
		c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);
		summary = chain_summary(c);
		ok(has(c, CHAIN_NO_SECOND_STAGE, true) == !cases[i].way, "%s", cases[i].line);
		if (cases[i].way)
			is_str(summary, cases[i].way, "the way");
		say(c);
	}
}

/* A configuration may ask for what need not be there, and go on without. */
static void search_that_may_fail(void)
{
	static const char *const entries[] = { "chainloader (md/other)/x.efi", "linux /none" };

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		CLEANUP(xfree)
		char *config = xasprintf("set timeout=1\nsearch --set=data --label data\n"
					 "menuentry a {\n%s\n}\n",
			entries[i]);
		const struct memfile esp[] = {
			PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
			TEXT_FILE("/EFI/v/grub.cfg", config),
		};
		struct setup w;
		CLEANUP(chain_free)
		struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);

		ok(!c->complete && has(c, CHAIN_SEARCH_FAILED, true) == (i == 1),
			"%s: the search %s", entries[i],
			i ? "explains what is missing" : "is nobody's fault");
		say(c);
	}
}

/* Without root= a partition of the root type is what systemd takes; other initrds have their own words. */
static void roots_by_other_words(void)
{
	static const struct {
		const char *options;
		bool by_type;
	} cases[] = { { "quiet", true }, { "boot=live quiet", false }, { "boot=/dev/vda1", true },
		{ "pmos_root_uuid=1111", false }, { "snapd_recovery_mode=run", false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(xfree)
		char *config = xasprintf("set timeout=1\nmenuentry a {\nlinux /vmlinuz %s\n"
					 "initrd /initrd\n}\n",
			cases[i].options);
		const struct memfile esp[] = {
			PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
			PE_FILE("/vmlinuz", kernel),
			TEXT_FILE("/initrd", "x"),
			TEXT_FILE("/EFI/v/grub.cfg", config),
		};
		struct setup w;
		CLEANUP(chain_free)
		struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);

		chain_free(c);
		w.volumes[1].is_root = true;
		c = chain_walk(&w.view, CHAIN_FALLBACK_PATH);
		ok(has(c, CHAIN_ROOT_BY_TYPE, false) == cases[i].by_type &&
				has(c, CHAIN_ROOT_NONE, false) != cases[i].by_type,
			"%s", cases[i].options);
		say(c);
	}
}

static void grub_unknowns(void)
{
	const struct memfile esp[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
		TEXT_FILE("/EFI/v/grub.cfg",
			"set timeout=1\nmenuentry a {\nlinux (lvm/vg-root)/vmlinuz root=/dev/x\n}\n"
			"menuentry b {\nlinux (hd0,gpt3)/vmlinuz root=UUID=3333\n}\n"
			"menuentry c {\nlinux (hd1,gpt1)/vmlinuz\n}\n"),
	};
	const struct memfile search[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
		TEXT_FILE("/EFI/v/grub.cfg", "search --fs-uuid --set=root 3333\n"
					     "configfile /boot/grub/grub.cfg\n"),
	};
	struct setup w, x;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);
	CLEANUP(chain_free) struct boot_chain *d = walk(&x, search, ARRAY_SIZE(search), NULL, 0);

	is_int(c->n_entries, 3, "three entries");
	ok(has(c, CHAIN_KERNEL_MISSING, false), "a kernel on LVM cannot be told");
	ok(has(c, CHAIN_KERNEL_MISSING, true), "one on another disk is missing");
	ok(!c->complete, "the chain is not complete");
	ok(has(d, CHAIN_NO_CONFIG, false) && !has(d, CHAIN_NO_CONFIG, true),
		"a configuration on an unreadable file system cannot be told");
	say(d);
}

/* What is not found may be inside of a volume that is not looked into. */
static void logical_volumes(void)
{
	const struct memfile esp[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
		TEXT_FILE("/EFI/v/grub.cfg", "search --fs-uuid --set=root 4444\n"
					     "configfile /boot/grub/grub.cfg\n"),
	};
	const struct memfile boot[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
		TEXT_FILE("/EFI/v/grub.cfg", "set timeout=1\nmenuentry a {\nset root=hd0,gpt2\n"
					     "linux /vmlinuz root=UUID=4444\ninitrd /initrd\n}\n"),
	};
	const struct memfile root[] = { PE_FILE("/vmlinuz", kernel), TEXT_FILE("/initrd", "x") };
	struct setup w, x;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, 2, root, 2);
	CLEANUP(chain_free) struct boot_chain *d = walk(&x, boot, 2, root, 2);

	ok(has(c, CHAIN_SEARCH_FAILED, true), "a file system that is nowhere");
	ok(has(d, CHAIN_ROOT_MISSING, true), "and a root that is");
	chain_free(c);
	chain_free(d);
	w.volumes[2].fstype = x.volumes[2].fstype = "crypto_LUKS";
	c = chain_walk(&w.view, CHAIN_FALLBACK_PATH);
	d = chain_walk(&x.view, CHAIN_FALLBACK_PATH);
	ok(has(c, CHAIN_NO_CONFIG, false) && !has(c, CHAIN_SEARCH_FAILED, true) &&
			!has(c, CHAIN_NO_CONFIG, true),
		"with LUKS beside it GRUB's search cannot be told");
	ok(has(d, CHAIN_ROOT_MISSING, false) && !has(d, CHAIN_ROOT_MISSING, true),
		"nor can the root");
	say(d);
}

/* A configuration and an initrd on what is no partition: an array, a logical volume. */
static void stacked(void)
{
	const struct memfile esp[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
		PE_FILE("/vmlinuz", kernel),
		TEXT_FILE("/EFI/v/grub.cfg",
			"search --label --set=d root\nexport d\nconfigfile ($d)/boot/grub/grub.cfg\n"),
	};
	const struct memfile root[] = {
		TEXT_FILE("/boot/grub/grub.cfg",
			"set timeout=1\nmenuentry a {\n"
			"linux /vmlinuz root=UUID=1111\ninitrd ($d)/initrd\n}\n"),
		TEXT_FILE("/initrd", "x"),
	};
	struct setup w;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, 3, root, 2);
	static const char uuid[] = "11111111:22222222:33333333:44444444";
	static const struct {
		const char *lvm, *md_name, *md, *luks, *initrd;
	} kinds[] = {
		{ "vg-root", NULL, NULL, NULL, "(lvm/vg-root)/initrd" },
		{ NULL, "root", uuid, NULL, "(md/root)/initrd" },
		{ NULL, "", uuid, NULL, "(mduuid/11111111222222223333333344444444)/initrd" },
		{ NULL, NULL, NULL, "1234-5a", "(cryptouuid/12345a)/initrd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct chain_entry *e;
		const char *path;

		chain_free(c);
		w.volumes[1].number = 0;
		w.volumes[1].lvm_name = kinds[i].lvm;
		w.volumes[1].md_name = kinds[i].md_name;
		w.volumes[1].md_uuid = kinds[i].md;
		w.volumes[1].luks_uuid = kinds[i].luks;
		c = chain_walk(&w.view, CHAIN_FALLBACK_PATH);
		say(c);
		e = chain_default(c);
		ok(c->complete && !c->n_problems && e, "%s: all is there", kinds[i].initrd);
		is_str(c->steps[2].path, "/boot/grub/grub.cfg", "the configuration is a step");
		ok(c->steps[2].volume == &w.volumes[1], "on its volume");
		is_str(e && e->initrds.n ? e->initrds.v[0] : "", kinds[i].initrd, "the initrd");
		ok(e && e->initrds.n &&
				device_split(&w.view, e->initrds.v[0], &path) == &w.volumes[1] &&
				strcmp(path, "/initrd") == 0,
			"is found by that name");
	}
	ok(!device_split(&w.view, "/initrd", &(const char *){ NULL }), "a path names no device");
	ok(!device_split(&w.view, "(lvm/other)/initrd", &(const char *){ NULL }),
		"nor does the name of none");
}

static void loops(void)
{
	const struct memfile esp[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
		TEXT_FILE("/EFI/v/grub.cfg",
			"set timeout=1\nmenuentry a { chainloader /EFI/BOOT/BOOTAA64.EFI }\n"),
	};
	struct setup w;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);

	ok(has(c, CHAIN_UNDETERMINED, false), "a loader that starts itself ends");
}

static void systemd_boot(void)
{
	const struct memfile esp[] = {
		PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
		PE_FILE("/EFI/Linux/a+2-1.efi", uki),
		PE_FILE("/v/6.9/linux", kernel),
		PE_FILE("/EFI/Linux/stub.efi", sdstub),
		TEXT_FILE("/loader/loader.conf", "timeout menu-force\ndefault old*\n"),
		TEXT_FILE("/loader/entries/b.conf",
			"title B\nsort-key z\nlinux /v/6.9/linux\ninitrd /v/6.9/initrd\n"
			"options root=UUID=1111\n"),
		TEXT_FILE("/loader/entries/x64.conf", "linux /x\narchitecture x64\n"),
	};
	struct setup w;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);

	is_int(c->n_entries, 2, "a UKI and an entry; neither the stub nor x86's");
	ok(c->n_entries == 2 && c->entries[0].is_default, "the UKI is the default");
	is_str(c->n_entries ? c->entries[0].kernel : NULL, "/EFI/Linux/a+2-1.efi",
		"by its name with the counter");
	ok(has(c, CHAIN_MENU_WAITS, true), "the menu waits");
	ok(has(c, CHAIN_BAD_DEFAULT, true), "the default names nothing");
	ok(has(c, CHAIN_ROOT_MISSING, true), "the UKI's root is not in the image");
	ok(has(c, CHAIN_INITRD_MISSING, true), "nor the entry's initrd");
	ok(c->complete, "but there is a kernel");
	say(c);
}

/* Entries that systemd-boot makes up come behind those of files, where loader.conf has them made. */
static void made_up_entries(void)
{
	static const struct {
		const char *conf, *what;
		bool boots;
	} cases[] = {
		{ "auto-reboot yes\ndefault auto-reboot\n", "one resets", false },
		{ "auto-poweroff 1\ndefault AUTO-power*\n", "one turns off", false },
		{ "default auto-reboot-to-firmware-setup\n", "the setup's is there by itself",
			false },
		{ "auto-reboot yes\npreferred auto-reboot\ndefault b*\n", "preferred", false },
		{ "auto-reboot yes\n", "that it is there is no harm", true },
		{ "auto-reboot yes\ndefault *\n", "files come first", true },
		{ "auto-reboot maybe\ndefault auto-reboot\n", "it is not made", true },
		{ "auto-firmware no\ndefault auto-reboot-*\n", "nor is that of the setup", true },
		{ "default auto-windows\n", "without its loader there is none", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct memfile esp[] = {
			PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
			PE_FILE("/v/linux", kernel),
			TEXT_FILE("/loader/entries/b.conf",
				"linux /v/linux\noptions root=UUID=2222\n"),
			{ .path = "/loader/loader.conf", .bytes = cases[i].conf },
		};
		struct setup w;
		CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);

		ok(has(c, CHAIN_NO_ENTRY, true) == !cases[i].boots && c->complete == cases[i].boots,
			"%s", cases[i].what);
	}
}

/* systemd-boot reads a second partition, too; an entry's files are beside it. */
static void extended_partition(void)
{
	const struct memfile esp[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot) };
	const struct memfile boot[] = {
		PE_FILE("/v/linux", kernel),
		TEXT_FILE("/loader/entries/b.conf", "linux /v/linux\noptions root=UUID=3333\n"),
	};
	struct setup w;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, 1, boot, ARRAY_SIZE(boot));
	CLEANUP(chain_free) struct boot_chain *d = NULL;
	CLEANUP(chain_free) struct boot_chain *e = NULL;
	const struct memfile both[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
		TEXT_FILE("/loader/entries/b.conf", "linux /v/linux\noptions root=UUID=1111\n"),
		PE_FILE("/EFI/Linux/auto-x.efi", uki) };

	ok(has(c, CHAIN_NO_ENTRY, true), "an ordinary partition is not read by systemd-boot");
	w.volumes[1].is_xbootldr = true;
	d = chain_walk(&w.view, CHAIN_FALLBACK_PATH);
	ok(has(d, CHAIN_UNREADABLE, true) && d->n_problems == 1 && chain_is_broken(d),
		"nor is one of its type that no firmware reads, which is the one fault");
	chain_free(d);
	w.volumes[1].by_firmware = true;
	d = chain_walk(&w.view, CHAIN_FALLBACK_PATH);
	ok(d->complete, "the extended boot loader partition is");
	ok(d->n_problems == 1 && has(d, CHAIN_ROOT_NONE, true),
		"without an initrd nobody looks up the UUID");
	ok(d->n_entries == 1 && d->entries[0].volume == &w.volumes[1], "with the kernel on it");
	w.files[0] = (struct memvol){ both, 3, true };
	e = chain_walk(&w.view, CHAIN_FALLBACK_PATH);
	ok(e->complete && chain_default(e)->volume == &w.volumes[1],
		"each entry's kernel is on its own, though both have one name");
	is_int(e->n_entries, 2, "and what is called auto- is no entry");
}

static void without(void)
{
	const struct memfile stub[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdstub) };
	const struct memfile bare[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", kernel) };
	struct setup w, x, y;
	CLEANUP(chain_free) struct boot_chain *none = walk(&w, NULL, 0, NULL, 0);
	CLEANUP(chain_free) struct boot_chain *c = walk(&x, stub, 1, NULL, 0);
	CLEANUP(chain_free) struct boot_chain *d = walk(&y, bare, 1, NULL, 0);

	ok(has(none, CHAIN_NO_FALLBACK, true), "nothing to start");
	ok(has(c, CHAIN_NOT_A_LOADER, true), "a stub without a kernel");
	ok(d->complete && has(d, CHAIN_ROOT_NONE, false), "a kernel alone has no command line");
}

/* A unified kernel image whose kernel is none, and one for another processor. */
static void bad_ukis(void)
{
	CLEANUP(buf_release) struct buf x86 = BUF_INIT;
	CLEANUP(buf_release) struct buf bad = BUF_INIT;
	CLEANUP(buf_release) struct buf other = BUF_INIT;
	struct minisection sections[] = { { ".uname", "6.9", 3 }, { ".linux", "nothing", 7 } };
	struct setup w, x;

	buf_add(&x86, buf_bytes(&kernel), kernel.len);
	put_le16(buf_edit(&x86) + 0x84, 0x8664);
	minipe(&bad, sections, 2, false);
	sections[1] = (struct minisection){ ".linux", buf_bytes(&x86), x86.len };
	minipe(&other, sections, 2, false);
	{
		const struct memfile none[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", bad) };
		const struct memfile foreign[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
			PE_FILE("/EFI/Linux/a.efi", uki), PE_FILE("/v/x", other),
			TEXT_FILE("/loader/entries/z.conf", "title a\nsort-key A\nefi /v/x\n") };
		CLEANUP(chain_free) struct boot_chain *c = walk(&w, none, 1, NULL, 0);
		CLEANUP(chain_free) struct boot_chain *d = walk(&x, foreign, 4, NULL, 0);

		ok(has(c, CHAIN_KERNEL_ARCH, true) && !c->complete,
			"what is in .linux is no kernel");
		ok(has(d, CHAIN_KERNEL_ARCH, true) && !d->complete,
			"nor is one for another processor");
		say(c);
		say(d);
	}
}

/* A UKI of two profiles below a systemd-boot that knows them. */
static const char *booted_profile(const char *conf, const char *entry, bool *complete)
{
	static const char boot_magic[] =
		"#### LoaderInfo: systemd-boot 260 ####'profile' entry option";
	static char line[64];
	const struct minisection sections[] = { { ".osrel", "ID=u\nNAME=u\n", 12 },
		{ ".initrd", "i", 1 }, { ".linux", buf_bytes(&kernel), kernel.len },
		{ ".profile", "ID=main\n", 8 }, { ".cmdline", "root=UUID=1111", 14 },
		{ ".profile", "ID=safe\n", 8 }, { ".cmdline", "root=UUID=1111 safe", 19 } };
	CLEANUP(buf_release) struct buf two = BUF_INIT;
	CLEANUP(buf_release) struct buf boot = BUF_INIT;
	struct setup w;

	minipe(&two, sections, ARRAY_SIZE(sections), false);
	minipe(&boot, (struct minisection[]){ { ".sdmagic", boot_magic, sizeof(boot_magic) } }, 1,
		false);
	{
		const struct memfile esp[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", boot),
			PE_FILE("/EFI/Linux/a.efi", two), TEXT_FILE("/loader/loader.conf", conf),
			TEXT_FILE("/loader/entries/z.conf", entry) };
		CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, *entry ? 4 : 3, NULL, 0);

		*complete = c->complete;
		snprintf(line, sizeof(line), "%s",
			chain_default(c) ? chain_default(c)->cmdline : "");
		say(c);
	}
	return line;
}

static void profiles(void)
{
	bool complete;

	is_str(booted_profile("", "", &complete), "root=UUID=1111", "the first profile");
	is_str(booted_profile("default a.efi@safe", "", &complete), "root=UUID=1111 safe",
		"the one that is the default");
	ok(complete, "with the kernel that they share");
	is_str(booted_profile("default z.conf", "efi /EFI/Linux/a.efi\nprofile 1\n", &complete),
		"root=UUID=1111 safe", "that of an entry");
	is_str(booted_profile("default z.conf", "efi /EFI/Linux/a.efi\noptions @1\n", &complete),
		"root=UUID=1111 safe", "by options, too");
	is_str(booted_profile("default z.conf", "linux /EFI/Linux/a.efi\nprofile 1\noptions x\n",
		       &complete),
		"x", "options of its own take its place");
	booted_profile("default z.conf", "efi /EFI/Linux/a.efi\nprofile 2\n", &complete);
	ok(!complete, "one that is not there boots nothing");
}

/* A kernel that is started with options, as a loader's entry gives them. */
static void kernel_with_options(void)
{
	const struct memfile esp[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
		PE_FILE("/k.efi", kernel), TEXT_FILE("/i", "x"),
		TEXT_FILE("/loader/entries/a.conf",
			"efi /k.efi\noptions root=UUID=1111 initrd=\\i initrd=/none\n") };
	struct setup w;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);
	const struct chain_entry *e = chain_default(c);

	is_str(e ? e->cmdline : NULL, "root=UUID=1111 initrd=\\i initrd=/none", "its command line");
	ok(e && e->kernel && e->initrds.n == 2, "the kernel, and the initrds that its stub reads");
	ok(c->n_problems == 1 && has(c, CHAIN_INITRD_MISSING, true), "one of which is not there");
}

/* A bootconfig behind an initrd may bring root=. */
static void bootconfig(void)
{
	const struct memfile with[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
		PE_FILE("/k.efi", kernel), TEXT_FILE("/i", "x"),
		TEXT_FILE("/loader/entries/a.conf",
			"linux /k.efi\ninitrd /i\noptions bootconfig\n") };
	const struct memfile without[] = { with[0], with[1],
		TEXT_FILE("/loader/entries/a.conf", "linux /k.efi\noptions bootconfig\n") };
	struct setup w, x;
	CLEANUP(chain_free) struct boot_chain *c = walk(&w, with, 4, NULL, 0);
	CLEANUP(chain_free) struct boot_chain *d = walk(&x, without, 3, NULL, 0);

	ok(c->n_problems == 1 && has(c, CHAIN_ROOT_NONE, false), "it is not known whether it does");
	ok(has(d, CHAIN_ROOT_NONE, true), "without an initrd there is none");
}

/* An entry of systemd-boot with so many initrds, by lines or by options of a kernel that reads them itself. */
static struct boot_chain *with_initrds(struct setup *w, int n, bool by_stub)
{
	CLEANUP(text_release) struct text entry = TEXT_INIT;

	text_puts(&entry, by_stub ? "efi /k.efi\noptions root=UUID=1111" : "linux /k.efi\n");
	for (int i = 0; i < n; i++)
		text_puts(&entry, by_stub ? " initrd=/i" : "initrd /i\n");
	text_puts(&entry, by_stub ? "\n" : "options root=UUID=1111\n");
	{
		const struct memfile esp[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
			PE_FILE("/k.efi", kernel), TEXT_FILE("/i", "x"),
			TEXT_FILE("/loader/entries/a.conf", text_str(&entry)) };

		return walk(w, esp, ARRAY_SIZE(esp), NULL, 0);
	}
}

/* So many entries without their kernel, and one that is the default. */
static void many_entries(int n, const char *kernel_of_default, bool bounded)
{
	struct memfile *esp = xcalloc((size_t)n + 4, sizeof(*esp));
	struct setup w;

	esp[0] = (struct memfile)PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot);
	esp[1] = (struct memfile)PE_FILE("/k.efi", kernel);
	esp[2] = (struct memfile)TEXT_FILE("/loader/loader.conf", "default zz*\n");
	for (int i = 0; i < n; i++)
		esp[3 + i] = (struct memfile){ xasprintf("/loader/entries/a%d.conf", i),
			"linux /none\n", 0, 0 };
	esp[3 + n] = (struct memfile)TEXT_FILE("/loader/entries/zz.conf", kernel_of_default);
	{
		CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, (size_t)n + 4, NULL, 0);

		if (bounded)
			ok(has(c, CHAIN_UNDETERMINED, false),
				"%d entries are more than are looked at", n + 1);
		else
			ok(c->complete && !has(c, CHAIN_UNDETERMINED, false), "%d are not", n + 1);
	}
	for (int i = 0; i < n; i++)
		free((char *)esp[3 + i].path);
	free(esp);
}

/* More problems of other entries than are kept leave room for the default's. */
static void many_problems(void)
{
	CLEANUP(text_release) struct text menu = TEXT_INIT;
	struct setup w;

	text_puts(&menu, "set timeout=1\nset default=z\n");
	for (int i = 0; i < 300; i++)
		text_puts(&menu, "menuentry a { linux /none }\n");
	text_puts(&menu, "menuentry z { linux /nor }\n");
	{
		const struct memfile esp[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
			TEXT_FILE("/EFI/v/grub.cfg", text_str(&menu)) };
		CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, 2, NULL, 0);
		bool found = false;

		for (size_t i = 0; i < c->n_problems; i++)
			found |= c->problems[i].on_default &&
				 c->problems[i].code == CHAIN_KERNEL_MISSING;
		ok(found, "the default's problem is kept behind 300 others");
	}
}

static void many_profiles(unsigned n, const char *options, bool bounded)
{
	struct minisection *sections = xcalloc(2 * n + 2, sizeof(*sections));
	CLEANUP(buf_release) struct buf image = BUF_INIT;
	CLEANUP(xfree) char *entry = xasprintf("efi /v/x.efi\noptions %s\n", options);
	struct setup w;

	sections[0] = (struct minisection){ ".linux", buf_bytes(&kernel), kernel.len };
	sections[1] = (struct minisection){ ".initrd", "i", 1 };
	for (unsigned i = 0; i < n; i++) {
		sections[2 + 2 * i] = (struct minisection){ ".profile", "ID=x\n", 5 };
		sections[3 + 2 * i] = (struct minisection){ ".cmdline", "root=UUID=1111", 14 };
	}
	minipe(&image, sections, 2 * n + 2, false);
	{
		const struct memfile esp[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", sdboot),
			PE_FILE("/v/x.efi", image), TEXT_FILE("/loader/entries/a.conf", entry) };
		CLEANUP(chain_free) struct boot_chain *c = walk(&w, esp, 3, NULL, 0);

		ok(has(c, CHAIN_UNDETERMINED, false) == bounded &&
				has(c, CHAIN_KERNEL_ARCH, true) == !bounded,
			"%s of %u profiles is %s", options, n,
			bounded ? "not looked at" : "not there");
		say(c);
	}
	free(sections);
}

static void limits(void)
{
	struct setup w, x, y, z;
	CLEANUP(chain_free) struct boot_chain *a = with_initrds(&w, 32, false);
	CLEANUP(chain_free) struct boot_chain *b = with_initrds(&x, 33, false);
	CLEANUP(chain_free) struct boot_chain *c = with_initrds(&y, 32, true);
	CLEANUP(chain_free) struct boot_chain *d = with_initrds(&z, 9000, true);

	ok(a->complete && !a->n_problems, "32 initrds");
	ok(has(b, CHAIN_UNDETERMINED, false), "33 are too many");
	ok(c->complete && !c->n_problems, "32 words initrd=");
	ok(has(d, CHAIN_UNDETERMINED, false), "more are too many");
	many_entries(255, "linux /k.efi\noptions root=PARTUUID=1111\n", false);
	many_entries(256, "linux /k.efi\n", true);
	many_problems();
	many_profiles(32, "@32", false);
	many_profiles(33, "@32", true);
}

/* GRUB: a default that leads nowhere has one problem. */
static void no_way_out(void)
{
	static const char *const menus[] = {
		"set timeout=1\nsubmenu s { x=1 }\n",
		"set timeout=1\nmenuentry a { normal /EFI/v/more.cfg }\n",
		"set timeout=1\nmenuentry a { configfile /EFI/v/grub.cfg }\n",
		"source /EFI/v/grub.cfg\n",
	};
	static const bool certain[] = { true, false, true, true };

	for (size_t i = 0; i < ARRAY_SIZE(menus); i++) {
		const struct memfile esp[] = { PE_FILE("/EFI/BOOT/BOOTAA64.EFI", grub),
			TEXT_FILE("/EFI/v/grub.cfg", menus[i]),
			TEXT_FILE("/EFI/v/more.cfg", "menuentry b { linux /v }\n"),
			PE_FILE("/v", kernel) };
		struct setup w;
		CLEANUP(chain_free)
		struct boot_chain *c = walk(&w, esp, ARRAY_SIZE(esp), NULL, 0);

		ok(c->n_problems == 1 && c->problems[0].on_default &&
				c->problems[0].certain == certain[i],
			"%s", menus[i]);
		say(c);
	}
}

static void subvolumes(void)
{
	is_str(volume_in_subvolume("", "/boot/x"), "/boot/x", "a path without a subvolume");
	is_str(volume_in_subvolume("@", "/@/boot/x"), "/boot/x", "one in the subvolume");
	is_str(volume_in_subvolume("@", "/@"), "/", "the subvolume itself");
	is_str(volume_in_subvolume("@", "/@home/x"), NULL, "one in another subvolume");
	is_str(volume_in_subvolume("@", "/"), NULL, "the top, above it");
	is_str(volume_in_subvolume("@rootfs", "/boot"), NULL, "a path of the top");
}

int main(void)
{
	make_files();
	fallback_program();
	unread_files();
	fallback_arguments();
	search_that_may_fail();
	roots_by_other_words();
	grub_unknowns();
	logical_volumes();
	stacked();
	loops();
	systemd_boot();
	made_up_entries();
	extended_partition();
	without();
	bad_ukis();
	profiles();
	kernel_with_options();
	bootconfig();
	subvolumes();
	limits();
	no_way_out();
	buf_release(&shim);
	buf_release(&grub);
	buf_release(&sdboot);
	buf_release(&uki);
	buf_release(&kernel);
	buf_release(&sdstub);
	return tap_done();
}
