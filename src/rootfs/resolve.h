/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolves paths for backends that stand over other file systems, and cannot leave it to these, and for rootfs.c, which
 * counts links. Nobody else includes this.
 */
#ifndef ARMVM_ROOTFS_RESOLVE_H
#define ARMVM_ROOTFS_RESOLVE_H

#include "rootfs/backend.h"

/* What is at a path that has no links before its last part, and the target of a link there. */
struct resolver {
	int (*lstat)(void *ctx, const char *path, struct rootfs_stat *st, struct err *err);
	int (*readlink)(void *ctx, const char *path, char **target, struct err *err);
	void *ctx;
};

/*
 * Resolves path into out; follow: a link in its last place, too. -ENOENT with out filled in when only its
 * last part is not there, *parent (may be NULL) being true then.
 */
int rootfs_resolve(const struct resolver *by, const char *path, bool follow,
	char out[ROOTFS_MAX_PATH], bool *parent, struct err *err);

#endif
