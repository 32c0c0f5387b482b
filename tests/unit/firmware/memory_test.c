/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages and pools by the rules of UEFI 2.10 7.2; nothing runs in the guest. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/bytes.h"
#include "firmware/mem/pool.h"
#include "tap.h"

#define RAM (UINT64_C(16) << 20)

struct memory {
	struct guest_ram *ram;
	struct pages pages;
	struct pool *pool;
};

static void memory_init(struct memory *m)
{
	m->ram = guest_ram_new(RAM);
	pages_init(&m->pages, m->ram);
	m->pool = pool_new(&m->pages);
}

static void memory_release(struct memory *m)
{
	pool_free_all(m->pool);
	pages_release(&m->pages);
	guest_ram_free(m->ram);
}

/* The map has no gaps within RAM, is ascending, and has nothing that could be merged. */
static bool map_is_sound(const struct pages *p)
{
	uint64_t at = RAM_BASE;

	for (size_t i = 0; i < p->n; i++) {
		if (p->ranges[i].start != at || !p->ranges[i].pages)
			return false;
		if (i && p->ranges[i].type == p->ranges[i - 1].type &&
			p->ranges[i].attribute == p->ranges[i - 1].attribute)
			return false;
		at += p->ranges[i].pages * PAGE_SIZE;
	}
	return at == RAM_BASE + guest_size(p->ram);
}

static void test_pages(void)
{
	struct memory m;
	uint64_t a = 0, b = 0, key;

	memory_init(&m);
	is_int(pages_allocate(&m.pages, ALLOCATE_ANY, MEM_LOADER_DATA, 3, &a), EFI_SUCCESS,
		"three pages");
	is_int(a, RAM_BASE + RAM - 3 * PAGE_SIZE, "from the top");
	key = pages_map_key(&m.pages);
	is_int(pages_free(&m.pages, a + PAGE_SIZE, 1), EFI_SUCCESS, "the middle one is given back");
	ok(!pages_key_holds(&m.pages, key) && pages_map_key(&m.pages) != key,
		"which changes the map's key");
	key = pages_map_key(&m.pages);
	ok(pages_key_holds(&m.pages, key) && pages_map_key(&m.pages) == key,
		"that stays while nothing changes");
	ok(map_is_sound(&m.pages), "the map is sound");
	is_int(m.pages.n, 4, "free, used, free, used");
	is_int(pages_free(&m.pages, a, 3), EFI_NOT_FOUND, "three can no longer be given back");
	is_int(pages_free(&m.pages, a + 1, 1), EFI_INVALID_PARAMETER, "nor an odd address");
	b = a + PAGE_SIZE;
	is_int(pages_allocate(&m.pages, ALLOCATE_ADDRESS, MEM_BOOT_DATA, 1, &b), EFI_SUCCESS,
		"a page at an address");
	is_int(pages_allocate(&m.pages, ALLOCATE_ADDRESS, MEM_BOOT_DATA, 1, &b), EFI_NOT_FOUND,
		"not twice");
	b = RAM_BASE + (1 << 20) - 1;
	is_int(pages_allocate(&m.pages, ALLOCATE_MAX, MEM_BOOT_DATA, 16, &b), EFI_SUCCESS,
		"pages below an address");
	is_int(b, RAM_BASE + (1 << 20) - 16 * PAGE_SIZE, "right below it");
	b = RAM_BASE - 1;
	is_int(pages_allocate(&m.pages, ALLOCATE_MAX, MEM_BOOT_DATA, 1, &b), EFI_NOT_FOUND,
		"there is nothing below RAM");
	is_int(pages_allocate(&m.pages, ALLOCATE_ANY, MEM_CONVENTIONAL, 1, &b),
		EFI_INVALID_PARAMETER, "free memory is no type to allocate");
	is_int(pages_allocate(&m.pages, ALLOCATE_ANY, MEM_BOOT_DATA, UINT64_MAX / 4096, &b),
		EFI_OUT_OF_RESOURCES, "more than there is");
	is_int(pages_free(&m.pages, a, UINT64_MAX), EFI_INVALID_PARAMETER,
		"a count that overflows");
	ok(map_is_sound(&m.pages), "the map is still sound");
	memory_release(&m);
}

