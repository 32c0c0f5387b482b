/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Decompress protocol (UEFI 2.10 19.5), with what a compressor of the tests' own makes. */
#include "../lib/compress.h"
#include "test.h"

struct decompress {
	efi_status (*get_info)(struct decompress *this, const void *source, uint32_t source_size,
		uint32_t *size, uint32_t *scratch);
	efi_status (*decompress)(struct decompress *this, const void *source, uint32_t source_size,
		void *to, uint32_t size, void *scratch, uint32_t scratch_size);
};

static const struct guid guid_decompress = { 0xd8117cfe, 0x94a6, 0x11d4,
	{ 0x9a, 0x3a, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };

static struct decompress *d;

static void there_and_back(const uint8_t *bytes, uint32_t len, const char *name)
{
	uint8_t *packed = pool(4096 + 2 * (uint64_t)len), *back = pool(len + 16), *scratch;
	uint32_t n = (uint32_t)compress(bytes, len, packed), size = 0, room = 0;

	is(d->get_info(d, packed, n, &size, &room), EFI_SUCCESS, name);
	is(size, len, "its size is told");
	ok(room > 0, "some room is asked for");
	scratch = pool(room);
	is(d->decompress(d, packed, n, back, size, scratch, room), EFI_SUCCESS, "it is unpacked");
	ok(same(back, bytes, len), "to the same bytes");
	is(back[len], 0, "and no more");
}

static void test_errors(void)
{
	static const char text[] = "words, words, words and more words";
	uint8_t *packed = pool(4096), *back = pool(4096), *scratch = pool(65536);
	uint32_t n = (uint32_t)compress((const uint8_t *)text, sizeof(text), packed), size, room;

	is(d->get_info(d, packed, 7, &size, &room), EFI_INVALID_PARAMETER, "info: no header");
	is(d->get_info(d, packed, n - 1, &size, &room), EFI_INVALID_PARAMETER, "info: cut short");
	is(d->get_info(d, packed, n, &size, &room), EFI_SUCCESS, "info: whole");
	is(d->get_info(d, packed, n + 9, &size, &room), EFI_SUCCESS, "info: with more behind it");
	is(d->decompress(d, packed, n, back, size - 1, scratch, room), EFI_INVALID_PARAMETER,
		"unpack: too little room");
	is(d->decompress(d, packed, n, back, size, scratch, room - 1), EFI_INVALID_PARAMETER,
		"unpack: too little to work with");
	is(d->decompress(d, packed, 7, back, size, scratch, room), EFI_INVALID_PARAMETER,
		"unpack: no header");
	is(d->decompress(d, packed, n, back, size + 9, scratch, room), EFI_SUCCESS,
		"unpack: more room than needed");
	/* A code that has more symbols than bits. */
	packed[10] = 0xff;
	packed[11] = 0xff;
	is(d->decompress(d, packed, n, back, size, scratch, room), EFI_INVALID_PARAMETER,
		"unpack: a malformed code");
}

void subject(void)
{
	static const char text[] = "Many words are said again and again, and again are words said.";
	uint8_t *bytes = pool(20000);
	uint32_t seed = 1;
	void *at = NULL;

	is(bs->locate_protocol(&guid_decompress, NULL, &at), EFI_SUCCESS, "there");
	d = at;
	there_and_back((const uint8_t *)text, sizeof(text), "a text");
	there_and_back((const uint8_t *)text, 1, "a byte");
	there_and_back(bytes, 1000, "zeroes");
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (uint8_t)(i % 3000 < 1500 ? seed >> 16 : i % 3000);
	}
	there_and_back(bytes, 3000, "noise");
	there_and_back(bytes, 12000, "noise and order");
	test_errors();
}
