/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's file system in memory, read-only: a list of files, whose folders exist by being
 * named. To be changed it is staged (rootfs/staged.h).
 */
#ifndef ARMVM_TESTS_MEMROOT_H
#define ARMVM_TESTS_MEMROOT_H

#include "memvol.h"
#include "rootfs/backend.h"

struct memroot {
	struct rootfs base;
	struct memvol files;
	const char *unreadable; /* a path that answers -EIO; NULL: none */
};

static inline struct memvol *memroot_files(struct rootfs *fs)
{
	return &((struct memroot *)fs)->files;
}

static inline bool memroot_fails(struct rootfs *fs, const char *path)
{
	const char *unreadable = ((struct memroot *)fs)->unreadable;

	return unreadable && strcmp(path, unreadable) == 0;
}

static inline void memroot_close(struct rootfs *fs)
{
	(void)fs;
}

static inline int memroot_stat(
	struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st, struct err *err)
{
	bool dir;
	const struct memfile *f = memvol_find(memroot_files(fs), path, &dir);

	(void)follow;
	if (memroot_fails(fs, path))
		return err_set(err, EIO, "%s", path);
	if (!f && !dir)
		return err_set(err, ENOENT, "%s", path);
	*st = (struct rootfs_stat){ .type = f ? ROOTFS_FILE : ROOTFS_DIR,
		.mode = 0755,
		.size = f ? memfile_len(f) : 0,
		.inode = f ? (uint64_t)(f - memroot_files(fs)->files) + 1 : 0 };
	return 0;
}

static inline int memroot_readlink(
	struct rootfs *fs, const char *path, char **target, struct err *err)
{
	(void)fs;
	(void)target;
	return err_set(err, EINVAL, "%s", path);
}

static inline int memroot_list(
	struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err)
{
	CLEANUP(strlist_release) struct strlist names = { 0 };
	int ret = memroot_fails(fs, path) ? err_set(err, EIO, "%s", path)
					  : memvol_list(memroot_files(fs), path, &names, NULL);

	for (size_t i = 0; i < names.n && ret == 0; i++) {
		CLEANUP(xfree)
		char *below = xasprintf("%s/%s", strcmp(path, "/") == 0 ? "" : path, names.v[i]);
		bool is_dir;

		memvol_find(memroot_files(fs), below, &is_dir);
		ret = rootfs_dir_add(dir, names.v[i], strlen(names.v[i]),
			is_dir ? ROOTFS_DIR : ROOTFS_FILE, err);
	}
	return ret;
}

static inline int memroot_read(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	int ret = memvol_read(memroot_files(fs), path, off, bytes, len, got, err);

	return ret < 0 ? err_set(err, -ret, "%s", path) : 0;
}

static const struct rootfs_ops memroot_ops = {
	.close = memroot_close,
	.stat = memroot_stat,
	.readlink = memroot_readlink,
	.list = memroot_list,
	.read_range = memroot_read,
};

static inline struct rootfs *memroot_init(struct memroot *m, const struct memfile *files, size_t n)
{
	*m = (struct memroot){ .base = { .ops = &memroot_ops,
				       .facts = { .type = "ext4", .uuid = "1", .label = "r" } },
		.files = { files, n, false } };
	return &m->base;
}

#endif
