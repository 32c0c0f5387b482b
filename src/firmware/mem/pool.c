/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pool memory. See pool.h. Small blocks come from slabs of one size class and
 * memory type; larger ones are pages of their own. shim makes thousands of
 * pairs, so finding a block is a hash look-up.
 */
#include <nettle/sha2.h>
#include <stdlib.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "firmware/mem/pool.h"

#define CLASSES    8 /* 32, 64 ... 4096 bytes */
#define CLASS_MIN  32
#define SLAB_PAGES 16
#define TYPES      16 /* enum memory_type; OEM types get pages of their own */
#define POISON     0xaf
#define BLOCKS_MAX (1u << 20)

/* A live block. */
struct block {
	uint64_t addr; /* 0: an empty place in the table */
	uint64_t size; /* as asked for */
	uint32_t type;
	uint8_t class_; /* CLASSES: pages of its own */
};

struct free_list {
	uint64_t *v;
	size_t n, cap;
};

struct pool {
	struct pages *pages;
	struct free_list free[TYPES][CLASSES];
	struct block *table; /* open addressing, a power of two */
	size_t size, used;
};

struct pool *pool_new(struct pages *pages)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));

	pool->pages = pages;
	pool->size = 1024;
	pool->table = xcalloc(pool->size, sizeof(*pool->table));
	return pool;
}

void pool_free_all(struct pool *pool)
{
	for (size_t t = 0; t < TYPES; t++)
		for (size_t c = 0; c < CLASSES; c++)
			free(pool->free[t][c].v);
	free(pool->table);
	free(pool);
}

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

static efi_status refill(struct pool *pool, uint32_t type, unsigned class_)
{
	uint64_t addr = 0, step = (uint64_t)CLASS_MIN << class_;
	efi_status status = pages_allocate(pool->pages, ALLOCATE_ANY, type, SLAB_PAGES, &addr);

	if (status != EFI_SUCCESS)
		return status;
	for (uint64_t at = SLAB_PAGES * PAGE_SIZE; at > 0; at -= step)
		push_free(&pool->free[type][class_], addr + at - step);
	return EFI_SUCCESS;
}

efi_status pool_allocate(struct pool *pool, uint32_t type, uint64_t size, struct gaddr *out)
{
	unsigned c = type < TYPES ? class_of(size) : CLASSES;
	struct block b = { .size = size, .type = type, .class_ = (uint8_t)c };
	efi_status status = EFI_SUCCESS;
	uint64_t bytes;

	if (pool->used >= BLOCKS_MAX || !checked_align(size ? size : 1, PAGE_SIZE, &bytes))
		return EFI_OUT_OF_RESOURCES;
	if (c == CLASSES) {
		status = pages_allocate(
			pool->pages, ALLOCATE_ANY, type, bytes / PAGE_SIZE, &b.addr);
	} else {
		struct free_list *l = &pool->free[type][c];

		if (!l->n)
			status = refill(pool, type, c);
		if (status == EFI_SUCCESS)
			b.addr = l->v[--l->n];
	}
	if (status != EFI_SUCCESS)
		return status;
	table_add(pool, b);
	*out = gaddr(b.addr);
	return EFI_SUCCESS;
}

efi_status pool_free(struct pool *pool, struct gaddr a)
{
	size_t i = place_of(pool, a.v);
	struct block b = pool->table[i];

	if (!a.v || b.addr != a.v)
		return EFI_INVALID_PARAMETER;
	table_remove(pool, i);
	if (b.class_ == CLASSES)
		return pages_free(
			pool->pages, b.addr, ((b.size ? b.size : 1) + PAGE_SIZE - 1) / PAGE_SIZE);
	if (!guest_fill(pool->pages->ram, a, POISON, (uint64_t)CLASS_MIN << b.class_))
		abort();
	push_free(&pool->free[b.type][b.class_], b.addr);
	return EFI_SUCCESS;
}

static int compare_blocks(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Where they are in the table depends on those that were there before. */
static void sum_blocks(const struct pool *pool, struct sha256_ctx *sum)
{
	CLEANUP(xfree) struct block *sorted = xcalloc(pool->used + 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < pool->size; i++)
		if (pool->table[i].addr)
			sorted[n++] = pool->table[i];
	qsort(sorted, n, sizeof(*sorted), compare_blocks);
	for (size_t i = 0; i < n; i++) {
		uint64_t v[] = { sorted[i].addr, sorted[i].size, sorted[i].type, sorted[i].class_ };

		sha256_update(sum, sizeof(v), (uint8_t *)v);
	}
}

void pool_sum(const struct pool *pool, struct sha256_ctx *sum)
{
	for (size_t t = 0; t < TYPES; t++)
		for (size_t c = 0; c < CLASSES; c++) {
			const struct free_list *l = &pool->free[t][c];
			uint64_t n = l->n;

			sha256_update(sum, sizeof(n), (uint8_t *)&n);
			if (n)
				sha256_update(sum, n * sizeof(*l->v), (uint8_t *)l->v);
		}
	sum_blocks(pool, sum);
}
