/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL (UEFI 2.10 12.4) over the screen model, for
 * ConOut and StdErr alike. With `emits` each output is a "console" event, too,
 * with the control sequences that edk2's terminal would send, so that a live
 * console only has to write it out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/console.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

/* Offsets of EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL and of SIMPLE_TEXT_OUTPUT_MODE */
#define OUT_MODE 72
#define OUT_SIZE 80

#define MODE_MAX       0
#define MODE_NUMBER    4
#define MODE_ATTRIBUTE 8
#define MODE_COLUMN    12
#define MODE_ROW       16
#define MODE_CURSOR    20
#define MODE_SIZE      24

/* EFI_SYSTEM_TABLE (4.3) */
#define SYSTEM_CON_OUT_HANDLE 56
#define SYSTEM_CON_OUT        64
#define SYSTEM_STD_ERR_HANDLE 72
#define SYSTEM_STD_ERR        80

/* No program has more to say at once. */
#define STRING_MAX (1u << 20)

#define ATTRIBUTE_MAX 0x7f

static void emit(struct machine *m, const char *text)
{
	if (!m->console->emits)
		return;
	trace_begin(&m->trace, "console");
	trace_text(&m->trace, "text", text);
	trace_end(&m->trace);
}

void console_serial(struct machine *m, const char *text, size_t n)
{
	CLEANUP(text_release) struct text shown = TEXT_INIT;

	if (!m->console)
		return;
	for (size_t i = 0; i < n; i++) {
		/* Of other encodings than ASCII nothing is known. */
		char c = text[i] & 0x80 ? '?' : text[i];

		if (c && screen_put(&m->console->screen, (uint8_t)c))
			text_add(&shown, &c, 1);
	}
	if (shown.len)
		emit(m, text_str(&shown));
}

static void emit_attribute(struct machine *m)
{
	/* EFI counts colours with blue as bit 0, ECMA-48 with red. */
	static const uint8_t colour[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };
	unsigned attribute = m->console->screen.attribute;
	char text[32];

	snprintf(text, sizeof(text), "\033[0;%s3%u;4%um", attribute & 8 ? "1;" : "",
		colour[attribute & 7], colour[attribute >> 4 & 7]);
	emit(m, text);
}

static void emit_clear(struct machine *m)
{
	emit(m, "\033[2J\033[H");
}

/* The guest's copy of the state. */
static void sync_mode(struct machine *m)
{
	const struct screen *s = &m->console->screen;
	uint8_t *p = guest_both(m->ram, m->console->mode, MODE_SIZE);

	put_le32(p + MODE_MAX, SCREEN_MODES);
	put_le32(p + MODE_NUMBER, s->mode);
	put_le32(p + MODE_ATTRIBUTE, s->attribute);
	put_le32(p + MODE_COLUMN, s->column);
	put_le32(p + MODE_ROW, s->row);
	p[MODE_CURSOR] = s->cursor;
}

static efi_status reset(struct machine *m, const struct call *c)
{
	struct screen *s = &m->console->screen;

	(void)c;
	s->attribute = SCREEN_DEFAULT;
	s->cursor = true;
	screen_set_mode(s, 0);
	emit_attribute(m);
	emit_clear(m);
	sync_mode(m);
	return EFI_SUCCESS;
}

static efi_status output_string(struct machine *m, const struct call *c)
{
	struct gaddr a = call_addr(c, 1);
	efi_status status = EFI_SUCCESS;
	size_t n;
	const uint8_t *p = guest_in_string16(m->ram, a, STRING_MAX, &n);
	char *text;

	if (!p)
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < n; i++)
		if (!screen_put(&m->console->screen, le16(p + 2 * i)))
			status = EFI_WARN_UNKNOWN_GLYPH;
	if (m->console->emits && n) {
		text = utf16le_to_utf8(p, n);
		emit(m, text);
		free(text);
	}
	sync_mode(m);
	return status;
}

static efi_status test_string(struct machine *m, const struct call *c)
{
	struct gaddr a = call_addr(c, 1);
	size_t n;
	const uint8_t *p = guest_in_string16(m->ram, a, STRING_MAX, &n);

	if (!p)
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < n; i++)
		if (!screen_can_show(le16(p + 2 * i)))
			return EFI_UNSUPPORTED;
	return EFI_SUCCESS;
}

