/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two real kinds of volume: FAT, and a guest's file system. A file of its
 * own, so that what uses volumes in memory needs neither.
 */
#include <errno.h>
#include <string.h>

#include "fat/fat.h"
#include "loader/volume.h"
#include "rootfs/rootfs.h"

/* ---- FAT ---- */

static int fat_volume_stat(void *ctx, const char *path, struct file_info *info, struct err *err)
{
	struct fat_entry entry;
	int rc = fat_lookup(ctx, path, &entry, err);

	if (rc < 0)
		return rc;
	info->type = entry.is_dir ? FILE_DIR : FILE_REGULAR;
	info->size = entry.size;
	info->mtime = entry.mtime > 0 ? entry.mtime : 0;
	return 0;
}

static int fat_volume_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	struct fat_entry entry;
	int rc = fat_lookup(ctx, path, &entry, err);

	return rc < 0 ? rc : fat_read(ctx, &entry, off, buf, len, got, err);
}

static int add_fat_name(void *arg, const char *path, const struct fat_entry *entry)
{
	struct strlist *names = arg;

	(void)path;
	if (names->n <= VOLUME_LIST_MAX)
		strlist_add(names, entry->name);
	return 0;
}

static int fat_volume_list(void *ctx, const char *path, struct strlist *names, struct err *err)
{
	struct fat_entry dir;
	int rc = fat_lookup(ctx, path, &dir, err);

	return rc < 0 ? rc : fat_list(ctx, &dir, add_fat_name, names, err);
}

static const struct volume_ops fat_volume_ops = {
	.stat = fat_volume_stat,
	.read = fat_volume_read,
	.list = fat_volume_list,
};

void volume_set_fat(struct volume *v, struct fat *fat)
{
	v->readable = true;
	v->ops = &fat_volume_ops;
	v->ctx = fat;
}

/* ---- a guest's file system ---- */

const char *volume_in_subvolume(const char *subvolume, const char *path)
{
	size_t len = strlen(subvolume);

	if (!len)
		return path;
	if (strncmp(path + 1, subvolume, len) != 0 || (path[1 + len] && path[1 + len] != '/'))
		return NULL;
	return path[1 + len] ? path + 1 + len : "/";
}

/* Of btrfs, one subvolume is open; what is beside it cannot be determined. */
static int find_inside(struct rootfs *fs, const char **path, struct err *err)
{
	const char *inside = volume_in_subvolume(rootfs_facts(fs)->subvolume, *path);

	if (!inside)
		return err_set(err, EOPNOTSUPP, "%s: outside of the subvolume %s, which is read",
			*path, rootfs_facts(fs)->subvolume);
	*path = inside;
	return 0;
}

static int rootfs_volume_stat(void *ctx, const char *path, struct file_info *info, struct err *err)
{
	struct rootfs_stat st;
	int rc = find_inside(ctx, &path, err);

	if (rc == 0)
		rc = rootfs_stat(ctx, path, &st, err);
	if (rc < 0)
		return rc;
	info->type = st.type == ROOTFS_DIR    ? FILE_DIR
		     : st.type == ROOTFS_FILE ? FILE_REGULAR
					      : FILE_OTHER;
	info->size = st.type == ROOTFS_FILE ? st.size : 0;
	info->mtime = st.mtime;
	return 0;
}

static int rootfs_volume_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	int rc = find_inside(ctx, &path, err);

	return rc < 0 ? rc : rootfs_read_range(ctx, path, off, buf, len, got, err);
}

static int rootfs_volume_list(void *ctx, const char *path, struct strlist *names, struct err *err)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };
	int rc = find_inside(ctx, &path, err);

	if (rc == 0)
		rc = rootfs_list(ctx, path, &dir, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < dir.n && names->n <= VOLUME_LIST_MAX; i++)
		strlist_add(names, dir.v[i].name);
	return 0;
}

static int rootfs_volume_links(void *ctx, const char *path, unsigned *links, struct err *err)
{
	int rc = find_inside(ctx, &path, err);

	return rc < 0 ? rc : rootfs_count_links(ctx, path, links, err);
}

static const struct volume_ops rootfs_volume_ops = {
	.stat = rootfs_volume_stat,
	.read = rootfs_volume_read,
	.list = rootfs_volume_list,
	.links = rootfs_volume_links,
};

void volume_set_rootfs(struct volume *v, struct rootfs *rootfs)
{
	v->readable = true;
	v->ops = &rootfs_volume_ops;
	v->ctx = rootfs;
}

/* ---- what is not whole ---- */

static int nothing_stat(void *ctx, const char *path, struct file_info *info, struct err *err)
{
	(void)ctx;
	(void)info;
	return err_set(err, ENOENT, "%s: nothing is in what is not whole", path);
}

static int nothing_read(void *ctx, const char *path, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	(void)off;
	(void)buf;
	(void)len;
	(void)got;
	return nothing_stat(ctx, path, NULL, err);
}

static int nothing_list(void *ctx, const char *path, struct strlist *names, struct err *err)
{
	(void)names;
	return nothing_stat(ctx, path, NULL, err);
}

static const struct volume_ops nothing_volume_ops = {
	.stat = nothing_stat,
	.read = nothing_read,
	.list = nothing_list,
};

void volume_set_nothing(struct volume *v)
{
	v->readable = true;
	v->ops = &nothing_volume_ops;
}
