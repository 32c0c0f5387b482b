/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders of xfs: the few entries in an inode, and the blocks of larger ones.
 * Names are read in the order of the blocks; hash indexes, which stand behind
 * them in the same file, are not needed.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "rootfs/xfs.h"

/* The blocks of entries lie below this byte of the folder, indexes from it on. */
#define INDEX_AT (UINT64_C(1) << 35)

#define V4_SINGLE 0x58443242 /* "XD2B": one block, its index at its end */
#define V4_DATA   0x58443244 /* "XD2D" */
#define V5_SINGLE 0x58444233 /* "XDB3" */
#define V5_DATA   0x58444433 /* "XDD3" */
#define V4_HEADER 16
#define V5_HEADER 64
#define V5_CRC    4
#define V5_OWNER  40

#define FREE_TAG 0xffff

/* Called for every entry; 1 ends the walk. */
typedef int entry_fn(
	void *ctx, const char *name, size_t len, uint64_t inode, unsigned type, struct err *err);

struct dir_walk {
	struct xfs *x;
	struct xfs_inode inode;
	entry_fn *entry;
	void *ctx;
};

static int damaged(const struct dir_walk *w, struct err *err)
{
	return err_set(err, EUCLEAN, "the folder of inode %" PRIu64 " is damaged", w->inode.number);
}

static int walk_inode(struct dir_walk *w, struct err *err)
{
	const uint8_t *p = w->inode.fork, *end;
	size_t number_size = p[1] ? 8 : 4, types = w->x->has_types;
	unsigned n = p[0];

	if (w->inode.st.size > w->inode.fork_len || w->inode.st.size < 2 + number_size)
		return damaged(w, err);
	end = p + w->inode.st.size;
	p += 2 + number_size;
	for (unsigned i = 0; i < n; i++) {
		size_t len;
		int r;

		if (end - p < 3 || (size_t)(end - p) < 3 + p[0] + types + number_size)
			return damaged(w, err);
		len = p[0];
		r = w->entry(w->ctx, (const char *)p + 3, len,
			number_size == 8 ? be64(p + 3 + len + types) : be32(p + 3 + len + types),
			types ? p[3 + len] : 0, err);
		if (r != 0)
			return r;
		p += 3 + len + types + number_size;
	}
	return 0;
}

/* Where the entries of a block end; 0: nothing that can be. */
static size_t entries_end(const struct dir_walk *w, const uint8_t *p, size_t header)
{
	uint32_t magic = be32(p), n;

	if (magic == (w->x->v5 ? V5_DATA : V4_DATA))
		return w->x->dir_size;
	if (magic != (w->x->v5 ? V5_SINGLE : V4_SINGLE))
		return 0;
	n = be32(p + w->x->dir_size - 8);
	return n > (w->x->dir_size - 8 - header) / 8 ? 0 : w->x->dir_size - 8 - (size_t)n * 8;
}

static int walk_entries(struct dir_walk *w, const uint8_t *p, struct err *err)
{
	size_t at = w->x->v5 ? V5_HEADER : V4_HEADER, types = w->x->has_types;
	size_t end = entries_end(w, p, at);

	if (end == 0 || (w->x->v5 && be64(p + V5_OWNER) != w->inode.number))
		return damaged(w, err);
	while (at < end) {
		size_t size, len;
		int r;

		/* The smallest entry takes 16 bytes; so does the smallest gap but one of 8. */
		if (end - at < 8)
			return damaged(w, err);
		if (be16(p + at) == FREE_TAG) {
			size = be16(p + at + 2);
			if (size < 8 || size % 8 || size > end - at)
				return damaged(w, err);
			at += size;
			continue;
		}
		len = end - at < 16 ? 0 : p[at + 8];
		size = (8 + 1 + len + types + 2 + 7) & ~(size_t)7;
		if (len == 0 || size > end - at)
			return damaged(w, err);
		r = w->entry(w->ctx, (const char *)p + at + 9, len, be64(p + at),
			types ? p[at + 9 + len] : 0, err);
		if (r != 0)
			return r;
		at += size;
	}
	return 0;
}

/* A folder's block of several of the file system's may lie in pieces. */
static int read_block(
	struct dir_walk *w, const struct xfs_map *map, uint64_t first, uint8_t *to, struct err *err)
{
	struct xfs *x = w->x;

