/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layer over a file system in which changes are kept in memory: it reads as
 * if they had been made, and the file system below stays as it is. Whoever
 * knows how to change a guest (nvram/, the repairs) writes to such a layer, and what
 * came of it is a list that can be shown, stored, or carried out elsewhere.
 */
#ifndef ARMVM_ROOTFS_STAGED_H
#define ARMVM_ROOTFS_STAGED_H

#include "rootfs/rootfs.h"

struct fat;

enum staged_kind {
	STAGED_FILE, /* created, or its content replaced */
	STAGED_DIR,  /* created */
	STAGED_LINK, /* created, or put in the place of something else */
	STAGED_REMOVED,
};

/* One change, the last that was made to its path. */
struct staged_change {
	enum staged_kind kind;
	char *path;       /* without links in it */
	struct buf bytes; /* of a file; of a link its target */
	uint32_t mode;    /* of a file that is new */
	bool existed;     /* something is there in the file system below */
};

/*
 * The layer is writable and is closed by rootfs_close(); base must outlive it.
 * Where a file exists its mode and owner stay, whatever mode is written.
 */
struct rootfs *rootfs_stage(struct rootfs *base);

/* A FAT volume as a file system to be staged, read-only; fat must outlive it. */
struct rootfs *rootfs_of_fat(struct fat *fat);

/* The changes in the order in which paths were first changed. fs is such a layer. */
size_t rootfs_staged_count(const struct rootfs *fs);
const struct staged_change *rootfs_staged_at(const struct rootfs *fs, size_t i);

/* The file system below. */
struct rootfs *rootfs_staged_base(const struct rootfs *fs);

/* Makes such a change in a file system that is open for writing. */
int rootfs_change(const struct staged_change *c, struct rootfs *to, int64_t mtime, struct err *err);
/* Makes all changes of a layer. */
int rootfs_staged_apply(const struct rootfs *fs, struct rootfs *to, int64_t mtime, struct err *err);

#endif
