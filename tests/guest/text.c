/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console (UEFI 2.10 12.2 to 12.4) and the comparison of strings (13.13). */
#include "test.h"

static void test_output(struct text_output *out)
{
	uint64_t columns = 0, rows = 0;
	struct text_mode seen;
	efi_status status;
	int32_t row, attribute;
	static const char16 strange[] = { 0xe123, 0 };

	ok(out->mode != NULL, "out: has a mode");
	ok(out->mode->max_mode >= 1, "out: one at least");
	is(out->query_mode(out, 0, &columns, &rows), EFI_SUCCESS, "out: mode 0");
	is(columns, 80, "out: 80 columns");
	is(rows, 25, "out: 25 rows");
	is(out->query_mode(out, (uint64_t)out->mode->mode, &columns, &rows), EFI_SUCCESS,
		"out: the present mode");
	is(out->query_mode(out, (uint64_t)out->mode->max_mode, &columns, &rows), EFI_UNSUPPORTED,
		"out: a mode that is none");
	is(out->set_mode(out, (uint64_t)out->mode->max_mode), EFI_UNSUPPORTED,
		"out: cannot be set");
	status = out->set_mode(out, 0);
	seen = *out->mode; /* before the next line moves it */
	is(status, EFI_SUCCESS, "out: set mode 0");
	is(seen.mode, 0, "out: is set");
	is(seen.column, 0, "out: the cursor at the left");
	is(seen.row, 0, "out: and at the top");

	attribute = out->mode->attribute;
	is(out->set_attribute(out, 0x1f), EFI_SUCCESS, "attribute: set");
	is(out->mode->attribute, 0x1f, "attribute: is set");
	is(out->set_attribute(out, 0x80), EFI_UNSUPPORTED, "attribute: one that is none");
	is(out->mode->attribute, 0x1f, "attribute: so it stays");
	out->set_attribute(out, (uint64_t)attribute);

	is(out->clear_screen(out), EFI_SUCCESS, "clear: done");
	row = out->mode->row;
	out->output_string(out, STR16("abc"));
	columns = (uint64_t)out->mode->column;
	out->output_string(out, STR16("\b"));
	rows = (uint64_t)out->mode->column;
	out->output_string(out, STR16("\r\n"));
	is(columns, 3, "cursor: three to the right");
	is(rows, 2, "cursor: one back");
	ok(out->mode->row > row, "cursor: a line down");
	is(out->mode->column, 0, "cursor: at its begin");
	out->output_string(out, STR16("xy\n"));
	columns = (uint64_t)out->mode->column;
	out->output_string(out, STR16("\r"));
	is(columns, 2, "cursor: line feed keeps the column");
	status = out->set_cursor_position(out, 5, 20);
	seen = *out->mode;
	out->output_string(out, STR16("\r\n"));
	is(status, EFI_SUCCESS, "cursor: set");
	is(seen.column, 5, "cursor: column");
	is(seen.row, 20, "cursor: row");
	is(out->set_cursor_position(out, 80, 0), EFI_UNSUPPORTED, "cursor: too far right");
	is(out->set_cursor_position(out, 0, 25), EFI_UNSUPPORTED, "cursor: too far down");
	for (unsigned i = 0; i < 30; i++)
		out->output_string(out, STR16("\r\n"));
	is(out->mode->row, 24, "cursor: stays on the screen");
	for (unsigned i = 0; i < 90; i++)
		out->output_string(out, STR16("-"));
	columns = (uint64_t)out->mode->column;
	out->output_string(out, STR16("\r\n"));
	is(columns, 10, "cursor: a long line goes on in the next");
	ok(EFI_ERROR(0) & ~out->enable_cursor(out, true), "cursor: can be shown");
	ok(out->mode->cursor, "cursor: is shown");

	is(out->test_string(out, STR16("plain")), EFI_SUCCESS, "test: what can be shown");
	value("test: what some cannot", out->test_string(out, strange));
	is(out->test_string(out, u"\u2502\u250c"), EFI_SUCCESS, "test: box drawing");
	is(out->test_string(out, u"\u2191\u25b2"), EFI_SUCCESS, "test: arrows");
	is(out->output_string(out, STR16("")), EFI_SUCCESS, "out: nothing");
	status = out->output_string(out, strange);
	out->output_string(out, STR16("\r\n"));
	value("out: what cannot be shown", status);
	status = out->reset(out, false);
	seen = *out->mode;
	is(status, EFI_SUCCESS, "out: reset");
	is(seen.row, 0, "out: at the top then");
	ok(st->std_err != NULL, "error output: there");
	is(st->std_err->output_string(st->std_err, STR16("")), EFI_SUCCESS, "error output: works");
	ok(protocol_of(st->con_out_handle, &guid_text_output) == out, "out: is on its handle");
}

