/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk with a GPT, byte by byte, for the tests of part/: it shares nothing
 * with the code under test, not even the CRC, and read_test.c has sgdisk
 * confirm it.
 *
 * Two partitions: 1, an ESP of 1 MiB from 1 MiB on; 2, Linux, 1 MiB from 2 MiB on.
 */
#ifndef ARMVM_TESTS_GPT_BYTES_H
#define ARMVM_TESTS_GPT_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct gpt_bytes {
	uint8_t *b;
	uint64_t size;
	unsigned ss;
	unsigned entries; /* the number of entries, of 128 bytes */
};

static inline void gb_put(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint32_t gb_crc(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
	}
	return ~crc;
}

static inline uint64_t gb_last(const struct gpt_bytes *g)
{
	return g->size / g->ss - 1;
}

static inline uint64_t gb_array_sectors(const struct gpt_bytes *g)
{
	return (g->entries * 128u + g->ss - 1) / g->ss;
}

/* copy: 0 primary, 1 backup */
static inline uint8_t *gb_header(const struct gpt_bytes *g, int copy)
{
	return g->b + (copy ? gb_last(g) : 1) * g->ss;
}

static inline uint8_t *gb_array(const struct gpt_bytes *g, int copy)
{
	return g->b + (copy ? gb_last(g) - gb_array_sectors(g) : 2) * g->ss;
}

static inline uint8_t *gb_entry(const struct gpt_bytes *g, int copy, unsigned index)
{
	return gb_array(g, copy) + 128u * (index - 1);
}

static inline void gb_fix_header(struct gpt_bytes *g, int copy)
{
	uint8_t *h = gb_header(g, copy);

	gb_put(h + 16, 0, 4);
	gb_put(h + 16, gb_crc(h, 92), 4);
}

static inline void gb_fix(struct gpt_bytes *g)
{
	for (int copy = 0; copy < 2; copy++) {
		gb_put(gb_header(g, copy) + 88, gb_crc(gb_array(g, copy), g->entries * 128u), 4);
		gb_fix_header(g, copy);
	}
}

static inline void gb_mbr(struct gpt_bytes *g)
{
	static const uint8_t protective[] = { 0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0 };

	memcpy(g->b + 446, protective, sizeof(protective));
	gb_put(g->b + 446 + 12, gb_last(g), 4);
	g->b[510] = 0x55;
	g->b[511] = 0xaa;
}

static inline void gb_copy(struct gpt_bytes *g, int copy)
{
	uint64_t last = gb_last(g), array = gb_array_sectors(g);
	uint64_t room = 16384 / g->ss > array ? 16384 / g->ss : array;
	uint8_t *h = gb_header(g, copy);

	memcpy(h, "EFI PART", 8);
	gb_put(h + 8, 0x10000, 4);
	gb_put(h + 12, 92, 4);
	gb_put(h + 24, copy ? last : 1, 8);
	gb_put(h + 32, copy ? 1 : last, 8);
	gb_put(h + 40, 2 + room, 8);
	gb_put(h + 48, last - room - 1, 8);
	memset(h + 56, 0xd1, 16);
	gb_put(h + 72, copy ? last - array : 2, 8);
	gb_put(h + 80, g->entries, 4);
	gb_put(h + 84, 128, 4);
}

static inline void gb_add(struct gpt_bytes *g, unsigned index, const char type[16], uint64_t first,
	uint64_t sectors, char name)
{
	for (int copy = 0; copy < 2; copy++) {
		uint8_t *e = gb_entry(g, copy, index);

		memcpy(e, type, 16);
		memset(e + 16, (int)(0xa0 + index), 16);
		gb_put(e + 32, first, 8);
		gb_put(e + 40, first + sectors - 1, 8);
		e[56] = (uint8_t)name;
	}
}

#define GB_ESP   "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b"
#define GB_LINUX "\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4"

/* size 0: 4 MiB and the partitions above; any other size: no partitions. */
static inline void gb_init(struct gpt_bytes *g, unsigned ss, unsigned entries, uint64_t size)
{
	*g = (struct gpt_bytes){ .size = size ? size : 4 << 20, .ss = ss, .entries = entries };
	g->b = calloc(1, g->size);
	if (!g->b)
		abort();
	gb_mbr(g);
	gb_copy(g, 0);
	gb_copy(g, 1);
	if (!size) {
		gb_add(g, 1, GB_ESP, (1 << 20) / ss, (1 << 20) / ss, 'E');
		gb_add(g, 2, GB_LINUX, (2 << 20) / ss, (1 << 20) / ss, 'L');
	}
	gb_fix(g);
}

static inline void gb_release(struct gpt_bytes *g)
{
	free(g->b);
}

#endif
