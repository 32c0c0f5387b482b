/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 of the guest, done by the host's library. See hashes.h; FIPS 180-4.
 */
#include <nettle/sha2.h>
#include <string.h>

#include "base/bytes.h"
#include "firmware/cpu/hashes.h"

#define BLOCK       64u
#define STATE_BYTES 32u
#define KEPT_MIN    2u
/* Fewer are not worth it. */
#define BLOCKS_MIN  16u

#define ADD_END      0x8b021820u /* add xD, x1, x2, lsl #6 */
#define ADD_END_MASK 0xffffffe0u
#define ADRP         0x90000000u
#define ADRP_MASK    0x9f000000u
#define ADD_IMM      0x91000000u
#define ADD_IMM_MASK 0xffc00000u

static const uint32_t constants[] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174 };
static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
	0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

/* The page that an adrp at pc names. */
static uint64_t adrp_page(uint32_t w, uint64_t pc)
{
	uint64_t imm = (uint64_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);

	if (imm & (1u << 20))
		imm |= ~UINT64_C(0) << 21;
	return (pc & ~UINT64_C(0xfff)) + (imm << 12);
}

static bool has_constants(const struct guest_ram *ram, uint64_t address)
{
	const uint8_t *p = guest_view(ram, gaddr(address), sizeof(constants));

	for (size_t i = 0; p && i < ARRAY_SIZE(constants); i++)
		if (le32(p + 4 * i) != constants[i])
			return false;
	return p;
}

bool hash_function_match(const struct guest_ram *ram, uint64_t pc)
{
	const uint8_t *p = guest_view(ram, gaddr(pc), 4 * HASH_WORDS);
	uint64_t page[32] = { 0 };
	bool end = false, table = false;

	for (unsigned i = 0; p && i < HASH_WORDS && !(end && table); i++) {
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

static void read_state(const uint8_t *p, uint32_t words[8])
{
	for (unsigned i = 0; i < 8; i++)
		words[i] = le32(p + 4 * i);
}

static void compress(uint32_t state[8], const uint8_t *data, uint64_t blocks)
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	memcpy(ctx.state, state, STATE_BYTES);
	sha256_update(&ctx, blocks * BLOCK, data);
	memcpy(state, ctx.state, STATE_BYTES);
}

/* The state as this call finds it: what the one before it was foretold to make of it? */
static void look_back(struct hash_function *f, uint64_t state, const uint32_t words[8])
{
	if (!f->waiting || state != f->state_at || memcmp(words, initial, STATE_BYTES) == 0)
		return;
	f->waiting = false;
	if (memcmp(words, f->foretold, STATE_BYTES) == 0)
		f->kept++;
	else
		f->distrusted = true;
}

bool hash_function_call(struct hash_function *f, struct guest_ram *ram, uint64_t state,
	uint64_t *data, uint64_t *blocks)
{
	const uint8_t *p = guest_view(ram, gaddr(state), STATE_BYTES), *from;
	uint32_t words[8];
	uint8_t *to;
	uint64_t done;

	if (f->distrusted || !p || !*blocks || *blocks > ram->size / BLOCK)
		return false;
	from = guest_view(ram, gaddr(*data), *blocks * BLOCK);
	/* Where they overlap, each block would change what comes after it. */
	if (!from || (state < *data + *blocks * BLOCK && *data < state + STATE_BYTES))
		return false;
	read_state(p, words);
	look_back(f, state, words);
	if (f->kept < KEPT_MIN && !f->distrusted) {
		f->state_at = state;
		f->waiting = true;
		compress(words, from, *blocks);
		memcpy(f->foretold, words, STATE_BYTES);
		return false;
	}
	to = f->distrusted || *blocks < BLOCKS_MIN ? NULL
						   : guest_span(ram, gaddr(state), STATE_BYTES);
	if (!to)
		return false;
	done = *blocks - 1;
	compress(words, from, done);
	for (unsigned i = 0; i < 8; i++)
		put_le32(to + 4 * i, words[i]);
	*data += done * BLOCK;
	*blocks = 1;
	return true;
}
