/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * String packages: every kind of block, and a package list that is cut short
 * at each of its bytes.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "base/xalloc.h"
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

/* A list of one package of an unknown type and one of strings. */
static void make(struct buf *list)
{
	uint8_t header[20] = { 0 }, other[6] = { 6, 0, 0, 0x02 }, strings[46] = { 0 };
	uint8_t end[4] = { 4, 0, 0, HII_PACKAGE_END };
	CLEANUP(buf_release) struct buf p = BUF_INIT;

	add(&p, strings, sizeof(strings));
	add(&p, "en-US", 6);
	put_le32(strings + 8, (uint32_t)p.len);
	add(&p, "\x10one", 5);                /* 1 */
	add(&p, "\x14", 1), add16(&p, "two"); /* 2 */
	add(&p, "\x22\x07", 2);               /* skips 3 to 9 */
	add(&p, "\x16\x02\x00", 3), add16(&p, "ten"), add16(&p, "eleven");
	add(&p, "\x20\x02\x00", 3);             /* 12 is 2 */
	add(&p, "\x31\x40\x06\x00\xff\xff", 6); /* a font */
	add(&p, "\x13\x01\x01\x00thirteen", 13);
	add(&p, "\x21\x00\x01", 3); /* skips 256 */
	add(&p, "\x20\x0e\x01", 3); /* 270 is itself, for ever */
	add(&p, "", 1);
	put_le32(strings, (uint32_t)p.len | 4u << 24);
	put_le32(strings + 4, 52);
	memcpy(p.data, strings, sizeof(strings));

	add(list, header, sizeof(header));
	add(list, other, sizeof(other));
	add(list, p.data, p.len);
	add(list, end, sizeof(end));
}

static void has(const struct hii_package *p, uint16_t id, const char *want)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(xfree) char *text = NULL;
	bool found = hii_string(p, id, &b);

	if (!want) {
		ok(!found, "there is no string %u", id);
		return;
	}
	text = utf16le_to_utf8((const uint8_t *)b.data, b.len / 2);
	is_str(text, want, "a string");
	is_int(b.len, 2 * strlen(want) + 2, "with its NUL");
}

int main(void)
{
	CLEANUP(buf_release) struct buf list = BUF_INIT;
	struct hii_package p = { 0 };
	size_t at = 0;

	make(&list);
	ok(hii_next_package((uint8_t *)list.data, list.len, &at, &p) && p.type == 2 && p.len == 6,
		"the first package");
	ok(!hii_language(&p), "which has no language");
	ok(hii_next_package((uint8_t *)list.data, list.len, &at, &p) &&
			p.type == HII_PACKAGE_STRINGS,
		"the second package");
	is_str(hii_language(&p), "en-US", "its language");
	has(&p, 0, NULL);
	has(&p, 1, "one");
	has(&p, 2, "two");
	has(&p, 3, NULL);
	has(&p, 10, "ten");
	has(&p, 11, "eleven");
	has(&p, 12, "two");
	has(&p, 13, "thirteen");
	has(&p, 14, NULL);
	has(&p, 270, NULL);
	has(&p, 65535, NULL);
	ok(!hii_next_package((uint8_t *)list.data, list.len, &at, &p), "no third package");

	for (size_t len = 0; len < list.len; len++) {
		CLEANUP(xfree) uint8_t *cut = xmemdup(list.data, len ? len : 1);
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		at = 0;
		while (hii_next_package(cut, len, &at, &p)) {
			hii_language(&p);
			for (uint16_t id = 0; id < 300; id++)
				hii_string(&p, id, &b);
		}
		/* The package itself is cut, too. */
		p = (struct hii_package){ HII_PACKAGE_STRINGS, cut + (len > 26 ? 26 : 0),
			len > 26 ? len - 26 : len };
		for (uint16_t id = 0; id < 300; id++)
			hii_string(&p, id, &b);
	}
	ok(true, "cut at each byte");
	return tap_done();
}
