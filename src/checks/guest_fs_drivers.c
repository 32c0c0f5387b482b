/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: the kernel that boots has, and may load, the drivers of what the guest mounts beside its root. A mount
 * that fails stops the boot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/groups.h"
#include "checks/guest_drivers.h"
#include "checks/guest_waits.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/kernels.h"
#include "rootfs/rootfs.h"

#define TEXT_MAX 65536

/* Types and their drivers, of which any is enough. Types that a program may mount (exfat, ntfs) are not here. */
static const struct fs_driver {
	const char *type;
	const char *module, *option;
	const char *other, *other_option;
} fs_drivers[] = {
	{ "ext2", "ext4", "EXT4_FS", "ext2", "EXT2_FS" },
	{ "ext3", "ext4", "EXT4_FS", "ext3", "EXT3_FS" },
	{ "ext4", "ext4", "EXT4_FS", NULL, NULL },
	{ "vfat", "vfat", "VFAT_FS", NULL, NULL },
	{ "msdos", "msdos", "MSDOS_FS", NULL, NULL },
	{ "xfs", "xfs", "XFS_FS", NULL, NULL },
	{ "btrfs", "btrfs", "BTRFS_FS", NULL, NULL },
	{ "f2fs", "f2fs", "F2FS_FS", NULL, NULL },
	{ "jfs", "jfs", "JFS_FS", NULL, NULL },
	{ "squashfs", "squashfs", "SQUASHFS", NULL, NULL },
	{ "erofs", "erofs", "EROFS_FS", NULL, NULL },
	{ "iso9660", "isofs", "ISO9660_FS", NULL, NULL },
	{ "udf", "udf", "UDF_FS", NULL, NULL },
	{ "cramfs", "cramfs", "CRAMFS", NULL, NULL },
	{ "hfsplus", "hfsplus", "HFSPLUS_FS", NULL, NULL },
	{ "overlay", "overlay", "OVERLAY_FS", NULL, NULL },
};

static const struct fs_driver *driver_of(const char *type)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(fs_drivers); i++)
		if (strcmp(fs_drivers[i].type, type) == 0)
			return &fs_drivers[i];
	return NULL;
}

struct mounting {
	struct image *image;
	const struct image_guest *g;
	const struct chain_view *view;
	struct rootfs *root;
	struct bars cmdline;
	struct strlist loaded; /* modules that the initrd has loaded by then */
	struct err unread;     /* a file that may name a module, or a folder of them */
	struct findings *f;
};

/* ---- what is loaded already ---- */

static bool is_initrds(const struct fstab_line *l)
{
	return strcmp(l->file, "/") == 0 || strcmp(l->file, "/usr") == 0 ||
	       fstab_has_option(l->options, "x-initrd.mount");
}

/* The type as which it is mounted; NULL: not known, or another check's to judge. */
static const char *type_of(const struct mounting *m, const struct fstab_line *l)
{
	struct name name = name_resolve(m->view, l->spec);
	const char *there = name.answer == NAME_ONE ? name.volume->fstype : NULL;

	if (name.answer == NAME_NONE || (there && guest_type_is_refused(l->type, there)))
		return NULL;
	/* An ESP becomes a FAT, as esp.fat says. */
	if (there && name.volume->is_esp && strcmp(there, "vfat") != 0)
		return NULL;
	return strcmp(l->type, "auto") == 0 || strchr(l->type, ',') ? there : l->type;
}

static void add_loaded(struct mounting *m, const char *type)
{
	const struct fs_driver *d = driver_of(type);

	if (d)
		strlist_add(&m->loaded, d->module);
	if (d && d->other)
		strlist_add(&m->loaded, d->other);
}

/* What the root is put together from needs drivers of its own. */
static void find_loaded(struct mounting *m)
{
	const struct volume *root = image_root_volume(m->image);
	const struct fstab *tab = m->g->fstab;

	add_loaded(m, root ? root->fstype : NULL);
	add_loaded(m, rootfs_facts(m->root)->type);
	if (image_root_assembled(m->image)) {
		add_loaded(m, "overlay");
		add_loaded(m, "squashfs");
		add_loaded(m, "erofs");
	}
	for (size_t i = 0; i < tab->n; i++)
		if (is_initrds(&tab->v[i]))
			add_loaded(m, type_of(m, &tab->v[i]));
}

static bool has_word(const char *text, const char *module)
{
	for (const char *p = text; *p; p += *p == '\n') {
		char name[MODULE_NAME_MAX];
		size_t len = strcspn(p, "\n"), start = strspn(p, " \t");
		CLEANUP(xfree) char *path = NULL;

		path = xasprintf("%.*s.ko", (int)strcspn(p + start, " \t\r\n"), p + start);
		if (module_name(path, strlen(path), name) && strcmp(name, module) == 0)
			return true;
		p += len;
	}
	return false;
}

