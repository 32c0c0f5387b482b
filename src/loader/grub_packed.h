/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is compressed, as GRUB opens it for kernels and configurations: its modules gzio, xzio and lzopio
 * (grub-core/io/, GRUB 2.06 to 2.14) stand one before the other, in this order, and each undoes what it knows once.
 * They know less than the programs of these formats do: fewer fields and filters, and one stream alone, whose size
 * they take from the end of the file. What they do not know they leave as it is. Leaves out which modules a GRUB has
 * (grub_run.h).
 */
#ifndef ARMVM_LOADER_GRUB_PACKED_H
#define ARMVM_LOADER_GRUB_PACKED_H

#include "rootfs/packed.h"

#define GRUB_PACKED_MAX 3

struct grub_packed {
	const char *formats[GRUB_PACKED_MAX]; /* what is undone, from outside in */
	size_t n;
	const char *refused; /* why GRUB leaves as it is what seems to be such a file; NULL */
	struct packed_stream *streams[GRUB_PACKED_MAX + 1];
};

/* Begins to read the file. The source must outlive g, which needs grub_packed_release() in any case. */
int grub_packed_open(struct grub_packed *g, const struct cpio_source *file, struct err *err);
/* What GRUB reads of it; as packed_stream_read(). */
int64_t grub_packed_read(struct grub_packed *g, void *bytes, size_t len, struct err *err);
/*
 * After the last byte was read: why GRUB reads another size than there is, or NULL. last: the last four bytes
 * of the file.
 */
int grub_packed_end(
	struct grub_packed *g, const uint8_t last[4], const char **problem, struct err *err);
void grub_packed_release(struct grub_packed *g);
DEFINE_RELEASE(struct grub_packed, grub_packed_release)

#endif