static void test_runtime_pages(void)
{
	struct memory m;
	uint64_t a = 0, first;
	uint8_t byte = 0;

	memory_init(&m);
	first = m.pages.n;
	is_int(pages_allocate(&m.pages, ALLOCATE_ANY, MEM_RUNTIME_DATA, 1, &a), EFI_SUCCESS,
		"a page of runtime data");
	is_int(a & 0xffff, 0, "begins at 64 KiB");
	is_int(pages_find(&m.pages, a)->pages, 16, "and takes as much");
	ok(pages_find(&m.pages, a)->attribute >> 63, "it has EFI_MEMORY_RUNTIME");
	is_int(pages_free(&m.pages, a, 1), EFI_SUCCESS, "freeing a page");
	is_int(m.pages.n, first, "frees all of that");
	ok(guest_read8(m.ram, gaddr(a), &byte) && byte == 0xaf, "freed memory is filled");
	memory_release(&m);
}

static void test_pool(void)
{
	struct memory m;
	struct gaddr a, b[1000];
	bool apart = true;
	uint64_t key;

	memory_init(&m);
	is_int(pool_allocate(m.pool, MEM_BOOT_DATA, 0, &a), EFI_SUCCESS, "no byte at all");
	is_int(pool_free(m.pool, a), EFI_SUCCESS, "and back");
	is_int(pool_free(m.pool, a), EFI_INVALID_PARAMETER, "not twice");
	is_int(pool_free(m.pool, gaddr(a.v + 16)), EFI_INVALID_PARAMETER, "no address inside");
	key = pages_map_key(&m.pages);
	for (unsigned i = 0; i < ARRAY_SIZE(b); i++) {
		if (pool_allocate(m.pool, MEM_LOADER_DATA, i, &b[i]) != EFI_SUCCESS)
			abort();
		apart &= (b[i].v & 15) == 0 && guest_fill(m.ram, b[i], (uint8_t)i, i) &&
			 pages_find(&m.pages, b[i].v)->type == MEM_LOADER_DATA;
	}
	ok(apart, "a thousand blocks, aligned, of their type");
	ok(!pages_key_holds(&m.pages, key), "took pages");
	for (unsigned i = 1; i < ARRAY_SIZE(b); i++) {
		uint8_t first = 0, last = 0;

		apart &= guest_read8(m.ram, b[i], &first) && first == (uint8_t)i &&
			 guest_read8(m.ram, gaddr(b[i].v + i - 1), &last) && last == (uint8_t)i;
	}
	ok(apart, "that don't overlap");
	key = pages_map_key(&m.pages);
	for (unsigned i = 0; i < ARRAY_SIZE(b); i++)
		apart &= pool_free(m.pool, b[i]) == EFI_SUCCESS;
	ok(apart, "all can be freed");
	ok(pages_key_holds(&m.pages, key), "which keeps small blocks' pages");
	is_int(pool_allocate(m.pool, MEM_LOADER_DATA, RAM, &a), EFI_OUT_OF_RESOURCES, "too much");
	is_int(pool_allocate(m.pool, MEM_CONVENTIONAL, 8, &a), EFI_INVALID_PARAMETER,
		"a type that cannot be");
	memory_release(&m);
}

static void test_map(void)
{
	struct memory m;
	struct buf b = BUF_INIT;
	uint64_t total = 0;

	memory_init(&m);
	pages_add(&m.pages, 0x09000000, 1, MEM_MMIO, UINT64_C(1) << 63);
	pages_encode_map(&m.pages, &b);
	for (size_t at = 0; at < b.len; at += DESCRIPTOR_SIZE)
		total += le64(buf_edit(&b) + at + 24);
	is_int(b.len, 2 * DESCRIPTOR_SIZE, "RAM and a device");
	is_int(total, RAM / PAGE_SIZE + 1, "all pages are told");
	is_int(le32(buf_bytes(&b)), MEM_MMIO, "in ascending order");
	is_int(pages_free(&m.pages, 0x09000000, 1), EFI_NOT_FOUND, "a device cannot be freed");
	buf_release(&b);
	memory_release(&m);
}