/* Whether it is there, and cannot be read: then it may name any. */
static bool is_unread(struct mounting *m, const char *path, int ret, struct err *err)
{
	/* -EINVAL: it is no file, as /dev/null, to which a link leads that hides another. */
	if (ret == 0 || ret == -EINVAL || rootfs_is_missing(ret))
		return false;
	err_push(err, "which modules %s names", path);
	m->unread = *err;
	return true;
}

static bool names_module(struct mounting *m, const char *path, const char *module)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct err err = { 0 };
	int ret = rootfs_read_file(m->root, path, TEXT_MAX, &text, &err);

	return ret == 0 ? has_word(buf_text(&text), module) : is_unread(m, path, ret, &err);
}

/* Whether the initrd has it, and may load it by its name, as files of the guest say that go into initrds. */
static bool may_be_loaded(struct mounting *m, const char *module)
{
	static const char *const files[] = { "/etc/modules", "/etc/initramfs-tools/modules" };
	static const char folder[] = "/etc/modules-load.d";
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	const struct image_initrd *rd;
	struct err err = { 0 };
	bool named = false;
	int ret;

	if (image_initrd(m->image, &rd, NULL) < 0 || !module_listed(&rd->initrd.modules, module))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		named = named || names_module(m, files[i], module);
	ret = rootfs_list(m->root, folder, &dir, &err);
	if (ret < 0)
		return named || is_unread(m, folder, ret, &err);
	for (size_t i = 0; !named && i < dir.n; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[i].name);

		named = dir.v[i].type != ROOTFS_DIR && names_module(m, path, module);
	}
	return named;
}

/* ---- one driver ---- */

/* What a mount fails for, behind "whose driver". */
struct fault {
	char *why;
	const struct bar *bar; /* NULL: the kernel has no such driver */
};

/* What bars it; of a file system's type (NULL: it is none) the kernel asks for a module by that. */
static const struct bar *find_bar(
	struct mounting *m, const char *module, const char *type, bool built_in)
{
	CLEANUP(xfree) char *alias = type ? xasprintf("fs_%s", type) : NULL;
	const struct bar *bar = bars_find(
		&m->g->bars, &m->cmdline, &m->g->drivers, module, built_in);

	return bar || built_in || !alias ? bar : bars_find_alias(&m->g->bars, alias);
}

/* Whether the kernel lacks it, or may not start it. */
static bool is_faulty(struct mounting *m, const char *module, const char *option, const char *type,
	struct fault *fault)
{
	const struct kernel_drivers *kd = &m->g->drivers;
	enum driver_state state = driver_find(kd, module, option);

	if (state == DRIVER_UNKNOWN || strlist_has(&m->loaded, module))
		return false;
	fault->bar = state == DRIVER_ABSENT ? NULL
					    : find_bar(m, module, type, state == DRIVER_BUILTIN);
	if (state != DRIVER_ABSENT && !fault->bar)
		return false;
	if (state != DRIVER_BUILTIN && may_be_loaded(m, module))
		return false;
	free(fault->why);
	fault->why = fault->bar ? xasprintf("%s is not %s: %s", module,
					  state == DRIVER_BUILTIN ? "started" : "loaded",
					  fault->bar->where)
				: xasprintf("%s the kernel %s does not have", module,
					  m->g->kernel->version);
	return true;
}

static void say(
	struct mounting *m, const struct fstab_line *l, const char *what, const struct fault *fault)
{
	CLEANUP(xfree) char *where = fstab_place(l);

	finding_add(m->f, where,
		fault->bar ? "take that away, or add the option nofail to the line"
			   : "use a kernel that has it, or add the option nofail",
		"%s on %s %s %s; the boot waits for that mount", l->spec, l->file, what,
		fault->why);
}

/* ---- tables of characters, which FAT's driver loads by their names (Linux, fs/fat/inode.c, fat_fill_super()) ---- */

/* The text of an option that is a number or a string; NULL: it is not there. */
static char *config_text(const struct image_guest *g, const char *option)
{
	CLEANUP(xfree) char *key = xasprintf("\nCONFIG_%s=", option);
	const char *at = g->drivers.have_config ? strstr(buf_text(&g->drivers.config), key) : NULL;
	size_t len;

	if (!at)
		return NULL;
	at += strlen(key);
	at += *at == '"';
	len = strcspn(at, "\"\r\n");
	return len ? xstrndup(at, len) : NULL;
}

