/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PNG files by zlib. See png.h. Each row is filtered against the one above it,
 * which serves screens well: most of their rows are alike.
 */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/proto/png.h"

#define FILTER_UP 2

static void add_chunk(struct buf *out, const char type[5], const uint8_t *data, size_t len)
{
	uint8_t word[4];
	uLong crc = crc32(0, (const uint8_t *)type, 4);

	put_be32(word, (uint32_t)len);
	buf_add(out, word, 4);
	buf_add(out, type, 4);
	if (len) {
		buf_add(out, data, len);
		crc = crc32(crc, data, (uInt)len);
	}
	put_be32(word, (uint32_t)crc);
	buf_add(out, word, 4);
}

/* Red, green, blue of each pixel of row y, less those of the row above. */
static void filter_row(const struct surface *s, uint64_t y, uint8_t *to)
{
	const uint8_t *p = s->p + y * s->stride;
	const uint8_t *above = y ? p - s->stride : NULL;

	*to++ = FILTER_UP;
	for (uint64_t x = 0; x < s->width; x++, p += PIXEL_SIZE, to += 3) {
		for (unsigned i = 0; i < 3; i++) {
			uint8_t up = above ? above[2 - i] : 0;

			to[i] = (uint8_t)(p[2 - i] - up);
		}
		if (above)
			above += PIXEL_SIZE;
	}
}

int png_encode(const struct surface *s, struct buf *out, struct err *err)
{
	static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	size_t row = 1 + (size_t)s->width * 3;
	CLEANUP(xfree) uint8_t *raw = xmalloc(row * s->height);
	uLongf len = compressBound(row * s->height);
	CLEANUP(xfree) uint8_t *packed = xmalloc(len);
	uint8_t header[13] = { [8] = 8 /* bits */, [9] = 2 /* red, green, blue */ };

	for (uint64_t y = 0; y < s->height; y++)
		filter_row(s, y, raw + y * row);
	if (compress2(packed, &len, raw, row * s->height, 6) != Z_OK)
		return err_set(err, ENOMEM, "screenshot: zlib failed");
	put_be32(header, (uint32_t)s->width);
	put_be32(header + 4, (uint32_t)s->height);
	buf_add(out, signature, sizeof(signature));
	add_chunk(out, "IHDR", header, sizeof(header));
	add_chunk(out, "IDAT", packed, len);
	add_chunk(out, "IEND", NULL, 0);
	return 0;
}
