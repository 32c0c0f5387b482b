/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A font of 8x16 pixels, for screenshots of text and for programs that draw text by themselves.
 */
#ifndef ARMVM_FIRMWARE_PROTO_FONT_H
#define ARMVM_FIRMWARE_PROTO_FONT_H

#include "base/base.h"

#define FONT_WIDTH  8
#define FONT_HEIGHT 16

struct glyph {
	uint16_t unit;
	uint64_t rows[2]; /* eight rows each, from the top; in a row the left comes first */
};

extern const struct glyph font_glyphs[];
extern const size_t font_n_glyphs;
/* NULL: it has none of this character. */
const struct glyph *font_glyph(uint16_t unit);

static inline uint8_t glyph_row(const struct glyph *glyph, unsigned row)
{
	return (uint8_t)(glyph->rows[row / 8] >> (56 - row % 8 * 8));
}

#endif
