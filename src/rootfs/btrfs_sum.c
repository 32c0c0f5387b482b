/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checksums of btrfs: CRC-32C, xxHash64 (its specification, 0.1.1), SHA-256, and BLAKE2b of 256
 * bits (RFC 7693). Each stands at the front of 32 bytes of a tree block, and in the checksum tree without what
 * fills these.
 */
#include <nettle/sha2.h>
#include <string.h>

#include "base/bytes.h"
#include "base/sanitizer.h"
#include "rootfs/btrfs.h"
#include "rootfs/crc32c.h"

#define BLOCK_FROM 32

enum sum_type {
	SUM_CRC32C,
	SUM_XXHASH64,
	SUM_SHA256,
	SUM_BLAKE2B,
};

static uint64_t rotate_left(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static void put_le(uint8_t *to, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

/* ---- xxHash64 with seed 0 ---- */

#define PRIME1 UINT64_C(0x9e3779b185ebca87)
#define PRIME2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME3 UINT64_C(0x165667b19e3779f9)
#define PRIME4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME5 UINT64_C(0x27d4eb2f165667c5)

static uint64_t xx_round(uint64_t sum, uint64_t lane)
{
	return rotate_left(sum + lane * PRIME2, 31) * PRIME1;
}

static uint64_t xx_stripes(const uint8_t *p, size_t n)
{
	uint64_t sums[4] = { PRIME1 + PRIME2, PRIME2, 0, 0 - PRIME1 }, all;

	for (; n >= 32; n -= 32, p += 32)
		for (size_t i = 0; i < 4; i++)
			sums[i] = xx_round(sums[i], le64(p + 8 * i));
	all = rotate_left(sums[0], 1) + rotate_left(sums[1], 7) + rotate_left(sums[2], 12) +
	      rotate_left(sums[3], 18);
	for (size_t i = 0; i < 4; i++)
		all = (all ^ xx_round(0, sums[i])) * PRIME1 + PRIME4;
	return all;
}

static uint64_t xxhash64(const uint8_t *p, size_t n)
{
	uint64_t sum = (n >= 32 ? xx_stripes(p, n) : PRIME5) + n;

	p += n / 32 * 32;
	n %= 32;
	for (; n >= 8; n -= 8, p += 8)
		sum = rotate_left(sum ^ xx_round(0, le64(p)), 27) * PRIME1 + PRIME4;
	if (n >= 4) {
		sum = rotate_left(sum ^ le32(p) * PRIME1, 23) * PRIME2 + PRIME3;
		n -= 4;
		p += 4;
	}
	for (; n > 0; n--, p++)
		sum = rotate_left(sum ^ *p * PRIME5, 11) * PRIME1;
	sum = (sum ^ sum >> 33) * PRIME2;
	sum = (sum ^ sum >> 29) * PRIME3;
	return sum ^ sum >> 32;
}

/* ---- BLAKE2b ---- */

#define BLAKE_BLOCK  128
#define BLAKE_ROUNDS 12

static const uint64_t blake_iv[8] = {
	UINT64_C(0x6a09e667f3bcc908),
	UINT64_C(0xbb67ae8584caa73b),
	UINT64_C(0x3c6ef372fe94f82b),
	UINT64_C(0xa54ff53a5f1d36f1),
	UINT64_C(0x510e527fade682d1),
	UINT64_C(0x9b05688c2b3e6c1f),
	UINT64_C(0x1f83d9abfb41bd6b),
	UINT64_C(0x5be0cd19137e2179),
};

/* RFC 7693 2.7; rounds 10 and 11 are as 0 and 1. */
static const uint8_t blake_order[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static void blake_mix(uint64_t *v, const uint8_t *at, uint64_t x, uint64_t y)
{
	uint64_t *a = &v[at[0]], *b = &v[at[1]], *c = &v[at[2]], *d = &v[at[3]];

	*a += *b + x;
	*d = rotate_left(*d ^ *a, 32);
	*c += *d;
	*b = rotate_left(*b ^ *c, 40);
	*a += *b + y;
	*d = rotate_left(*d ^ *a, 48);
	*c += *d;
	*b = rotate_left(*b ^ *c, 1);
}

static void blake_block(uint64_t *h, const uint8_t *block, uint64_t total, bool last)
{
	static const uint8_t places[8][4] = { { 0, 4, 8, 12 }, { 1, 5, 9, 13 }, { 2, 6, 10, 14 },
		{ 3, 7, 11, 15 }, { 0, 5, 10, 15 }, { 1, 6, 11, 12 }, { 2, 7, 8, 13 },
		{ 3, 4, 9, 14 } };
	uint64_t v[16];

	memcpy(v, h, 8 * sizeof(*v));
	memcpy(v + 8, blake_iv, sizeof(blake_iv));
	v[12] ^= total;
	if (last)
		v[14] = ~v[14];
	for (unsigned round = 0; round < BLAKE_ROUNDS; round++) {
		const uint8_t *order = blake_order[round % 10];

		for (size_t i = 0; i < 8; i++)
			blake_mix(v, places[i], le64(block + 8 * order[2 * i]),
				le64(block + 8 * order[2 * i + 1]));
	}
	for (size_t i = 0; i < 8; i++)
		h[i] ^= v[i] ^ v[i + 8];
}

static void blake2b_256(const uint8_t *p, size_t n, uint8_t *sum)
{
	uint8_t end[BLAKE_BLOCK] = { 0 };
	uint64_t h[8], total = 0;

	memcpy(h, blake_iv, sizeof(h));
	h[0] ^= 0x01010000 ^ 32; /* no key, 32 bytes */
	for (; n > BLAKE_BLOCK; n -= BLAKE_BLOCK, p += BLAKE_BLOCK)
		blake_block(h, p, total += BLAKE_BLOCK, false);
	memcpy(end, p, n);
	blake_block(h, end, total + n, true);
	for (size_t i = 0; i < 4; i++)
		put_le(sum + 8 * i, h[i], 8);
}

/* ---- all of them ---- */

size_t btrfs_sum_size(unsigned type)
{
	static const size_t sizes[] = {
		[SUM_CRC32C] = 4, [SUM_XXHASH64] = 8, [SUM_SHA256] = 32, [SUM_BLAKE2B] = 32
	};

	return type < ARRAY_SIZE(sizes) ? sizes[type] : 0;
}

bool btrfs_sum_ok(unsigned type, const uint8_t *sum, const uint8_t *bytes, size_t len)
{
	uint8_t right[BTRFS_SUM_MAX];
	struct sha256_ctx sha256;

	switch (type) {
	case SUM_CRC32C:
		put_le(right, ~crc32c(~0u, bytes, len), 4);
		break;
	case SUM_XXHASH64:
		put_le(right, xxhash64(bytes, len), 8);
		break;
	case SUM_SHA256:
		sha256_init(&sha256);
		sha256_update(&sha256, len, bytes);
		sha256_digest(&sha256, sizeof(right), right);
		break;
	default:
		blake2b_256(bytes, len, right);
	}
	return FUZZING || memcmp(right, sum, btrfs_sum_size(type)) == 0;
}

static bool xxhash64_ok(const struct block_crc *crc, const uint8_t *bytes, size_t size)
{
	return btrfs_sum_ok(SUM_XXHASH64, bytes + crc->at, bytes + crc->from, size - crc->from);
}

static bool sha256_ok(const struct block_crc *crc, const uint8_t *bytes, size_t size)
{
	return btrfs_sum_ok(SUM_SHA256, bytes + crc->at, bytes + crc->from, size - crc->from);
}

static bool blake2b_ok(const struct block_crc *crc, const uint8_t *bytes, size_t size)
{
	return btrfs_sum_ok(SUM_BLAKE2B, bytes + crc->at, bytes + crc->from, size - crc->from);
}

struct block_crc btrfs_block_sum(unsigned type)
{
	static const struct block_crc sums[] = {
		[SUM_CRC32C] = { 0, BLOCK_FROM, NULL },
		[SUM_XXHASH64] = { 0, BLOCK_FROM, xxhash64_ok },
		[SUM_SHA256] = { 0, BLOCK_FROM, sha256_ok },
		[SUM_BLAKE2B] = { 0, BLOCK_FROM, blake2b_ok },
	};

	return sums[type < ARRAY_SIZE(sums) ? type : SUM_CRC32C];
}
