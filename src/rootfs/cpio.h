/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Initial RAM disks: one or more cpio archives (newc, Linux
 * Documentation/driver-api/early-userspace/buffer-format.rst) one after the
 * other, each plain or compressed as a whole (gzip, xz, lzma, zstd, lzop, lz4 frame
 * or legacy), zero bytes between them. Read as a stream: what is in memory at
 * a time is bounded whatever the archive claims.
 *
 * Leaves out: old binary and odc archives, and bzip2 compression, which the
 * kernel also reads; these are reported as unknown, not as corrupt.
 */
#ifndef ARMVM_ROOTFS_CPIO_H
#define ARMVM_ROOTFS_CPIO_H

#include "base/err.h"

/*
 * Where the bytes come from. Reads at most len bytes into bytes and returns
 * how many, 0 at the end, -errno on failure.
 */
struct cpio_source {
	int64_t (*read)(void *ctx, void *bytes, size_t len, struct err *err);
	void *ctx;
};

struct cpio_entry {
	const char *
		name; /* as in the archive: "usr/lib/modules/6.1.0/kernel/..."; valid during the call */
	uint32_t mode; /* with the type bits of stat(2) */
	uint64_t size;
};

enum cpio_go {
	CPIO_SKIP, /* go on with the next entry */
	CPIO_DATA, /* hand me the content first */
	CPIO_STOP, /* I have seen enough */
};

struct cpio_visitor {
	enum cpio_go (*entry)(void *ctx, const struct cpio_entry *entry);
	/* A piece of the content of an entry that was answered with CPIO_DATA. May be NULL. */
	enum cpio_go (*data)(void *ctx, const void *bytes, size_t len);
	void *ctx;
};

/* What was seen of the archive. */
struct cpio_summary {
	unsigned segments; /* archives, the plain ones before a compressed one counted too */
	char compression
		[16]; /* of the last segment: "", "gzip", "xz", "lzma", "zstd", "lzo", "lz4"; "lz4 frame", which the kernel does not read */
	uint64_t entries;
	bool stopped; /* by the visitor: what follows was not looked at */
};

/*
 * Goes through everything. -EUCLEAN: truncated or corrupt (the text says
 * where); -ENOTSUP: a compression that is not read here; -EFBIG: over a
 * million entries; -EDQUOT: more than the budget (below).
 */
int cpio_walk(const struct cpio_source *source, const struct cpio_visitor *visitor,
	struct cpio_summary *sum, struct err *err);

/*
 * What is unpacked of all archives of one image, in all, has a budget of bytes: then
 * cpio_walk() answers -EDQUOT. Begins anew with the next image.
 */
#define CPIO_BUDGET ((uint64_t)2 << 30)
void cpio_budget_begin(void);

#endif
