/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy-on-write layer in memory: whole blocks of OVERLAY_BLOCK bytes in a
 * hash table, read from below when first written in part. See disk_overlay().
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/ops.h"

/* What one overlay may hold: a guest that writes more is not merely booting. */
#define OVERLAY_MAX_BLOCKS ((32u << 20) / OVERLAY_BLOCK)
#define FIRST_SLOTS        256

struct slot {
	uint64_t block;
	uint8_t *bytes; /* NULL: free */
};

struct overlay {
	struct disk disk;
	struct disk *parent;
	struct slot *slots;
	size_t n_slots; /* a power of two, at most half of it in use */
	size_t used;
};

static bool is_overlay(const struct disk *d);

/* The slot that holds block, or the free one where it belongs. */
static struct slot *find(struct slot *slots, size_t n_slots, uint64_t block)
{
	size_t i = (size_t)((block * 0x9e3779b97f4a7c15u) >> 32) & (n_slots - 1);

	while (slots[i].bytes && slots[i].block != block)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

static void grow(struct overlay *o)
{
	size_t n = o->n_slots * 2;
	struct slot *slots = xcalloc(n, sizeof(*slots));

	for (size_t i = 0; i < o->n_slots; i++)
		if (o->slots[i].bytes)
			*find(slots, n, o->slots[i].block) = o->slots[i];
	free(o->slots);
	o->slots = slots;
	o->n_slots = n;
}

/* How many of len bytes from off on lie in its block. */
static size_t in_block(uint64_t off, size_t len)
{
	size_t room = OVERLAY_BLOCK - (size_t)(off % OVERLAY_BLOCK);

	return len < room ? len : room;
}

static int overlay_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	struct overlay *o = (struct overlay *)d;
	const struct slot *s;
	uint8_t *to = buf;
	size_t n;
	int ret;

	/* One read below, then the blocks that were written over it. */
	ret = disk_read(o->parent, off, buf, len, err);
	for (; ret == 0 && o->used && len; len -= n, off += n, to += n) {
		n = in_block(off, len);
		s = find(o->slots, o->n_slots, off / OVERLAY_BLOCK);
		if (s->bytes)
			memcpy(to, s->bytes + off % OVERLAY_BLOCK, n);
	}
	return ret;
}

/* The bytes of a block, made from the parent's when there are none yet and not all are written. */
static int block_for_write(
	struct overlay *o, uint64_t block, bool all, uint8_t **bytes, struct err *err)
{
	struct slot *s = find(o->slots, o->n_slots, block);
	uint64_t start = block * OVERLAY_BLOCK, left = o->disk.size - start;
	uint8_t *made;
	int ret = 0;

	*bytes = s->bytes;
	if (s->bytes)
		return 0;
	if (o->used >= OVERLAY_MAX_BLOCKS)
		return err_set(err, ENOSPC, "%s: more than %u MiB written", o->disk.name,
			OVERLAY_MAX_BLOCKS / (1048576 / OVERLAY_BLOCK));
	made = xcalloc(1, OVERLAY_BLOCK);
	if (!all)
		ret = disk_read(o->parent, start, made,
			left < OVERLAY_BLOCK ? (size_t)left : OVERLAY_BLOCK, err);
	if (ret < 0) {
		free(made);
		return ret;
	}
	*s = (struct slot){ .block = block, .bytes = made };
	*bytes = made;
	if (++o->used * 2 > o->n_slots)
		grow(o);
	return 0;
}

static int overlay_write(
	struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	const uint8_t *from = bytes;
	uint8_t *block;
	size_t n;
	int ret = 0;

	for (; len; len -= n, off += n, from += n) {
		n = in_block(off, len);
		ret = block_for_write((struct overlay *)d, off / OVERLAY_BLOCK,
			off % OVERLAY_BLOCK == 0 && (n == OVERLAY_BLOCK || off + n == d->size),
			&block, err);
		if (ret < 0)
			return ret;
		memcpy(block + off % OVERLAY_BLOCK, from, n);
	}
	return 0;
}

