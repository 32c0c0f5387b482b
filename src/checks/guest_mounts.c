/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest family: what is mounted at boot, and with which options. The root file system can be
 * mounted as the command line says, and a system is in it (VM-2).
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/groups.h"
#include "checks/guest_waits.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "loader/names.h"
#include "rootfs/mount_options.h"
#include "rootfs/rootfs.h"

/*
 * Why init cannot be looked for in the file system that root= names: something
 * between them decides, which is not followed here. NULL: it can.
 */
static const char *init_elsewhere(struct image *image, const char *cmdline)
{
	static const char *const keys[] = {
		"ostree=", "composefs=", "mount.usr=", "usrhash=", "nfsroot=", "systemd.volatile="
	};
	const struct image_guest *g;

	if (image_root_assembled(image))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(xfree) char *value = cmdline_value(cmdline, keys[i]);

		if (value)
			return "the command line has the root put together from parts";
	}
	if (image_guest(image, &g, NULL) == 0 && fstab_find(g->fstab, "/usr"))
		return "/usr is a file system of its own";
	return NULL;
}

/* Whether one of the programs that can be process 1 is in the root file system, or in what is put together as the root. */
static enum presence find_init(
	struct image *image, const struct volume *volume, const char *flags, const char *wanted)
{
	/* The kernel's, dracut's and systemd's places; a shell alone is no system. */
	static const char *const places[] = { "/sbin/init", "/etc/init", "/bin/init", "/init",
		"/usr/lib/systemd/systemd", "/lib/systemd/systemd" };
	CLEANUP(xfree) char *path = wanted ? path_clean(wanted) : NULL;
	const char *named = path;
	const char *const *paths = path ? &named : places;
	size_t n = path ? 1 : ARRAY_SIZE(places);
	struct rootfs *root;

	if (!image_root_assembled(image))
		return image_mount_has(image, volume, flags, paths, n);
	return image_rootfs(image, &root, NULL) < 0 ? PRESENCE_UNKNOWN
						    : image_rootfs_has(root, paths, n);
}

/* A /usr that the command line mounts, and that nothing in the image has: the boot waits for it, and stops. */
static bool lacks_usr(
	const struct chain_view *view, const struct chain_entry *e, struct findings *f)
{
	static const char *const keys[] = { "mount.usr=", "usr=", "verity.usr=" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(xfree) char *value = cmdline_value(e->cmdline, keys[i]);
		struct name name = { .answer = NAME_UNKNOWN };

		if (value)
			name = cmdline_name(view, e->cmdline, value);
		if (name.answer != NAME_NONE)
			continue;
		finding_add(f, e->source, "name the file system that holds it, by its UUID",
			"%s%s: nothing in the image has %s, and /usr stays empty", keys[i], value,
			name.what);
		return true;
	}
	return false;
}

/* A subvolume in rootflags= that the root file system has not: it is not mounted. */
static bool lacks_subvolume(struct image *image, const struct chain_entry *e,
	const struct volume *root, const char *flags, struct findings *f)
{
	struct err why = { 0 };

	if (image_has_subvolume(image, root, flags, &why) != ABSENT)
		return false;
	finding_add(f, e->source,
		"name the subvolume that has the system, by its path (btrfs subvolume list tells)",
		"rootflags=%s: %s", flags, why.text);
	return true;
}

static int run_init(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_entry *e;
	const struct volume *root;
	struct image_way way;
	const char *reason, *key = "gnu.load="; /* what Guix' initrd starts instead */
	CLEANUP(xfree) char *wanted = NULL;
	CLEANUP(xfree) char *flags = NULL;
	char name[VOLUME_NAME_MAX];
	enum presence presence;
	bool by_type;
	int ret = image_way(image, &way, err);

	if (ret < 0)
		return ret;
	e = way.entry;
	root = e ? cmdline_root(way.view, e->cmdline) : NULL;
	by_type = !root && chain_find(way.chain, CHAIN_ROOT_BY_TYPE);
	if (by_type)
		root = name_resolve(way.view, "gpt-auto").volume;
	if (e && lacks_usr(way.view, e, f))
		return 0;
	reason = root ? init_elsewhere(image, e->cmdline)
		      : "no default entry names a root file system by UUID or label";
	if (reason) {
		finding_skip_for(f, root ? NULL : "loader", "%s", reason);
		return 0;
	}
	wanted = cmdline_value(e->cmdline, key);
	if (!wanted)
		wanted = cmdline_value(e->cmdline, key = "init=");
	flags = cmdline_value(e->cmdline, "rootflags=");
	if (lacks_subvolume(image, e, root, flags, f))
		return 0;
	presence = find_init(image, root, flags, wanted);
	if (presence == PRESENCE_UNKNOWN)
		return err_set(err, EIO, "%s: whether it has an init cannot be told",
			volume_name(root, name));
	if (presence == ABSENT && wanted)
		finding_add(f, volume_name(root, name),
			"install that program, or remove init= from the command line",
			"the command line has %s%s, which is not there", key, wanted);
	else if (presence == ABSENT)
		finding_add(f, volume_name(root, name),
			"name the system's root file system by root=, or install an init there",
			"%s this file system, which has no init to start (/sbin/init)",
			by_type ? "its partition's type makes the root" : "root= names");
	return 0;
}

