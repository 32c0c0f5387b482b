/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map. See pages.h.
 */
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "firmware/mem/pages.h"

#define EFI_MEMORY_UC      UINT64_C(0x1)
#define EFI_MEMORY_WC      UINT64_C(0x2)
#define EFI_MEMORY_WT      UINT64_C(0x4)
#define EFI_MEMORY_WB      UINT64_C(0x8)
#define RAM_ATTRIBUTES     (EFI_MEMORY_UC | EFI_MEMORY_WC | EFI_MEMORY_WT | EFI_MEMORY_WB)
#define EFI_MEMORY_RUNTIME (UINT64_C(1) << 63)

/* Below this many pieces a map is believable; a guest that allocates single pages without end is not. */
#define RANGES_MAX 65536

static uint64_t range_end(const struct page_range *r)
{
	return r->start + r->pages * PAGE_SIZE;
}

/* Makes room for one more range at place i. */
static void insert_range(struct pages *p, size_t i, struct page_range r)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->ranges = xreallocarray(p->ranges, p->cap, sizeof(*p->ranges));
	}
	memmove(p->ranges + i + 1, p->ranges + i, (p->n - i) * sizeof(*p->ranges));
	p->ranges[i] = r;
	p->n++;
}

static void remove_range(struct pages *p, size_t i)
{
	p->n--;
	memmove(p->ranges + i, p->ranges + i + 1, (p->n - i) * sizeof(*p->ranges));
}

void pages_init(struct pages *p, struct guest_ram *ram)
{
	*p = (struct pages){ .ram = ram, .map_key = 1 };
	insert_range(p, 0,
		(struct page_range){
			RAM_BASE, guest_size(ram) / PAGE_SIZE, MEM_CONVENTIONAL, RAM_ATTRIBUTES });
}

void pages_release(struct pages *p)
{
	free(p->ranges);
	*p = (struct pages){ 0 };
}

