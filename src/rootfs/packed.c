/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed files. See packed.h. One stream alone is read; whether anything stands behind it can be asked.
 */
#include "rootfs/packed.h"

#include <errno.h>
#include <string.h>

#include "base/xalloc.h"
#include "rootfs/unpack.h"

#define PIECE ((size_t)256 * 1024)

struct packed_stream {
	struct cpio_source source;
	struct unpack_input in;
	const struct unpack_format *format; /* NULL: its bytes are given as they are */
	struct unpacker *unpacker;
	uint64_t given;
	bool end;
};

const char *packed_format(const uint8_t *head, size_t len)
{
	const struct unpack_format *format = unpack_format_of(head, len);

	return format ? format->name : NULL;
}

struct packed_stream *packed_stream_new(const struct cpio_source *source)
{
	struct packed_stream *s = xcalloc(1, sizeof(*s));

	s->source = *source;
	unpack_input_init(&s->in, &s->source);
	return s;
}

void packed_stream_free(struct packed_stream *s)
{
	if (!s)
		return;
	if (s->unpacker)
		s->format->close(s->unpacker);
	unpack_input_release(&s->in);
	free(s);
}

int packed_stream_head(struct packed_stream *s, const uint8_t **head, size_t *len, struct err *err)
{
	int ret = unpack_input_fill(&s->in, PACKED_HEAD, err);

	if (ret < 0)
		return ret;
	*head = s->in.bytes + s->in.at;
	*len = unpack_input_have(&s->in);
	if (*len > PACKED_HEAD)
		*len = PACKED_HEAD;
	return 0;
}

int packed_stream_unpack(struct packed_stream *s, struct err *err)
{
	const uint8_t *head;
	size_t len;
	int ret = packed_stream_head(s, &head, &len, err);

	if (ret < 0)
		return ret;
	s->format = unpack_format_of(head, len);
	if (!s->format || !s->format->open)
		return err_set(err, ENOTSUP, "%s is not unpacked here",
			s->format ? s->format->name : "this compression");
	s->unpacker = s->format->open();
	return 0;
}

/* The bytes of the source as they are. */
static int pass(struct packed_stream *s, void *bytes, size_t len, size_t *got, struct err *err)
{
	int ret = unpack_input_fill(&s->in, 1, err);

	if (ret < 0)
		return ret;
	*got = unpack_input_have(&s->in) < len ? unpack_input_have(&s->in) : len;
	memcpy(bytes, s->in.bytes + s->in.at, *got);
	unpack_input_eat(&s->in, *got);
	s->end = *got == 0;
	return 0;
}

int64_t packed_stream_read(void *stream, void *bytes, size_t len, struct err *err)
{
	struct packed_stream *s = stream;
	size_t got = 0;

	while (!got && !s->end && len) {
		int ret = s->unpacker ? s->format->read(
						s->unpacker, &s->in, bytes, len, &got, &s->end, err)
				      : pass(s, bytes, len, &got, err);

		if (ret < 0)
			return ret;
	}
	s->given += got;
	return (int64_t)got;
}

uint64_t packed_stream_given(const struct packed_stream *s)
{
	return s->given;
}

int packed_stream_behind(struct packed_stream *s, bool *more, struct err *err)
{
	int ret = unpack_input_fill(&s->in, 1, err);

	*more = ret == 0 && unpack_input_have(&s->in) > 0;
	return ret;
}

int packed_walk(const struct cpio_source *source,
	int (*take)(void *ctx, const uint8_t *bytes, size_t len, struct err *err), void *ctx,
	struct err *err)
{
	CLEANUP(packed_stream_free) struct packed_stream *s = packed_stream_new(source);
	CLEANUP(xfree) uint8_t *piece = xmalloc(PIECE);
	int ret = packed_stream_unpack(s, err);

	while (ret == 0) {
		int64_t got = packed_stream_read(s, piece, PIECE, err);

		if (got <= 0)
			return (int)got;
		ret = take(ctx, piece, (size_t)got, err);
	}
	return ret < 0 ? ret : 0;
}
