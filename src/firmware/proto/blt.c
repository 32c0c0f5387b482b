/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rectangles of pixels. See blt.h.
 */
#include <string.h>

#include "base/checked.h"
#include "firmware/proto/blt.h"
#include "firmware/proto/font.h"

/* UEFI 2.10 12.4.3's sixteen colours, as a PC's text mode shows them: blue, green, red. */
static const uint8_t colours[16][PIXEL_SIZE] = {
	{ 0x00, 0x00, 0x00, 0 },
	{ 0x98, 0x00, 0x00, 0 },
	{ 0x00, 0x98, 0x00, 0 },
	{ 0x98, 0x98, 0x00, 0 },
	{ 0x00, 0x00, 0x98, 0 },
	{ 0x98, 0x00, 0x98, 0 },
	{ 0x00, 0x98, 0x98, 0 },
	{ 0x98, 0x98, 0x98, 0 },
	{ 0x30, 0x30, 0x30, 0 },
	{ 0xff, 0x00, 0x00, 0 },
	{ 0x00, 0xff, 0x00, 0 },
	{ 0xff, 0xff, 0x00, 0 },
	{ 0x00, 0x00, 0xff, 0 },
	{ 0xff, 0x00, 0xff, 0 },
	{ 0x00, 0xff, 0xff, 0 },
	{ 0xff, 0xff, 0xff, 0 },
};

static uint8_t *at(const struct surface *s, uint64_t x, uint64_t y)
{
	return s->p + y * s->stride + x * PIXEL_SIZE;
}

bool rectangle_on(const struct rectangle *r, uint64_t width, uint64_t height)
{
	return r->width && r->height && range_within(r->x, r->width, width) &&
	       range_within(r->y, r->height, height);
}

void blt_fill(const struct surface *s, const struct rectangle *r, const uint8_t pixel[PIXEL_SIZE])
{
	uint8_t *first = at(s, r->x, r->y);

	for (uint64_t x = 0; x < r->width; x++)
		memcpy(first + x * PIXEL_SIZE, pixel, PIXEL_SIZE);
	for (uint64_t y = 1; y < r->height; y++)
		memcpy(at(s, r->x, r->y + y), first, r->width * PIXEL_SIZE);
}

void blt_copy(const struct surface *to, const struct rectangle *r, const struct surface *from,
	uint64_t x, uint64_t y)
{
	/* Downwards in the same surface, the last row has to go first. */
	bool up = to->p == from->p && r->y > y;

	for (uint64_t i = 0; i < r->height; i++) {
		uint64_t row = up ? r->height - 1 - i : i;

		memmove(at(to, r->x, r->y + row), at(from, x, y + row), r->width * PIXEL_SIZE);
	}
}

static void draw_cell(const struct surface *to, uint64_t x, uint64_t y, const struct cell *cell)
{
	const struct glyph *glyph = font_glyph(cell->unit);
	const uint8_t *ink = colours[cell->attribute & 15];
	const uint8_t *paper = colours[cell->attribute >> 4 & 7];

	if (!glyph)
		glyph = &font_glyphs[font_n_glyphs - 1]; /* the last is U+FFFD */
	for (unsigned row = 0; row < FONT_HEIGHT; row++) {
		uint8_t *p = at(to, x, y + row), bits = glyph_row(glyph, row);

		for (unsigned i = 0; i < FONT_WIDTH; i++)
			memcpy(p + i * PIXEL_SIZE, bits & 0x80 >> i ? ink : paper, PIXEL_SIZE);
	}
}

void blt_text(const struct surface *to, const struct screen *s, const struct cell *drawn)
{
	uint64_t columns = to->width / FONT_WIDTH, rows = to->height / FONT_HEIGHT;
	uint64_t left, top;

	if (columns > s->columns)
		columns = s->columns;
	if (rows > s->rows)
		rows = s->rows;
	left = (to->width - columns * FONT_WIDTH) / 2;
	top = (to->height - rows * FONT_HEIGHT) / 2;
	for (uint64_t row = 0; row < rows; row++) {
		for (uint64_t column = 0; column < columns; column++) {
			size_t i = row * s->columns + column;

			if (drawn && drawn[i].unit == s->cells[i].unit &&
				drawn[i].attribute == s->cells[i].attribute)
				continue;
			draw_cell(to, left + column * FONT_WIDTH, top + row * FONT_HEIGHT,
				&s->cells[i]);
		}
	}
}
