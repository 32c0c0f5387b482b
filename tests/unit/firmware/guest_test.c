/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest memory: what is read of it is recorded, strings included. */
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
	test_strings();
	test_string_is_seen();
	return tap_done();
}
