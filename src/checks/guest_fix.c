/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs of what the guest mounts, and of state that belongs to one machine.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/names.h"
#include "loader/names.h"
#include "image/guest.h"
#include "loader/chain.h"
#include "plan/plan.h"
#include "rootfs/edit.h"
#include "rootfs/rootfs.h"

#define FSTAB "/etc/fstab"

/* ---- fields of a line ---- */

struct field {
	size_t at, len;
};

/* The first four fields; false for a comment and for a line with fewer. */
static bool split(const char *line, struct field fields[4])
{
	size_t at = 0;

	for (int i = 0; i < 4; i++) {
		at += strspn(line + at, " \t");
		fields[i] = (struct field){ at, strcspn(line + at, " \t") };
		if (!fields[i].len || line[fields[0].at] == '#')
			return false;
		at += fields[i].len;
	}
	return true;
}

/* Adds the line with one field replaced. */
static void replace(struct text *out, const char *line, struct field f, const char *value)
{
	text_printf(out, "%.*s%s%s", (int)f.at, line, value, line + f.at + f.len);
}

/* ---- fstab ---- */

struct mounts {
	struct plan *plan;
	struct image *image;
	const struct chain_view *view;
	const struct volume *root;
	bool devices, missing, efivarfs, esp; /* which kind of line is to be mended */
};

static bool has_option(const char *line, struct field options, const char *option)
{
	CLEANUP(xfree) char *copy = xstrndup(line + options.at, options.len);

	return fstab_has_option(copy, option);
}

/* A carriage return at the end of the line hides an option before it from systemd. */
static char *with_nofail(const char *line, struct field options)
{
	const char *at = line + options.at;
	int len = (int)options.len;

	return len && at[len - 1] == '\r' ? xasprintf("nofail,%.*s", len, at)
					  : xasprintf("%.*s,nofail", len, at);
}

static bool is_esp_place(const char *file)
{
	return strcmp(file, "/boot/efi") == 0 || strcmp(file, "/efi") == 0;
}

/* The volume that a line should name; NULL: nothing names it. */
static const struct volume *meant(const struct mounts *m, const char *spec, const char *file)
{
	if (strcmp(file, "/") == 0)
		return m->root;
	if (is_esp_place(file))
		return m->view->esp;
	return name_partition(m->view, spec);
}

static bool is_wrong(const struct mounts *m, const char *spec, const char *file)
{
	struct name name = name_resolve(m->view, spec);

	if (m->esp)
		return is_esp_place(file) && name.volume && !name.volume->is_esp;
	return name.answer == (m->devices ? NAME_MACHINE : NAME_NONE);
}

static bool edit_mount(void *ctx, const char *line, struct text *out)
{
	const struct mounts *m = ctx;
	const struct volume *v;
	struct field f[4];

	if (!split(line, f))
		return false;
	/* Where updates go is the same whether the boot waits for it or not. */
	if (!m->esp && (has_option(line, f[3], "nofail") || has_option(line, f[3], "noauto")))
		return false;
	CLEANUP(xfree) char *spec = xstrndup(line + f[0].at, f[0].len);
	CLEANUP(xfree) char *file = xstrndup(line + f[1].at, f[1].len);
	CLEANUP(xfree) char *type = xstrndup(line + f[2].at, f[2].len);
	CLEANUP(xfree) char *options = with_nofail(line, f[3]);
	CLEANUP(xfree) char *name = NULL;

	if (m->efivarfs) {
		if (strcmp(type, "efivarfs") != 0)
			return false;
		replace(out, line, f[3], options);
		plan_say(m->plan, FSTAB ": %s may fail (nofail)", file);
		return true;
	}
	if (!is_wrong(m, spec, file))
		return false;
	v = meant(m, spec, file);
	if (!v || !v->uuid) {
		if (strcmp(file, "/") == 0)
			return false;
		replace(out, line, f[3], options);
		plan_say(m->plan, FSTAB ": %s, which is not in the image, may be missing (nofail)",
			spec);
		return true;
	}
	name = xasprintf("UUID=%s", v->uuid);
	replace(out, line, f[0], name);
	plan_say(m->plan, FSTAB ": %s is mounted by %s instead of %s", file, name, spec);
	return true;
}

