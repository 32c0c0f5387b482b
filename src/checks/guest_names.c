/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: every name of a file system or disk that the guest's boot
 * follows, in fstab, crypttab and on command lines, leads to one thing of the image
 * (VM-22), and of the right type. loader/names.h resolves them all.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "checks/guest_waits.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "part/part.h"
#include "rootfs/osrelease.h"
#include "rootfs/rootfs.h"

#define UUID_ADVICE "name it by UUID= (blkid tells)"
#define TEXT_MAX    65536

/*
 * Whether a line names a disk or file system at all: not tmpfs, a bind mount, a server, nor "/dev/root", as
 * Yocto and Buildroot write for what is the root already.
 */
static bool names_device(const struct fstab_line *l)
{
	static const char *const forms[] = { "/dev/",
		"UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID=" };

	if (strcmp(l->spec, "/dev/root") == 0 && strcmp(l->file, "/") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (strncasecmp(l->spec, forms[i], strlen(forms[i])) == 0)
			return true;
	return false;
}

/* A line that the boot waits for, and what its name leads to. */
typedef void judge_line_fn(struct image *image, const struct fstab_line *l, const struct name *name,
	struct findings *f);

static int each_line(struct image *image, judge_line_fn *judge, struct findings *f, struct err *err)
{
	const struct chain_view *view;
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < g->fstab->n; i++) {
		const struct fstab_line *l = &g->fstab->v[i];
		struct name name;

		if (fstab_optional(l) || !names_device(l))
			continue;
		name = name_resolve(view, l->spec);
		judge(image, l, &name, f);
	}
	return ret;
}

/* zram has the same name everywhere; it is there when something in the guest makes it. */
static bool guest_makes_zram(struct image *image)
{
	static const char *const makers[] = {
		"/usr/lib/systemd/system-generators/zram-generator",
		"/usr/sbin/zramswap",
		"/etc/modules-load.d/zram.conf",
		"/etc/udev/rules.d/99-zram.rules",
		"/etc/init.d/zram-init",
	};
	struct rootfs *root;

	for (size_t i = 0; i < ARRAY_SIZE(makers) && image_rootfs(image, &root, NULL) == 0; i++)
		if (rootfs_exists(root, makers[i]))
			return true;
	return false;
}

static void judge_device(struct image *image, const struct fstab_line *l, const struct name *name,
	struct findings *f)
{
	CLEANUP(xfree) char *where = fstab_place(l);
	bool zram = strncmp(l->spec, "/dev/zram", 9) == 0;

	if (name->answer != NAME_MACHINE || (zram && guest_makes_zram(image)))
		return;
	if (zram)
		finding_add(f, where, "remove the line, or add the option nofail",
			"nothing in the guest makes %s, and the boot waits for it", l->spec);
	else
		finding_add(f, where, UUID_ADVICE, "%s has another name in another virtual machine",
			l->spec);
}

static int run_fstab_devices(struct image *image, struct findings *f, struct err *err)
{
	return each_line(image, judge_device, f, err);
}

static void judge_missing(struct image *image, const struct fstab_line *l, const struct name *name,
	struct findings *f)
{
	CLEANUP(xfree) char *where = fstab_place(l);

	(void)image;
	if (name->answer == NAME_NONE)
		finding_add(f, where,
			strcmp(l->file, "/") == 0 ? "name the root there as root= does"
						  : "correct it, or add the option nofail",
			"%s for %s is not in the image", l->spec, l->file);
}

/* Whether a path lies below what another line mounts, and not in the root file system. */
static bool is_mounted_over(const struct fstab *tab, const char *path)
{
	for (size_t i = 0; i < tab->n; i++) {
		const char *at = tab->v[i].file;
		size_t len = strlen(at);

		if (len > 1 && at[0] == '/' && strncmp(path, at, len) == 0 && path[len] == '/')
			return true;
	}
	return false;
}

/* A file with a file system in it, which mount makes a loop device of. What is bound systemd makes when it lacks. */
static bool names_image_file(const struct fstab_line *l)
{
	return l->spec[0] == '/' && strncmp(l->spec, "/dev/", 5) != 0 &&
	       fstab_has_option(l->options, "loop") && !fstab_optional(l);
}

