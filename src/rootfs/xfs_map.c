/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the content of an xfs inode lies: extents in the inode itself, or in
 * the leaves of a B+tree whose root is there.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "rootfs/xfs.h"

#define RUNS_MAX     262144
#define LEVELS_MAX   9
#define EXTENT_BYTES 16

/* A tree's block: struct xfs_btree_block, long form. */
#define BT_MAGIC     0
#define BT_LEVEL     4
#define BT_RECORDS   6
#define BT_BLKNO     24
#define BT_OWNER     56
#define BT_CRC       64
#define BT_V4_HEADER 24
#define BT_V5_HEADER 72
#define BT_V4_MAGIC  0x424d4150 /* "BMAP" */
#define BT_V5_MAGIC  0x424d4133 /* "BMA3" */

void xfs_map_release(struct xfs_map *map)
{
	free(map->runs);
	*map = (struct xfs_map){ 0 };
}

const struct xfs_run *xfs_map_find(const struct xfs_map *map, uint64_t file_block)
{
	size_t low = 0, high = map->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct xfs_run *run = &map->runs[middle];

		if (run->file_block + run->count <= file_block)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->n ? &map->runs[low] : NULL;
}

/* 1 bit: never written; 54 bits: place in the file; 52: block; 21: how many. */
static int add_extent(struct xfs *x, struct xfs_map *map, const uint8_t *p, struct err *err)
{
	uint64_t high = be64(p), low = be64(p + 8), off;
	struct xfs_run run = {
		.zero = high >> 63,
		.file_block = high >> 9 & ((UINT64_C(1) << 54) - 1),
		.fs_block = (high & 0x1ff) << 43 | low >> 21,
		.count = low & 0x1fffff,
	};
	const struct xfs_run *last = map->n ? &map->runs[map->n - 1] : NULL;

	if (run.count == 0 || (last && run.file_block < last->file_block + last->count))
		return err_set(err, EUCLEAN, "the extents of a file contradict each other");
	if (xfs_block_at(x, run.fs_block, run.count, &off, err) < 0)
		return -EUCLEAN;
	if (map->n >= RUNS_MAX)
		return err_set(err, EFBIG, "a file in over %d pieces", RUNS_MAX);
	if (map->n == map->cap) {
		map->cap = map->cap ? 2 * map->cap : 16;
		map->runs = xreallocarray(map->runs, map->cap, sizeof(*map->runs));
	}
	map->runs[map->n++] = run;
	return 0;
}

static int add_extents(
	struct xfs *x, struct xfs_map *map, const uint8_t *p, uint64_t n, struct err *err)
{
	int r = 0;

	for (uint64_t i = 0; r == 0 && i < n; i++)
		r = add_extent(x, map, p + i * EXTENT_BYTES, err);
	return r;
}

struct tree_walk {
	struct xfs *x;
	const struct xfs_inode *inode;
	struct xfs_map *map;
};

static int walk_block(struct tree_walk *w, uint64_t fs_block, unsigned level, struct err *err);

/* Pointers begin behind the room for as many keys as fit. */
static int walk_children(struct tree_walk *w, const uint8_t *keys, size_t room, unsigned n,
	unsigned level, struct err *err)
{
	const size_t most = room / 16;
	int r = 0;

	if (n > most || n == 0)
		return err_set(err, EUCLEAN, "a block of %u pointers", n);
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = walk_block(w, be64(keys + most * 8 + i * 8), level - 1, err);
	return r;
}

static int walk_block(struct tree_walk *w, uint64_t fs_block, unsigned level, struct err *err)
{
	static const struct block_crc crc = { BT_CRC, 0, NULL };
	struct xfs *x = w->x;
	uint32_t header = x->v5 ? BT_V5_HEADER : BT_V4_HEADER;
	size_t room = x->block_size - header;
	const uint8_t *p;
	uint8_t *copy;
	uint64_t off;
	unsigned n;
	int r = xfs_block_at(x, fs_block, 1, &off, err);

	if (r == 0)
		r = inode_fs_block(&x->fs, off, x->block_size, x->v5 ? &crc : NULL, &p, err);
	if (r < 0)
		return r;
	n = be16(p + BT_RECORDS);
	if (be32(p + BT_MAGIC) != (x->v5 ? BT_V5_MAGIC : BT_V4_MAGIC) ||
		be16(p + BT_LEVEL) != level || (x->v5 && be64(p + BT_OWNER) != w->inode->number))
		return err_set(
			err, EUCLEAN, "block %" PRIu64 " is none of the file's tree", fs_block);
	if (level == 0)
		return n > room / EXTENT_BYTES ? err_set(err, EUCLEAN, "a block of %u extents", n)
					       : add_extents(x, w->map, p + header, n, err);
	/* The children take the place of this block in the cache. */
	copy = xmemdup(p + header, room);
	r = walk_children(w, copy, room, n, level, err);
	free(copy);
	return r;
}

static int load_tree(struct tree_walk *w, struct err *err)
{
	const struct xfs_inode *inode = w->inode;
	unsigned level, n;

	if (inode->fork_len < 4 + 16)
		return err_set(err, EUCLEAN, "a tree without a root");
	level = be16(inode->fork);
	n = be16(inode->fork + 2);
	if (level == 0 || level > LEVELS_MAX)
		return err_set(err, EUCLEAN, "a tree of %u levels", level);
	return walk_children(w, inode->fork + 4, inode->fork_len - 4, n, level, err);
}

int xfs_map_load(struct xfs *x, const struct xfs_inode *inode, struct xfs_map *map, struct err *err)
{
	struct tree_walk w = { x, inode, map };
	int r;

	if (inode->realtime)
		return err_set(err, ENOTSUP, "a file on the realtime device");
	if (inode->format == XFS_FORK_EXTENTS)
		r = inode->extents > inode->fork_len / EXTENT_BYTES
			    ? err_set(err, EUCLEAN, "more extents than fit the inode")
			    : add_extents(x, map, inode->fork, inode->extents, err);
	else if (inode->format == XFS_FORK_BTREE)
		r = load_tree(&w, err);
	else
		r = err_set(err, EUCLEAN, "content of format %d", inode->format);
	if (r < 0)
		err_push(err, "inode %" PRIu64, inode->number);
	return r;
}
