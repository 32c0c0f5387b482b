/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration strings: numbers, what blocks are asked for and set, and strings
 * that are cut short at each of their places.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/proto/hii_config_text.h"
#include "firmware/proto/hii_forms.h"
#include "tap.h"

/* The first n characters; on the heap, with nothing behind the NUL. */
static uint16_t *units_of(const char *s, size_t n)
{
	uint16_t *v = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = (uint8_t)s[i];
	return v;
}

static uint16_t *units(const char *s)
{
	return units_of(s, strlen(s));
}

static void is_text(const struct buf *b, const char *want, const char *name)
{
	CLEANUP(xfree) char *got = utf16le_to_utf8(buf_bytes(b), b->len / 2);

	is_str(got, want, name);
}

#define SETTINGS                                                                                   \
	"GUID=01&NAME=0061&PATH=7fff0400&OFFSET=1&WIDTH=2&VALUE=abcd&OFFSET=3&WIDTH=1&VALUE=9"

/* Each function with each beginning of a string; the address sanitizer holds them. */
static void test_cut(const char *s)
{
	uint8_t block[4];
	bool within = true;
	uint64_t size;
	size_t at;

	for (size_t n = 0; n <= strlen(s); n++) {
		CLEANUP(xfree) uint16_t *v = units_of(s, n);
		CLEANUP(buf_release) struct buf path = BUF_INIT;
		CLEANUP(buf_release) struct buf out = BUF_INIT;
		CLEANUP(buf_release) struct buf chosen = BUF_INIT;
		struct config_wanted wanted = { 0 };

		config_path(v, &path);
		config_has_elements(v);
		within = within && (config_is_request(v, &at) || at <= n);
		config_from_block(v, block, sizeof(block), &out, &at);
		within = within && at <= n;
		config_to_block(v, block, sizeof(block), &size, &at);
		within = within && at <= n;
		config_choose(v, &wanted, &chosen);
	}
	ok(within, "cut short at each place");
}