static void test_input(void)
{
	struct text_input *in = st->con_in;
	struct text_input_ex *ex = protocol_of(st->con_in_handle, &guid_text_input_ex);
	struct input_key key = { 9, 9 };
	struct key_data data;
	uint8_t toggle = 0x80;
	void *registration = NULL;

	ok(protocol_of(st->con_in_handle, &guid_text_input) == in, "in: is on its handle");
	is(in->reset(in, false), EFI_SUCCESS, "in: reset");
	is(in->read_key(in, &key), EFI_NOT_READY, "in: no key");
	is(bs->check_event(in->wait), EFI_NOT_READY, "in: none to come");
	ok(ex != NULL, "in: the other one, too");
	is(ex->reset(ex, false), EFI_SUCCESS, "in ex: reset");
	is(ex->read_key(ex, &data), EFI_NOT_READY, "in ex: no key");
	is(ex->read_key(ex, NULL), EFI_INVALID_PARAMETER, "in ex: nowhere to tell");
	is(bs->check_event(ex->wait), EFI_NOT_READY, "in ex: none to come");
	is(ex->set_state(ex, NULL), EFI_INVALID_PARAMETER, "in ex: no state");
	value("in ex: a state", ex->set_state(ex, &toggle));
	is(ex->register_notify(ex, NULL, NULL, &registration), EFI_INVALID_PARAMETER,
		"in ex: no key to tell of");
	is(ex->unregister_notify(ex, NULL), EFI_INVALID_PARAMETER, "in ex: nothing to forget");
}

static void test_collation(void)
{
	struct unicode_collation *c = NULL;
	char16 text[16];
	char fat[12] = { 0 };

	is(bs->locate_protocol(&guid_unicode_collation2, NULL, (void **)&c), EFI_SUCCESS,
		"collation: there");
	is(c->compare(c, STR16("abc"), STR16("ABC")), 0, "compare: case does not count");
	ok(c->compare(c, STR16("abc"), STR16("abd")) < 0, "compare: less");
	ok(c->compare(c, STR16("b"), STR16("Abc")) > 0, "compare: more");
	ok(c->compare(c, STR16("ab"), STR16("abc")) < 0, "compare: shorter");
	ok(c->match(c, STR16("kernel.efi"), STR16("*.EFI")), "match: star");
	ok(c->match(c, STR16("abc"), STR16("a?c")), "match: question mark");
	ok(!c->match(c, STR16("ac"), STR16("a?c")), "match: which is one character");
	ok(c->match(c, STR16("b1"), STR16("[a-c][0-9]")), "match: ranges");
	ok(c->match(c, STR16("c"), STR16("[abc]")), "match: sets");
	ok(!c->match(c, STR16("d"), STR16("[abc]")), "match: and what is not in them");
	ok(c->match(c, STR16(""), STR16("*")), "match: nothing");
	ok(c->match(c, STR16("xaab"), STR16("*a*ab")), "match: two stars");
	bs->copy_mem(text, u"MiXed 1", 16);
	c->lower(c, text);
	is_string(text, STR16("mixed 1"), "lower");
	c->upper(c, text);
	is_string(text, STR16("MIXED 1"), "upper");
	c->from_fat(c, 11, "KERNEL  EFI", text);
	is_string(text, STR16("KERNEL  EFI"), "from FAT");
	ok(!c->to_fat(c, STR16("name.txt"), 8, fat), "to FAT: fits");
	ok(same(fat, "NAMETXT", 7), "to FAT: without dots");
	value("to FAT: with a comma", c->to_fat(c, STR16("a,b"), 8, fat));
	ok(c->languages && c->languages[0] == 'e' && c->languages[1] == 'n', "collation: language");
}

void subject(void)
{
	test_output(st->con_out);
	test_input();
	test_collation();
}
