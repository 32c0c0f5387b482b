/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is compressed as a whole, as a stream of what is in it: kernels
 * and configurations that a boot loader unpacks by itself. The formats are
 * those of an initrd (cpio.h).
 */
#ifndef ARMVM_ROOTFS_PACKED_H
#define ARMVM_ROOTFS_PACKED_H

#include "rootfs/cpio.h"

/* What bytes are needed to recognise a format. */
#define PACKED_HEAD 16

/* "gzip", "xz", "lzo", "zstd" ...: how a file that begins with these bytes is compressed; NULL: it is not. */
const char *packed_format(const uint8_t *head, size_t len);

/*
 * Gives the content of the source to take(), piece by piece, until that
 * returns something else than 0: 1 ends the walk, -errno fails it. -EUCLEAN:
 * the stream is damaged or ends early; -ENOTSUP: it is not read here.
 */
int packed_walk(const struct cpio_source *source,
	int (*take)(void *ctx, const uint8_t *bytes, size_t len, struct err *err), void *ctx,
	struct err *err);

#endif
