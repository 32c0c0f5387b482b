/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen model: moving, wrapping, scrolling, modes, its text.
 */
#include "base/buf.h"
#include "firmware/proto/screen.h"
#include "tap.h"

static bool type(struct screen *s, const char *text)
{
	bool all = true;

	for (; *text; text++)
		all = screen_put(s, (uint8_t)*text) && all;
	return all;
}

static void shows(const struct screen *s, const char *want, const char *what)
{
	CLEANUP(text_release) struct text b = TEXT_INIT;

	screen_text(s, &b);
	is_str(text_str(&b), want, what);
}

static void moving(struct screen *s)
{
	ok(type(s, "one\r\ntwo"), "plain text can be shown");
	shows(s, "one\ntwo\n", "it is there");
	is_int(s->column, 3, "column behind it");
	is_int(s->row, 1, "row of it");
	type(s, "\b\bW");
	shows(s, "one\ntWo\n", "backspace moves and does not erase");
	screen_move(s, 0, 2);
	type(s, "\b!");
	is_int(s->row, 2, "backspace goes back over the line's start, and the text wraps forward");
	is_int(s->column, 0, "to the first column");
	ok(!screen_move(s, 80, 0) && !screen_move(s, 0, 25), "no moves off the screen");
	ok(screen_move(s, 79, 24), "the last cell is on it");
	type(s, "x");
	is_int(s->row, 24, "writing there scrolls");
	is_int(s->column, 0, "and goes to the next line");
	ok(s->cells[23 * 80 + 79].unit == 'x', "the character scrolled with its line");
	ok(s->cells[0].unit == 't', "the first line is gone");
}

static void odd_units(struct screen *s)
{
	screen_clear(s);
	ok(screen_put(s, 0), "NUL does nothing, fine");
	is_int(s->column, 0, "and moves nothing");
	ok(screen_put(s, 0xfff1) && s->column == 0, "nor do the width controls");
	ok(!screen_put(s, 0xd800), "half a character can't be shown");
	ok(!screen_put(s, 0x1b), "an escape can't");
	ok(screen_put(s, 0x2554), "a corner of a box can");
	shows(s, "\xef\xbf\xbd\xef\xbf\xbd\xe2\x95\x94\n", "UTF-8 comes out");
}

static void modes(struct screen *s)
{
	unsigned columns, rows;

	ok(!screen_set_mode(s, SCREEN_MODES), "no mode behind the last");
	ok(!screen_mode_size(SCREEN_MODES, &columns, &rows), "nor a size of it");
	for (unsigned i = 0; i < SCREEN_MODES; i++) {
		ok(screen_set_mode(s, i), "mode %u", i);
		for (unsigned n = 0; n < s->columns * s->rows + 1; n++)
			screen_put(s, 'a');
		is_int(s->column, 1, "filled and one more: second column");
		is_int(s->row, s->rows - 1, "of the last row");
	}
	s->attribute = 0x1f;
	screen_clear(s);
	is_int(s->cells[5].attribute, 0x1f, "clearing takes the attribute");
	shows(s, "", "an empty screen has no text");
	screen_move(s, 2, 2);
	type(s, "a");
	shows(s, "\n\n  a\n", "blank lines above it stay");
}

int main(void)
{
	struct screen s;

	screen_init(&s);
	moving(&s);
	odd_units(&s);
	modes(&s);
	screen_release(&s);
	return tap_done();
}