	for (uint32_t done = 0; done < x->dir_size; done += x->block_size) {
		uint64_t block = first + (done >> x->block_log), off;
		const struct xfs_run *run = xfs_map_find(map, block);
		int r;

		if (!run || run->file_block > block || run->zero)
			return damaged(w, err);
		r = xfs_block_at(x, run->fs_block + (block - run->file_block), 1, &off, err);
		if (r == 0)
			r = disk_read(x->fs.disk, off, to + done, x->block_size, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int walk_block(struct dir_walk *w, const struct xfs_map *map, uint64_t first, uint8_t *room,
	struct err *err)
{
	static const struct block_crc crc = { V5_CRC, 0, NULL };
	struct xfs *x = w->x;
	const struct xfs_run *run = xfs_map_find(map, first);
	const uint8_t *p = room;
	uint64_t off;
	int r;

	if (run && run->file_block <= first && !run->zero &&
		run->file_block + run->count - first >= x->dir_size >> x->block_log) {
		r = xfs_block_at(x, run->fs_block + (first - run->file_block),
			x->dir_size >> x->block_log, &off, err);
		if (r == 0)
			r = inode_fs_block(&x->fs, off, x->dir_size, x->v5 ? &crc : NULL, &p, err);
		return r < 0 ? r : walk_entries(w, p, err);
	}
	if (x->fs.budget == 0)
		return err_set(err, EUCLEAN, "a folder of too many blocks");
	x->fs.budget--;
	r = read_block(w, map, first, room, err);
	if (r < 0)
		return r;
	if (x->v5 && !block_crc_ok(&crc, room, x->dir_size))
		return damaged(w, err);
	return walk_entries(w, room, err);
}

static int walk_blocks(struct dir_walk *w, struct err *err)
{
	struct xfs_map map CLEANUP(xfs_map_release) = { 0 };
	uint64_t step = w->x->dir_size >> w->x->block_log, next = 0;
	uint8_t *room;
	int r = xfs_map_load(w->x, &w->inode, &map, err);

	if (r < 0)
		return r;
	room = xmalloc(w->x->dir_size);
	for (size_t i = 0; r == 0 && i < map.n; i++) {
		const struct xfs_run *run = &map.runs[i];
		uint64_t at = run->file_block > next ? run->file_block & ~(step - 1) : next;

		for (; r == 0 && at < run->file_block + run->count &&
			at << w->x->block_log < INDEX_AT;
			at += step)
			r = walk_block(w, &map, at, room, err);
		next = at;
	}
	free(room);
	return r;
}

static int walk(struct xfs *x, uint64_t number, entry_fn *entry, void *ctx, struct err *err)
{
	struct dir_walk w = { .x = x, .entry = entry, .ctx = ctx };
	int r = xfs_inode_read(x, number, &w.inode, err);

	if (r < 0)
		return r;
	if (w.inode.st.type != ROOTFS_DIR)
		return err_set(err, ENOTDIR, "not a directory");
	return w.inode.format == XFS_FORK_LOCAL ? walk_inode(&w, err) : walk_blocks(&w, err);
}

struct wanted {
	const char *name;
	size_t len;
	uint64_t found;
};

static int compare(
	void *ctx, const char *name, size_t len, uint64_t inode, unsigned type, struct err *err)
{
	struct wanted *w = ctx;

	(void)type;
	(void)err;
	if (len != w->len || memcmp(name, w->name, len) != 0)
		return 0;
	w->found = inode;
	return 1;
}

int xfs_dir_find(struct inode_fs *fs, struct inode_id dir, const char *name, size_t len,
	struct inode_id *found, struct err *err)
{
	struct wanted w = { name, len, 0 };
	int r = walk(xfs_of(fs), dir.number, compare, &w, err);

	*found = (struct inode_id){ 0, w.found };
	return r < 0 ? r : 0;
}

struct listing {
	struct rootfs_dir *out;
	size_t before;    /* what was in out already */
	uint64_t *inodes; /* of those behind that */
	size_t cap;
};

static int add(
	void *ctx, const char *name, size_t len, uint64_t inode, unsigned type, struct err *err)
{
	static const enum rootfs_type types[] = {
		[1] = ROOTFS_FILE, [2] = ROOTFS_DIR, [7] = ROOTFS_LINK
	};
	struct listing *l = ctx;
	size_t n = l->out->n - l->before;

	if (n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->inodes = xreallocarray(l->inodes, l->cap, sizeof(*l->inodes));
	}
	l->inodes[n] = inode;
	return rootfs_dir_add(
		l->out, name, len, type < ARRAY_SIZE(types) ? types[type] : ROOTFS_OTHER, err);
}

/* A folder of version 4 may have no types: then the inodes do, which are read once the walk has left its block. */
static int set_types(struct xfs *x, struct listing *l, struct err *err)
{
	int r = 0;

	for (size_t i = l->before; r == 0 && i < l->out->n; i++) {
		struct xfs_inode inode;

		x->fs.budget = INODE_BUDGET;
		r = xfs_inode_read(x, l->inodes[i - l->before], &inode, err);
		if (r == 0)
			l->out->v[i].type = inode.st.type;
	}
	return r;
}

int xfs_dir_list(struct inode_fs *fs, struct inode_id dir, struct rootfs_dir *out, struct err *err)
{
	struct xfs *x = xfs_of(fs);
	struct listing l = { .out = out, .before = out->n };
	int r = walk(x, dir.number, add, &l, err);

	if (r == 0 && !x->has_types)
		r = set_types(x, &l, err);
	free(l.inodes);
	return r;
}