/* ---- options ---- */

/* The release of the kernel that boots; NULL: not known. */
static const char *release_of(struct image *image)
{
	const struct image_guest *g;

	return image_guest(image, &g, NULL) == 0 && g->kernel ? g->kernel->version : NULL;
}

static const struct volume *root_of(const struct chain_view *view, const struct chain_entry *e)
{
	const struct volume *root = cmdline_root(view, e->cmdline);
	CLEANUP(xfree) char *named = root ? NULL : cmdline_value(e->cmdline, "root=");

	return root || (named && *named) ? root : name_resolve(view, "gpt-auto").volume;
}

/* Whether the kernel mounts the root itself: what is known of the entry that boots alone. */
static bool is_by_kernel(struct image *image, const struct chain_entry *e)
{
	const struct image_initrd *rd;

	return e->is_default && !e->initrds.n && !e->initrd_unknown &&
	       image_initrd(image, &rd, NULL) == -ENOENT;
}

static int run_root_options(struct image *image, struct findings *f, struct err *err)
{
	struct image_way way;
	int ret = image_way(image, &way, err);

	if (ret == 0 && !way.chain->n_entries)
		finding_skip_for(f, "loader", "no entry is there to judge");
	for (size_t i = 0; ret == 0 && i < way.chain->n_entries; i++) {
		const struct chain_entry *e = &way.chain->entries[i];
		const struct volume *root = root_of(way.view, e);
		CLEANUP(xfree) char *flags = cmdline_value(e->cmdline, "rootflags=");
		CLEANUP(xfree) char *refused = NULL;
		bool by_kernel = is_by_kernel(image, e);

		if (flags && root && root->fstype)
			refused = mount_option_refused(
				root->fstype, flags, release_of(image), by_kernel);
		if (refused)
			finding_add(f, e->root_from ? e->root_from : e->source,
				"remove that option from rootflags=",
				"rootflags=%s (%s): the root file system is %s, which refuses the "
				"option %s%s",
				flags, e->title, root->fstype, refused,
				by_kernel ? ", and there is no initrd that would keep it" : "");
	}
	return ret;
}

/* A line of fstab, and the volume that it mounts. */
static void judge_options(
	struct image *image, const struct fstab_line *l, const struct volume *v, struct findings *f)
{
	bool is_root = strcmp(l->file, "/") == 0;
	CLEANUP(xfree) char *where = fstab_place(l);
	CLEANUP(xfree)
	char *refused = mount_option_refused(v->fstype, l->options, release_of(image), false);
	struct err why = { 0 };

	if (refused)
		finding_add(f, where,
			"remove that option, or write what this file system has for it",
			"%s on %s is %s, which refuses the option %s: %s", l->spec, l->file,
			v->fstype, refused,
			is_root ? "the root stays read-only" : "the boot waits for that mount");
	/* A root is mounted already when this is read, and stays in its subvolume. */
	else if (!is_root && image_has_subvolume(image, v, l->options, &why) == ABSENT)
		finding_add(f, where, "name a subvolume that is there, or add the option nofail",
			"%s for %s (%s): %s", l->spec, l->file, l->options, why.text);
}

/* An ESP that is no FAT, and a wrong type, are esp.fat's and guest.fstab-type's to report; the options are not what is wrong then. */
static bool is_of_another_type(const struct fstab_line *l, const struct volume *v)
{
	return (v->is_esp && strcmp(v->fstype, "vfat") != 0) ||
	       guest_type_is_refused(l->type, v->fstype);
}

static int run_fstab_options(struct image *image, struct findings *f, struct err *err)
{
	const struct chain_view *view;
	const struct image_guest *g;
	int ret = image_guest(image, &g, err);

	if (ret == 0)
		ret = image_volumes(image, &view, err);
	for (size_t i = 0; ret == 0 && i < g->fstab->n; i++) {
		const struct fstab_line *l = &g->fstab->v[i];
		struct name name = name_resolve(view, l->spec);

		if (name.answer != NAME_ONE || !name.volume->fstype ||
			strcmp(l->type, "swap") == 0 || is_of_another_type(l, name.volume))
			continue;
		if (strcmp(l->file, "/") == 0 ? guest_root_is_remounted(image, g->fstab)
					      : !fstab_optional(l))
			judge_options(image, l, name.volume, f);
	}
	return ret;
}

static const struct check checks[] = {
	{ "guest.init", SEV_ERROR, "VM-2", "the root file system has an init", NEED_CHAIN,
		run_init },
	{ "guest.root-options", SEV_ERROR, "VM-2", "rootflags= are options of the root file system",
		NEED_CHAIN, run_root_options },
	{ "guest.fstab-options", SEV_ERROR, "VM-2", "fstab's options are those of the file systems",
		NEED_ROOTFS, run_fstab_options },
};

const struct check_group guest_mounts_checks = CHECK_GROUP(checks);
