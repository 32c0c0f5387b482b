/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UEFI's compression: there and back, cut anywhere, and with any bit another one.
 */
#include <string.h>

#include "base/xalloc.h"
#include "compress.h"
#include "tap.h"
#include "uefi/decompress.h"

static void fill(uint8_t *bytes, size_t len, unsigned kind)
{
	uint32_t seed = kind;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (uint8_t)(kind == 0 ? 0 : kind == 1 ? seed >> 16 : (seed >> 16) % kind);
	}
}

static void there_and_back(size_t len, unsigned kind)
{
	CLEANUP(xfree) uint8_t *bytes = xcalloc(1, len + 1);
	CLEANUP(xfree) uint8_t *packed = xcalloc(1, 4096 + 2 * len);
	CLEANUP(xfree) uint8_t *back = xcalloc(1, len + 1);
	uint32_t size = 0;
	size_t n;

	fill(bytes, len, kind);
	n = compress(bytes, len, packed);
	ok(compressed_size(packed, n, &size) && size == len, "%zu bytes of kind %u", len, kind);
	ok(decompress(packed, n, back) && memcmp(back, bytes, len) == 0, "come back");
}

/* Exact allocations, so that a sanitizer sees what is read or written beside them. */
static void test_damaged(void)
{
	static const char text[] = "Many words are said again and again, and again are words said.";
	CLEANUP(xfree) uint8_t *packed = xcalloc(1, 4096);
	size_t n = compress((const uint8_t *)text, sizeof(text), packed);
	unsigned refused = 0, other = 0;
	uint32_t size;

	for (size_t len = 0; len < n; len++) {
		uint8_t *cut = xmemdup(packed, len ? len : 1);

		refused += !compressed_size(cut, len, &size);
		free(cut);
	}
	is_int(refused, n, "what is cut anywhere is refused");
	for (size_t bit = 64; bit < n * 8; bit++) {
		uint8_t *bad = xmemdup(packed, n), *back = xmalloc(sizeof(text));

		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		other += !decompress(bad, n, back) || memcmp(back, text, sizeof(text)) != 0;
		free(bad);
		free(back);
	}
	ok(other > n * 7, "%u of %zu bits make another text, or none", other, n * 8 - 64);
}

/* Codes of one symbol, which take no bits; a block of no symbols. */
static void test_single(void)
{
	uint8_t packed[32] = { 14, 0, 0, 0, 5, 0, 0, 0 }, back[5];
	struct compressor c = { packed, 64 };

	compress_put(&c, 5, 16);
	compress_put(&c, 0, 5 + 5); /* lengths: always 0 */
	compress_put(&c, 0, 9);     /* chars: always ... */
	compress_put(&c, 'x', 9);
	compress_put(&c, 0, 4 + 4); /* distances: always 0 */
	ok(decompress(packed, 22, back) && memcmp(back, "xxxxx", 5) == 0, "codes of one symbol");
	packed[8] = packed[9] = 0;
	ok(!decompress(packed, 22, back), "a block of nothing");
	c.at = 64;
	memset(packed + 8, 0, 14);
	compress_put(&c, 5, 16);
	compress_put(&c, 0, 5 + 5);
	compress_put(&c, 0, 9);
	compress_put(&c, 510, 9);
	ok(!decompress(packed, 22, back), "a symbol that there is not");
	c.at = 64;
	memset(packed + 8, 0, 14);
	compress_put(&c, 5, 16);
	compress_put(&c, 0, 5 + 5);
	compress_put(&c, 0, 9);
	compress_put(&c, 300, 9);
	ok(!decompress(packed, 22, back), "a match from before the beginning");
}

int main(void)
{
	static const size_t lengths[] = { 0, 1, 2, 3, 100, 5000, 20000 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (unsigned kind = 0; kind < 4; kind++)
			there_and_back(lengths[i], kind);
	test_damaged();
	test_single();
	return tap_done();
}
