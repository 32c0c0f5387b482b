/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving rectangles of pixels, as EFI_GRAPHICS_OUTPUT_PROTOCOL.Blt() does (UEFI
 * 2.10 12.9.2.3), and drawing a screen of text. Pure, over host memory. A pixel
 * has four bytes: blue, green, red, and one that counts for nothing.
 */
#ifndef ARMVM_FIRMWARE_PROTO_BLT_H
#define ARMVM_FIRMWARE_PROTO_BLT_H

#include "firmware/proto/screen.h"

#define PIXEL_SIZE 4

struct surface {
	uint8_t *p;
	uint64_t width, height; /* pixels */
	uint64_t stride;        /* bytes from row to row, at least width * PIXEL_SIZE */
};

struct rectangle {
	uint64_t x, y, width, height;
};

/* Whether a rectangle that isn't empty lies on a surface of this size. */
bool rectangle_on(const struct rectangle *r, uint64_t width, uint64_t height);

/* All of these need rectangles that are on their surfaces. */
void blt_fill(const struct surface *s, const struct rectangle *r, const uint8_t pixel[PIXEL_SIZE]);
/* From (x, y) of one surface to a rectangle of another, or of the same: they may overlap. */
void blt_copy(const struct surface *to, const struct rectangle *r, const struct surface *from,
	uint64_t x, uint64_t y);

/*
 * Draws the cells of a screen that differ from those of `drawn` (NULL: all) in
 * the middle of the surface, as far as they fit; the cursor isn't drawn.
 */
void blt_text(const struct surface *to, const struct screen *s, const struct cell *drawn);

#endif
