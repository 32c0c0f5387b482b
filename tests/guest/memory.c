/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages, the memory map and pools (UEFI 2.10 7.2). */
#include "test.h"

#define PAGE 4096

static uint64_t map_key, map_size, desc_size;
static uint32_t desc_version;
static uint8_t *map; /* of map_room bytes */
static uint64_t map_room;

static efi_status get_map(void)
{
	map_size = map_room;
	return bs->get_memory_map(&map_size, map, &map_key, &desc_size, &desc_version);
}

/* The descriptor that holds the address; NULL when none does. */
static const struct memory_descriptor *find(uint64_t address)
{
	for (uint64_t at = 0; at + desc_size <= map_size; at += desc_size) {
		const struct memory_descriptor *d = (const void *)(map + at);

		if (address >= d->physical && address - d->physical < d->pages * PAGE)
			return d;
	}
	return NULL;
}

static unsigned type_of(uint64_t address)
{
	const struct memory_descriptor *d;

	get_map();
	d = find(address);
	return d ? d->type : MEM_TYPES;
}

static void test_map(void)
{
	uint64_t size = 0, key = 0, dsize = 0, first_key;
	uint32_t version = 0;
	bool aligned = true, apart = true, empty = false, wb = true, runtime = true;
	void *block;

	is(bs->get_memory_map(&size, NULL, &key, &dsize, &version), EFI_BUFFER_TOO_SMALL,
		"map: no room");
	ok(size > 0 && size % dsize == 0, "map: told how much");
	ok(dsize >= sizeof(struct memory_descriptor), "map: size of a descriptor");
	ok(dsize % 8 == 0, "map: descriptors are aligned");
	is(version, 1, "map: version of a descriptor");
	is(bs->get_memory_map(NULL, NULL, &key, &dsize, &version), EFI_INVALID_PARAMETER,
		"map: no size");
	size = 1 << 16;
	is(bs->get_memory_map(&size, NULL, &key, &dsize, &version), EFI_INVALID_PARAMETER,
		"map: no buffer");

	map_room = 1 << 16;
	map = pool(map_room);
	is(get_map(), EFI_SUCCESS, "map: got");
	ok(map_size < map_room, "map: its size");
	first_key = map_key;
	get_map();
	is(map_key, first_key, "map: the key stays when nothing changes");
	size = map_size - 1;
	is(bs->get_memory_map(&size, map, &key, &dsize, &version), EFI_BUFFER_TOO_SMALL,
		"map: a byte too few");
	ok(size >= map_size, "map: told how much again");

	get_map();
	for (uint64_t i = 0; i < map_size; i += desc_size) {
		const struct memory_descriptor *d = (const void *)(map + i);

		aligned &= d->physical % PAGE == 0;
		empty |= d->pages == 0;
		wb &= d->type != MEM_CONVENTIONAL || (d->attribute & MEMORY_WB);
		runtime &= (d->type != MEM_RUNTIME_CODE && d->type != MEM_RUNTIME_DATA) ||
			   (d->attribute & MEMORY_RUNTIME);
		for (uint64_t j = 0; j < i; j += desc_size) {
			const struct memory_descriptor *o = (const void *)(map + j);

			apart &= d->physical + d->pages * PAGE <= o->physical ||
				 o->physical + o->pages * PAGE <= d->physical;
		}
	}
	ok(aligned, "map: page aligned");
	ok(!empty, "map: nothing empty");
	ok(apart, "map: nothing twice");
	ok(wb, "map: free memory can be cached");
	ok(runtime, "map: runtime memory has the attribute");
	is(type_of((uint64_t)(uintptr_t)test_map), MEM_LOADER_CODE, "map: this program");
	is(type_of((uint64_t)(uintptr_t)rt), MEM_RUNTIME_DATA, "map: the runtime services' table");
	is(type_of((uint64_t)(uintptr_t)st), MEM_RUNTIME_DATA, "map: the system table");
	is(type_of((uint64_t)(uintptr_t)&block), MEM_BOOT_DATA, "map: the stack");

	get_map();
	first_key = map_key;
	bs->allocate_pool(MEM_LOADER_DATA, 5 * PAGE, &block);
	get_map();
	ok(map_key != first_key, "map: another key after an allocation");
	bs->free_pool(block);
}

