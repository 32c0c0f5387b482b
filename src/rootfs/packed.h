/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is compressed as a whole, as a stream of what is in it: kernels
 * and configurations that a boot loader unpacks by itself. The formats are
 * those of an initrd (cpio.h).
 */
#ifndef ARMVM_ROOTFS_PACKED_H
#define ARMVM_ROOTFS_PACKED_H

#include "rootfs/cpio.h"

/* What bytes are needed to recognise a format, and what it needs to be undone. */
#define PACKED_HEAD 64

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

/* The same, piece by piece, as it is asked for: what is in a source, or, before packed_stream_unpack(), its bytes as they are. */
struct packed_stream;

struct packed_stream *packed_stream_new(const struct cpio_source *source);
void packed_stream_free(struct packed_stream *s);
DEFINE_CLEANUP(struct packed_stream, packed_stream_free)
/* The first bytes of the source, at most PACKED_HEAD, before any was read; valid until then. */
int packed_stream_head(struct packed_stream *s, const uint8_t **head, size_t *len, struct err *err);
/* From now on what is in there is read. -ENOTSUP: it is not read here. */
int packed_stream_unpack(struct packed_stream *s, struct err *err);
/* For a struct cpio_source, whose ctx the stream is. */
int64_t packed_stream_read(void *stream, void *bytes, size_t len, struct err *err);
/* How many bytes were read of it. */
uint64_t packed_stream_given(const struct packed_stream *s);
/* At its end: whether the source goes on. */
int packed_stream_behind(struct packed_stream *s, bool *more, struct err *err);

#endif
