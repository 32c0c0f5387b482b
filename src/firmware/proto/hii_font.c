/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_HII_FONT_PROTOCOL (UEFI 2.10 34.1) of machines with a display, for
 * programs that draw text into the frame buffer by themselves, as iPXE does: the system's font
 * and its glyphs. Fonts that programs bring in packages, and drawing strings, are recorded as unimplemented.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/font.h"
#include "firmware/proto/hii.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define FONT_SIZE 32

/* EFI_IMAGE_OUTPUT, and a bitmap of the glyph behind it: EFI_GRAPHICS_OUTPUT_BLT_PIXEL */
#define IMAGE_WIDTH  0
#define IMAGE_HEIGHT 2
#define IMAGE_BITMAP 8
#define IMAGE_SIZE   16
#define PIXEL_SIZE   4
#define BITMAP_SIZE  (FONT_WIDTH * FONT_HEIGHT * PIXEL_SIZE)

/* EFI_FONT_DISPLAY_INFO, as edk2 names its own. */
#define INFO_FORE      0
#define INFO_BACK      4
#define INFO_MASK      8
#define INFO_STYLE     12
#define INFO_HIGH      16
#define INFO_NAME      18
#define INFO_SIZE      (INFO_NAME + 2 * sizeof(system_name))
#define NAME_MAX_UNITS 256

/* EFI_FONT_INFO_MASK */
#define MASK_SYS_FONT  0x00001
#define MASK_SYS_SIZE  0x00002
#define MASK_SYS_STYLE 0x00004
#define MASK_SYS_FORE  0x00010
#define MASK_SYS_BACK  0x00020
#define MASK_RESIZE    0x01000
#define MASK_RESTYLE   0x02000
#define MASK_ANY_FONT  0x10000
#define MASK_ANY_SIZE  0x20000
#define MASK_ANY_STYLE 0x40000
#define MASK_SYSTEM    (MASK_SYS_FONT | MASK_SYS_SIZE | MASK_SYS_STYLE)

/* EFI_HII_OUT_FLAGS */
#define OUT_CLIP        0x01
#define OUT_WRAP        0x02
#define OUT_CLEAN_Y     0x04
#define OUT_CLEAN_X     0x08
#define OUT_TRANSPARENT 0x10

static const char system_name[] = "sysdefault";
/* EFI_LIGHTGRAY */
static const uint8_t ink[PIXEL_SIZE] = { 0x98, 0x98, 0x98, 0 };
static const uint8_t paper[PIXEL_SIZE] = { 0 };

static void draw(uint8_t *to, const struct glyph *glyph)
{
	memset(to, 0, BITMAP_SIZE);
	for (unsigned row = 0; row < FONT_HEIGHT; row++)
		for (unsigned i = 0; i < FONT_WIDTH; i++, to += PIXEL_SIZE)
			if (glyph_row(glyph, row) & 0x80 >> i)
				memcpy(to, ink, PIXEL_SIZE);
}

static struct hii *font_hii(struct machine *m, const struct call *c)
{
	return protocol_host(m, call_addr(c, 0), &uefi_hii_font);
}

/* Whether a program brought packages of this type. */
static bool are_brought(const struct hii *hii, enum hii_package_type type)
{
	for (size_t i = 0; i < hii->n; i++)
		for (size_t k = 0; k < hii->lists[i].n; k++)
			if (hii_type(&hii->lists[i].packages[k]) == type)
				return true;
	return false;
}

static bool has_system_name(struct machine *m, struct gaddr name)
{
	CLEANUP(xfree) char *text = guest_string16(m->ram, name, NAME_MAX_UNITS);

	return text && strcmp(text, system_name) == 0;
}

/* Whether the mask wants something in two ways. */
static bool contradicts(uint32_t mask)
{
	static const uint32_t pairs[] = { MASK_SYS_FONT | MASK_ANY_FONT,
		MASK_SYS_SIZE | MASK_ANY_SIZE, MASK_SYS_STYLE | MASK_ANY_STYLE,
		MASK_RESIZE | MASK_ANY_SIZE, MASK_RESTYLE | MASK_ANY_STYLE };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if ((mask & pairs[i]) == pairs[i])
			return true;
	return false;
}