static void test_types(void)
{
	static const struct {
		unsigned type;
		const char *name;
	} types[] = {
		{ MEM_RESERVED, "pages: reserved" },
		{ MEM_LOADER_CODE, "pages: loader code" },
		{ MEM_LOADER_DATA, "pages: loader data" },
		{ MEM_BOOT_CODE, "pages: boot services code" },
		{ MEM_BOOT_DATA, "pages: boot services data" },
		{ MEM_RUNTIME_CODE, "pages: runtime services code" },
		{ MEM_RUNTIME_DATA, "pages: runtime services data" },
		{ MEM_UNUSABLE, "pages: unusable" },
		{ MEM_ACPI_RECLAIM, "pages: ACPI reclaim" },
		{ MEM_ACPI_NVS, "pages: ACPI NVS" },
		{ 0x70000001, "pages: a type of OEMs" },
		{ 0x80000001, "pages: a type of loaders" },
	};
	uint64_t at;

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		at = 0;
		if (bs->allocate_pages(ALLOCATE_ANY, types[i].type, 16, &at) != EFI_SUCCESS) {
			ok(false, types[i].name);
			continue;
		}
		is(type_of(at), types[i].type, types[i].name);
		is(bs->free_pages(at, 16), EFI_SUCCESS, "pages: and freed");
	}
	at = 0;
	is(bs->allocate_pages(ALLOCATE_ANY, MEM_CONVENTIONAL, 1, &at), EFI_INVALID_PARAMETER,
		"pages: conventional is no type to ask for");
	is(bs->allocate_pages(ALLOCATE_ANY, MEM_PERSISTENT, 1, &at), EFI_INVALID_PARAMETER,
		"pages: persistent neither");
	is(bs->allocate_pages(ALLOCATE_ANY, MEM_TYPES, 1, &at), EFI_INVALID_PARAMETER,
		"pages: a type that is none");
	is(bs->allocate_pages(ALLOCATE_ANY, 0x6fffffff, 1, &at), EFI_INVALID_PARAMETER,
		"pages: the last that is none");
}

static void test_pages(void)
{
	uint64_t at = 0, hole, low, limit;
	volatile uint8_t *bytes;

	is(bs->allocate_pages(ALLOCATE_TYPES, MEM_LOADER_DATA, 1, &at), EFI_INVALID_PARAMETER,
		"pages: a kind that is none");
	is(bs->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, 1, NULL), EFI_INVALID_PARAMETER,
		"pages: nowhere to tell");
	is(bs->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, 1ull << 50, &at), EFI_OUT_OF_RESOURCES,
		"pages: more than there are");
	is(bs->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, ~0ull, &at), EFI_OUT_OF_RESOURCES,
		"pages: more than can be counted");
	value("pages: none at all", bs->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, 0, &at));

	is(bs->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, 8, &at), EFI_SUCCESS, "pages: eight");
	is(at % PAGE, 0, "pages: aligned");
	bytes = (void *)(uintptr_t)at;
	bytes[0] = 1;
	bytes[8 * PAGE - 1] = 2;
	ok(bytes[0] == 1 && bytes[8 * PAGE - 1] == 2, "pages: can be written");
	hole = at;
	is(bs->allocate_pages(ALLOCATE_AT, MEM_LOADER_DATA, 1, &hole), EFI_NOT_FOUND,
		"pages: at a place that is taken");
	is(bs->free_pages(at + 3 * PAGE, 2), EFI_SUCCESS, "pages: two of them freed");
	is(type_of(at + 3 * PAGE), MEM_CONVENTIONAL, "pages: those are free");
	is(type_of(at + 2 * PAGE), MEM_LOADER_DATA, "pages: the one before is not");
	is(type_of(at + 5 * PAGE), MEM_LOADER_DATA, "pages: nor the one after");
	hole = at + 3 * PAGE;
	is(bs->allocate_pages(ALLOCATE_AT, MEM_LOADER_CODE, 3, &hole), EFI_NOT_FOUND,
		"pages: three do not fit there");
	is(bs->allocate_pages(ALLOCATE_AT, MEM_LOADER_CODE, 2, &hole), EFI_SUCCESS,
		"pages: two do");
	is(hole, at + 3 * PAGE, "pages: at their place");
	is(type_of(hole), MEM_LOADER_CODE, "pages: of their type");
	bs->free_pages(hole, 2);
	is(bs->free_pages(at, 3), EFI_SUCCESS, "pages: the first freed");
	is(bs->free_pages(at + 5 * PAGE, 3), EFI_SUCCESS, "pages: the last freed");
	hole = at;
	is(bs->allocate_pages(ALLOCATE_AT, MEM_LOADER_DATA, 8, &hole), EFI_SUCCESS,
		"pages: eight at that place again");
	bs->free_pages(hole, 8);

	is(bs->free_pages(at, 1), EFI_NOT_FOUND, "pages: freed twice");
	is(bs->free_pages(at + 1, 1), EFI_INVALID_PARAMETER, "pages: freed unaligned");
	is(bs->free_pages(at, 0), EFI_INVALID_PARAMETER, "pages: none freed");
	is(bs->free_pages(1ull << 60, 1), EFI_NOT_FOUND, "pages: freed where there is no memory");

	hole = 1ull << 60;
	is(bs->allocate_pages(ALLOCATE_AT, MEM_LOADER_DATA, 1, &hole), EFI_NOT_FOUND,
		"pages: at a place without memory");
	hole = 0x1001;
	is(bs->allocate_pages(ALLOCATE_AT, MEM_LOADER_DATA, 1, &hole), EFI_NOT_FOUND,
		"pages: at a place that is not aligned");

	low = ~0ull;
	is(bs->allocate_pages(ALLOCATE_MAX, MEM_LOADER_DATA, 1, &low), EFI_SUCCESS,
		"pages: below the end of everything");
	bs->free_pages(low, 1);
	limit = low - 1;
	is(bs->allocate_pages(ALLOCATE_MAX, MEM_LOADER_DATA, 4, &limit), EFI_SUCCESS,
		"pages: below a place");
	ok(limit + 4 * PAGE - 1 <= low - 1, "pages: which they are");
	bs->free_pages(limit, 4);
	limit = 0xfff;
	value("pages: below all memory",
		bs->allocate_pages(ALLOCATE_MAX, MEM_LOADER_DATA, 1, &limit));
}

