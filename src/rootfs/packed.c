/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed files. See packed.h. One stream alone is read: what stands behind
 * it is nothing that a loader looks at.
 */
#include "rootfs/packed.h"

#include <errno.h>

#include "base/xalloc.h"
#include "rootfs/unpack.h"

#define PIECE ((size_t)256 * 1024)

const char *packed_format(const uint8_t *head, size_t len)
{
	const struct unpack_format *format = unpack_format_of(head, len);

	return format ? format->name : NULL;
}

static int walk(struct unpack_input *in, uint8_t *piece,
	int (*take)(void *ctx, const uint8_t *bytes, size_t len, struct err *err), void *ctx,
	struct err *err)
{
	const struct unpack_format *format;
	struct unpacker *unpacker;
	bool end = false;
	int ret = unpack_input_fill(in, PACKED_HEAD, err);

	if (ret < 0)
		return ret;
	format = unpack_format_of(in->bytes + in->at, unpack_input_have(in));
	if (!format || !format->open)
		return err_set(err, ENOTSUP, "%s is not unpacked here",
			format ? format->name : "this compression");
	unpacker = format->open();
	while (ret == 0 && !end) {
		size_t got = 0;

		ret = format->read(unpacker, in, piece, PIECE, &got, &end, err);
		if (ret == 0 && got)
			ret = take(ctx, piece, got, err);
	}
	format->close(unpacker);
	return ret < 0 ? ret : 0;
}

int packed_walk(const struct cpio_source *source,
	int (*take)(void *ctx, const uint8_t *bytes, size_t len, struct err *err), void *ctx,
	struct err *err)
{
	CLEANUP(unpack_input_release) struct unpack_input in;
	CLEANUP(xfree) uint8_t *piece = xmalloc(PIECE);

	unpack_input_init(&in, source);
	return walk(&in, piece, take, ctx, err);
}