/* Whether an EFI_FONT_DISPLAY_INFO is of the system's font in the system's colours, as no description is. */
static bool is_system_font(struct machine *m, struct gaddr at, const uint8_t *info)
{
	uint32_t mask = le32(info + INFO_MASK);

	return (mask & (MASK_SYS_FONT | MASK_ANY_FONT) ||
		       has_system_name(m, gaddr_add(at, INFO_NAME))) &&
	       (mask & (MASK_SYS_SIZE | MASK_ANY_SIZE) || le16(info + INFO_HIGH) == FONT_HEIGHT) &&
	       (mask & (MASK_SYS_STYLE | MASK_ANY_STYLE) || !le32(info + INFO_STYLE)) &&
	       (mask & MASK_SYS_FORE || memcmp(info + INFO_FORE, ink, PIXEL_SIZE) == 0) &&
	       (mask & MASK_SYS_BACK || memcmp(info + INFO_BACK, paper, PIXEL_SIZE) == 0);
}

/*
 * EFI_SUCCESS: the system's font. EFI_NOT_FOUND: there is none as described. A font that programs bring is recorded
 * as unimplemented.
 */
static efi_status find_font(struct machine *m, const struct hii *hii, struct gaddr at)
{
	const uint8_t *info = at.v ? guest_in(m->ram, at, INFO_NAME) : NULL;

	if (!at.v)
		return EFI_SUCCESS;
	if (!info)
		return EFI_INVALID_PARAMETER;
	if (is_system_font(m, at, info))
		return EFI_SUCCESS;
	if (contradicts(le32(info + INFO_MASK)))
		return EFI_INVALID_PARAMETER;
	return are_brought(hii, HII_PACKAGE_FONTS)
		       ? machine_unimplemented(m, "HiiFont: a font of a package")
		       : EFI_NOT_FOUND;
}