static void test_pool(void)
{
	void *a = NULL, *b = NULL;
	uint8_t *bytes[64];
	bool aligned = true, kept = true;

	is(bs->allocate_pool(MEM_LOADER_DATA, 100, &a), EFI_SUCCESS, "pool: some bytes");
	is((uintptr_t)a % 8, 0, "pool: aligned");
	is(type_of((uintptr_t)a), MEM_LOADER_DATA, "pool: of their type");
	is(bs->free_pool(a), EFI_SUCCESS, "pool: freed");
	is(bs->allocate_pool(MEM_LOADER_DATA, 0, &a), EFI_SUCCESS, "pool: no bytes");
	is(bs->free_pool(a), EFI_SUCCESS, "pool: freed as well");
	is(bs->allocate_pool(MEM_ACPI_NVS, 40, &a), EFI_SUCCESS, "pool: ACPI NVS");
	is(type_of((uintptr_t)a), MEM_ACPI_NVS, "pool: is what it is");
	is(bs->allocate_pool(MEM_RUNTIME_DATA, 100000, &b), EFI_SUCCESS, "pool: much");
	is(type_of((uintptr_t)b + 99999), MEM_RUNTIME_DATA, "pool: to its end");
	is(bs->free_pool(b), EFI_SUCCESS, "pool: much freed");
	is(bs->free_pool(a), EFI_SUCCESS, "pool: ACPI NVS freed");
	is(bs->allocate_pool(0x80000123, 40, &a), EFI_SUCCESS, "pool: a type of loaders");
	is(bs->free_pool(a), EFI_SUCCESS, "pool: which is freed");

	is(bs->allocate_pool(MEM_CONVENTIONAL, 1, &a), EFI_INVALID_PARAMETER,
		"pool: conventional is no type");
	is(bs->allocate_pool(MEM_PERSISTENT, 1, &a), EFI_INVALID_PARAMETER,
		"pool: persistent neither");
	is(bs->allocate_pool(MEM_TYPES, 1, &a), EFI_INVALID_PARAMETER, "pool: a type that is none");
	is(bs->allocate_pool(MEM_LOADER_DATA, 1, NULL), EFI_INVALID_PARAMETER,
		"pool: nowhere to tell");
	is(bs->allocate_pool(MEM_LOADER_DATA, 1ull << 60, &a), EFI_OUT_OF_RESOURCES,
		"pool: more than there is");
	is(bs->free_pool(NULL), EFI_INVALID_PARAMETER, "pool: nothing freed");
	a = pool(64);
	is(bs->free_pool((uint8_t *)a + 8), EFI_INVALID_PARAMETER, "pool: freed in its middle");
	is(bs->free_pool(a), EFI_SUCCESS, "pool: freed after that");

	for (unsigned i = 0; i < 64; i++) {
		bytes[i] = pool(i * 37 + 1);
		aligned &= (uintptr_t)bytes[i] % 8 == 0;
		for (unsigned j = 0; j <= i * 37; j++)
			bytes[i][j] = (uint8_t)i;
	}
	for (unsigned i = 0; i < 64; i++) {
		for (unsigned j = 0; j <= i * 37; j++)
			kept &= bytes[i][j] == i;
		bs->free_pool(bytes[i]);
	}
	ok(aligned, "pool: many, all aligned");
	ok(kept, "pool: many, none over another");
}

void subject(void)
{
	test_map();
	test_types();
	test_pages();
	test_pool();
}
