/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests of the guest, done by the host's library. See hashes.h; FIPS 180-4.
 */
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>

#include "base/bytes.h"
#include "firmware/cpu/hashes.h"

#define BLOCK      64u
#define KEPT_MIN   2u
/* Fewer are not worth it. */
#define BLOCKS_MIN 16u

#define ADD_END      0x8b021820u /* add xD, x1, x2, lsl #6 */
#define ADD_END_MASK 0xffffffe0u
#define ADRP         0x90000000u
#define ADRP_MASK    0x9f000000u
#define ADD_IMM      0x91000000u
#define ADD_IMM_MASK 0xffc00000u
#define MOVZ         0x52800000u
#define MOVK_HIGH    0x72a00000u /* lsl #16 */
#define MOV_MASK     0xffe00000u
#define BRANCH       0x14000000u /* of any kind (C4.1.3) */
#define BRANCH_MASK  0x1c000000u

struct hash_kind {
	unsigned words; /* of the state */
	uint32_t initial[HASH_STATE_WORDS];
	void (*compress)(uint32_t *state, const uint8_t *data, uint64_t blocks);
};

static void compress_sha1(uint32_t *state, const uint8_t *data, uint64_t blocks)
{
	struct sha1_ctx ctx;

	sha1_init(&ctx);
	memcpy(ctx.state, state, sizeof(ctx.state));
	sha1_update(&ctx, blocks * BLOCK, data);
	memcpy(state, ctx.state, sizeof(ctx.state));
}

static void compress_sha256(uint32_t *state, const uint8_t *data, uint64_t blocks)
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	memcpy(ctx.state, state, sizeof(ctx.state));
	sha256_update(&ctx, blocks * BLOCK, data);
	memcpy(state, ctx.state, sizeof(ctx.state));
}

static const struct hash_kind sha1 = { 5,
	{ 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 }, compress_sha1 };
static const struct hash_kind sha256 = { 8,
	{ 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
		0x5be0cd19 },
	compress_sha256 };

static const uint32_t constants[] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174 };
/* SHA-1 has so few that they stand in the code. */
static const uint32_t rounds_sha1[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };

/* The page that an adrp at pc names. */
static uint64_t adrp_page(uint32_t w, uint64_t pc)
{
	uint64_t imm = (uint64_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);

	if (imm & (1u << 20))
		imm |= ~UINT64_C(0) << 21;
	return (pc & ~UINT64_C(0xfff)) + (imm << 12);
}

static bool has_constants(struct guest_ram *ram, uint64_t address)
{
	const uint8_t *p = guest_fetch(ram, gaddr(address), sizeof(constants));

	for (size_t i = 0; p && i < ARRAY_SIZE(constants); i++)
		if (le32(p + 4 * i) != constants[i])
			return false;
	return p;
}

static bool is_sha256(const uint8_t *p, struct guest_ram *ram, uint64_t pc)
{
	uint64_t page[32] = { 0 };
	bool end = false, table = false;

	for (unsigned i = 0; i < HASH_WORDS && !(end && table); i++) {
		uint32_t w = le32(p + 4 * i);

		if ((w & ADRP_MASK) == ADRP)
			page[w & 31] = adrp_page(w, pc + 4 * i);
		else if ((w & ADD_END_MASK) == ADD_END)
			end = true;
		else if ((w & ADD_IMM_MASK) == ADD_IMM && page[w >> 5 & 31])
			table = table || has_constants(ram, page[w >> 5 & 31] + (w >> 10 & 0xfff));
	}
	return end && table;
}

static bool is_sha1(const uint8_t *p)
{
	uint32_t low[32] = { 0 };
	unsigned found = 0;

	for (unsigned i = 0; i < HASH_WORDS; i++) {
		uint32_t w = le32(p + 4 * i), imm = w >> 5 & 0xffff;

		/* What is behind it may be another function. */
		if ((w & BRANCH_MASK) == BRANCH)
			break;
		if ((w & MOV_MASK) == MOVZ)
			low[w & 31] = imm;
		if ((w & MOV_MASK) != MOVK_HIGH)
			continue;
		for (unsigned k = 0; k < ARRAY_SIZE(rounds_sha1); k++)
			if ((imm << 16 | low[w & 31]) == rounds_sha1[k])
				found |= 1u << k;
	}
	return found == (1u << ARRAY_SIZE(rounds_sha1)) - 1;
}

const struct hash_kind *hash_function_match(struct guest_ram *ram, uint64_t pc)
{
	const uint8_t *p = guest_fetch(ram, gaddr(pc), 4 * HASH_WORDS);

	return !p ? NULL : is_sha256(p, ram, pc) ? &sha256 : is_sha1(p) ? &sha1 : NULL;
}

static void read_state(const uint8_t *p, unsigned n, uint32_t *words)
{
	for (unsigned i = 0; i < n; i++)
		words[i] = le32(p + 4 * i);
}

/* The state as this call finds it: what the one before it was predicted to make of it? */
static void look_back(struct hash_function *f, uint64_t state, const uint32_t *words)
{
	size_t bytes = f->kind->words * sizeof(*words);

	if (!f->waiting || state != f->state_at || memcmp(words, f->kind->initial, bytes) == 0)
		return;
	f->waiting = false;
	if (memcmp(words, f->predicted, bytes) == 0)
		f->kept++;
	else
		f->distrusted = true;
}

bool hash_function_call(struct hash_function *f, struct guest_ram *ram, uint64_t state,
	uint64_t *data, uint64_t *blocks)
{
	uint64_t bytes = f->kind->words * sizeof(uint32_t);
	const uint8_t *p = guest_fetch(ram, gaddr(state), bytes), *from;
	uint32_t words[HASH_STATE_WORDS];
	uint8_t *to;
	uint64_t done;

	if (f->distrusted || !p || !*blocks || *blocks > guest_size(ram) / BLOCK)
		return false;
	from = guest_fetch(ram, gaddr(*data), *blocks * BLOCK);
	/* Where they overlap, each block would change what comes after it. */
	if (!from || (state < *data + *blocks * BLOCK && *data < state + bytes))
		return false;
	read_state(p, f->kind->words, words);
	look_back(f, state, words);
	if (f->kept < KEPT_MIN && !f->distrusted) {
		f->state_at = state;
		f->waiting = true;
		f->kind->compress(words, from, *blocks);
		memcpy(f->predicted, words, bytes);
		return false;
	}
	to = f->distrusted || *blocks < BLOCKS_MIN ? NULL : guest_store(ram, gaddr(state), bytes);
	if (!to)
		return false;
	done = *blocks - 1;
	f->kind->compress(words, from, done);
	for (unsigned i = 0; i < f->kind->words; i++)
		put_le32(to + 4 * i, words[i]);
	*data += done * BLOCK;
	*blocks = 1;
	return true;
}
