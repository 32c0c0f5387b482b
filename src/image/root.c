/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which file system of an image the guest calls /, put together from its parts where its initrd does so: a
 * deployment of OSTree's that the command line names, or a /usr of its own; and which it calls /boot.
 * Leaves out composefs, and roots that are made in memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/guest.h"
#include "image/private.h"
#include "loader/names.h"
#include "rootfs/assembled.h"
#include "rootfs/mounts.h"
#include "uefi/guids.h"

#define DEPLOYMENTS "/ostree/deploy"

/* A file system that cannot be read is not the one that is looked for, and leaves nothing open where another one is. */
static bool has_system(struct rootfs *fs)
{
	struct rootfs_stat st;

	return fs && (rootfs_stat(fs, "/etc/os-release", &st, NULL) == 0 ||
			     rootfs_stat(fs, "/usr/lib/os-release", &st, NULL) == 0);
}

/* ---- OSTree ---- */

/* The deployment at a path of a file system as a root; NULL: there is none. */
static struct rootfs *open_deployment(struct rootfs *base, const char *path)
{
	CLEANUP(xfree) char *real = NULL;
	CLEANUP(xfree) char *usr = NULL;
	CLEANUP(xfree) char *etc = NULL;
	CLEANUP(xfree) char *var = NULL;
	struct rootfs *root;
	const char *inside;

	if (*path != '/' || rootfs_real_path(base, path, &real, NULL) < 0)
		return NULL;
	usr = xasprintf("%s/usr", real);
	if (!rootfs_exists(base, usr))
		return NULL;
	root = rootfs_assemble(base, real);
	rootfs_mount(root, "/sysroot", base, "/");
	if (rootfs_exists(base, "/boot"))
		rootfs_mount(root, "/boot", base, "/boot");
	etc = xasprintf("%s/etc", real);
	if (!rootfs_exists(base, etc)) {
		free(etc);
		etc = xasprintf("%s/usr/etc", real);
		rootfs_mount(root, "/etc", base, etc);
	}
	inside = strstr(real, "/deploy/");
	inside = inside ? strstr(inside + 1, "/deploy/") : NULL;
	if (inside) {
		var = xasprintf("%.*s/var", (int)(inside - real), real);
		if (rootfs_exists(base, var))
			rootfs_mount(root, "/var", base, var);
	}
	return root;
}

/* The first deployment in FOLDER/OS/deploy, depth 1; NULL: there is none. */
static struct rootfs *any_in(struct rootfs *base, const char *folder, unsigned depth)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	struct rootfs *root = NULL;

	if (rootfs_list(base, folder, &dir, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < dir.n && !root; i++) {
		CLEANUP(xfree) char *path = xasprintf("%s/%s", folder, dir.v[i].name);
		CLEANUP(xfree) char *deep = xasprintf("%s/deploy", path);

		if (dir.v[i].type == ROOTFS_DIR)
			root = depth ? any_in(base, deep, depth - 1) : open_deployment(base, path);
	}
	return root;
}

/* ---- a /usr of its own ---- */

static bool is_empty_usr(struct rootfs *base)
{
	return !rootfs_exists(base, "/usr/lib") && !rootfs_exists(base, "/usr/bin");
}

static const struct volume *usr_by_type(const struct image *image)
{
	for (size_t i = 0; i < image->view.n; i++) {
		const struct content *c = &image->contents[i];

		if (c->rootfs && content_has_role(c, UEFI_ROLE_USR) &&
			strcmp(uefi_part_type(c->part->type)->arch, "aarch64") == 0)
			return &image->volumes[i];
	}
	return NULL;
}

static const struct volume *usr_by_fstab(const struct image *image, struct rootfs *base)
{
	struct fstab tab CLEANUP(fstab_release) = { 0 };
	struct mount_parts none = { 0 };
	const struct fstab_line *line;

	if (mounts_read(base, &none, &tab, NULL) < 0)
		return NULL;
	line = fstab_find(&tab, "/usr");
	return line ? name_resolve(&image->view, line->spec).volume : NULL;
}

/* What the command line mounts there: dm-verity's device has the files of what it checks. */
static const struct volume *usr_by_cmdline(const struct image *image, const char *cmdline)
{
	static const char *const keys[] = { "mount.usr=", "usr=" };
	const struct volume *v = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !v; i++) {
		CLEANUP(xfree) char *value = cmdline_value(cmdline, keys[i]);

		if (value)
			v = cmdline_name(&image->view, cmdline, value).volume;
	}
	/* With usrhash= alone it is this. */
	return v ? v : cmdline_name(&image->view, cmdline, "/dev/mapper/usr").volume;
}

/* What is mounted on /usr of that root; NULL: nothing, or what cannot be read. */
static struct rootfs *find_usr(const struct image *image, struct rootfs *base, const char *cmdline)
{
	const struct volume *v = usr_by_cmdline(image, cmdline);
	struct rootfs *usr;

	if (!v)
		v = usr_by_fstab(image, base);
	if (!v && is_empty_usr(base))
		v = usr_by_type(image);
	usr = image_rootfs_of(image, v);
	return usr == base ? NULL : usr;
}

/* ---- the root ---- */

/* Something is in there that could be a root file system and is not read here. */
static bool may_be_root(const struct content *c)
{
	if (!c->part && !*c->fstype)
		return c->why.code != 0;
	return c->why.code && *c->fstype && strcmp(c->fstype, "swap") != 0 &&
	       strcmp(c->fstype, "vfat") != 0 && strcmp(c->fstype, "DM_verity_hash") != 0;
}

