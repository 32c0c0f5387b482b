/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between rootfs.c and its backends; nobody else includes this. A backend
 * embeds struct rootfs as its first member. It gets absolute paths without
 * a trailing slash ("/" alone is the root) and resolves them itself. The
 * writing functions are called only when writable is set.
 */
#ifndef ARMVM_ROOTFS_BACKEND_H
#define ARMVM_ROOTFS_BACKEND_H

#include "rootfs/rootfs.h"

#define ROOTFS_MAX_ENTRIES 100000
#define ROOTFS_MAX_PATH    4096
#define ROOTFS_MAX_LINKS   40

struct rootfs_ops {
	void (*close)(struct rootfs *fs);
	int (*commit)(struct rootfs *fs, struct err *err);
	int (*stat)(struct rootfs *fs, const char *path, bool follow, struct rootfs_stat *st,
		struct err *err);
	int (*readlink)(struct rootfs *fs, const char *path, char **target, struct err *err);
	/* In any order; "." and ".." may be left in. */
	int (*list)(struct rootfs *fs, const char *path, struct rootfs_dir *dir, struct err *err);
	int (*read_range)(struct rootfs *fs, const char *path, uint64_t off, void *bytes,
		size_t len, size_t *got, struct err *err);
	/* mode may be ROOTFS_KEEP. */
	int (*write_file)(struct rootfs *fs, const char *path, uint32_t mode, const void *bytes,
		size_t len, int64_t mtime, struct err *err);
	/* One folder whose parent exists; -EEXIST when there is something. */
	int (*mkdir)(struct rootfs *fs, const char *path, int64_t mtime, struct err *err);
	int (*symlink)(struct rootfs *fs, const char *target, const char *path, int64_t mtime,
		struct err *err);
	int (*remove)(struct rootfs *fs, const char *path, struct err *err);
	int (*grow)(struct rootfs *fs, uint64_t size, struct err *err); /* NULL: cannot */
};

struct rootfs {
	const struct rootfs_ops *ops;
	struct rootfs_facts facts;
	bool writable;
	struct err doubt; /* of rootfs_take_doubt(); code 0: there is none */
};

int rootfs_ext_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);
int rootfs_xfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);
int rootfs_btrfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);
int rootfs_squashfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);
int rootfs_guestfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);
/* The appliance of this process, or of its broker. */
int rootfs_appliance_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);
/* Takes raw's place: what is read then is what the appliance shows, and -ENOTSUP when there is none. */
struct rootfs *rootfs_replay(struct rootfs *raw, const struct rootfs_source *src);
/* The same of what nothing here reads: src->later. */
struct rootfs *rootfs_later(const struct rootfs_source *src);

/* In a process that may not start an appliance: one that its broker starts (remote.h). */
int rootfs_remote_open(struct rootfs **out, const struct rootfs_source *src, struct err *err);

/* Appends an entry; -EFBIG beyond ROOTFS_MAX_ENTRIES. Ignores ".", ".." and impossible names. */
int rootfs_dir_add(struct rootfs_dir *dir, const char *name, size_t len, enum rootfs_type type,
	struct err *err);

/* The type that stat(2)'s mode bits have. */
enum rootfs_type rootfs_type_of(uint32_t mode);

/* Copies text from a superblock for people: at most len bytes, others than printable ASCII as '?'. */
void rootfs_printable(char *out, size_t size, const void *text, size_t len);

#endif
