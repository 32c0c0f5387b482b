/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See decompress.h. Bits come from the top of each byte. A block has three codes: one for the lengths of the
 * second, which is of bytes and of lengths of matches, and one for the distances of matches.
 */
#include <string.h>

#include "base/bytes.h"
#include "uefi/decompress.h"

#define BITS_MAX      16 /* of a code */
#define LENGTHS       19 /* symbols of the first code */
#define LENGTHS_BITS  5
#define LENGTHS_GAP   3 /* symbols before two bits that say how many are left out */
#define CHARS         510
#define CHARS_BITS    9
#define DISTANCES     14
#define DISTANCE_BITS 4
#define MATCH_MIN     3

struct bits {
	const uint8_t *p;
	size_t len;
	uint64_t at;
};

/* A canonical code. single: without bits, it always means that. */
struct code {
	uint16_t count[BITS_MAX + 1], symbols[CHARS];
	bool is_single;
	uint16_t single;
};

struct decoder {
	struct bits in;
	unsigned left; /* symbols of the block */
	struct code lengths, chars, distances;
};

/* Beyond the end there are zeroes. */
static unsigned take_bit(struct bits *b)
{
	uint64_t byte = b->at / 8;
	unsigned bit = byte < b->len ? b->p[byte] >> (7 - b->at % 8) & 1u : 0;

	b->at++;
	return bit;
}

static unsigned take(struct bits *b, unsigned n)
{
	unsigned v = 0;

	while (n-- > 0)
		v = v << 1 | take_bit(b);
	return v;
}

/* False unless each sequence of bits means something, and one thing. */
static bool make_code(struct code *c, const uint8_t *lengths, size_t n)
{
	uint16_t at[BITS_MAX + 2] = { 0 };
	uint32_t room = 1;

	memset(c->count, 0, sizeof(c->count));
	c->is_single = false;
	for (size_t i = 0; i < n; i++)
		c->count[lengths[i]]++;
	for (unsigned bits = 1; bits <= BITS_MAX; bits++) {
		room *= 2;
		if (room < c->count[bits])
			return false;
		room -= c->count[bits];
		at[bits + 1] = (uint16_t)(at[bits] + c->count[bits]);
	}
	for (size_t i = 0; i < n; i++)
		if (lengths[i])
			c->symbols[at[lengths[i]]++] = (uint16_t)i;
	return room == 0;
}

static bool make_single(struct code *c, unsigned symbol, unsigned n)
{
	c->is_single = true;
	c->single = (uint16_t)symbol;
	return symbol < n;
}

static unsigned take_symbol(struct bits *b, const struct code *c)
{
	unsigned code = 0, first = 0, index = 0;

	if (c->is_single)
		return c->single;
	for (unsigned bits = 1; bits <= BITS_MAX; bits++) {
		code |= take_bit(b);
		if (code - first < c->count[bits])
			return c->symbols[index + (code - first)];
		index += c->count[bits];
		first = (first + c->count[bits]) << 1;
		code <<= 1;
	}
	return 0; /* not with a code that make_code() took */
}

/* Lengths of a code of n symbols, each in three bits, or, from 7 on, one bit more for each one more. */
static bool read_plain(struct bits *b, struct code *c, unsigned n, unsigned n_bits, unsigned gap)
{
	unsigned stored = take(b, n_bits), i = 0;
	uint8_t lengths[LENGTHS] = { 0 };

	if (!stored)
		return make_single(c, take(b, n_bits), n);
	while (i < stored && i < n) {
		unsigned length = take(b, 3);

		while (length >= 7 && take_bit(b))
			if (++length > BITS_MAX)
				return false;
		lengths[i++] = (uint8_t)length;
		if (i == gap)
			i += take(b, 2);
	}
	return i <= n && make_code(c, lengths, n);
}

/* Lengths of the second code, by the first: 0 to 2 are one, some, or many without a code. */
static bool read_chars(struct bits *b, struct code *c, const struct code *lengths_code)
{
	unsigned stored = take(b, CHARS_BITS), i = 0;
	uint8_t lengths[CHARS] = { 0 };

	if (!stored)
		return make_single(c, take(b, CHARS_BITS), CHARS);
	while (i < stored && i < CHARS) {
		unsigned symbol = take_symbol(b, lengths_code);

		if (symbol == 0)
			i++;
		else if (symbol == 1)
			i += take(b, 4) + 3;
		else if (symbol == 2)
			i += take(b, CHARS_BITS) + 20;
		else
			lengths[i++] = (uint8_t)(symbol - 2);
	}
	return i <= CHARS && make_code(c, lengths, CHARS);
}

static bool read_block(struct decoder *d)
{
	d->left = take(&d->in, 16);
	return d->left && read_plain(&d->in, &d->lengths, LENGTHS, LENGTHS_BITS, LENGTHS_GAP) &&
	       read_chars(&d->in, &d->chars, &d->lengths) &&
	       read_plain(&d->in, &d->distances, DISTANCES, DISTANCE_BITS, UINT32_MAX);
}

/* How far back a match begins, from 1. */
static uint32_t take_distance(struct decoder *d)
{
	unsigned bits = take_symbol(&d->in, &d->distances);

	return (bits > 1 ? (1u << (bits - 1)) + take(&d->in, bits - 1) : bits) + 1;
}

bool compressed_size(const uint8_t *from, size_t len, uint32_t *size)
{
	if (len < COMPRESSED_HEADER || le32(from) > len - COMPRESSED_HEADER)
		return false;
	*size = le32(from + 4);
	return true;
}

bool decompress(const uint8_t *from, size_t len, uint8_t *to)
{
	uint32_t size, at = 0;
	struct decoder d = { .left = 0 };

	if (!compressed_size(from, len, &size))
		return false;
	d.in = (struct bits){ from + COMPRESSED_HEADER, le32(from), 0 };
	while (at < size) {
		unsigned symbol;

		if (d.in.at / 8 > d.in.len || (!d.left && !read_block(&d)))
			return false;
		d.left--;
		symbol = take_symbol(&d.in, &d.chars);
		if (symbol <= UINT8_MAX) {
			to[at++] = (uint8_t)symbol;
			continue;
		}
		uint32_t back = take_distance(&d);
		if (back > at)
			return false;
		for (unsigned n = symbol - (UINT8_MAX + 1) + MATCH_MIN; n > 0 && at < size;
			n--, at++)
			to[at] = to[at - back];
	}
	return true;
}