/* This, Char, StringInfo, Blt, Baseline */
static efi_status get_glyph(struct machine *m, const struct call *c)
{
	uint16_t unit = (uint16_t)c->arg[1];
	/* What ends a string is shown as a blank. */
	const struct glyph *glyph = font_glyph(unit ? unit : ' ');
	struct gaddr image, bitmap;
	struct hii *hii = font_hii(m, c);
	efi_status status;
	uint64_t there;
	uint8_t *p;

	if (!hii || !c->arg[3] || !guest_read64(m->ram, call_addr(c, 3), &there) || there)
		return EFI_INVALID_PARAMETER;
	status = find_font(m, hii, call_addr(c, 2));
	if (status != EFI_SUCCESS)
		return status == EFI_NOT_FOUND ? EFI_WARN_UNKNOWN_GLYPH : status;
	if (!glyph)
		return are_brought(hii, HII_PACKAGE_SIMPLE_FONTS)
			       ? machine_unimplemented(m, "HiiFont: a glyph of a package")
			       : EFI_WARN_UNKNOWN_GLYPH;
	if (pool_allocate(m->pool, MEM_BOOT_DATA, IMAGE_SIZE, &image) != EFI_SUCCESS ||
		pool_allocate(m->pool, MEM_BOOT_DATA, BITMAP_SIZE, &bitmap) != EFI_SUCCESS)
		return EFI_OUT_OF_RESOURCES;
	p = guest_out(m->ram, image, IMAGE_SIZE);
	memset(p, 0, IMAGE_SIZE);
	put_le16(p + IMAGE_WIDTH, FONT_WIDTH);
	put_le16(p + IMAGE_HEIGHT, FONT_HEIGHT);
	put_le64(p + IMAGE_BITMAP, bitmap.v);
	draw(guest_out(m->ram, bitmap, BITMAP_SIZE), glyph);
	if (!guest_write64(m->ram, call_addr(c, 3), image.v) ||
		(c->arg[4] && !guest_write64(m->ram, call_addr(c, 4), 0)))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static void describe(uint8_t info[INFO_SIZE])
{
	memset(info, 0, INFO_SIZE);
	memcpy(info + INFO_FORE, ink, PIXEL_SIZE);
	put_le32(info + INFO_MASK, MASK_SYSTEM);
	put_le16(info + INFO_HIGH, FONT_HEIGHT);
	for (size_t i = 0; i < sizeof(system_name); i++)
		put_le16(info + INFO_NAME + 2 * i, (uint8_t)system_name[i]);
}

/*
 * This, FontHandle, StringInfoIn, StringInfoOut, String. There is one font: whose handle is known wants another, and
 * after the last it is not asked which.
 */
static efi_status get_font_info(struct machine *m, const struct call *c)
{
	struct gaddr handle = call_addr(c, 1), out = call_addr(c, 3), info;
	struct hii *hii = font_hii(m, c);
	uint8_t bytes[INFO_SIZE];
	efi_status status;
	uint64_t known = 0;

	if (!hii || (handle.v && !guest_read64(m->ram, handle, &known)))
		return EFI_INVALID_PARAMETER;
	status = known == c->arg[0] ? EFI_NOT_FOUND : find_font(m, hii, call_addr(c, 2));
	if (status != EFI_SUCCESS && status != EFI_NOT_FOUND)
		return status;
	if (known)
		status = EFI_NOT_FOUND;
	if (handle.v && !guest_write64(m->ram, handle, status == EFI_SUCCESS ? c->arg[0] : 0))
		return EFI_INVALID_PARAMETER;
	if (status != EFI_SUCCESS)
		return status;
	if (!out.v)
		return EFI_SUCCESS;
	if (pool_allocate(m->pool, MEM_BOOT_DATA, INFO_SIZE, &info) != EFI_SUCCESS)
		return EFI_OUT_OF_RESOURCES;
	describe(bytes);
	return guest_write(m->ram, info, bytes, INFO_SIZE) && guest_write64(m->ram, out, info.v)
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

/* Whether these flags (34.1.2) go together, for an image that is there or one that is to be made. */
static bool can_draw(struct machine *m, uint64_t flags, struct gaddr blt)
{
	uint64_t image;

	if (!guest_read64(m->ram, blt, &image))
		return false;
	if (!image && flags & (OUT_TRANSPARENT | OUT_CLIP))
		return false;
	if (flags & (OUT_CLEAN_X | OUT_CLEAN_Y) && !(flags & OUT_CLIP))
		return false;
	return !(flags & OUT_WRAP) || !(flags & OUT_CLEAN_X);
}

/* This, Flags, String, StringInfo, Blt, BltX, BltY, RowInfoArray, RowInfoArraySize, ColumnInfoArray */
static efi_status string_to_image(struct machine *m, const struct call *c)
{
	if (!font_hii(m, c) || !c->arg[2] || !c->arg[4] ||
		!can_draw(m, (uint32_t)c->arg[1], call_addr(c, 4)))
		return EFI_INVALID_PARAMETER;
	return machine_unimplemented(m, "HiiFont.StringToImage");
}

/* This, Flags, PackageList, StringId, Language, StringInfo, Blt, and as StringToImage() */
static efi_status string_id_to_image(struct machine *m, const struct call *c)
{
	struct hii *hii = font_hii(m, c);
	const struct hii_list *list;

	if (!hii || !c->arg[2] || !c->arg[6])
		return EFI_INVALID_PARAMETER;
	list = hii_list_of(hii, c->arg[2]);
	if (!list || !hii_has_string(list, (uint16_t)c->arg[3]))
		return EFI_NOT_FOUND;
	if (!can_draw(m, (uint32_t)c->arg[1], call_addr(c, 6)))
		return EFI_INVALID_PARAMETER;
	return machine_unimplemented(m, "HiiFont.StringIdToImage");
}

#define NAME_ENDS "a description ends with its font's name"

static const struct service rows[] = {
	{ 0, "HiiFont.StringToImage", string_to_image,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_U64, ARG_BOTH(8), ARG_U64, ARG_U64 }, 0 },
	{ 8, "HiiFont.StringIdToImage", string_id_to_image,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_U32, ARG_U64, ARG_U64, ARG_BOTH(8), ARG_U64 },
		0 },
	{ 16, "HiiFont.GetGlyph", get_glyph,
		{ ARG_THIS, ARG_U32, ARG_IN(INFO_NAME), ARG_BOTH(8), ARG_OUT(8) }, 0, NAME_ENDS },
	{ 24, "HiiFont.GetFontInfo", get_font_info,
		{ ARG_THIS, ARG_BOTH(8), ARG_IN(INFO_NAME), ARG_OUT(8), ARG_U64 }, 0, NAME_ENDS },
};

void hii_font_install(struct machine *m, struct handle *h, struct hii *hii)
{
	protocol_install(m, h, &uefi_hii_font, FONT_SIZE, rows, ARRAY_SIZE(rows), hii);
}
