/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compressor for tests of UEFI's compression (UEFI 2.10 19.2), for the host and for guests: one block, whose
 * codes are always the same. Lengths of the second code: symbols 0 and 1 have 8 bits, the others 9;
 * of the third: 0 and 1 have 3 bits, the others 4. That uses up each code.
 */
#ifndef ARMVM_TESTS_COMPRESS_H
#define ARMVM_TESTS_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

struct compressor {
	uint8_t *out; /* zeroed, and large enough */
	uint64_t at;  /* bits */
};

static void compress_put(struct compressor *c, uint32_t v, unsigned n)
{
	while (n-- > 0) {
		c->out[c->at / 8] |= (uint8_t)((v >> n & 1) << (7 - c->at % 8));
		c->at++;
	}
}

static void compress_codes(struct compressor *c)
{
	compress_put(c, 12, 5);
	for (unsigned i = 0; i < 3; i++)
		compress_put(c, 0, 3);
	compress_put(c, 3, 2); /* 3 to 5 are left out */
	for (unsigned i = 6; i < 12; i++)
		compress_put(c, i >= 10, 3);
	compress_put(c, 510, 9);
	for (unsigned i = 0; i < 510; i++)
		compress_put(c, i > 1, 1);
	compress_put(c, 14, 4);
	for (unsigned i = 0; i < 14; i++)
		compress_put(c, i > 1 ? 4 : 3, 3);
}

static void compress_symbol(struct compressor *c, unsigned symbol)
{
	compress_put(c, symbol > 1 ? symbol + 2 : symbol, symbol > 1 ? 9 : 8);
}

static void compress_match(struct compressor *c, unsigned length, unsigned back)
{
	unsigned distance = back - 1, bits = 0;

	compress_symbol(c, length + 253);
	while (distance >> bits)
		bits++;
	compress_put(c, bits > 1 ? bits + 2 : bits, bits > 1 ? 4 : 3);
	if (bits > 1)
		compress_put(c, distance - (1u << (bits - 1)), bits - 1);
}

/* The longest match of what begins at `at`; its distance in *back. */
static unsigned compress_find(const uint8_t *from, size_t len, size_t at, unsigned *back)
{
	unsigned best = 0;

	for (unsigned d = 1; d <= at && d <= 8192; d++) {
		unsigned n = 0;

		while (n < 256 && at + n < len && from[at + n] == from[at + n - d])
			n++;
		if (n > best) {
			best = n;
			*back = d;
		}
	}
	return best;
}

/* Returns how many bytes it wrote; fewer than 65536 bytes are compressed. */
static size_t compress(const uint8_t *from, size_t len, uint8_t *out)
{
	struct compressor c = { out, 64 + 16 };
	uint32_t symbols = 0, size;

	compress_codes(&c);
	for (size_t at = 0; at < len; symbols++) {
		unsigned back = 0, n = compress_find(from, len, at, &back);

		if (n >= 3)
			compress_match(&c, n, back);
		else
			compress_symbol(&c, from[at]);
		at += n >= 3 ? n : 1;
	}
	size = (uint32_t)((c.at + 7) / 8 - 8) + 1;
	for (unsigned i = 0; i < 4; i++) {
		out[i] = (uint8_t)(size >> 8 * i);
		out[4 + i] = (uint8_t)(len >> 8 * i);
	}
	out[8] = (uint8_t)(symbols >> 8);
	out[9] = (uint8_t)symbols;
	return size + 8;
}

#endif
