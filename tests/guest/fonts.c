/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_HII_FONT_PROTOCOL (UEFI 2.10 34.1) as programs use it that draw text into the frame buffer: the system's
 * font, by description, too, and what is refused before anything is drawn. Fonts differ in height, and in how their
 * glyphs look. The machine has a display.
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
	efi_status (*draw)(struct font *this, uint32_t flags, const char16 *text,
		const struct display_info *info, struct image_output **out, uint64_t x, uint64_t y,
		void **rows, uint64_t *n_rows, uint64_t *columns);
	efi_status (*draw_id)(struct font *this, uint32_t flags, void *list, uint16_t id,
		const char *language, const struct display_info *info, struct image_output **out,
		uint64_t x, uint64_t y, void **rows, uint64_t *n_rows, uint64_t *columns);
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

/* Of the system's font: its colours, size and name where the mask does not say that they are. */
static const struct display_info *described(uint32_t mask, uint16_t size, const char16 *name)
{
	static struct display_info info;
	static const struct display_info none = { 0 };
	static const struct pixel ink = { 0x98, 0x98, 0x98, 0 };

	info = none;
	info.fore = ink;
	info.mask = mask;
	info.size = size;
	for (unsigned i = 0; name[i]; i++)
		info.name[i] = name[i];
	return &info;
}

static efi_status info_of(const struct display_info *in)
{
	struct display_info *out = NULL;
	efi_status status = font->info(font, NULL, in, &out, NULL);

	ok(!out == !!status, "described: there is an answer, or an error");
	if (out)
		is(out->mask == 7 && out->size == height, 1, "described: it is the system's");
	return status;
}

static void test_described(void)
{
	const char16 *name = STR16("sysdefault"), *other = STR16("other");
	struct display_info red = *described(7, 0, other);
	struct image_output *out = NULL;
	void *handle = NULL;

	is(info_of(described(0, height, name)), EFI_SUCCESS, "described: by name and size");
	is(info_of(described(0, height, other)), EFI_NOT_FOUND, "described: another name");
	is(info_of(described(0, height, STR16("sysdefault2"))), EFI_NOT_FOUND, "described: longer");
	is(info_of(described(0, height, STR16("sysdefaul"))), EFI_NOT_FOUND, "described: shorter");
	is(info_of(described(0, height + 1, name)), EFI_NOT_FOUND, "described: another size");
	is(info_of(described(0x1000, height + 1, name)), EFI_NOT_FOUND,
		"described: to be stretched");
	is(info_of(described(2, 1, name)), EFI_SUCCESS, "described: the system's size");
	is(info_of(described(0x20000, 1, name)), EFI_SUCCESS, "described: any size");
	is(info_of(described(7, 1, other)), EFI_SUCCESS, "described: the system's in all");
	is(info_of(described(0x70000, 1, other)), EFI_SUCCESS, "described: any");
	is(info_of(described(0x70007, 1, other)), EFI_SUCCESS, "described: any, and the system's");
	red.fore.green = 0;
	is(info_of(&red), EFI_NOT_FOUND, "described: in another colour");
	red.mask = 0x17;
	is(info_of(&red), EFI_SUCCESS, "described: in the system's colour");
	red.back.blue = 1;
	is(info_of(&red), EFI_NOT_FOUND, "described: on another colour");
	red.mask = 0x37;
	is(info_of(&red), EFI_SUCCESS, "described: in the system's colours");
	red.style = 1;
	is(info_of(&red), EFI_SUCCESS, "described: in the system's style");
	red.mask = 0x33;
	is(info_of(&red), EFI_NOT_FOUND, "described: in another style");
	is(info_of(described(0x10001, 1, other)), EFI_INVALID_PARAMETER, "described: two names");
	is(info_of(described(0x20002, height, other)), EFI_INVALID_PARAMETER,
		"described: two sizes");
	is(info_of(described(0x40004, 1, name)), EFI_INVALID_PARAMETER, "described: two styles");
	is(info_of(described(0x21000, height, other)), EFI_INVALID_PARAMETER,
		"described: any size, stretched");
	is(info_of(described(0x42000, 1, name)), EFI_INVALID_PARAMETER,
		"described: any style, changed");
	handle = &handle;
	is(font->info(font, &handle, described(0x10001, 1, other), NULL, NULL),
		EFI_INVALID_PARAMETER, "described: two names, and a handle");
	ok(handle == &handle, "described: that stays");
	is(font->info(font, NULL, NULL, NULL, NULL), EFI_SUCCESS, "described: the system's again");
	is(font->glyph(font, 'A', described(7, 0, other), &out, NULL), EFI_SUCCESS,
		"described: a glyph of the system's");
	ok(out && inked(out) > 8, "described: it is drawn");
	out = NULL;
	is(font->glyph(font, 'A', described(0, 1, other), &out, NULL), 1, "described: of another");
	ok(!out, "described: it is not");
	is(font->glyph(font, 'A', described(0x10001, 1, other), &out, NULL), EFI_INVALID_PARAMETER,
		"described: of two names");
}

static efi_status draw(uint32_t flags, struct image_output *image)
{
	return font->draw(font, flags, STR16("text"), NULL, &image, 0, 0, NULL, NULL, NULL);
}

static void test_refused(void)
{
	static struct pixel pixels[64 * 32];
	struct image_output image = { 64, 32, pixels }, *out = &image;

	is(font->draw(NULL, 0, STR16("text"), NULL, &out, 0, 0, NULL, NULL, NULL),
		EFI_INVALID_PARAMETER, "drawn: of nobody");
	is(font->draw(font, 0, NULL, NULL, &out, 0, 0, NULL, NULL, NULL), EFI_INVALID_PARAMETER,
		"drawn: no text");
	is(font->draw(font, 0, STR16("text"), NULL, NULL, 0, 0, NULL, NULL, NULL),
		EFI_INVALID_PARAMETER, "drawn: into nothing");
	is(draw(0x01, NULL), EFI_INVALID_PARAMETER, "drawn: clipped, into what is to be made");
	is(draw(0x10, NULL), EFI_INVALID_PARAMETER, "drawn: transparent, into what is to be made");
	is(draw(0x08, &image), EFI_INVALID_PARAMETER, "drawn: clean at the right, not clipped");
	is(draw(0x04, &image), EFI_INVALID_PARAMETER, "drawn: clean below, not clipped");
	is(draw(0x0b, &image), EFI_INVALID_PARAMETER, "drawn: wrapped, and clean at the right");
	is(font->draw_id(font, 0, NULL, 1, "en", NULL, &out, 0, 0, NULL, NULL, NULL),
		EFI_INVALID_PARAMETER, "drawn: of no list");
	is(font->draw_id(font, 0, &image, 1, "en", NULL, NULL, 0, 0, NULL, NULL, NULL),
		EFI_INVALID_PARAMETER, "drawn: a string into nothing");
	is(font->draw_id(font, 0, &image, 1, "en", NULL, &out, 0, 0, NULL, NULL, NULL),
		EFI_NOT_FOUND, "drawn: of a list that is none");
}

void subject(void)
{
	void *ex = NULL;

	is(bs->locate_protocol(&guid_font, NULL, (void **)&font), EFI_SUCCESS, "there is a font");
	is(bs->locate_protocol(&guid_font_ex, NULL, &ex), EFI_NOT_FOUND,
		"there is none of the newer protocol");
	test_glyphs();
	test_info();
	test_described();
	test_refused();
}
