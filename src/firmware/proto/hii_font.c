/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_HII_FONT_PROTOCOL (UEFI 2.10 34.1) of machines with a display, for
 * programs that draw text into the frame buffer by themselves, as iPXE does: the system's font
 * and its glyphs. Other fonts, and drawing strings, are recorded as unimplemented.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/font.h"
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
#define INFO_FORE  0
#define INFO_BACK  4
#define INFO_MASK  8
#define INFO_STYLE 12
#define INFO_HIGH  16
#define INFO_NAME  18
#define INFO_SIZE  (INFO_NAME + 2 * sizeof(system_name))
#define MASK_ALL   7 /* EFI_FONT_INFO_SYS_FONT, _SYS_SIZE, _SYS_STYLE */

static const char system_name[] = "sysdefault";
/* EFI_LIGHTGRAY */
static const uint8_t ink[PIXEL_SIZE] = { 0x98, 0x98, 0x98, 0 };

static void draw(uint8_t *to, const struct glyph *glyph)
{
	memset(to, 0, BITMAP_SIZE);
	for (unsigned row = 0; row < FONT_HEIGHT; row++)
		for (unsigned i = 0; i < FONT_WIDTH; i++, to += PIXEL_SIZE)
			if (glyph_row(glyph, row) & 0x80 >> i)
				memcpy(to, ink, PIXEL_SIZE);
}

/* A font that somebody describes may be another than the system's. What describes it is not read. */
static efi_status other_font(struct machine *m)
{
	return machine_unimplemented(m, "HiiFont: a font by its description");
}

/* This, Char, StringInfo, Blt, Baseline */
static efi_status get_glyph(struct machine *m, const struct call *c)
{
	uint16_t unit = (uint16_t)c->arg[1];
	/* What ends a string is shown as a blank. */
	const struct glyph *glyph = font_glyph(unit ? unit : ' ');
	struct gaddr image, bitmap;
	uint64_t there;
	uint8_t *p;

	if (!c->arg[0] || !c->arg[3] || !guest_read64(m->ram, call_addr(c, 3), &there) || there)
		return EFI_INVALID_PARAMETER;
	if (c->arg[2])
		return other_font(m);
	if (!glyph)
		return EFI_WARN_UNKNOWN_GLYPH;
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
	put_le32(info + INFO_MASK, MASK_ALL);
	put_le16(info + INFO_HIGH, FONT_HEIGHT);
	for (size_t i = 0; i < sizeof(system_name); i++)
		put_le16(info + INFO_NAME + 2 * i, (uint8_t)system_name[i]);
}

/* This, FontHandle, StringInfoIn, StringInfoOut, String. There is one font: whose handle is known wants another. */
static efi_status get_font_info(struct machine *m, const struct call *c)
{
	struct gaddr handle = call_addr(c, 1), out = call_addr(c, 3), info;
	uint8_t bytes[INFO_SIZE];
	uint64_t known = 0;

	if (!c->arg[0] || (handle.v && !guest_read64(m->ram, handle, &known)))
		return EFI_INVALID_PARAMETER;
	if (c->arg[2])
		return other_font(m);
	if (handle.v && !guest_write64(m->ram, handle, known ? 0 : c->arg[0]))
		return EFI_INVALID_PARAMETER;
	if (known)
		return EFI_NOT_FOUND;
	if (!out.v)
		return EFI_SUCCESS;
	if (pool_allocate(m->pool, MEM_BOOT_DATA, INFO_SIZE, &info) != EFI_SUCCESS)
		return EFI_OUT_OF_RESOURCES;
	describe(bytes);
	return guest_write(m->ram, info, bytes, INFO_SIZE) && guest_write64(m->ram, out, info.v)
		       ? EFI_SUCCESS
		       : EFI_INVALID_PARAMETER;
}

static const struct service rows[] = {
	{ 0, "HiiFont.StringToImage", NULL, { ARG_THIS }, 0 },
	{ 8, "HiiFont.StringIdToImage", NULL, { ARG_THIS }, 0 },
	{ 16, "HiiFont.GetGlyph", get_glyph,
		{ ARG_THIS, ARG_U32, ARG_U64, ARG_BOTH(8), ARG_OUT(8) }, 0 },
	{ 24, "HiiFont.GetFontInfo", get_font_info,
		{ ARG_THIS, ARG_BOTH(8), ARG_U64, ARG_OUT(8), ARG_U64 }, 0 },
};

void hii_font_register(struct machine *m, const struct protocols_config *config)
{
	if (config->gop)
		protocol_install(m, handle_create(m), &uefi_hii_font, FONT_SIZE, rows,
			ARRAY_SIZE(rows), NULL);
}