static int run_fstab_missing(struct image *image, struct findings *f, struct err *err)
{
	const struct image_guest *g;
	struct rootfs *root;
	int ret = each_line(image, judge_missing, f, err);

	if (ret == 0)
		ret = image_guest(image, &g, err);
	if (ret == 0)
		ret = image_rootfs(image, &root, err);
	for (size_t i = 0; ret == 0 && i < g->fstab->n; i++) {
		const struct fstab_line *l = &g->fstab->v[i];
		CLEANUP(xfree) char *where = fstab_place(l);

		if (names_image_file(l) && !is_mounted_over(g->fstab, l->spec) &&
			image_rootfs_has(root, (const char *const *)&l->spec, 1) == ABSENT)
			finding_add(f, where, "correct it, or add the option nofail",
				"the file %s for %s is not in the image", l->spec, l->file);
	}
	return ret;
}

static void judge_several(struct image *image, const struct fstab_line *l, const struct name *name,
	struct findings *f)
{
	CLEANUP(xfree) char *where = fstab_place(l);

	(void)image;
	if (name->answer == NAME_SEVERAL)
		finding_add(f, where,
			"give one of them another name, or use the partition's own by PARTUUID=",
			"%s: several file systems of the image have %s, and which one is mounted "
			"depends on their order",
			l->spec, name->what);
}

static int run_fstab_unique(struct image *image, struct findings *f, struct err *err)
{
	return each_line(image, judge_several, f, err);
}

/*
 * What is there, in libblkid's words, and the types as which it can be mounted. An ext4 has features that ext3 and
 * ext2 refuse, and ext3 wants a journal (Linux, fs/ext4/super.c).
 */
static const struct {
	const char *there;
	const char *as[4];
} types[] = {
	{ "ext4", { "ext4" } },
	{ "ext3", { "ext3", "ext4", "ext2" } },
	{ "ext2", { "ext2", "ext4" } },
	{ "vfat", { "vfat", "msdos" } },
	{ "xfs", { "xfs" } },
	{ "btrfs", { "btrfs" } },
	{ "f2fs", { "f2fs" } },
	{ "squashfs", { "squashfs" } },
	{ "erofs", { "erofs" } },
	{ "iso9660", { "iso9660" } },
	{ "swap", { "swap" } },
	{ "crypto_LUKS", { NULL } },
	{ "LVM2_member", { NULL } },
	{ "linux_raid_member", { NULL } },
};

static bool is_type(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].there, word) == 0)
			return true;
	return strcmp(word, "msdos") == 0;
}

bool guest_type_is_refused(const char *wanted, const char *there)
{
	CLEANUP(xfree) char *copy = xstrdup(wanted);
	const char *const *as = NULL;
	char *save = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(types) && there; i++)
		if (strcmp(types[i].there, there) == 0)
			as = types[i].as;
	if (!as)
		return false;
	for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save)) {
		bool any = strcmp(t, "auto") == 0;

		/* Nothing mounts what is no file system; swap is none, either, and has a type of its own. */
		if (any ? as[0] && strcmp(as[0], "swap") != 0 : !is_type(t))
			return false;
		for (size_t n = 0; n < ARRAY_SIZE(types[0].as) && as[n]; n++)
			if (strcmp(as[n], t) == 0)
				return false;
	}
	return *wanted != '\0';
}

static void judge_type(struct image *image, const struct fstab_line *l, const struct name *name,
	struct findings *f)
{
	CLEANUP(xfree) char *where = fstab_place(l);

	(void)image;
	if (name->answer == NAME_ONE && guest_type_is_refused(l->type, name->volume->fstype))
		finding_add(f, where, "write the type that it has, or auto",
			"%s is mounted on %s as %s, and is %s", l->spec, l->file, l->type,
			name->volume->fstype);
}

static int run_fstab_type(struct image *image, struct findings *f, struct err *err)
{
	return each_line(image, judge_type, f, err);
}

/* Whether a partition of the ESP's type, and not the one that firmware starts. */
static bool is_another_esp(struct image *image, const struct volume *v)
{
	const struct part_table *t;
	const struct part *esp = NULL;
	bool found = false;

	if (v->is_esp || !v->number || image_parts(image, &t, NULL) < 0)
		return false;
	while ((esp = part_next_esp(t, esp)))
		found = found || esp->index == v->number;
	return found;
}

