/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String packages: every kind of block, what is changed in them, and package
 * lists that are malformed or cut short at each of their bytes.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/proto/hii_packages.h"
#include "firmware/proto/hii_strings.h"
#include "tap.h"

static void add(struct buf *b, const void *bytes, size_t n)
{
	buf_add(b, bytes, n);
}

static void add16(struct buf *b, const char *text)
{
	do {
		uint8_t two[2] = { (uint8_t)*text, 0 };

		add(b, two, 2);
	} while (*text++);
}

/* A package of strings in these languages. */
static void make_strings(struct buf *p, const char *languages)
{
	uint8_t strings[46] = { 0, 0, 0, HII_PACKAGE_STRINGS };

	add(p, strings, sizeof(strings));
	add(p, languages, strlen(languages) + 1);
	put_le32(buf_edit(p) + 4, (uint32_t)p->len);
	put_le32(buf_edit(p) + 8, (uint32_t)p->len);
	add(p, "\x10one", 5);               /* 1 */
	add(p, "\x14", 1), add16(p, "two"); /* 2 */
	add(p, "\x22\x07", 2);              /* skips 3 to 9 */
	add(p, "\x16\x02\x00", 3), add16(p, "ten"), add16(p, "eleven");
	add(p, "\x20\x02\x00", 3);             /* 12 is 2 */
	add(p, "\x31\x40\x06\x00\xff\xff", 6); /* a font */
	add(p, "\x13\x01\x01\x00thirteen", 13);
	add(p, "\x21\x00\x01", 3); /* skips 14 to 269 */
	add(p, "\x20\x0e\x01", 3); /* 270 is itself, for ever */
	add(p, "", 1);
	hii_put_length(p);
}

static const uint8_t end_package[] = { 4, 0, 0, HII_PACKAGE_END };

/* A list of a package that is none of the database's, one of strings, and what is behind them. */
static void make(struct buf *list, const char *languages, const void *more, size_t n)
{
	static const uint8_t header[HII_LIST_HEADER], other[] = { 6, 0, 0, 0xe0, 1, 2 };
	CLEANUP(buf_release) struct buf p = BUF_INIT;

	make_strings(&p, languages);
	add(list, header, sizeof(header));
	add(list, other, sizeof(other));
	add(list, buf_bytes(&p), p.len);
	add(list, more, n);
	add(list, end_package, sizeof(end_package));
}

static void has(const struct buf *p, uint16_t id, const char *want)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(xfree) char *text = NULL;
	struct hii_place place;

	hii_find(buf_bytes(p), p->len, id, &place);
	if (!want) {
		ok(place.kind != HII_TEXT, "there is no string %u", id);
		return;
	}
	ok(place.kind == HII_TEXT, "there is string %u", id);
	if (place.kind != HII_TEXT)
		return;
	hii_text(buf_bytes(p), &place, &b);
	text = utf16le_to_utf8(buf_bytes(&b), b.len / 2);
	is_str(text, want, "its text");
	is_int(b.len, 2 * strlen(want) + 2, "with its NUL");
}

static bool set(struct buf *p, uint16_t id, const char *text)
{
	CLEANUP(buf_release) struct buf t = BUF_INIT;
	struct hii_place place;

	add16(&t, text);
	hii_find(buf_bytes(p), p->len, id, &place);
	return place.kind && hii_set(p, &place, buf_bytes(&t), t.len);
}

static void test_find(const struct buf *p)
{
	const uint8_t *bytes = buf_bytes(p);

	is_str(hii_languages(bytes, p->len), "en-US;fr", "its languages");
	ok(hii_has_language(bytes, p->len, "EN-us"), "the first one is its own");
	ok(!hii_has_language(bytes, p->len, "fr"), "the second is not");
	ok(!hii_has_language(bytes, p->len, "en"), "nor a part of the first");
	has(p, 0, NULL);
	has(p, 1, "one");
	has(p, 2, "two");
	has(p, 3, NULL);
	has(p, 10, "ten");
	has(p, 11, "eleven");
	has(p, 12, "two");
	has(p, 13, "thirteen");
	has(p, 14, NULL);
	has(p, 270, NULL);
	has(p, 65535, NULL);
}

static void test_change(struct buf *p)
{
	static const uint8_t wide[] = { 0x34, 0x12, 0, 0 };
	CLEANUP(buf_release) struct buf t = BUF_INIT;
	struct hii_place place;
	uint32_t last = 0;
	size_t end;

	ok(set(p, 1, "uno, longer"), "one in SCSU");
	ok(set(p, 10, ""), "one of several, to nothing");
	ok(set(p, 12, "dos"), "a duplicate");
	ok(set(p, 3, "three"), "the first that was left out");
	ok(set(p, 9, "nine"), "the last");
	ok(set(p, 6, "six"), "one between");
	ok(!set(p, 271, "?"), "one that is not there");
	hii_find(buf_bytes(p), p->len, 1, &place);
	ok(!hii_set(p, &place, wide, sizeof(wide)), "SCSU can't hold all");
	has(p, 1, "uno, longer");
	has(p, 2, "dos");
	has(p, 3, "three");
	has(p, 4, NULL);
	has(p, 6, "six");
	has(p, 8, NULL);
	has(p, 9, "nine");
	has(p, 10, "");
	has(p, 11, "eleven");
	has(p, 12, "dos");
	has(p, 13, "thirteen");
	is_int(le32(buf_bytes(p)) & 0xffffff, p->len, "its length is in its header");
	add16(&t, "new");
	ok(hii_append(p, buf_bytes(&t), t.len), "one more");
	has(p, 271, "new");
	ok(hii_leave_out(p, 1000), "identifiers up to another package's");
	ok(hii_last(buf_bytes(p), p->len, &last, &end) && last == 1000, "are in use");
	ok(!hii_leave_out(p, HII_STRINGS_MAX + 1), "there is a limit to them");
	has(p, 271, "new");
}