/* KiB that this process had at once. */
static long peak(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_maxrss;
}

/* Memory that nobody wrote to costs the host as good as nothing, allocated or freed. */
static void test_untouched(void)
{
	enum {
		PAGES = 2048
	};
	struct memory m;
	uint64_t a = 0;
	long before;

	memory_init(&m);
	before = peak();
	if (pages_allocate(&m.pages, ALLOCATE_ANY, MEM_LOADER_DATA, PAGES, &a) != EFI_SUCCESS ||
		pages_free(&m.pages, a, PAGES) != EFI_SUCCESS)
		abort();
	ok(peak() - before < PAGES, "8 MiB that nobody used take less than 2 of the host's");
	memory_release(&m);
}

/* What one program keeps is nothing to another one, nor to the map. */
static void test_arenas(void)
{
	struct memory m;
	struct gaddr a, other, large;
	uint8_t first[POOL_ARENAS][POOL_SUM] = { 0 }, second[POOL_ARENAS][POOL_SUM] = { 0 };
	uint32_t seen = 0;
	uint8_t byte;
	size_t ranges;

	memory_init(&m);
	pool_allocate_for(m.pool, 1, MEM_LOADER_DATA, 20, &a);
	pool_allocate_for(m.pool, 2, MEM_LOADER_DATA, 20, &other);
	ok(a.v != other.v && a.v / PAGE_SIZE != other.v / PAGE_SIZE,
		"owners have pages of their own");
	pool_free(m.pool, other);
	ranges = m.pages.n;
	is_int(pool_sums(m.pool, first), 3, "and arenas: the firmware's, and one each");
	pool_log_access(m.pool, &seen);
	pool_allocate_for(m.pool, 1, MEM_LOADER_DATA, 3 * PAGE_SIZE, &large);
	pool_allocate_for(m.pool, 1, MEM_LOADER_DATA, 20, &a);
	is_int(m.pages.n, ranges, "the map is the same whatever is allocated in a zone");
	is_int(seen, 1u << 1, "whose arena was used is seen");
	pool_sums(m.pool, second);
	ok(memcmp(first[1], second[1], POOL_SUM) != 0, "and what there is in it is another one");
	ok(memcmp(first[2], second[2], POOL_SUM) == 0, "and in no other");
	if (!guest_fill(m.ram, large, 1, 3 * PAGE_SIZE))
		abort();
	is_int(pool_free(m.pool, large), EFI_SUCCESS, "large blocks are freed");
	ok(guest_read8(m.ram, large, &byte) && byte == 0xaf, "and filled");
	pool_allocate_for(m.pool, 1, MEM_LOADER_DATA, 3 * PAGE_SIZE, &other);
	is_int(other.v, large.v, "and given out again");
	seen = 0;
	pool_free(m.pool, gaddr(large.v + 16));
	is_int(seen, UINT32_MAX, "to look for what is not there is to look everywhere");
	pool_log_access(m.pool, NULL);
	is_int(pool_allocate_for(m.pool, 1, MEM_LOADER_DATA, RAM / 4, &a), EFI_SUCCESS,
		"what is too large for a zone has pages of its own");
	for (uint64_t owner = 1; owner < 40; owner++)
		if (pool_allocate_for(m.pool, owner, MEM_BOOT_DATA, 32, &a) != EFI_SUCCESS)
			abort();
	is_int(pool_sums(m.pool, second), POOL_ARENAS, "who comes late shares the last arena");
	memory_release(&m);
}

int main(void)
{
	test_pages();
	test_runtime_pages();
	test_pool();
	test_untouched();
	test_arenas();
	test_map();
	return tap_done();
}