/* Where the guest's tools look for the ESP; /boot is that as well where it is one. */
static int run_fstab_esp(struct image *image, struct findings *f, struct err *err)
{
	static const char *const places[] = { "/boot/efi", "/efi", "/boot" };
	const struct chain_view *view;
	const struct image_guest *g;
	bool any = false;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(places); i++) {
		const struct fstab_line *l = fstab_find(g->fstab, places[i]);
		const struct volume *v = l ? name_resolve(view, l->spec).volume : NULL;
		CLEANUP(xfree) char *where = l ? fstab_place(l) : NULL;
		char name[VOLUME_NAME_MAX];

		if (!v || (i == 2 && (any || !is_another_esp(image, v)))) {
			any |= v && v->is_esp;
			continue;
		}
		any = true;
		if (!v->is_esp)
			finding_add(f, where, "name the ESP there",
				"%s is %s, and firmware starts the loader on partition %u: updates of "
				"the loader go astray",
				l->spec, volume_name(v, name), view->esp ? view->esp->number : 0);
	}
	if (ret == 0 && !any)
		finding_skip_for(f, "guest.fstab-missing guest.fstab-devices guest.fstab-unique",
			"fstab does not mount the ESP by a name that can be looked up");
	return ret;
}

/* Whether a file system that can be mounted stands there, and so nothing that is encrypted. */
static bool is_plainly(const struct volume *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(types) && v->fstype; i++)
		if (strcmp(types[i].there, v->fstype) == 0)
			return types[i].as[0] && strcmp(v->fstype, "swap") != 0;
	return false;
}

/* What is made anew at each boot (swap, tmp), or has no header, is in whatever stood there. */
static bool opens_plain(const char *options)
{
	return fstab_has_option(options, "plain") || fstab_has_option(options, "swap") ||
	       fstab_has_option(options, "tmp") || fstab_has_option(options, "header") ||
	       fstab_has_option(options, "tcrypt") || fstab_has_option(options, "bitlk");
}

static int run_crypttab(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_view *view;
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < g->crypttab.n; i++) {
		const struct crypttab_line *l = &g->crypttab.v[i];
		CLEANUP(xfree) char *where = crypttab_place(l);
		struct name name = name_resolve(view, l->device);

		if (fstab_has_option(l->options, "nofail") ||
			fstab_has_option(l->options, "noauto"))
			continue;
		if (name.answer == NAME_MACHINE)
			finding_add(f, where, UUID_ADVICE,
				"%s has another name in another virtual machine", l->device);
		else if (name.answer == NAME_ONE && is_plainly(name.volume) &&
			 !opens_plain(l->options))
			finding_add(f, where, "name the partition that is encrypted",
				"%s for %s is not encrypted: it is %s", l->device, l->name,
				name.volume->fstype);
		else if (name.answer == NAME_NONE)
			finding_add(f, where, "correct it, or add the option nofail",
				"%s for %s is not in the image", l->device, l->name);
	}
	return ret;
}

typedef void judge_entry_fn(
	const struct chain_view *view, const struct chain_entry *e, struct findings *f);

/* Each entry of the loader's menu. */
static int each_entry(
	struct image *image, judge_entry_fn *judge, struct findings *f, struct err *err)
{
	struct image_way way;
	int ret = image_way(image, &way, err);

	if (ret == 0 && !way.chain->n_entries)
		finding_skip_for(f, "loader", "no entry is there to judge");
	for (size_t i = 0; ret == 0 && i < way.chain->n_entries; i++)
		judge(way.view, &way.chain->entries[i], f);
	return ret;
}

static void judge_root_name(
	const struct chain_view *view, const struct chain_entry *e, struct findings *f)
{
	CLEANUP(xfree) char *root = cmdline_value(e->cmdline, "root=");

	if (root && cmdline_name(view, e->cmdline, root).answer == NAME_MACHINE)
		finding_add(f, e->root_from ? e->root_from : e->source,
			"name it by root=UUID= or, without an initrd, root=PARTUUID=",
			"root=%s (%s): the disk has another name in another virtual machine", root,
			e->title);
}

static int run_root_name(struct image *image, struct findings *f, struct err *err)
{
	return each_entry(image, judge_root_name, f, err);
}

