/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/buf: bytes and text that are there whatever was done, and lists of strings. */
#include "base/buf.h"

#include "base/xalloc.h"
#include "tap.h"

static void nothing(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(text_release) struct text t = TEXT_INIT;
	struct {
		struct buf b;
		struct text t;
	} zeroed = { .b.len = 0 };

	ok(buf_bytes(&zeroed.b) && *buf_bytes(&zeroed.b) == 0, "a zeroed struct has bytes");
	is_str(buf_text(&zeroed.b), "", "which are an empty string, too");
	is_str(text_str(&zeroed.t), "", "and text");
	ok(buf_edit(&b) && text_edit(&t), "what is to be changed is there");
	ok(buf_bytes(&b) == buf_edit(&b) && text_str(&t) == text_edit(&t), "and is the same");
	buf_reset(&b);
	text_reset(&t);
	buf_cut(&b, 0);
	text_cut(&t, 0);
	buf_release(&b);
	text_release(&t);
	ok(buf_bytes(&b) && text_str(&t), "after all of these as well");
	buf_add(&b, NULL, 0);
	text_add(&t, NULL, 0);
	ok(b.len == 0 && t.len == 0, "nothing may be added from nowhere");
}

static void growth(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(text_release) struct text t = TEXT_INIT;
	bool right = true;

	for (unsigned i = 0; i < 10000; i++) {
		char byte = (char)('a' + i % 26);

		buf_add(&b, &byte, 1);
		text_add(&t, &byte, 1);
		right &= b.len == i + 1 && buf_bytes(&b)[b.len] == 0 && b.cap > b.len;
		right &= t.len == i + 1 && text_str(&t)[t.len] == '\0' && t.cap > t.len;
	}
	for (unsigned i = 0; i < 10000; i++)
		right &= buf_bytes(&b)[i] == 'a' + i % 26 &&
			 text_str(&t)[i] == (char)('a' + i % 26);
	ok(right, "what is added one by one stays, with a NUL behind it");
	buf_reset(&b);
	text_reset(&t);
	ok(b.len == 0 && t.len == 0, "a reset empties it");
	is_str(buf_text(&b), "", "bytes");
	is_str(text_str(&t), "", "and text");
}

static void bytes(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	uint8_t *place, *mem;

	buf_add(&b, "a\0b", 3);
	is_int(b.len, 3, "a NUL is a byte as others are");
	is_str(buf_text(&b), "a", "at which a string ends");
	place = buf_reserve(&b, 100);
	ok(place == buf_bytes(&b) + 3 && b.len == 3 && b.cap > 103,
		"room is made without a change");
	place[0] = 'c';
	place[1] = 'd';
	buf_added(&b, 1);
	ok(b.len == 4 && memcmp(buf_bytes(&b), "a\0bc", 5) == 0, "what was put there counts");
	buf_add_text(&b, "ef");
	ok(b.len == 6 && memcmp(buf_bytes(&b), "a\0bcef", 7) == 0, "a string without its NUL");
	buf_edit(&b)[1] = 'x';
	buf_cut(&b, 3);
	is_str(buf_text(&b), "axb", "it is changed, and cut");
	mem = buf_detach(&b);
	ok(memcmp(mem, "axb", 4) == 0 && b.len == 0 && b.cap == 0, "the memory is given away");
	buf_add(&b, "old", 3);
	buf_take(&b, mem, 3);
	ok(buf_bytes(&b) == mem && b.len == 3, "and taken");
	buf_add(&b, "d", 1);
	is_str(buf_text(&b), "axbd", "and added to");
	buf_release(&b);
	mem = buf_detach(&b);
	ok(mem && mem[0] == 0, "of an empty buffer there is memory, too");
	free(mem);
}

static void text(void)
{
	CLEANUP(text_release) struct text t = TEXT_INIT;
	char *mem;

	text_puts(&t, "one");
	text_printf(&t, " %s %d", "two", 3);
	text_add(&t, "four", 1);
	is_str(text_str(&t), "one two 3f", "text is put behind text");
	text_printf(&t, "%*s", 5000, "");
	is_int(t.len, 5010, "however long it is");
	text_cut(&t, 3);
	text_edit(&t)[0] = 'O';
	is_str(text_str(&t), "One", "it is cut, and changed");
	memcpy(text_reserve(&t, 3), "abc", 3);
	text_added(&t, 2);
	is_str(text_str(&t), "Oneab", "what was put where there was room counts");
	mem = text_detach(&t);
	is_str(mem, "Oneab", "the memory is given away");
	ok(t.len == 0 && t.cap == 0, "and is no longer there");
	free(mem);
	mem = text_detach(&t);
	is_str(mem, "", "of empty text an empty string");
	free(mem);
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
	nothing();
	growth();
	bytes();
	text();
	lists();
	return tap_done();
}
