/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that hash: recognised, believed only after they kept their word, and foretold rightly. */
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/bytes.h"
#include "firmware/cpu/hashes.h"
#include "tap.h"

#define RAM   (UINT64_C(1) << 20)
#define CODE  (RAM_BASE + 0x1000)
#define TABLE (RAM_BASE + 0x3908)
#define STATE (RAM_BASE + 0x8000)
#define DATA  (RAM_BASE + 0x10000)

static const uint32_t prologue[] = {
	0xa9b67bfd, /* stp x29, x30, [sp, #-160]! */
	0xd000000c, /* adrp x12, +0x2000 */
	0x8b021822, /* add x2, x1, x2, lsl #6 */
	0x910003fd, /* mov x29, sp */
	0x9124218c, /* add x12, x12, #0x908 */
};
static const uint32_t table[16] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174 };

static const uint32_t prologue_sha1[] = {
	0xd65f03c0, /* ret: of another function */
	0xd10103ff, /* sub sp, sp, #64 */
	0x528f332d, /* mov w13, #0x7999 */
	0x529d742e, /* mov w14, #0xeba1 */
	0x52979b8f, /* mov w15, #0xbcdc */
	0x52983ad0, /* mov w16, #0xc1d6 */
	0x72ab504d, /* movk w13, #0x5a82, lsl #16 */
	0x72addb2e, /* movk w14, #0x6ed9, lsl #16 */
	0x72b1e36f, /* movk w15, #0x8f1b, lsl #16 */
	0x72b94c50, /* movk w16, #0xca62, lsl #16 */
};

static void put_words(struct guest_ram *ram, uint64_t at, const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!guest_write32(ram, gaddr(at + 4 * i), words[i]))
			tap_result(false, __FILE__, __LINE__, "guest memory");
}

/* As the guest's function would leave the state behind. */
static void work(struct guest_ram *ram, uint64_t data, uint64_t blocks, bool rightly)
{
	struct sha256_ctx ctx;
	uint8_t *state = guest_store(ram, gaddr(STATE), 32);

	sha256_init(&ctx);
	for (unsigned i = 0; i < 8; i++)
		ctx.state[i] = le32(state + 4 * i);
	sha256_update(&ctx, blocks * 64, guest_fetch(ram, gaddr(data), blocks * 64));
	for (unsigned i = 0; i < 8; i++)
		put_le32(state + 4 * i, ctx.state[i] ^ !rightly);
}

static void begin(struct guest_ram *ram)
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	put_words(ram, STATE, ctx.state, 8);
}

static void test_match(struct guest_ram *ram)
{
	ok(!hash_function_match(ram, CODE), "nothing is there");
	put_words(ram, CODE, prologue, ARRAY_SIZE(prologue));
	ok(!hash_function_match(ram, CODE), "a prologue without its table");
	put_words(ram, TABLE, table, ARRAY_SIZE(table));
	ok(hash_function_match(ram, CODE), "with it");
	ok(!hash_function_match(ram, CODE + 8), "not from its middle on");
	ok(!hash_function_match(ram, RAM_BASE + RAM - 8), "nor where memory ends");
	put_words(ram, CODE + 0x100, prologue_sha1, ARRAY_SIZE(prologue_sha1));
	ok(hash_function_match(ram, CODE + 0x104) &&
			hash_function_match(ram, CODE + 0x104) != hash_function_match(ram, CODE),
		"one of SHA-1, by the constants in its code");
	ok(!hash_function_match(ram, CODE + 0x100), "not the end of a function before it");
}

/* One call: how many blocks the host left to the guest. */
static uint64_t call(struct guest_ram *ram, struct hash_function *f, uint64_t blocks, bool rightly)
{
	uint64_t data = DATA, left = blocks;

	hash_function_call(f, ram, STATE, &data, &left);
	work(ram, data, left, rightly);
	return left;
}

static void test_trust(struct guest_ram *ram)
{
	struct hash_function f = { .entry = CODE, .kind = hash_function_match(ram, CODE) };
	struct sha256_ctx ctx;
	uint8_t *bytes = guest_store(ram, gaddr(DATA), 0x10000), want[32], got[32];

	for (unsigned i = 0; i < 0x10000; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	begin(ram);
	is_int(call(ram, &f, 32, true), 32, "a new function is watched");
	is_int(call(ram, &f, 32, true), 32, "and once more");
	is_int(call(ram, &f, 32, true), 1, "then all blocks but the last are the host's");
	is_int(call(ram, &f, 8, true), 8, "few are not worth it");
	sha256_init(&ctx);
	sha256_update(&ctx, 32 * 64, bytes);
	sha256_update(&ctx, 32 * 64, bytes);
	sha256_update(&ctx, 32 * 64, bytes);
	sha256_update(&ctx, 8 * 64, bytes);
	for (unsigned i = 0; i < 8; i++)
		put_le32(want + 4 * i, ctx.state[i]);
	ok(guest_read(ram, gaddr(STATE), got, 32) && memcmp(want, got, 32) == 0,
		"the state is what the guest alone would have made");
}

static void test_sha1(struct guest_ram *ram)
{
	struct hash_function f = { .kind = hash_function_match(ram, CODE + 0x104) };
	struct sha1_ctx ctx;
	const uint8_t *bytes = guest_fetch(ram, gaddr(DATA), 0x10000);
	uint8_t want[20], *state = guest_store(ram, gaddr(STATE), 20);

	sha1_init(&ctx);
	for (unsigned round = 0; round < 3; round++) {
		uint64_t data = DATA, left = 32;

		for (unsigned i = 0; i < 5; i++)
			put_le32(state + 4 * i, ctx.state[i]);
		hash_function_call(&f, ram, STATE, &data, &left);
		is_int(left, round < 2 ? 32 : 1, "blocks of SHA-1 that are left to the guest");
		if (round == 2)
			sha1_update(&ctx, 31 * 64, bytes);
		else
			sha1_update(&ctx, 32 * 64, bytes);
	}
	for (unsigned i = 0; i < 5; i++)
		put_le32(want + 4 * i, ctx.state[i]);
	ok(memcmp(want, state, 20) == 0, "the state is what the guest would have made so far");
}

static void test_distrust(struct guest_ram *ram)
{
	struct hash_function f = { .entry = CODE, .kind = hash_function_match(ram, CODE) };
	uint64_t data = DATA, blocks = RAM;

	begin(ram);
	call(ram, &f, 32, true);
	call(ram, &f, 32, false);
	is_int(call(ram, &f, 32, true), 32, "one that does not keep its word");
	is_int(call(ram, &f, 32, true), 32, "is never believed");
	ok(f.distrusted, "for ever");
	f = (struct hash_function){ .entry = CODE, .kind = hash_function_match(ram, CODE) };
	ok(!hash_function_call(&f, ram, STATE, &data, &blocks) && blocks == RAM && !f.waiting,
		"data that is not there is the guest's own affair");
	data = STATE - 64;
	blocks = 2;
	ok(!hash_function_call(&f, ram, STATE, &data, &blocks) && blocks == 2 && !f.waiting,
		"so is data that the state lies in");
}

int main(void)
{
	CLEANUP(guest_ram_free) struct guest_ram *ram = guest_ram_new(RAM);

	test_match(ram);
	test_trust(ram);
	test_sha1(ram);
	test_distrust(ram);
	return tap_done();
}