static void test_path(void)
{
	static const struct {
		const char *s;
		efi_status status;
		size_t len;
	} cases[] = {
		{ "GUID=&PATH=7fff0400", EFI_SUCCESS, 4 },
		{ "PATH=7FFF0400aB&b", EFI_SUCCESS, 5 },
		{ "PATH=010105001a7fff040", EFI_SUCCESS, 9 },
		{ "PATH=010105001a7fff04", EFI_NOT_FOUND, 8 },
		{ "PATH=01010300", EFI_NOT_FOUND, 4 },
		{ "PATH=0101ffff", EFI_NOT_FOUND, 4 },
		{ "PATH=&PATH=7fff0400", EFI_NOT_FOUND, 0 },
		{ "PATH=", EFI_INVALID_PARAMETER, 0 },
		{ "GUID=7fff0400", EFI_INVALID_PARAMETER, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(xfree) uint16_t *v = units(cases[i].s);
		CLEANUP(buf_release) struct buf path = BUF_INIT;

		is_int(config_path(v, &path), cases[i].status, cases[i].s);
		is_int(path.len, cases[i].len, "its length");
	}
}

static void test_blocks(void)
{
	static const uint8_t bytes[] = { 1, 0xcd, 0xab, 9 };
	CLEANUP(xfree)
	uint16_t *request = units("GUID=1&NAME=&PATH=2&OFFSET=1&WIDTH=2&OFFSET=0&WIDTH=1");
	CLEANUP(xfree) uint16_t *settings = units(SETTINGS);
	CLEANUP(xfree)
	uint16_t *far = units("GUID=1&PATH=2&OFFSET=ffffffffffffffff&WIDTH=2&VALUE=1");
	CLEANUP(xfree) uint16_t *again = NULL;
	CLEANUP(text_release) struct text many = TEXT_INIT;
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	CLEANUP(buf_release) struct buf none = BUF_INIT;
	static uint8_t large[1u << 20];
	uint8_t block[4] = { 1 };
	uint64_t size = 0;
	size_t at;

	is_int(config_from_block(request, bytes, sizeof(bytes), &out, &at), EFI_SUCCESS, "from");
	is_text(&out, "GUID=1&NAME=&PATH=2&OFFSET=1&WIDTH=2&VALUE=abcd&OFFSET=0&WIDTH=1&VALUE=01",
		"the answer");
	is_int(config_to_block(settings, block, sizeof(block), &size, &at), EFI_SUCCESS, "to");
	ok(memcmp(block, bytes, sizeof(block)) == 0, "the block");
	is_int(size, 3, "its last byte");
	is_int(config_to_block(far, block, sizeof(block), &size, &at), EFI_INVALID_PARAMETER,
		"behind all there is");
	is_int(config_from_block(far, block, sizeof(block), &none, &at), EFI_DEVICE_ERROR,
		"from there");
	text_puts(&many, "GUID=1&PATH=2");
	for (unsigned i = 0; i < 100; i++)
		text_puts(&many, "&OFFSET=0&WIDTH=100000&VALUE=1");
	again = units(text_str(&many));
	is_int(config_to_block(again, large, sizeof(large), &size, &at), EFI_OUT_OF_RESOURCES,
		"the same again and again");
	is_int(config_from_block(again, large, sizeof(large), &none, &at), EFI_OUT_OF_RESOURCES,
		"an answer without end");
}

/* --- forms */

static void add_forms(struct hii_list *list, const void *ops, size_t n)
{
	if (hii_list_add_one(list, HII_PACKAGE_FORMS, ops, n) != EFI_SUCCESS)
		abort();
}

static const char ops[] = "\x5c\x05\0\0\0"
			  "\x24\x19"
			  "0123456789abcdef\1\0\4\0ab\0"
			  "\x25\x14\2\0"
			  "0123456789abcdee"
			  "\x26\x1d\3\0"
			  "0123456789abcded\7\0\0\0\4\0v\0"
			  "\x01\x06\0\0\0\0"
			  "\x25\x14\2\0"
			  "0123456789abcdec";

static void test_forms(void)
{
	static const struct {
		const char *s;
		enum hii_storage storage;
	} cases[] = {
		{ "GUID=30313233343536373839616263646566&NAME=00610062&", HII_STORAGE_DRIVER },
		{ "GUID=30313233343536373839616263646566&NAME=0061&", HII_STORAGE_NONE },
		{ "GUID=30313233343536373839616263646565&NAME=&", HII_STORAGE_DRIVER },
		{ "GUID=30313233343536373839616263646565&NAME=0061&", HII_STORAGE_NONE },
		{ "GUID=30313233343536373839616263646564&NAME=0076&", HII_STORAGE_VARIABLE },
		{ "GUID=30313233343536373839616263646563&NAME=&", HII_STORAGE_NONE },
		{ "GUID=", HII_STORAGE_NONE },
		{ "", HII_STORAGE_NONE },
	};
	CLEANUP(hii_list_release) struct hii_list list = { 0 };

	ok(!hii_has_defaults(&list), "no forms have no default values");
	add_forms(&list, ops, sizeof(ops) - 1);
	ok(hii_has_defaults(&list), "these have");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(xfree) uint16_t *v = units(cases[i].s);

		is_int(hii_storage_of(&list, v), cases[i].storage, cases[i].s);
	}
	for (size_t n = 0; n < sizeof(ops) - 1; n++) {
		CLEANUP(xfree) uint16_t *v = units(cases[4].s);
		CLEANUP(hii_list_release) struct hii_list cut = { 0 };

		add_forms(&cut, ops, n);
		hii_has_defaults(&cut);
		ok(n >= 76 || !hii_storage_of(&cut, v), "forms that are cut short");
	}
}

int main(void)
{
	test_path();
	test_blocks();
	test_cut(SETTINGS "&GUID=02&NAME=&PATH=7fff0400&ALTCFG=0001&a=1");
	test_cut("GUID=1&NAME=&PATH=2&OFFSET=1&WIDTH=2&OFFSET=0&WIDTH=1");
	test_forms();
	return tap_done();
}