static void test_new(void)
{
	CLEANUP(buf_release) struct buf p = BUF_INIT;
	CLEANUP(buf_release) struct buf name = BUF_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	add16(&name, "Klingon");
	add16(&text, "Qapla");
	ok(hii_new_strings(&p, "tlh", buf_bytes(&name), name.len, 4, buf_bytes(&text), text.len),
		"another language");
	has(&p, 1, "Klingon");
	has(&p, 2, "");
	has(&p, 3, "");
	has(&p, 4, "Qapla");
	has(&p, 5, NULL);
}

static efi_status add_list(struct hii_list *list, const void *more, size_t n)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	make(&b, "en-US;fr", more, n);
	return hii_list_add(list, buf_bytes(&b), b.len);
}

static void test_lists(void)
{
	static const uint8_t layouts[] = { 24 + 18, 0, 0, HII_PACKAGE_KEYBOARD, 2, 0, 18, 0, 1, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 18, 0, 2 };
	static const uint8_t path[] = { 8, 0, 0, HII_PACKAGE_DEVICE_PATH, 0x7f, 0xff, 4, 0 };
	static const uint8_t short_guid[] = { 8, 0, 0, HII_PACKAGE_GUID, 1, 2, 3, 4 };
	uint8_t two[sizeof(layouts) + 15 + sizeof(path)] = { 0 };
	CLEANUP(hii_list_release) struct hii_list list = { 0 };
	CLEANUP(hii_list_release) struct hii_list copy = { 0 };
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	const uint8_t *layout;
	size_t at = 0, n;

	memcpy(two, path, sizeof(path));
	memcpy(two + sizeof(path), layouts, sizeof(layouts));
	is_int(add_list(&list, two, sizeof(two)), EFI_SUCCESS, "a list");
	is_int(list.n, 3, "of three packages");
	is_int(hii_type(&list.packages[0]), HII_PACKAGE_KEYBOARD, "in the order of their types");
	is_int(hii_type(&list.packages[2]), HII_PACKAGE_DEVICE_PATH, "as they are exported");
	ok(hii_next_layout(&list.packages[0], &at, &layout, &n) &&
			hii_layout_guid(layout).b[0] == 1,
		"a keyboard layout");
	ok(hii_next_layout(&list.packages[0], &at, &layout, &n) &&
			hii_layout_guid(layout).b[0] == 2,
		"a second");
	ok(!hii_next_layout(&list.packages[0], &at, &layout, &n), "no third");
	hii_list_export(&list, &bytes);
	is_int(bytes.len, hii_list_size(&list), "it is as long as it says");
	is_int(le32(buf_bytes(&bytes) + 16), bytes.len, "in its header, too");
	hii_list_copy(&copy, &list);
	hii_list_drop(&copy, buf_bytes(&bytes), bytes.len);
	is_int(copy.n, 0, "all of them are replaced");
	is_int(hii_list_add(&copy, buf_bytes(&bytes), bytes.len), EFI_SUCCESS, "by all");
	is_int(add_list(&list, NULL, 0), EFI_UNSUPPORTED, "a language a second time");
	is_int(hii_list_add_one(&list, HII_PACKAGE_DEVICE_PATH, path + 4, 4), EFI_INVALID_PARAMETER,
		"a second device path");
	hii_list_release(&copy);
	is_int(add_list(&copy, short_guid, sizeof(short_guid)), EFI_INVALID_PARAMETER,
		"half a GUID");
	hii_list_release(&copy);
	two[sizeof(path) + 4] = 3;
	is_int(add_list(&copy, two, sizeof(two)), EFI_INVALID_PARAMETER,
		"more layouts than there are");
}

/* Whatever is done to what was cut. */
static void test_cut(const struct buf *whole)
{
	for (size_t len = 0; len < whole->len; len++) {
		CLEANUP(xfree) uint8_t *cut = xmemdup(buf_bytes(whole), len ? len : 1);
		CLEANUP(hii_list_release) struct hii_list list = { 0 };
		struct hii_place place;
		uint32_t last;
		size_t end;

		hii_list_add(&list, cut, len);
		for (size_t i = 0; i < list.n; i++)
			has(&list.packages[i], 0, NULL);
		/* The package itself is cut, too. */
		if (len < 26)
			continue;
		hii_last(cut + 26, len - 26, &last, &end);
		hii_languages(cut + 26, len - 26);
		for (uint16_t id = 0; id < 300; id++)
			hii_find(cut + 26, len - 26, id, &place);
	}
	ok(true, "cut at each byte");
}

int main(void)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT;
	CLEANUP(buf_release) struct buf strings = BUF_INIT;

	make_strings(&strings, "en-US;fr");
	test_find(&strings);
	test_change(&strings);
	test_new();
	test_lists();
	make(&list, "de", NULL, 0);
	test_cut(&list);
	return tap_done();
}