static int overlay_extent(
	struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err)
{
	struct overlay *o = (struct overlay *)d;
	uint64_t end;
	int ret = disk_extent(o->parent, off, len, is_data, err);

	if (ret < 0 || *is_data || !o->used)
		return ret;
	/* A hole below: it ends where a written block begins, or is data when it begins in one. */
	end = off + *len;
	if (find(o->slots, o->n_slots, off / OVERLAY_BLOCK)->bytes) {
		*is_data = true;
		*len = OVERLAY_BLOCK - off % OVERLAY_BLOCK;
		return 0;
	}
	for (size_t i = 0; i < o->n_slots; i++) {
		uint64_t start = o->slots[i].block * OVERLAY_BLOCK;

		if (o->slots[i].bytes && start > off && start < end)
			end = start;
	}
	*len = end - off;
	return 0;
}

bool disk_overlay_next(const struct disk *d, uint64_t off, uint64_t *start, uint64_t *len)
{
	const struct overlay *o = (const struct overlay *)d;
	uint64_t block = off / OVERLAY_BLOCK + (off % OVERLAY_BLOCK != 0), first = UINT64_MAX;
	uint64_t next;

	if (!is_overlay(d))
		return false;
	for (size_t i = 0; i < o->n_slots; i++)
		if (o->slots[i].bytes && o->slots[i].block >= block && o->slots[i].block < first)
			first = o->slots[i].block;
	if (first == UINT64_MAX)
		return false;
	for (next = first + 1; find(o->slots, o->n_slots, next)->bytes; next++)
		;
	*start = first * OVERLAY_BLOCK;
	*len = (next - first) * OVERLAY_BLOCK;
	if (*len > d->size - *start)
		*len = d->size - *start;
	return true;
}

static void overlay_close(struct disk *d)
{
	struct overlay *o = (struct overlay *)d;

	for (size_t i = 0; i < o->n_slots; i++)
		free(o->slots[i].bytes);
	free(o->slots);
	free(o);
}

static const struct disk_ops overlay_ops = {
	.read = overlay_read,
	.write = overlay_write,
	.extent = overlay_extent,
	.close = overlay_close,
};

static bool is_overlay(const struct disk *d)
{
	return d->ops == &overlay_ops;
}

struct disk *disk_overlay(struct disk *parent)
{
	struct overlay *o = xcalloc(1, sizeof(*o));

	disk_init(&o->disk, &overlay_ops, parent->size, parent->name);
	o->disk.sector_size = parent->sector_size;
	o->parent = parent;
	o->n_slots = FIRST_SLOTS;
	o->slots = xcalloc(o->n_slots, sizeof(*o->slots));
	return &o->disk;
}

bool disk_overlay_is_clean(const struct disk *d)
{
	return !is_overlay(d) || ((const struct overlay *)d)->used == 0;
}

/* Whether every block that a keeps reads the same in b: as b has it, or as it is below. */
static bool is_within(const struct overlay *a, const struct overlay *b)
{
	uint8_t below[OVERLAY_BLOCK];

	for (size_t i = 0; i < a->n_slots; i++) {
		const struct slot *s = &a->slots[i];
		const uint8_t *other;
		uint64_t start = s->block * OVERLAY_BLOCK, left = a->disk.size - start;
		size_t len = left < OVERLAY_BLOCK ? (size_t)left : OVERLAY_BLOCK;

		if (!s->bytes)
			continue;
		other = find(b->slots, b->n_slots, s->block)->bytes;
		if (!other && disk_read(b->parent, start, below, len, NULL) < 0)
			return false;
		if (memcmp(s->bytes, other ? other : below, len) != 0)
			return false;
	}
	return true;
}

bool disk_overlay_same(const struct disk *a, const struct disk *b)
{
	const struct overlay *x = (const struct overlay *)a, *y = (const struct overlay *)b;

	if (!is_overlay(a) || !is_overlay(b) || x->parent != y->parent)
		return a == b;
	return is_within(x, y) && is_within(y, x);
}

uint64_t disk_overlay_bytes(const struct disk *d)
{
	return is_overlay(d) ? (uint64_t)((const struct overlay *)d)->used * OVERLAY_BLOCK : 0;
}
