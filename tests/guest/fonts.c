/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_HII_FONT_PROTOCOL (UEFI 2.10 34.1) as programs use it that draw text into the frame buffer: the system's
 * font. Fonts differ in height, and in how their glyphs look. The machine has a display.
 */
#include "test.h"

struct pixel {
	uint8_t blue, green, red, reserved;
};

struct image_output {
	uint16_t width, height;
	struct pixel *bitmap;
};

struct display_info {
	struct pixel fore, back;
	uint32_t mask, style;
	uint16_t size;
	char16 name[16];
};

struct font {
	void *draw, *draw_id;
	efi_status (*glyph)(struct font *this, char16 c, const struct display_info *info,
		struct image_output **out, uint64_t *baseline);
	efi_status (*info)(struct font *this, void **handle, const struct display_info *in,
		struct display_info **out, const char16 *text);
};

static const struct guid guid_font = { 0xe9ca4775, 0x8657, 0x47fc,
	{ 0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24 } };
static const struct guid guid_font_ex = { 0x849e6875, 0xdb35, 0x4df8,
	{ 0xb4, 0x1e, 0xc8, 0xf3, 0x37, 0x18, 0x07, 0x3f } };

static struct font *font;
static uint16_t height;

/* How many pixels are in the ink's colour; the others are black. */
static unsigned inked(const struct image_output *image)
{
	unsigned n = 0, black = 0;

	for (unsigned i = 0; i < image->width * image->height; i++) {
		const struct pixel *p = image->bitmap + i;

		if (p->blue == 0x98 && p->green == 0x98 && p->red == 0x98)
			n++;
		else
			black += !p->blue && !p->green && !p->red;
	}
	is(n + black, image->width * image->height, "its pixels are ink, or black");
	return n;
}

static struct image_output *glyph(char16 c, const char *name)
{
	struct image_output *image = NULL;
	uint64_t baseline = 9;

	is(font->glyph(font, c, NULL, &image, &baseline), EFI_SUCCESS, name);
	ok(image && image->bitmap, "it is made");
	is(image->width, 8, "its width");
	is(baseline, 0, "its baseline");
	if (!height)
		height = image->height;
	ok(height >= 16 && height == image->height, "its height, which all have");
	return image;
}

static void test_glyphs(void)
{
	struct image_output *a = glyph('A', "glyph: A"), *blank = glyph(' ', "glyph: a blank");
	struct image_output *block = glyph(0x2588, "glyph: a full block");
	struct image_output given = { 8, 8, NULL }, *out = &given;

	ok(inked(a) > 8 && inked(a) < 8u * height / 2, "glyph: some of A is ink");
	is(inked(blank), 0, "glyph: nothing of a blank is");
	is(inked(block), 8u * height, "glyph: all of a block is");
	is(inked(glyph(0, "glyph: what ends a string")), 0, "glyph: that is blank");
	is(inked(glyph(0x2500, "glyph: a line")), 8, "glyph: that is a row");
	glyph(0xe9, "glyph: e with an acute");
	is(bs->free_pool(a->bitmap), EFI_SUCCESS, "glyph: its bitmap is freed");
	is(bs->free_pool(a), EFI_SUCCESS, "glyph: and it");
	out = NULL;
	is(font->glyph(font, 0x4e2d, NULL, &out, NULL), 1, "glyph: one that is not there");
	ok(!out, "glyph: nothing is made then");
	is(font->glyph(font, '\n', NULL, &out, NULL), 1, "glyph: a line's end");
	out = &given;
	is(font->glyph(font, 'A', NULL, &out, NULL), EFI_INVALID_PARAMETER,
		"glyph: into one that is there");
	is(font->glyph(font, 'A', NULL, NULL, NULL), EFI_INVALID_PARAMETER, "glyph: into nothing");
	is(font->glyph(NULL, 'A', NULL, &out, NULL), EFI_INVALID_PARAMETER, "glyph: of nobody");
}

static void test_info(void)
{
	struct display_info *info = NULL;
	void *handle = NULL;

	is(font->info(font, &handle, NULL, &info, NULL), EFI_SUCCESS, "info: of the system's font");
	ok(handle && info, "info: there are a handle and a description");
	is_string(info->name, STR16("sysdefault"), "info: its name");
	is(info->size, height, "info: its height");
	is(info->style, 0, "info: its style");
	is(info->mask, 7, "info: its mask");
	ok(info->fore.red == 0x98 && info->back.red == 0, "info: its colours");
	is(bs->free_pool(info), EFI_SUCCESS, "info: it is freed");
	is(font->info(font, &handle, NULL, &info, NULL), EFI_NOT_FOUND, "info: there is no other");
	ok(!handle, "info: the handle then");
	is(font->info(font, NULL, NULL, &info, STR16("text")), EFI_SUCCESS, "info: for a text");
	is(font->info(font, NULL, NULL, NULL, NULL), EFI_SUCCESS, "info: not wanted");
	is(font->info(NULL, NULL, NULL, &info, NULL), EFI_INVALID_PARAMETER, "info: of nobody");
}

void subject(void)
{
	void *ex = NULL;

	is(bs->locate_protocol(&guid_font, NULL, (void **)&font), EFI_SUCCESS, "there is a font");
	is(bs->locate_protocol(&guid_font_ex, NULL, &ex), EFI_NOT_FOUND,
		"there is none of the newer protocol");
	test_glyphs();
	test_info();
}
