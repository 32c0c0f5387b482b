/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_GRAPHICS_OUTPUT_PROTOCOL (UEFI 2.10 12.9): one mode of 1024x768 with a
 * linear frame buffer in reserved guest memory, so that guests may write to it
 * directly, too. Text is drawn on it only when somebody looks: the guest by
 * Blt(), or a screenshot. There is no EDID.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/state.h"
#include "firmware/proto/blt.h"
#include "firmware/proto/console.h"
#include "firmware/proto/font.h"
#include "firmware/proto/png.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define WIDTH  1024
#define HEIGHT 768
#define BYTES  ((uint64_t)WIDTH * HEIGHT * PIXEL_SIZE)

#define GOP_MODE 24
#define GOP_SIZE 32

/* EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE */
#define MODE_MAX       0
#define MODE_INFO      8
#define MODE_INFO_SIZE 16
#define MODE_BASE      24
#define MODE_BYTES     32
#define MODE_SIZE      40

/* EFI_GRAPHICS_OUTPUT_MODE_INFORMATION */
#define INFO_WIDTH  4
#define INFO_HEIGHT 8
#define INFO_FORMAT 12
#define INFO_STRIDE 32
#define INFO_SIZE   36
#define FORMAT_BGRX 1

/* EFI_GRAPHICS_OUTPUT_BLT_OPERATION */
enum {
	VIDEO_FILL,
	VIDEO_TO_BUFFER,
	BUFFER_TO_VIDEO,
	VIDEO_TO_VIDEO,
};

struct display {
	struct gaddr frame_buffer;
	struct cell *drawn; /* the screen as it was last drawn */
	unsigned drawn_mode;
	uint64_t drawn_changes;
};

static void release(void *state)
{
	struct display *d = state;

	free(d->drawn);
}

/* What was drawn last is in the frame buffer, too. */
static void flatten(void *copy, struct buf *out)
{
	struct display *d = copy;

	(void)out;
	d->drawn = NULL;
}

static const struct state_kind kind = { sizeof(struct display), release, flatten };

static struct surface video(struct machine *m)
{
	const struct display *d = state_find(m, &kind);

	/* Reserved memory may be freed by a guest, but it stays RAM. */
	return (struct surface){ guest_both(m->ram, d->frame_buffer, BYTES), WIDTH, HEIGHT,
		WIDTH * PIXEL_SIZE };
}

static void remember_drawn(struct display *d, const struct console *c)
{
	size_t n = (size_t)c->screen.rows * c->screen.columns;

	d->drawn = xreallocarray(d->drawn, n, sizeof(*d->drawn));
	memcpy(d->drawn, c->screen.cells, n * sizeof(*d->drawn));
	d->drawn_mode = c->screen.mode;
	d->drawn_changes = c->screen.changes;
}

/* Brings the text that came since last time to the frame buffer. */
static void draw_text(struct machine *m)
{
	struct console *c = m->console;
	struct display *d = state_find(m, &kind);
	struct surface s = video(m);

	if (d->drawn_changes == c->screen.changes)
		return;
	blt_text(&s, &c->screen, d->drawn && d->drawn_mode == c->screen.mode ? d->drawn : NULL);
	remember_drawn(d, c);
}

static void put_info(uint8_t *p)
{
	memset(p, 0, INFO_SIZE);
	put_le32(p + INFO_WIDTH, WIDTH);
	put_le32(p + INFO_HEIGHT, HEIGHT);
	put_le32(p + INFO_FORMAT, FORMAT_BGRX);
	put_le32(p + INFO_STRIDE, WIDTH);
}

static efi_status query_mode(struct machine *m, const struct call *c)
{
	struct gaddr info;
	efi_status status;

	if (call_u32(c, 1) != 0 || !c->arg[2] || !c->arg[3])
		return EFI_INVALID_PARAMETER;
	status = pool_allocate(m->pool, MEM_BOOT_DATA, INFO_SIZE, &info);
	if (status != EFI_SUCCESS)
		return status;
	put_info(guest_out(m->ram, info, INFO_SIZE));
	if (guest_write64(m->ram, call_addr(c, 2), INFO_SIZE) &&
		guest_write64(m->ram, call_addr(c, 3), info.v))
		return EFI_SUCCESS;
	pool_free(m->pool, info);
	return EFI_INVALID_PARAMETER;
}

static efi_status set_mode(struct machine *m, const struct call *c)
{
	static const uint8_t black[PIXEL_SIZE] = { 0 };
	struct surface s = video(m);

	if (call_u32(c, 1) != 0)
		return EFI_UNSUPPORTED;
	blt_fill(&s, &(struct rectangle){ 0, 0, WIDTH, HEIGHT }, black);
	/* The text before is gone. */
	remember_drawn(state_find(m, &kind), m->console);
	return EFI_SUCCESS;
}

/* The guest's buffer as far as the rectangle reaches in it; false when that is no RAM. */
static bool buffer_surface(
	struct machine *m, const struct call *c, const struct rectangle *r, struct surface *out)
{
	uint64_t stride = c->arg[9] ? c->arg[9] : r->width * PIXEL_SIZE, right, bottom, bytes;

