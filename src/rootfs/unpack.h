/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One compressed stream at a time, read from a buffered source: what cpio.c
 * needs of zlib, liblzma, libzstd and liblz4. Nobody else includes this.
 */
#ifndef ARMVM_ROOTFS_UNPACK_H
#define ARMVM_ROOTFS_UNPACK_H

#include "base/sanitizer.h"
#include "rootfs/cpio.h"

#define INPUT_BYTES ((size_t)WHEN_FUZZING(16, 128) * 1024)
#define UNPACK_HEAD 9 /* bytes of the longest magic */

/* Bytes from a cpio_source with a window to look ahead in. */
struct unpack_input {
	const struct cpio_source *source;
	uint8_t *bytes; /* INPUT_BYTES */
	size_t at, end; /* bytes[at..end) are unread */
	uint64_t off;   /* of bytes[at] in the source */
	bool eof;
};

void unpack_input_init(struct unpack_input *in, const struct cpio_source *source);
void unpack_input_release(struct unpack_input *in);
DEFINE_RELEASE(struct unpack_input, unpack_input_release)
/* Makes at least want bytes (at most INPUT_BYTES / 2) unread unless the source ends; -errno. */
int unpack_input_fill(struct unpack_input *in, size_t want, struct err *err);
static inline size_t unpack_input_have(const struct unpack_input *in)
{
	return in->end - in->at;
}
static inline void unpack_input_eat(struct unpack_input *in, size_t n)
{
	in->at += n;
	in->off += n;
}

struct unpacker;

struct unpack_format {
	const char *name;
	const char *magic;
	size_t magic_len;
	/* NULL: known by name only */
	struct unpacker *(*open)(void);
	/*
	 * Unpacks up to len bytes into out and sets *got; *end once the stream is
	 * over. -EUCLEAN when it is damaged or cut off.
	 */
	int (*read)(struct unpacker *u, struct unpack_input *in, uint8_t *out, size_t len,
		size_t *got, bool *end, struct err *err);
	void (*close)(struct unpacker *u);
};

/* The format of the stream that begins with these bytes; NULL when it is none that is known. */
const struct unpack_format *unpack_format_of(const uint8_t *p, size_t len);

#endif
