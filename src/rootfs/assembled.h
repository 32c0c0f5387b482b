/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's root that is put together from parts, as its initrd does: a folder of a file system (OSTree's deployment), or
 * a file system with others mounted in it (a /usr of its own). It is only read.
 */
#ifndef ARMVM_ROOTFS_ASSEMBLED_H
#define ARMVM_ROOTFS_ASSEMBLED_H

#include "rootfs/rootfs.h"

/* The path without links in it, inside of fs; the caller frees it. -ENOENT when there is no such thing. */
int rootfs_real_path(struct rootfs *fs, const char *path, char **real, struct err *err);

/*
 * What is at folder of base, a path without links ("/": all of it), as a root. It has base's facts. base and what is mounted
 * outlive it; it is closed by rootfs_close().
 */
struct rootfs *rootfs_assemble(struct rootfs *base, const char *folder);

/* Has at, "/usr", be what is at folder of fs, both paths without links. At most ROOTFS_MOUNTS. */
#define ROOTFS_MOUNTS 8
void rootfs_mount(struct rootfs *assembled, const char *at, struct rootfs *fs, const char *folder);

/* Where a path of it is, links followed: a file system and a path in it, which the caller frees. */
int rootfs_place(struct rootfs *assembled, const char *path, struct rootfs **fs, char **real,
	struct err *err);

#endif
