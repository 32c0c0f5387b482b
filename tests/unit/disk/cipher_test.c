/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk/cipher: a known answer, bytes at any place and length, and what cannot be.
 */
#include "disk/cipher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define SIZE ((size_t)256 << 10)

static uint8_t stored[SIZE];

static struct disk *open_with(
	struct disk *below, const char *cipher, size_t key_len, unsigned sector)
{
	static const uint8_t key[64] = { 0 };
	const struct cipher_spec spec = {
		.cipher = cipher, .key = key, .key_len = key_len, .sector_size = sector
	};
	struct disk *d = NULL;

	disk_cipher(below, 4096, SIZE - 4096, &spec, &d, NULL);
	return d;
}

/* IEEE 1619's first vector, whose unit is the beginning of ours. */
static void test_known(void)
{
	static const uint8_t wanted[32] = { 0x91, 0x7c, 0xf6, 0x9e, 0xbd, 0x68, 0xb2, 0xec, 0x9b,
		0x9f, 0xe9, 0xa3, 0xea, 0xdd, 0xa6, 0x92, 0xcd, 0x43, 0xd2, 0xf5, 0x95, 0x98, 0xed,
		0x85, 0x8c, 0x02, 0xc2, 0x65, 0x2f, 0xbf, 0x92, 0x2e };
	struct disk *memory = disk_from_memory(stored, SIZE), *layer = disk_overlay(memory);
	struct disk *d = open_with(layer, "aes-xts-plain64", 32, 512);
	uint8_t zeroes[512] = { 0 }, below[32], back[512];

	ok(d && disk_write(d, 0, zeroes, sizeof(zeroes), NULL) == 0, "a sector is encrypted");
	ok(disk_read(layer, 4096, below, sizeof(below), NULL) == 0 &&
			memcmp(below, wanted, sizeof(wanted)) == 0,
		"as the standard has it");
	ok(disk_read(d, 0, back, sizeof(back), NULL) == 0 &&
			memcmp(back, zeroes, sizeof(back)) == 0,
		"and decrypted");
	disk_close(d);
	disk_close(layer);
	disk_close(memory);
}

/* Reads and writes of any place and length, beside the same in memory. */
static bool same_as_memory(const char *cipher, size_t key_len, unsigned sector)
{
	static uint8_t plain[SIZE], piece[SIZE], back[SIZE];
	struct disk *memory = disk_from_memory(stored, SIZE), *layer = disk_overlay(memory);
	struct disk *d = open_with(layer, cipher, key_len, sector);
	size_t size = SIZE - 4096;
	bool same = d && disk_read(d, 0, plain, size, NULL) == 0;

	srand(1);
	for (int i = 0; same && i < 40; i++) {
		size_t at = (size_t)rand() % size, n = (size_t)rand() % (size - at) + 1;

		for (size_t j = 0; j < n; j++)
			plain[at + j] = piece[j] = (uint8_t)rand();
		same = disk_write(d, at, piece, n, NULL) == 0;
		at = (size_t)rand() % size;
		n = (size_t)rand() % (size - at) + 1;
		same = same && disk_read(d, at, back, n, NULL) == 0 &&
		       memcmp(back, plain + at, n) == 0;
	}
	disk_close(d);
	disk_close(layer);
	disk_close(memory);
	return same;
}

static void test_anywhere(void)
{
	ok(same_as_memory("aes-xts-plain64", 64, 512), "xts");
	ok(same_as_memory("aes-xts-plain64", 64, 4096), "xts, sectors of 4096 bytes");
	ok(same_as_memory("aes-xts-plain", 32, 512), "xts, a vector of 32 bits");
	ok(same_as_memory("aes-cbc-essiv:sha256", 32, 512), "cbc, essiv");
	ok(same_as_memory("aes-cbc-plain64", 16, 512), "cbc");
}

static int refused(const struct cipher_spec *spec, uint64_t off, uint64_t len)
{
	struct disk *memory = disk_from_memory(stored, SIZE), *d = NULL;
	int ret = disk_cipher(memory, off, len, spec, &d, NULL);

	disk_close(d);
	disk_close(memory);
	return ret;
}

static void test_refused(void)
{
	static const uint8_t key[64] = { 0 };
	struct cipher_spec spec = { "aes-xts-plain64", key, 64, 512, 0 };

	is_int(refused(&spec, 0, SIZE), 0, "all of the disk");
	is_int(refused(&spec, 512, SIZE), -ERANGE, "more than it has");
	is_int(refused(&spec, UINT64_MAX - 511, 1024), -ERANGE, "an offset that wraps");
	is_int(refused(&spec, 0, 1000), -ERANGE, "half a sector");
	is_int(refused(&spec, 0, 0), -ERANGE, "nothing");
	spec.sector_size = 8192;
	is_int(refused(&spec, 0, SIZE), -ENOTSUP, "sectors of 8192 bytes");
	spec.sector_size = 768;
	is_int(refused(&spec, 0, SIZE), -ENOTSUP, "no power of two");
	spec = (struct cipher_spec){ "aes-xts-plain64", key, 48, 512, 0 };
	is_int(refused(&spec, 0, SIZE), -ENOTSUP, "a key of another length");
	spec = (struct cipher_spec){ "serpent-xts-plain64", key, 64, 512, 0 };
	is_int(refused(&spec, 0, SIZE), -ENOTSUP, "another cipher");
}

int main(void)
{
	test_known();
	test_anywhere();
	test_refused();
	return tap_done();
}
