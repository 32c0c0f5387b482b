/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pool memory. See pool.h. Small blocks come from slabs of one size class and
 * memory type; larger ones are pages of their own. shim makes thousands of
 * pairs, so finding a block is a hash look-up.
 *
 * A program's slabs and larger blocks lie in zones of the program's own, so that
 * the map of memory doesn't show how much it allocated.
 */
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "firmware/mem/pool.h"

#define CLASSES        8 /* 32, 64 ... 4096 bytes */
#define CLASS_MIN      32
#define SLAB_PAGES     16
#define TYPES          16 /* enum memory_type; OEM types get pages of their own */
#define POISON         0xaf
#define BLOCKS_MAX     (1u << 20)
#define ZONE_PAGES_MAX 2048 /* 8 MiB */
#define ZONE_OF_RAM    128  /* and no more than this part of all memory */

/* A live block. */
struct block {
	uint64_t addr; /* 0: an empty place in the table */
	uint64_t size; /* as asked for */
	uint32_t type;
	uint8_t class_; /* CLASSES: pages of its own */
	uint8_t arena;
};

struct free_list {
	uint64_t *v;
	size_t n, cap;
};

/* Pages of one type, handed out from the lowest on. */
struct zone {
	uint64_t addr, pages;
	uint32_t type;
	uint8_t taken[ZONE_PAGES_MAX];
	struct zone *next;
};

struct arena {
	uint64_t owner;
	struct free_list free[TYPES][CLASSES];
	struct zone *zones; /* the oldest first */
};

struct pool {
	struct pages *pages;
	struct arena arenas[POOL_ARENAS]; /* the first is the firmware's own */
	unsigned n_arenas;
	uint32_t *accessed;  /* see pool_log_access() */
	struct block *table; /* open addressing, a power of two */
	size_t size, used;
};

struct pool *pool_new(struct pages *pages)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));

	pool->pages = pages;
	pool->n_arenas = 1;
	pool->size = 1024;
	pool->table = xcalloc(pool->size, sizeof(*pool->table));
	return pool;
}

static void release_arena(struct arena *arena)
{
	for (size_t t = 0; t < TYPES; t++)
		for (size_t c = 0; c < CLASSES; c++)
			free(arena->free[t][c].v);
	while (arena->zones) {
		struct zone *next = arena->zones->next;

		free(arena->zones);
		arena->zones = next;
	}
}

void pool_free_all(struct pool *pool)
{
	for (unsigned i = 0; i < pool->n_arenas; i++)
		release_arena(&pool->arenas[i]);
	free(pool->table);
	free(pool);
}

/* ---- live blocks ---- */