/* Why what could be a root is not read: it was not opened, or its log cannot be replayed. */
static bool is_unread(const struct content *c, struct err *why)
{
	struct rootfs_stat st;

	*why = c->why;
	return c->rootfs ? rootfs_stat(c->rootfs, "/", &st, why) < 0 : may_be_root(c);
}

/* Whatever hindered us, it is not that there is none: never -ENOENT. */
static int root_unread(const struct content *c, const struct err *why, struct err *err)
{
	err_set(err, EOPNOTSUPP, "%s", why->text);
	err_hint(err, "%s", why->hint);
	if (c->part)
		err_push(err, "partition %u", c->part->index);
	return err_push(err, "the root file system cannot be looked at");
}

/* Why no root was found: an unreadable partition that may be it is another answer than none. */
static int no_root(struct image *image, struct err *err)
{
	for (size_t i = 0; i < image->view.n; i++) {
		const struct content *c = &image->contents[i];
		struct err why;

		if (is_unread(c, &why))
			return root_unread(c, &why, err);
	}
	return err_set(err, ENOENT, "no partition holds a root file system (with etc/os-release)");
}

/*
 * The one that the default entry names, or systemd takes where it names none: of two slots it is what boots. Fails
 * when its log cannot be replayed, as no other stands for it; *out is NULL when there is no system in it.
 */
static int named_system(
	struct image *image, const char *cmdline, struct rootfs **out, struct err *err)
{
	const struct volume *v = cmdline_root(&image->view, cmdline);
	const struct content *c;
	struct err why;

	*out = NULL;
	if (!v)
		v = name_resolve(&image->view, "gpt-auto").volume;
	if (!v)
		return 0;
	c = &image->contents[v - image->volumes];
	if (c->rootfs && is_unread(c, &why))
		return root_unread(c, &why, err);
	*out = has_system(c->rootfs) ? c->rootfs : NULL;
	return 0;
}

/* What takes an appliance comes last, but where a log is to be replayed over a system. */
static bool may_have_system(const struct content *c)
{
	if (!c->top)
		return c->rootfs && !rootfs_is_pending(c->rootfs);
	return strcmp(c->fstype, "btrfs") == 0 || has_system(c->top);
}

/* A partition with a system in it, the DPS root type first. */
static struct rootfs *find_system(const struct image *image)
{
	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < image->view.n; i++) {
			const struct content *c = &image->contents[i];

			if (content_has_role(c, UEFI_ROLE_ROOT) == (pass % 2 == 0) &&
				may_have_system(c) == (pass < 2) && has_system(c->rootfs))
				return c->rootfs;
		}
	return NULL;
}

/* Makes the root of a file system, with what is mounted in it; false: there is no system in that. */
static bool take_base(struct image *image, struct rootfs *base, const char *cmdline)
{
	struct rootfs *usr = find_usr(image, base, cmdline), *root = base;

	if (usr) {
		root = rootfs_assemble(base, "/");
		rootfs_mount(root, "/usr", usr, "/");
	}
	if (!has_system(root)) {
		if (usr)
			rootfs_close(root);
		return false;
	}
	image->base = base;
	image->root = root;
	image->assembled = usr ? root : NULL;
	return true;
}

static bool take_deployment(struct image *image, struct rootfs *base, struct rootfs *take_root)
{
	if (!take_root)
		return false;
	image->base = base;
	image->root = image->assembled = take_root;
	return true;
}

/* What the command line of the default entry names. */
static bool take_named(struct image *image, const char *cmdline)
{
	struct rootfs *base = image_rootfs_of(image, cmdline_root(&image->view, cmdline));
	CLEANUP(xfree) char *deployment = cmdline_value(cmdline, "ostree=");

	return base && deployment &&
	       take_deployment(image, base, open_deployment(base, deployment));
}

/* Roots without a system of their own: of a /usr elsewhere, and with deployments. */
static bool take_other(struct image *image, const char *cmdline)
{
	struct rootfs *named = image_rootfs_of(image, cmdline_root(&image->view, cmdline));

	if (named && take_base(image, named, cmdline))
		return true;
	for (size_t i = 0; i < image->view.n; i++) {
		const struct content *c = &image->contents[i];

		if (!c->rootfs || content_has_role(c, UEFI_ROLE_USR))
			continue;
		if (content_has_role(c, UEFI_ROLE_ROOT) && take_base(image, c->rootfs, cmdline))
			return true;
		if (take_deployment(image, c->rootfs, any_in(c->rootfs, DEPLOYMENTS, 1)))
			return true;
	}
	return false;
}

int image_load_root(struct image *image, struct err *err)
{
	const struct chain_view *view;
	const struct boot_chain *chain = NULL;
	const struct chain_entry *e = NULL;
	const char *cmdline;
	struct rootfs *base;
	int ret = image_volumes(image, &view, err);

	if (ret < 0)
		return ret;
	if (image_chain(image, &chain, NULL) == 0 && chain)
		e = chain_default(chain);
	cmdline = e ? e->cmdline : "";
	if (take_named(image, cmdline))
		return 0;
	ret = named_system(image, cmdline, &base, err);
	if (ret < 0)
		return ret;
	if (!base)
		base = find_system(image);
	if (base ? take_base(image, base, cmdline) : take_other(image, cmdline))
		return 0;
	return no_root(image, err);
}

const struct volume *image_root_volume(struct image *image)
{
	struct rootfs *root;

	return image_rootfs(image, &root, NULL) < 0 ? NULL : volume_of(image, image->base);
}

bool image_root_assembled(struct image *image)
{
	struct rootfs *root;

	return image_rootfs(image, &root, NULL) == 0 && image->assembled;
}

struct rootfs *image_boot_fs(struct image *image)
{
	return image_rootfs_of(image, image_mount_at(image, "/boot"));
}
