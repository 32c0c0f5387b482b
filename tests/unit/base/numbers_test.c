/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/checked and base/bytes: arithmetic at its limits, and integers in bytes at any alignment. */
#include "base/bytes.h"
#include "base/checked.h"
#include "tap.h"

static void arithmetic(void)
{
	uint64_t v = 7;

	ok(checked_add(UINT64_MAX - 1, 1, &v) && v == UINT64_MAX, "the greatest sum");
	ok(!checked_add(UINT64_MAX, 1, &v), "and the one above it");
	ok(checked_mul(UINT32_MAX, UINT32_MAX, &v) && v == UINT64_C(0xfffffffe00000001),
		"a product of 64 bits");
	ok(!checked_mul(UINT64_C(1) << 32, UINT64_C(1) << 32, &v), "and one of 65");
	ok(checked_mul(0, UINT64_MAX, &v) && v == 0, "nothing, many times");
	ok(checked_align(513, 512, &v) && v == 1024, "rounded up");
	ok(checked_align(512, 512, &v) && v == 512, "what is a multiple stays");
	ok(checked_align(0, 4096, &v) && v == 0, "and so does 0");
	ok(!checked_align(UINT64_MAX - 5, 8, &v) == (UINT64_MAX - 5 > UINT64_MAX - 7),
		"what has no multiple above it");
	ok(checked_align(UINT64_MAX - 7, 8, &v) && v == UINT64_MAX - 7, "the last multiple");
}

static void ranges(void)
{
	ok(range_within(0, 0, 0), "nothing is within nothing");
	ok(range_within(10, 0, 10), "nothing, at the end");
	ok(!range_within(11, 0, 10), "not beyond it");
	ok(range_within(3, 7, 10), "up to the end");
	ok(!range_within(3, 8, 10), "a byte more");
	ok(!range_within(UINT64_MAX, 2, 10), "an end that would overflow");
	ok(!range_within(2, UINT64_MAX, UINT64_MAX), "a length that would");
}

static void bytes(void)
{
	static const uint8_t b[] = { 0, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8 };
	uint8_t out[12] = { 0 };

	is_int(le16(b + 1), 0x9281, "16 bits, little end first");
	is_int(be16(b + 1), 0x8192, "and big");
	is_int(le32(b + 1), 0xb4a39281, "32 bits");
	is_int(be32(b + 1), 0x8192a3b4, "and big");
	ok(le64(b + 1) == UINT64_C(0xf8e7d6c5b4a39281), "64 bits");
	ok(be64(b + 1) == UINT64_C(0x8192a3b4c5d6e7f8), "and big");
	put_le64(out + 1, UINT64_C(0xf8e7d6c5b4a39281));
	ok(memcmp(out, b, 9) == 0 && !out[9], "64 bits are written, and no byte beside them");
	put_be64(out + 1, UINT64_C(0x8192a3b4c5d6e7f8));
	ok(memcmp(out, b, 9) == 0 && !out[9], "and big");
	put_le16(out + 1, 0x1234);
	put_be32(out + 3, 0x89abcdef);
	put_le32(out + 7, 0);
	ok(memcmp(out, "\0\x34\x12\x89\xab\xcd\xef", 7) == 0 && !out[7] && !out[8] && !out[9],
		"and the shorter ones");
}

int main(void)
{
	arithmetic();
	ranges();
	bytes();
	return tap_done();
}