	if (!checked_add(r->x, r->width, &right) || !checked_mul(right, PIXEL_SIZE, &right) ||
		!checked_add(r->y, r->height - 1, &bottom) ||
		!checked_mul(bottom, stride, &bytes) || !checked_add(bytes, right, &bytes))
		return false;
	*out = (struct surface){ guest_both(m->ram, call_addr(c, 1), bytes), r->x + r->width,
		r->y + r->height, stride };
	return out->p;
}

static efi_status blt(struct machine *m, const struct call *c)
{
	struct rectangle from = { c->arg[3], c->arg[4], c->arg[7], c->arg[8] };
	struct rectangle to = { c->arg[5], c->arg[6], c->arg[7], c->arg[8] };
	uint32_t operation = call_u32(c, 2);
	struct surface s = video(m), buffer;
	uint8_t pixel[PIXEL_SIZE];

	if (operation > VIDEO_TO_VIDEO)
		return EFI_INVALID_PARAMETER;
	if (operation != BUFFER_TO_VIDEO && operation != VIDEO_FILL &&
		!rectangle_on(&from, WIDTH, HEIGHT))
		return EFI_INVALID_PARAMETER;
	if (operation != VIDEO_TO_BUFFER && !rectangle_on(&to, WIDTH, HEIGHT))
		return EFI_INVALID_PARAMETER;
	draw_text(m);
	m->console->paints += operation != VIDEO_TO_BUFFER;
	switch (operation) {
	case VIDEO_FILL:
		if (!guest_read(m->ram, call_addr(c, 1), pixel, PIXEL_SIZE))
			return EFI_INVALID_PARAMETER;
		blt_fill(&s, &to, pixel);
		return EFI_SUCCESS;
	case VIDEO_TO_BUFFER:
		if (!buffer_surface(m, c, &to, &buffer))
			return EFI_INVALID_PARAMETER;
		blt_copy(&buffer, &to, &s, from.x, from.y);
		return EFI_SUCCESS;
	case BUFFER_TO_VIDEO:
		if (!buffer_surface(m, c, &from, &buffer))
			return EFI_INVALID_PARAMETER;
		blt_copy(&s, &to, &buffer, from.x, from.y);
		return EFI_SUCCESS;
	default:
		blt_copy(&s, &to, &s, from.x, from.y);
		return EFI_SUCCESS;
	}
}

static const struct service rows[] = {
	{ 0, "Gop.QueryMode", query_mode, { ARG_THIS, ARG_U32, ARG_OUT(8), ARG_OUT(8) }, 0 },
	{ 8, "Gop.SetMode", set_mode, { ARG_THIS, ARG_U32 }, 0 },
	{ 16, "Gop.Blt", blt,
		{ ARG_THIS, ARG_KEPT, ARG_U32, ARG_U64, ARG_U64, ARG_U64, ARG_U64, ARG_U64, ARG_U64,
			ARG_U64 },
		SERVICE_QUIET,
		"the frame buffer, and the rectangle of the buffer that the operation wants" },
};

void gop_register(struct machine *m, const struct protocols_config *config)
{
	struct display *display;
	struct gaddr mode, info, gop;
	uint64_t base = 0;
	uint8_t *p;

	if (!config->gop)
		return;
	if (pages_allocate(&m->pages, ALLOCATE_ANY, MEM_RESERVED, BYTES / PAGE_SIZE, &base) !=
		EFI_SUCCESS)
		abort();
	mode = machine_data(m, MEM_BOOT_DATA, MODE_SIZE);
	info = machine_data(m, MEM_BOOT_DATA, INFO_SIZE);
	put_info(guest_out(m->ram, info, INFO_SIZE));
	p = guest_both(m->ram, mode, MODE_SIZE);
	put_le32(p + MODE_MAX, 1);
	put_le64(p + MODE_INFO, info.v);
	put_le64(p + MODE_INFO_SIZE, INFO_SIZE);
	put_le64(p + MODE_BASE, base);
	put_le64(p + MODE_BYTES, BYTES);
	gop = protocol_install(
		m, handle_create(m), &uefi_gop, GOP_SIZE, rows, ARRAY_SIZE(rows), NULL);
	if (!guest_write64(m->ram, gaddr_add(gop, GOP_MODE), mode.v))
		abort();
	display = state_new(m, &kind);
	display->frame_buffer = gaddr(base);
}

int console_screenshot(struct machine *m, struct buf *out, struct err *err)
{
	struct console *c = m->console;
	CLEANUP(xfree) uint8_t *pixels = NULL;
	struct surface s;

	if (state_find(m, &kind)) {
		draw_text(m);
		s = video(m);
	} else {
		s.width = c->screen.columns * FONT_WIDTH;
		s.height = c->screen.rows * FONT_HEIGHT;
		s.stride = s.width * PIXEL_SIZE;
		s.p = pixels = xcalloc(s.height, s.stride);
		blt_text(&s, &c->screen, NULL);
	}
	return png_encode(&s, out, err);
}
