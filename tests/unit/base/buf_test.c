/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/buf: that what is in a buffer is a string whatever was done, and lists of strings. */
#include "base/buf.h"

#include "base/xalloc.h"
#include "tap.h"

static void growth(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	bool right = true;

	is_str(buf_str(&b), "", "an empty buffer is a string");
	for (unsigned i = 0; i < 10000; i++) {
		char byte = (char)('a' + i % 26);

		buf_add(&b, &byte, 1);
		right &= b.len == i + 1 && b.data[b.len] == '\0' && b.cap > b.len;
	}
	for (unsigned i = 0; i < 10000; i++)
		right &= b.data[i] == (char)('a' + i % 26);
	ok(right, "bytes that are added one by one stay, with a NUL behind them");
	buf_reset(&b);
	is_int(b.len, 0, "a reset empties it");
	is_str(buf_str(&b), "", "as a string, too");
}

static void additions(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	char *place, *text;

	buf_add(&b, NULL, 0);
	is_int(b.len, 0, "nothing may be added from nowhere");
	buf_puts(&b, "one");
	buf_printf(&b, " %s %d", "two", 3);
	is_str(buf_str(&b), "one two 3", "text is put behind text");
	buf_printf(&b, "%*s", 5000, "");
	is_int(b.len, 5009, "however long it is");
	buf_reset(&b);
	buf_add(&b, "a\0b", 3);
	is_int(b.len, 3, "a NUL is a byte as others are");
	place = buf_reserve(&b, 100);
	ok(place == b.data + 3 && b.len == 3 && b.cap > 103, "room is made without a change");
	text = buf_detach(&b);
	ok(memcmp(text, "a\0b", 4) == 0 && b.len == 0 && b.cap == 0, "the memory is given away");
	free(text);
	text = buf_detach(&b);
	is_str(text, "", "of an empty buffer an empty string");
	free(text);
}

static void lists(void)
{
	CLEANUP(strlist_release) struct strlist l = { 0 };

	strlist_sort(&l);
	ok(!strlist_has(&l, ""), "an empty list has nothing");
	strlist_add(&l, "b");
	strlist_take(&l, xstrdup("B"));
	strlist_add(&l, "a");
	ok(l.n == 3 && !l.v[3], "a NULL ends the list");
	ok(strlist_has(&l, "B") && !strlist_has(&l, "A"), "strings are told apart by case");
	strlist_sort(&l);
	ok(l.v[0][0] == 'B' && l.v[1][0] == 'a' && l.v[2][0] == 'b', "they are sorted by bytes");
	strlist_release(&l);
	ok(l.n == 0 && !l.v, "a released list is empty");
}

int main(void)
{
	growth();
	additions();
	lists();
	return tap_done();
}