static int edit_fstab(struct mounts *m, struct image *image, struct plan *plan, struct err *err)
{
	struct rootfs *root;
	bool changed = false;
	int ret = plan_root(plan, &root, err);

	m->plan = plan;
	m->image = image;
	if (ret == 0)
		ret = image_volumes(image, &m->view, err);
	if (ret < 0)
		return ret;
	m->root = image_root_volume(image);
	ret = rootfs_edit(root, FSTAB, edit_mount, m, plan->now, &changed, err);
	if (ret == 0 && !changed)
		ret = err_set(err, ENOTSUP, "what it should name, nothing tells");
	return ret;
}

int fix_fstab_devices(struct image *image, struct plan *plan, struct err *err)
{
	return edit_fstab(&(struct mounts){ .devices = true }, image, plan, err);
}

int fix_fstab_missing(struct image *image, struct plan *plan, struct err *err)
{
	return edit_fstab(&(struct mounts){ .missing = true }, image, plan, err);
}

int fix_fstab_esp(struct image *image, struct plan *plan, struct err *err)
{
	return edit_fstab(&(struct mounts){ .esp = true }, image, plan, err);
}

int fix_fstab_efivarfs(struct image *image, struct plan *plan, struct err *err)
{
	return edit_fstab(&(struct mounts){ .efivarfs = true }, image, plan, err);
}

/* ---- update-grub ---- */

static bool edit_grub_uuid(void *ctx, const char *line, struct text *out)
{
	(void)ctx;
	if (strncmp(line + strspn(line, " \t"), "GRUB_DISABLE_LINUX_UUID", 23) != 0)
		return false;
	text_printf(out, "#%s", line);
	return true;
}

int fix_grub_uuid(struct image *image, struct plan *plan, struct err *err)
{
	struct rootfs *root;
	int ret = plan_root(plan, &root, err);

	(void)image;
	if (ret == 0)
		ret = rootfs_edit(
			root, "/etc/default/grub", edit_grub_uuid, NULL, plan->now, NULL, err);
	if (ret == 0)
		plan_say(plan, "/etc/default/grub: GRUB_DISABLE_LINUX_UUID is commented out");
	return ret;
}

/* ---- one machine's state ---- */

int fix_machine_id(struct image *image, struct plan *plan, struct err *err)
{
	struct rootfs *root;
	int ret = plan_root(plan, &root, err);

	(void)image;
	if (ret == 0)
		ret = rootfs_write_file(
			root, "/etc/machine-id", ROOTFS_KEEP, "", 0, plan->now, err);
	if (ret == 0)
		plan_say(plan, "/etc/machine-id is emptied; each machine makes its own");
	return ret;
}

int fix_lvm_devices(struct image *image, struct plan *plan, struct err *err)
{
	struct rootfs *root;
	int ret = plan_root(plan, &root, err);

	(void)image;
	if (ret == 0)
		ret = rootfs_remove(root, "/etc/lvm/devices/system.devices", err);
	if (ret == 0)
		plan_say(
			plan, "/etc/lvm/devices/system.devices is deleted: LVM looks at all disks");
	return ret;
}

int fix_root_fsck(struct image *image, struct plan *plan, struct err *err)
{
	const struct volume *root = image_root_volume(image);

	if (!root || strncmp(root->fstype, "ext", 3) != 0)
		return err_set(err, ENOTSUP, "only ext file systems are repaired here");
	if (!root->number)
		return err_set(
			err, ENOTSUP, "only a partition is repaired here, no logical volume");
	plan_whole(plan, PLAN_FSCK_EXT, root->number);
	plan_say(plan, "e2fsck replays the journal and repairs the file system");
	return 0;
}