static efi_status query_mode(struct machine *m, const struct call *c)
{
	unsigned columns, rows;

	if (c->arg[1] >= SCREEN_MODES || !screen_mode_size((unsigned)c->arg[1], &columns, &rows))
		return EFI_UNSUPPORTED;
	if (!guest_write64(m->ram, call_addr(c, 2), columns) ||
		!guest_write64(m->ram, call_addr(c, 3), rows))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

static efi_status set_mode(struct machine *m, const struct call *c)
{
	if (c->arg[1] >= SCREEN_MODES)
		return EFI_UNSUPPORTED;
	screen_set_mode(&m->console->screen, (unsigned)c->arg[1]);
	emit_clear(m);
	sync_mode(m);
	return EFI_SUCCESS;
}

static efi_status set_attribute(struct machine *m, const struct call *c)
{
	if (c->arg[1] > ATTRIBUTE_MAX)
		return EFI_UNSUPPORTED;
	m->console->screen.attribute = (uint8_t)c->arg[1];
	emit_attribute(m);
	sync_mode(m);
	return EFI_SUCCESS;
}

static efi_status clear_screen(struct machine *m, const struct call *c)
{
	(void)c;
	screen_clear(&m->console->screen);
	emit_clear(m);
	sync_mode(m);
	return EFI_SUCCESS;
}

static efi_status set_cursor_position(struct machine *m, const struct call *c)
{
	struct screen *s = &m->console->screen;
	char text[32];

	if (c->arg[1] >= s->columns || c->arg[2] >= s->rows)
		return EFI_UNSUPPORTED;
	screen_move(s, (unsigned)c->arg[1], (unsigned)c->arg[2]);
	snprintf(text, sizeof(text), "\033[%u;%uH", s->row + 1, s->column + 1);
	emit(m, text);
	sync_mode(m);
	return EFI_SUCCESS;
}

static efi_status enable_cursor(struct machine *m, const struct call *c)
{
	m->console->screen.cursor = (uint8_t)c->arg[1];
	emit(m, m->console->screen.cursor ? "\033[?25h" : "\033[?25l");
	sync_mode(m);
	return EFI_SUCCESS;
}

static const struct service rows[] = {
	{ 0, "TextOut.Reset", reset, { ARG_THIS, ARG_BOOL }, 0 },
	{ 8, "TextOut.OutputString", output_string, { ARG_THIS, ARG_STR16 }, SERVICE_QUIET },
	{ 16, "TextOut.TestString", test_string, { ARG_THIS, ARG_STR16 }, SERVICE_QUIET },
	{ 24, "TextOut.QueryMode", query_mode, { ARG_THIS, ARG_U64, ARG_OUT(8), ARG_OUT(8) }, 0 },
	{ 32, "TextOut.SetMode", set_mode, { ARG_THIS, ARG_U64 }, 0 },
	{ 40, "TextOut.SetAttribute", set_attribute, { ARG_THIS, ARG_U64 }, SERVICE_QUIET },
	{ 48, "TextOut.ClearScreen", clear_screen, { ARG_THIS }, SERVICE_QUIET },
	{ 56, "TextOut.SetCursorPosition", set_cursor_position, { ARG_THIS, ARG_U64, ARG_U64 },
		SERVICE_QUIET },
	{ 64, "TextOut.EnableCursor", enable_cursor, { ARG_THIS, ARG_BOOL }, SERVICE_QUIET },
};

static struct gaddr attach(struct machine *m, struct handle *h)
{
	struct gaddr out = protocol_install(
		m, h, &uefi_text_out, OUT_SIZE, rows, ARRAY_SIZE(rows), m->console);

	if (!guest_write64(m->ram, gaddr_add(out, OUT_MODE), m->console->mode.v))
		abort();
	return out;
}

void text_out_attach(struct machine *m, struct handle *h)
{
	(void)attach(m, h);
}

static void install(struct machine *m, unsigned handle_field, unsigned interface_field)
{
	struct handle *h = handle_create(m);
	struct gaddr out = attach(m, h);

	if (!guest_write64(m->ram, gaddr_add(m->system_table, handle_field), h->address.v) ||
		!guest_write64(m->ram, gaddr_add(m->system_table, interface_field), out.v))
		abort();
}

void text_out_register(struct machine *m)
{
	m->console->mode = machine_data(m, MEM_BOOT_DATA, MODE_SIZE);
	install(m, SYSTEM_CON_OUT_HANDLE, SYSTEM_CON_OUT);
	install(m, SYSTEM_STD_ERR_HANDLE, SYSTEM_STD_ERR);
	sync_mode(m);
}
