/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rectangles of pixels, text in pixels, and PNG files, which zlib and the rules
 * of the format are asked about.
 */
#include <stdlib.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/proto/blt.h"
#include "firmware/proto/font.h"
#include "firmware/proto/png.h"
#include "tap.h"

#define W 8
#define H 6

static void number(struct surface *s)
{
	for (uint64_t y = 0; y < s->height; y++)
		for (uint64_t x = 0; x < s->width; x++)
			put_le32(s->p + y * s->stride + x * 4, (uint32_t)(y * 16 + x));
}

static uint32_t pixel(const struct surface *s, unsigned x, unsigned y)
{
	return le32(s->p + y * s->stride + x * 4);
}

static void rectangles(void)
{
	uint8_t mem[W * H * 4], other[16 * 3];
	struct surface s = { mem, W, H, W * 4 }, buffer = { other, 4, 3, 16 };
	bool moved = true;

	ok(rectangle_on(&(struct rectangle){ 7, 5, 1, 1 }, W, H), "the last pixel is on it");
	ok(!rectangle_on(&(struct rectangle){ 7, 5, 2, 1 }, W, H), "the one behind isn't");
	ok(!rectangle_on(&(struct rectangle){ 0, 0, 0, 1 }, W, H), "nothing is on nothing");
	ok(!rectangle_on(&(struct rectangle){ UINT64_MAX, 0, 2, 1 }, W, H), "no wrapping around");

	for (unsigned n = 0; n < 2; n++) {
		/* Down by one and up by one, overlapping. */
		number(&s);
		blt_copy(&s, &(struct rectangle){ 1, n ? 1 : 0, 5, 4 }, &s, 0, n ? 0 : 1);
		for (unsigned y = 0; y < 4; y++)
			for (unsigned x = 0; x < 5; x++)
				moved &= pixel(&s, x + 1, y + (n ? 1 : 0)) ==
					 (y + (n ? 0 : 1)) * 16 + x;
	}
	ok(moved, "overlapping rectangles are moved whole, both ways");

	number(&s);
	blt_copy(&buffer, &(struct rectangle){ 1, 1, 3, 2 }, &s, 5, 4);
	is_int(pixel(&buffer, 1, 1), 4 * 16 + 5, "to a buffer: first");
	is_int(pixel(&buffer, 3, 2), 5 * 16 + 7, "to a buffer: last");
	blt_fill(&s, &(struct rectangle){ 2, 2, 3, 2 }, (const uint8_t[4]){ 1, 2, 3, 0 });
	is_int(pixel(&s, 2, 2), 0x030201, "filled: first");
	is_int(pixel(&s, 4, 3), 0x030201, "filled: last");
	is_int(pixel(&s, 5, 3), 3 * 16 + 5, "not filled: behind it");
	is_int(pixel(&s, 2, 4), 4 * 16 + 2, "not filled: below it");
}

static void font(void)
{
	bool ascending = true;

	for (size_t i = 1; i < font_n_glyphs; i++)
		ascending &= font_glyphs[i - 1].unit < font_glyphs[i].unit;
	ok(ascending, "the font is sorted");
	is_int(font_glyphs[font_n_glyphs - 1].unit, 0xfffd, "its last glyph stands for others");
}

static void text(void)
{
	size_t size = 641 * 402 * 4;
	uint8_t *mem = xcalloc(1, size);
	struct surface s = { mem, 641, 402, 641 * 4 };
	struct screen screen;
	unsigned ink = 0;

	screen_init(&screen);
	screen.attribute = 0x4f;
	screen_put(&screen, 'A');
	blt_text(&s, &screen, NULL);
	for (unsigned y = 1; y < 17; y++)
		for (unsigned x = 0; x < 8; x++)
			ink += pixel(&s, x, y) == 0xffffff;
	ok(ink > 10 && ink < 60, "a letter has %u pixels of ink", ink);
	is_int(pixel(&s, 0, 1), 0x980000, "on red paper");
	is_int(pixel(&s, 8, 1), 0, "the next cell is empty");
	is_int(pixel(&s, 0, 0), 0, "nothing above the text");
	screen_release(&screen);
	free(mem);
}

/* A chunk's data, with its checksum proven; NULL when it is wrong. */
static const uint8_t *chunk(const uint8_t **p, const char *type, uint32_t *len)
{
	const uint8_t *data = *p + 8;

	*len = be32(*p);
	*p = data + *len + 4;
	if (memcmp(data - 4, type, 4) != 0 || be32(*p - 4) != crc32(0, data - 4, *len + 4))
		return NULL;
	return data;
}

static void png(void)
{
	uint8_t mem[W * H * 4], raw[H * (1 + 3 * W)];
	struct surface s = { mem, W, H, W * 4 };
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err = { 0 };
	const uint8_t *p, *data;
	uLongf n = sizeof(raw);
	bool same = true;
	uint32_t len;

	number(&s);
	put_le32(mem, 0x00ff8001);
	is_int(png_encode(&s, &b, &err), 0, "a picture is encoded");
	p = buf_bytes(&b) + 8;
	data = chunk(&p, "IHDR", &len);
	ok(data && len == 13 && be32(data) == W && be32(data + 4) == H, "its header is right");
	data = chunk(&p, "IDAT", &len);
	ok(data && uncompress(raw, &n, data, len) == Z_OK && n == sizeof(raw), "zlib unpacks it");
	for (unsigned y = 0; y < H; y++) {
		uint8_t *row = raw + y * (1 + 3 * W);

		same &= row[0] == 2;
		for (unsigned i = 1; i <= 3 * W; i++)
			row[i] = (uint8_t)(row[i] + (y ? raw[(y - 1) * (1 + 3 * W) + i] : 0));
		for (unsigned x = 0; x < W; x++) {
			const uint8_t *c = row + 1 + 3 * x;

			same &= pixel(&s, x, y) == (uint32_t)(c[0] << 16 | c[1] << 8 | c[2]);
		}
	}
	ok(same, "the pixels are the same");
	ok(chunk(&p, "IEND", &len) && len == 0 && p == buf_bytes(&b) + b.len,
		"it ends as it should");
}

int main(void)
{
	rectangles();
	font();
	text();
	png();
	return tap_done();
}