static void judge_root_type(
	const struct chain_view *view, const struct chain_entry *e, struct findings *f)
{
	const struct volume *root = cmdline_root(view, e->cmdline);
	CLEANUP(xfree) char *type = cmdline_value(e->cmdline, "rootfstype=");

	if (root && type && guest_type_is_refused(type, root->fstype))
		finding_add(f, e->root_from ? e->root_from : e->source,
			"remove rootfstype=, or name the type that it has",
			"rootfstype=%s (%s), and the root file system is %s", type, e->title,
			root->fstype);
}

static int run_root_type(struct image *image, struct findings *f, struct err *err)
{
	return each_entry(image, judge_root_type, f, err);
}

/* What waits for a disk with memory's content, in an image that has none. */
static void judge_resume(
	const struct chain_view *view, const char *value, const char *where, struct findings *f)
{
	struct name name = name_resolve(view, value);

	if (name.answer == NAME_NONE || name.answer == NAME_MACHINE)
		finding_add(f, where,
			"remove it (RESUME=none for initramfs-tools), and make the initrd anew",
			"resume=%s: %s, and the initrd waits for it at each boot", value,
			name.answer == NAME_NONE
				? "the image has no such swap"
				: "it has another name in another virtual machine");
}

static void judge_resume_entry(
	const struct chain_view *view, const struct chain_entry *e, struct findings *f)
{
	CLEANUP(xfree) char *value = cmdline_value(e->cmdline, "resume=");

	if (value && *value)
		judge_resume(view, value, e->source, f);
}

static int judge_initramfs_tools(
	struct image *image, const struct chain_view *view, struct findings *f, struct err *err)
{
	static const char folder[] = "/etc/initramfs-tools/conf.d";
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct rootfs *root;
	int ret = image_rootfs(image, &root, err);

	if (ret == 0)
		ret = rootfs_list(root, folder, &dir, err);
	if (ret == -ENOENT) {
		err_clear(err);
		return 0;
	}
	for (size_t i = 0; ret == 0 && i < dir.n; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[i].name);
		CLEANUP(buf_release) struct buf text = BUF_INIT;
		CLEANUP(xfree) char *value = NULL;

		if (dir.v[i].type == ROOTFS_DIR)
			continue;
		ret = rootfs_read_file(root, path, TEXT_MAX, &text, err);
		value = ret == 0 ? shell_assignment(buf_text(&text), "RESUME") : NULL;
		if (value && *value && strcmp(value, "none") != 0 && strcmp(value, "auto") != 0)
			judge_resume(view, value, path, f);
	}
	return ret;
}

static int run_resume(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_view *view;
	int ret = each_entry(image, judge_resume_entry, f, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	return ret < 0 ? ret : judge_initramfs_tools(image, view, f, err);
}

static const struct check checks[] = {
	{ "guest.fstab-devices", SEV_ERROR, "VM-22", "fstab names no disk by its order",
		NEED_ROOTFS, run_fstab_devices, .fix = fix_fstab_devices },
	{ "guest.fstab-missing", SEV_ERROR, "VM-22", "what fstab mounts is in the image",
		NEED_ROOTFS, run_fstab_missing, .fix = fix_fstab_missing },
	{ "guest.fstab-unique", SEV_ERROR, "VM-22", "each name in fstab is that of one file system",
		NEED_ROOTFS, run_fstab_unique },
	{ "guest.fstab-type", SEV_ERROR, "VM-22", "fstab's types are those of the file systems",
		NEED_ROOTFS, run_fstab_type },
	{ "guest.fstab-esp", SEV_WARNING, "VM-9", "fstab mounts the ESP where loaders are updated",
		NEED_ROOTFS, run_fstab_esp, .fix = fix_fstab_esp },
	{ "guest.crypttab", SEV_ERROR, "VM-22", "what crypttab opens is in the image", NEED_ROOTFS,
		run_crypttab },
	{ "guest.root-name", SEV_ERROR, "VM-22", "root= names no disk by its order", NEED_CHAIN,
		run_root_name, .fix = fix_root_name },
	{ "guest.root-type", SEV_ERROR, "VM-22", "rootfstype= is the type of the root", NEED_CHAIN,
		run_root_type },
	{ "guest.resume", SEV_WARNING, "VM-22", "no boot waits for another machine's swap",
		NEED_CHAIN | NEED_ROOTFS, run_resume },
};

const struct check_group guest_names_checks = CHECK_GROUP(checks);
