/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A FAT volume behind the functions of rootfs.h, read-only, so that a change
 * to an ESP is kept as one to a guest's file system is: see staged.h.
 */
#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "fat/fat.h"
#include "rootfs/backend.h"
#include "rootfs/staged.h"

struct fatfs {
	struct rootfs fs;
	struct fat *fat;
};

static struct fat *fat_of(struct rootfs *fs)
{
	return ((struct fatfs *)fs)->fat;
}

static int fatfs_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	struct fat_entry entry = { .is_dir = true };
	int r = strcmp(path, "/") == 0 ? 0 : fat_lookup(fat_of(fs), path, &entry, err);

	(void)follow;
	if (r < 0)
		return r;
	*st = (struct rootfs_stat){
		.type = entry.is_dir ? ROOTFS_DIR : ROOTFS_FILE,
		.mode = entry.is_dir ? 0755 : 0644,
		.size = entry.size,
		.mtime = entry.mtime,
		.inode = entry.offset,
	};
	return 0;
}

static int fatfs_readlink(struct rootfs *fs, const char *path, char **target, struct err *err)
{
	(void)fs;
	(void)target;
	return err_set(err, EINVAL, "%s: not a link", path);
}

struct listing {
	struct rootfs_dir *dir;
	struct err *err;
};

static int add_entry(void *arg, const char *path, const struct fat_entry *entry)
{
	struct listing *l = arg;

	(void)path;
	return rootfs_dir_add(l->dir, entry->name, strlen(entry->name),
		entry->is_dir ? ROOTFS_DIR : ROOTFS_FILE, l->err);
}

static int fatfs_list(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	struct listing l = { .dir = dir, .err = err };
	struct fat_entry entry;
	int r = fat_lookup(fat_of(fs), path, &entry, err);

	if (r == 0 && !entry.is_dir)
		r = err_set(err, ENOTDIR, "%s: not a folder", path);
	return r < 0 ? r : fat_list(fat_of(fs), &entry, add_entry, &l, err);
}

static int fatfs_read_range(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	struct fat_entry entry;
	int r = fat_lookup(fat_of(fs), path, &entry, err);

	return r < 0 ? r : fat_read(fat_of(fs), &entry, off, bytes, len, got, err);
}

static int fatfs_commit(struct rootfs *fs, struct err *err)
{
	(void)fs;
	(void)err;
	return 0;
}

static void fatfs_close(struct rootfs *fs)
{
	free(fs);
}

/* What changes something is not there: the volume is never writable. */
static const struct rootfs_ops fatfs_ops = {
	.close = fatfs_close,
	.commit = fatfs_commit,
	.stat = fatfs_stat,
	.readlink = fatfs_readlink,
	.list = fatfs_list,
	.read_range = fatfs_read_range,
};

struct rootfs *rootfs_of_fat(struct fat *fat)
{
	struct fatfs *f = xcalloc(1, sizeof(*f));

	*f = (struct fatfs){ .fs = { .ops = &fatfs_ops, .facts.type = "vfat" }, .fat = fat };
	return &f->fs;
}