/* The first range whose end is beyond addr; p->n when there is none. */
static size_t find_index(const struct pages *p, uint64_t addr)
{
	size_t lo = 0, hi = p->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (range_end(&p->ranges[mid]) > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

const struct page_range *pages_find(const struct pages *p, uint64_t addr)
{
	size_t i = find_index(p, addr);

	return i < p->n && p->ranges[i].start <= addr ? &p->ranges[i] : NULL;
}

static bool mergeable(const struct page_range *a, const struct page_range *b)
{
	return range_end(a) == b->start && a->type == b->type && a->attribute == b->attribute;
}

static void merge_around(struct pages *p, size_t i)
{
	if (i + 1 < p->n && mergeable(&p->ranges[i], &p->ranges[i + 1])) {
		p->ranges[i].pages += p->ranges[i + 1].pages;
		remove_range(p, i + 1);
	}
	if (i > 0 && mergeable(&p->ranges[i - 1], &p->ranges[i])) {
		p->ranges[i - 1].pages += p->ranges[i].pages;
		remove_range(p, i);
	}
}

static uint64_t attributes_of(uint32_t type)
{
	bool runtime = type == MEM_RUNTIME_CODE || type == MEM_RUNTIME_DATA;

	return RAM_ATTRIBUTES | (runtime ? EFI_MEMORY_RUNTIME : 0);
}

/* Gives [start, start + count pages), which lies within range i, a type. */
static void set_type(struct pages *p, size_t i, uint64_t start, uint64_t count, uint32_t type)
{
	struct page_range old = p->ranges[i];
	uint64_t end = start + count * PAGE_SIZE;

	p->ranges[i] = (struct page_range){ start, count, type, attributes_of(type) };
	if (end < range_end(&old))
		insert_range(p, i + 1,
			(struct page_range){ end, (range_end(&old) - end) / PAGE_SIZE, old.type,
				old.attribute });
	if (old.start < start) {
		insert_range(p, i,
			(struct page_range){ old.start, (start - old.start) / PAGE_SIZE, old.type,
				old.attribute });
		i++;
	}
	merge_around(p, i);
	p->changes++;
}

/* Runtime memory is handed out in 64 KiB pieces, so that a kernel with such pages can map it. */
static uint64_t granule(uint32_t type)
{
	bool coarse = type == MEM_RUNTIME_CODE || type == MEM_RUNTIME_DATA ||
		      type == MEM_RESERVED || type == MEM_ACPI_NVS;

	return coarse ? 16 * PAGE_SIZE : PAGE_SIZE;
}

/* The highest free place that ends at or below limit (exclusive). */
static bool find_free(const struct pages *p, uint64_t count, uint64_t limit, uint64_t align,
	size_t *index, uint64_t *start)
{
	for (size_t i = p->n; i-- > 0;) {
		const struct page_range *r = &p->ranges[i];
		uint64_t end = range_end(r) < limit ? range_end(r) : limit, at;

		if (r->type != MEM_CONVENTIONAL || end <= r->start ||
			(end - r->start) / PAGE_SIZE < count)
			continue;
		at = (end - count * PAGE_SIZE) & ~(align - 1);
		if (at < r->start)
			continue;
		*index = i;
		*start = at;
		return true;
	}
	return false;
}

static bool type_allowed(uint32_t type)
{
	if (type >= 0x70000000u)
		return true;
	return type < MEM_TYPE_MAX && type != MEM_CONVENTIONAL && type != MEM_PERSISTENT &&
	       type != MEM_UNACCEPTED;
}

/* ALLOCATE_ADDRESS: the very place must be free. */
static efi_status allocate_at(struct pages *p, uint32_t type, uint64_t count, uint64_t addr)
{
	size_t i = find_index(p, addr);
	uint64_t bytes, end;

	if (addr & (granule(type) - 1))
		return EFI_NOT_FOUND;
	if (!checked_mul(count, PAGE_SIZE, &bytes) || !checked_add(addr, bytes, &end) ||
		i == p->n || p->ranges[i].start > addr || end > range_end(&p->ranges[i]) ||
		p->ranges[i].type != MEM_CONVENTIONAL)
		return EFI_NOT_FOUND;
	set_type(p, i, addr, count, type);
	return EFI_SUCCESS;
}

efi_status pages_allocate(
	struct pages *p, enum allocate_type how, uint32_t type, uint64_t count, uint64_t *addr)
{
	uint64_t limit = UINT64_MAX, align = granule(type), start;
	size_t i;

	if ((unsigned)how > ALLOCATE_ADDRESS || !type_allowed(type))
		return EFI_INVALID_PARAMETER;
	if (count == 0)
		return EFI_NOT_FOUND;
	if (p->n >= RANGES_MAX || count > guest_size(p->ram) / PAGE_SIZE)
		return EFI_OUT_OF_RESOURCES;
	count = (count + align / PAGE_SIZE - 1) & ~(align / PAGE_SIZE - 1);
	if (how == ALLOCATE_ADDRESS)
		return allocate_at(p, type, count, *addr);
	if (how == ALLOCATE_MAX && *addr < UINT64_MAX)
		limit = *addr + 1;
	if (!find_free(p, count, limit, align, &i, &start))
		return how == ALLOCATE_MAX ? EFI_NOT_FOUND : EFI_OUT_OF_RESOURCES;
	set_type(p, i, start, count, type);
	*addr = start;
	return EFI_SUCCESS;
}

/* Frees what of [addr, end) lies in range i; returns where it ended. */
static uint64_t free_piece(struct pages *p, size_t i, uint64_t addr, uint64_t end)
{
	uint64_t stop = range_end(&p->ranges[i]) < end ? range_end(&p->ranges[i]) : end;

	set_type(p, i, addr, (stop - addr) / PAGE_SIZE, MEM_CONVENTIONAL);
	/* In RAM by construction: only RAM is ever handed out. */
	if (!guest_discard(p->ram, gaddr(addr), stop - addr))
		abort();
	return stop;
}

efi_status pages_free(struct pages *p, uint64_t addr, uint64_t count)
{
	const struct page_range *first = pages_find(p, addr);
	uint64_t align = first ? granule(first->type) : PAGE_SIZE, bytes, end;

	/* What came in 64 KiB pieces goes in such. */
	if (addr & (align - 1) || count == 0 || count > guest_size(p->ram) / PAGE_SIZE)
		return EFI_INVALID_PARAMETER;
	count = (count + align / PAGE_SIZE - 1) & ~(align / PAGE_SIZE - 1);
	if (!checked_mul(count, PAGE_SIZE, &bytes) || !checked_add(addr, bytes, &end))
		return EFI_INVALID_PARAMETER;
	if (!guest_ok(p->ram, gaddr(addr), bytes))
		return EFI_NOT_FOUND;
	for (uint64_t at = addr; at < end;) {
		const struct page_range *r = pages_find(p, at);

		if (!r || r->type == MEM_CONVENTIONAL)
			return EFI_NOT_FOUND;
		at = range_end(r);
	}
	for (uint64_t at = addr; at < end;)
		at = free_piece(p, find_index(p, at), at, end);
	return EFI_SUCCESS;
}

void pages_add(struct pages *p, uint64_t start, uint64_t count, uint32_t type, uint64_t attribute)
{
	insert_range(p, find_index(p, start), (struct page_range){ start, count, type, attribute });
	p->changes++;
}

void pages_encode_map(const struct pages *p, struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		uint8_t d[DESCRIPTOR_SIZE] = { 0 };

		put_le32(d, p->ranges[i].type);
		put_le64(d + 8, p->ranges[i].start);
		put_le64(d + 24, p->ranges[i].pages);
		put_le64(d + 32, p->ranges[i].attribute);
		buf_add(out, d, sizeof(d));
	}
}

uint64_t pages_map_key(struct pages *p)
{
	p->map_key += p->changes != p->given;
	p->given = p->changes;
	return p->map_key;
}

bool pages_key_holds(const struct pages *p, uint64_t key)
{
	return p->changes == p->given && key == p->map_key;
}

void pages_sum(const struct pages *p, struct sha256_ctx *sum)
{
	uint64_t key[] = { p->map_key, p->changes == p->given };

	sha256_update(sum, sizeof(key), (const uint8_t *)key);
	for (size_t i = 0; i < p->n; i++) {
		const struct page_range *r = &p->ranges[i];
		uint64_t v[] = { r->start, r->pages, r->type, r->attribute };

		sha256_update(sum, sizeof(v), (uint8_t *)v);
	}
}