/* Those whose module is called by them; the others are other names of tables. */
static bool has_own_module(const char *charset)
{
	static const char *const begins[] = { "cp", "iso8859-" };

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
		const char *digits = charset + strlen(begins[i]);

		if (strncmp(charset, begins[i], strlen(begins[i])) == 0 && *digits &&
			strspn(digits, "0123456789") == strlen(digits))
			return strcmp(charset, "iso8859-8") != 0;
	}
	return strcmp(charset, "ascii") == 0 || strcmp(charset, "utf8") == 0;
}

static bool lacks_table(struct mounting *m, const struct fstab_line *l, const char *charset)
{
	struct fault fault = { 0 };
	CLEANUP(xfree) char *module = xasprintf("nls_%s", charset);
	CLEANUP(xfree) char *what = NULL;
	bool lacks;

	for (char *p = module; *p; p++)
		*p = *p == '-' ? '_' : *p;
	lacks = has_own_module(charset) && is_faulty(m, module, NULL, NULL, &fault);
	/* It is loaded by its own name, for which no blacklist is minded. */
	if (lacks && fault.bar && fault.bar->kind == BAR_BLACKLIST)
		lacks = false;
	what = xasprintf("has names in %s, whose table", charset);
	if (lacks)
		say(m, l, what, &fault);
	free(fault.why);
	return lacks;
}

static void judge_tables(struct mounting *m, const struct fstab_line *l, const char *type)
{
	CLEANUP(xfree) char *page = fstab_option_value(l->options, "codepage");
	CLEANUP(xfree) char *charset = fstab_option_value(l->options, "iocharset");
	CLEANUP(xfree) char *name = NULL;

	if (!page)
		page = config_text(m->g, "FAT_DEFAULT_CODEPAGE");
	if (!charset && !fstab_has_option(l->options, "utf8"))
		charset = config_text(m->g, "FAT_DEFAULT_IOCHARSET");
	name = page ? xasprintf("cp%s", page) : NULL;
	if (name && lacks_table(m, l, name))
		return;
	if (charset && strcmp(type, "vfat") == 0)
		lacks_table(m, l, charset);
}

/* ---- lines ---- */

static void judge_line(struct mounting *m, const struct fstab_line *l)
{
	const char *type = type_of(m, l);
	const struct fs_driver *d = driver_of(type);
	struct fault fault = { 0 };
	bool faulty;

	if (!d || fstab_has_option(l->options, "bind") || fstab_has_option(l->options, "rbind"))
		return;
	faulty = is_faulty(m, d->module, d->option, type, &fault) &&
		 (!d->other || is_faulty(m, d->other, d->other_option, type, &fault));
	if (faulty) {
		CLEANUP(xfree) char *what = xasprintf("is %s, whose driver", type);

		say(m, l, what, &fault);
	} else if (strcmp(type, "vfat") == 0 || strcmp(type, "msdos") == 0) {
		judge_tables(m, l, type);
	}
	free(fault.why);
	fault.why = NULL;
	/* A file with a file system in it is behind a loop device. */
	if (!faulty && l->spec[0] == '/' && strncmp(l->spec, "/dev/", 5) != 0 &&
		fstab_has_option(l->options, "loop") &&
		is_faulty(m, "loop", "BLK_DEV_LOOP", NULL, &fault))
		say(m, l, "is a file, whose loop device's driver", &fault);
	free(fault.why);
}

static int run_fstab_drivers(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_entry *e;
	struct mounting m = { .image = image, .f = f };
	int ret = guest_drivers_known(image, f, &m.g, err);

	if (ret <= 0)
		return ret;
	ret = image_volumes(image, &m.view, err);
	if (ret == 0)
		ret = image_rootfs(image, &m.root, err);
	if (ret < 0)
		return ret;
	e = image_default_entry(image);
	bars_add_cmdline(&m.cmdline, e ? e->cmdline : "", NULL);
	find_loaded(&m);
	for (size_t i = 0; i < m.g->fstab->n; i++) {
		const struct fstab_line *l = &m.g->fstab->v[i];

		if (fstab_local_required(l) && !fstab_optional(l) && !is_initrds(l))
			judge_line(&m, l);
	}
	strlist_release(&m.loaded);
	bars_release(&m.cmdline);
	if (m.unread.code && err)
		*err = m.unread;
	return -m.unread.code;
}

static const struct check checks[] = {
	{ "guest.fstab-drivers", SEV_ERROR, "VM-22",
		"the kernel has the drivers of what fstab mounts", NEED_ROOTFS, run_fstab_drivers },
};

const struct check_group guest_fs_drivers_checks = CHECK_GROUP(checks);