static size_t place_of(const struct pool *pool, uint64_t addr)
{
	size_t i = (size_t)((addr >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (pool->size - 1);

	while (pool->table[i].addr && pool->table[i].addr != addr)
		i = (i + 1) & (pool->size - 1);
	return i;
}

static void grow_table(struct pool *pool)
{
	struct block *old = pool->table;
	size_t n = pool->size;

	pool->size *= 2;
	pool->table = xcalloc(pool->size, sizeof(*pool->table));
	for (size_t i = 0; i < n; i++)
		if (old[i].addr)
			pool->table[place_of(pool, old[i].addr)] = old[i];
	free(old);
}

static void table_add(struct pool *pool, struct block b)
{
	if ((pool->used + 1) * 2 > pool->size)
		grow_table(pool);
	pool->table[place_of(pool, b.addr)] = b;
	pool->used++;
}

/* Removes place i and closes the gap, so that look-ups need no tombstones. */
static void table_remove(struct pool *pool, size_t i)
{
	pool->table[i].addr = 0;
	pool->used--;
	for (size_t k = (i + 1) & (pool->size - 1); pool->table[k].addr;
		k = (k + 1) & (pool->size - 1)) {
		struct block b = pool->table[k];

		pool->table[k].addr = 0;
		pool->table[place_of(pool, b.addr)] = b;
	}
}

/* ---- arenas and zones ---- */

static void log_access(struct pool *pool, uint32_t arenas)
{
	if (pool->accessed)
		*pool->accessed |= arenas;
}

/* The number of an owner's arena; the last one is for all who come late. */
static unsigned arena_of(struct pool *pool, uint64_t owner)
{
	unsigned i = 0;

	while (i < pool->n_arenas && pool->arenas[i].owner != owner)
		i++;
	if (i == POOL_ARENAS)
		i--;
	if (i == pool->n_arenas)
		pool->arenas[pool->n_arenas++].owner = owner;
	log_access(pool, 1u << i);
	return i;
}

static uint64_t zone_pages(const struct pool *pool)
{
	uint64_t n = guest_size(pool->pages->ram) / PAGE_SIZE / ZONE_OF_RAM;

	return n < ZONE_PAGES_MAX ? n : ZONE_PAGES_MAX;
}

/* Whether blocks of this type lie in zones: the firmware's don't, nor what outlives boot services. */
static bool is_zoned(const struct pool *pool, unsigned arena, uint32_t type, uint64_t pages)
{
	return arena && (type == MEM_LOADER_DATA || type == MEM_BOOT_DATA) &&
	       pages <= zone_pages(pool) / 2;
}

/* Takes pages of a zone that are next to each other; false when there are none. */
static bool take_pages(struct zone *z, uint64_t pages, uint64_t *addr)
{
	uint64_t run = 0;

	for (uint64_t i = 0; i < z->pages; i++) {
		run = z->taken[i] ? 0 : run + 1;
		if (run < pages)
			continue;
		memset(z->taken + i + 1 - pages, 1, pages);
		*addr = z->addr + (i + 1 - pages) * PAGE_SIZE;
		return true;
	}
	return false;
}

static efi_status allocate_pages(
	struct pool *pool, unsigned arena, uint32_t type, uint64_t pages, uint64_t *addr)
{
	struct zone **at = &pool->arenas[arena].zones;
	struct zone *z;

	if (!is_zoned(pool, arena, type, pages))
		return pages_allocate(pool->pages, ALLOCATE_ANY, type, pages, addr);
	for (; *at; at = &(*at)->next)
		if ((*at)->type == type && take_pages(*at, pages, addr)) {
			pool->pages->changes++;
			return EFI_SUCCESS;
		}
	z = xcalloc(1, sizeof(*z));
	z->type = type;
	z->pages = zone_pages(pool);
	if (pages_allocate(pool->pages, ALLOCATE_ANY, type, z->pages, &z->addr) != EFI_SUCCESS) {
		/* Where memory is scarce, it has to do with what it needs. */
		free(z);
		return pages_allocate(pool->pages, ALLOCATE_ANY, type, pages, addr);
	}
	*at = z;
	return take_pages(z, pages, addr) ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

static efi_status free_pages(struct pool *pool, const struct block *b)
{
	uint64_t pages = ((b->size ? b->size : 1) + PAGE_SIZE - 1) / PAGE_SIZE;

	for (struct zone *z = pool->arenas[b->arena].zones; z; z = z->next) {
		if (b->addr < z->addr || b->addr - z->addr >= z->pages * PAGE_SIZE)
			continue;
		memset(z->taken + (b->addr - z->addr) / PAGE_SIZE, 0, pages);
		pool->pages->changes++;
		if (!guest_discard(pool->pages->ram, gaddr(b->addr), pages * PAGE_SIZE))
			abort();
		return EFI_SUCCESS;
	}
	return pages_free(pool->pages, b->addr, pages);
}

/* ---- blocks ---- */

static unsigned class_of(uint64_t size)
{
	unsigned c = 0;

	while (c < CLASSES && (uint64_t)CLASS_MIN << c < size)
		c++;
	return c;
}

static void push_free(struct free_list *l, uint64_t addr)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = addr;
}

static efi_status refill(struct pool *pool, unsigned arena, uint32_t type, unsigned class_)
{
	uint64_t addr = 0, step = (uint64_t)CLASS_MIN << class_;
	efi_status status = allocate_pages(pool, arena, type, SLAB_PAGES, &addr);

	if (status != EFI_SUCCESS)
		return status;
	for (uint64_t at = SLAB_PAGES * PAGE_SIZE; at > 0; at -= step)
		push_free(&pool->arenas[arena].free[type][class_], addr + at - step);
	return EFI_SUCCESS;
}

efi_status pool_allocate_for(
	struct pool *pool, uint64_t owner, uint32_t type, uint64_t size, struct gaddr *out)
{
	unsigned c = type < TYPES ? class_of(size) : CLASSES, arena = arena_of(pool, owner);
	struct block b = {
		.size = size, .type = type, .class_ = (uint8_t)c, .arena = (uint8_t)arena
	};
	efi_status status = EFI_SUCCESS;
	uint64_t bytes;

	if (pool->used >= BLOCKS_MAX || !checked_align(size ? size : 1, PAGE_SIZE, &bytes))
		return EFI_OUT_OF_RESOURCES;
	if (c == CLASSES) {
		status = allocate_pages(pool, arena, type, bytes / PAGE_SIZE, &b.addr);
	} else {
		struct free_list *l = &pool->arenas[arena].free[type][c];

		if (!l->n)
			status = refill(pool, arena, type, c);
		if (status == EFI_SUCCESS)
			b.addr = l->v[--l->n];
	}
	if (status != EFI_SUCCESS)
		return status;
	table_add(pool, b);
	*out = gaddr(b.addr);
	return EFI_SUCCESS;
}

efi_status pool_allocate(struct pool *pool, uint32_t type, uint64_t size, struct gaddr *out)
{
	return pool_allocate_for(pool, POOL_FIRMWARE, type, size, out);
}

efi_status pool_free(struct pool *pool, struct gaddr a)
{
	size_t i = place_of(pool, a.v);
	struct block b = pool->table[i];

	if (!a.v || b.addr != a.v) {
		/* That there is none is an answer about all of them. */
		log_access(pool, UINT32_MAX);
		return EFI_INVALID_PARAMETER;
	}
	log_access(pool, 1u << b.arena);
	table_remove(pool, i);
	if (b.class_ == CLASSES)
		return free_pages(pool, &b);
	if (!guest_fill(pool->pages->ram, a, POISON, (uint64_t)CLASS_MIN << b.class_))
		abort();
	push_free(&pool->arenas[b.arena].free[b.type][b.class_], b.addr);
	return EFI_SUCCESS;
}

/* ---- comparing ---- */

void pool_log_access(struct pool *pool, uint32_t *accessed)
{
	pool->accessed = accessed;
}

static int compare_blocks(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Where they are in the table depends on those that were there before. */
static void sum_blocks(const struct pool *pool, unsigned arena, struct sha256_ctx *sum)
{
	CLEANUP(xfree) struct block *sorted = xcalloc(pool->used + 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < pool->size; i++)
		if (pool->table[i].addr && pool->table[i].arena == arena)
			sorted[n++] = pool->table[i];
	qsort(sorted, n, sizeof(*sorted), compare_blocks);
	for (size_t i = 0; i < n; i++) {
		uint64_t v[] = { sorted[i].addr, sorted[i].size, sorted[i].type, sorted[i].class_ };

		sha256_update(sum, sizeof(v), (uint8_t *)v);
	}
}

static void sum_arena(const struct arena *arena, struct sha256_ctx *sum)
{
	sha256_update(sum, sizeof(arena->owner), (const uint8_t *)&arena->owner);
	for (size_t t = 0; t < TYPES; t++)
		for (size_t c = 0; c < CLASSES; c++) {
			const struct free_list *l = &arena->free[t][c];
			uint64_t n = l->n;

			sha256_update(sum, sizeof(n), (uint8_t *)&n);
			if (n)
				sha256_update(sum, n * sizeof(*l->v), (uint8_t *)l->v);
		}
	for (const struct zone *z = arena->zones; z; z = z->next) {
		sha256_update(sum, sizeof(z->addr), (const uint8_t *)&z->addr);
		sha256_update(sum, z->pages, z->taken);
	}
}

unsigned pool_sums(const struct pool *pool, uint8_t sums[POOL_ARENAS][POOL_SUM])
{
	for (unsigned i = 0; i < pool->n_arenas; i++) {
		struct sha256_ctx sum;

		sha256_init(&sum);
		sum_arena(&pool->arenas[i], &sum);
		sum_blocks(pool, i, &sum);
		sha256_digest(&sum, POOL_SUM, sums[i]);
	}
	return pool->n_arenas;
}
