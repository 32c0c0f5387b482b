/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest memory: what is read of it is recorded, strings included; what it costs. */
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "firmware/mem/processor.h"
#include "tap.h"

#define RAM (UINT64_C(16) << 20)

static void digest_of(const void *bytes, size_t len, uint8_t out[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx sum;

	sha256_init(&sum);
	sha256_update(&sum, len, bytes);
	sha256_digest(&sum, SHA256_DIGEST_SIZE, out);
}

/* The input hash of a service holds these bytes and nothing else; another one begins. */
static bool recorded(
	struct guest_ram *ram, struct sha256_ctx *inputs, const void *bytes, size_t len)
{
	uint8_t got[SHA256_DIGEST_SIZE], want[SHA256_DIGEST_SIZE];

	sha256_digest(inputs, SHA256_DIGEST_SIZE, got);
	digest_of(bytes, len, want);
	guest_revoke(ram);
	return memcmp(got, want, sizeof(got)) == 0;
}

static void put(struct guest_ram *ram, struct gaddr a, const void *bytes, size_t len)
{
	if (!guest_write(ram, a, bytes, len))
		abort();
}

static void test_strings(void)
{
	static const uint8_t wide[] = "a\0b\0\0";
	struct gaddr a = gaddr(RAM_BASE + 3), last = gaddr(RAM_BASE + RAM - 5);
	struct sha256_ctx inputs;
	CLEANUP(guest_ram_free) struct guest_ram *ram = guest_ram_new(RAM);
	size_t units;
	char *s;

	put(ram, a, wide, sizeof(wide));
	put(ram, gaddr(RAM_BASE + PAGE_SIZE - 3), "page", 5);
	put(ram, last, "abcde", 5);
	sha256_init(&inputs);
	guest_record(ram, &inputs);
	ok(guest_in_string16(ram, a, 10, &units) && units == 2, "the length of a string");
	ok(recorded(ram, &inputs, wide, 6), "is looked for up to its NUL, which is recorded");
	s = guest_string16(ram, a, 2);
	is_str(s, "ab", "a string of as many units as there may be");
	ok(recorded(ram, &inputs, wide, 6), "is recorded");
	free(s);
	ok(!guest_string16(ram, a, 1), "one that is longer");
	ok(recorded(ram, &inputs, wide, 4), "is recorded as far as it was read");
	s = guest_string8(ram, gaddr(RAM_BASE + PAGE_SIZE - 3), 10);
	is_str(s, "page", "a string that goes from page to page");
	ok(recorded(ram, &inputs, "page", 5), "is recorded");
	free(s);
	ok(guest_in(ram, a, 6) && guest_in(ram, gaddr_add(a, 2), 2), "what a service reads twice");
	ok(recorded(ram, &inputs, wide, 6), "is recorded once");
	ok(!guest_string8(ram, last, SIZE_MAX), "one that runs out of RAM");
	ok(recorded(ram, &inputs, "abcde", 5), "is recorded as far as there is RAM");
	ok(!guest_in_string16(ram, last, SIZE_MAX, &units), "so is one of units");
	ok(recorded(ram, &inputs, "abcd", 4), "of which the last isn't whole");
	ok(!guest_string8(ram, GADDR_NULL, 10) && !guest_string16(ram, gaddr(UINT64_MAX), 10),
		"where there is no RAM there is no string");
	ok(recorded(ram, &inputs, "", 0), "and nothing to record");
}

static void test_string_is_seen(void)
{
	uint8_t seen[RAM / PART_BYTES / 8] = { 0 };
	CLEANUP(guest_ram_free) struct guest_ram *ram = guest_ram_new(RAM);

	put(ram, gaddr(RAM_BASE + PART_BYTES - 2), "part", 5);
	guest_log_access(ram, seen);
	free(guest_string8(ram, gaddr(RAM_BASE + PART_BYTES - 2), 10));
	is_int(seen[0], 3, "a string is seen in each part of memory that it reaches into");
}

/* Bytes of the host's memory that the guest has. */
static uint64_t cost(struct guest_ram *ram)
{
	static uint8_t resident[RAM / PAGE_SIZE + 16];
	uint64_t n = 0;

	if (mincore(guest_mapping(ram, gaddr(RAM_BASE)), guest_size(ram), resident) < 0)
		abort();
	for (uint64_t i = 0; i < guest_size(ram) / PAGE_SIZE; i++)
		n += resident[i] & 1 ? PAGE_SIZE : 0;
	return n;
}

#define LARGE_PAGE (UINT64_C(2) << 20)

/* As the processor does: it comes to a place for the first time, and writes. */
static void reach(struct guest_ram *ram, uint64_t at)
{
	guest_reach(ram, at / PART_BYTES);
	put(ram, gaddr(RAM_BASE + at), "x", 1);
	guest_revoke(ram);
}

static void test_expected(void)
{
	const uint64_t all = RAM + PAGE_SIZE * 16, middle = LARGE_PAGE + LARGE_PAGE / 2;
	CLEANUP(guest_ram_free) struct guest_ram *ram = guest_ram_new(all);
	bool zero = true;
	uint8_t byte;

	guest_expect(ram, gaddr(RAM_BASE), all + 1);
	guest_expect(ram, GADDR_NULL, RAM);
	guest_expect(ram, gaddr(RAM_BASE + 1), all - 1);
	is_int(guest_next_used(ram, 0), all / PART_BYTES, "what is expected is not used");
	reach(ram, middle);
	is_int(cost(ram), PAGE_SIZE, "a byte in the middle of a large page costs a small one");
	for (uint64_t at = 0; at < RAM; at += LARGE_PAGE)
		reach(ram, at);
	ok(cost(ram) <= RAM / 2 + 8 * PAGE_SIZE, "no more than half of RAM comes in large ones");
	for (uint64_t at = PART_BYTES; at < RAM; at += PART_BYTES) {
		if (at % LARGE_PAGE == 0 || at == middle)
			continue;
		zero = zero && guest_read(ram, gaddr(RAM_BASE + at), &byte, 1) && !byte;
		guest_revoke(ram);
	}
	ok(zero, "and what nobody wrote is zero");
	is_int(guest_next_used(ram, LARGE_PAGE * 2 / PART_BYTES + 1), LARGE_PAGE * 3 / PART_BYTES,
		"and not used");
}

int main(void)
{
	test_expected();
	test_strings();
	test_string_is_seen();
	return tap_done();
}
