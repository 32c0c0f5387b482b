/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen of text. See screen.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/proto/screen.h"

#define CHAR_BACKSPACE   0x0008
#define CHAR_LINEFEED    0x000a
#define CHAR_RETURN      0x000d
#define CHAR_REPLACEMENT 0xfffd
/* UEFI 2.10 12.4.3: the width of the glyphs that follow; here all have one cell. */
#define CHAR_NARROW      0xfff0
#define CHAR_WIDE        0xfff1

static const struct {
	uint8_t columns, rows;
} modes[SCREEN_MODES] = { { 80, 25 }, { 80, 50 }, { 100, 31 } };

bool screen_mode_size(unsigned mode, unsigned *columns, unsigned *rows)
{
	if (mode >= SCREEN_MODES)
		return false;
	*columns = modes[mode].columns;
	*rows = modes[mode].rows;
	return true;
}

static void blank(const struct screen *s, struct cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cells[i] = (struct cell){ ' ', s->attribute };
}

void screen_clear(struct screen *s)
{
	blank(s, s->cells, (size_t)s->rows * s->columns);
	s->column = s->row = 0;
	s->changes++;
}

bool screen_set_mode(struct screen *s, unsigned mode)
{
	unsigned columns, rows;

	if (!screen_mode_size(mode, &columns, &rows))
		return false;
	s->mode = mode;
	s->columns = columns;
	s->rows = rows;
	s->cells = xreallocarray(s->cells, (size_t)rows * columns, sizeof(*s->cells));
	screen_clear(s);
	return true;
}

void screen_init(struct screen *s)
{
	*s = (struct screen){ .cursor = true, .attribute = SCREEN_DEFAULT };
	screen_set_mode(s, 0);
}

void screen_release(struct screen *s)
{
	free(s->cells);
	*s = (struct screen){ 0 };
}

void screen_encode(const struct screen *s, struct buf *out)
{
	for (size_t i = 0; i < (size_t)s->rows * s->columns; i++) {
		buf_add(out, &s->cells[i].unit, sizeof(s->cells[i].unit));
		buf_add(out, &s->cells[i].attribute, sizeof(s->cells[i].attribute));
	}
}

bool screen_move(struct screen *s, unsigned column, unsigned row)
{
	if (column >= s->columns || row >= s->rows)
		return false;
	s->column = column;
	s->row = row;
	return true;
}

static void line_feed(struct screen *s)
{
	if (s->row + 1 < s->rows) {
		s->row++;
		return;
	}
	memmove(s->cells, s->cells + s->columns,
		(size_t)(s->rows - 1) * s->columns * sizeof(*s->cells));
	blank(s, s->cells + (size_t)(s->rows - 1) * s->columns, s->columns);
	s->changes++;
}

static void backspace(struct screen *s)
{
	if (s->column) {
		s->column--;
	} else if (s->row) {
		s->row--;
		s->column = s->columns - 1;
	}
}

bool screen_can_show(uint16_t unit)
{
	if (unit == 0 || unit == CHAR_BACKSPACE || unit == CHAR_LINEFEED || unit == CHAR_RETURN)
		return true;
	return unit >= ' ' && !(unit >= 0x7f && unit < 0xa0) && !(unit >= 0xd800 && unit < 0xe000);
}

bool screen_put(struct screen *s, uint16_t unit)
{
	bool shown = screen_can_show(unit);

	switch (unit) {
	case 0:
	case CHAR_NARROW:
	case CHAR_WIDE:
		return true;
	case CHAR_BACKSPACE:
		backspace(s);
		return true;
	case CHAR_LINEFEED:
		line_feed(s);
		return true;
	case CHAR_RETURN:
		s->column = 0;
		return true;
	default:
		break;
	}
	s->cells[(size_t)s->row * s->columns + s->column] = (struct cell){
		shown ? unit : CHAR_REPLACEMENT, s->attribute
	};
	s->changes++;
	if (++s->column == s->columns) {
		s->column = 0;
		line_feed(s);
	}
	return shown;
}

void screen_text(const struct screen *s, struct text *out)
{
	uint8_t units[2 * 100];
	size_t empty = 0;

	for (unsigned row = 0; row < s->rows; row++) {
		const struct cell *cells = s->cells + (size_t)row * s->columns;
		unsigned n = s->columns;
		char *line;

		while (n && cells[n - 1].unit == ' ')
			n--;
		if (!n) {
			empty++;
			continue;
		}
		while (empty) {
			text_puts(out, "\n");
			empty--;
		}
		for (unsigned i = 0; i < n; i++)
			put_le16(units + 2 * i, cells[i].unit);
		line = utf16le_to_utf8(units, n);
		text_printf(out, "%s\n", line);
		free(line);
	}
}
