/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the content of files in ext file systems: the block map of one file
 * is turned into runs once, and each run is then read from the disk in one
 * go, past libext2fs's block at a time. Covers extents, the older
 * indirect blocks and inline data; leaves out encrypted files.
 */
#include "rootfs/ext.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"

#define MAX_RUNS   131072
#define MAX_INLINE 65536

void ext_map_forget(struct ext_fs *e)
{
	free(e->map.runs);
	free(e->map.inline_data);
	e->map = (struct ext_map){ 0 };
}

static int add_run(struct ext_fs *e, uint64_t lblk, uint64_t pblk, uint64_t count, bool zero)
{
	struct ext_map *m = &e->map;
	struct ext_run *last = m->n ? &m->runs[m->n - 1] : NULL;

	if (last && lblk < last->lblk + last->count)
		return -EUCLEAN;
	if (!range_within(pblk, count, ext2fs_blocks_count(e->fs->super)))
		return -EUCLEAN;
	if (last && last->zero == zero && lblk == last->lblk + last->count &&
		pblk == last->pblk + last->count) {
		last->count += count;
		return 0;
	}
	if (m->n >= MAX_RUNS)
		return -EFBIG;
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 16;
		m->runs = xreallocarray(m->runs, m->cap, sizeof(*m->runs));
	}
	m->runs[m->n++] = (struct ext_run){ lblk, pblk, count, zero };
	return 0;
}

static int map_fail(struct err *err, int r)
{
	return err_set(err, -r,
		r == -EFBIG ? "a file in over %d pieces" : "the block map contradicts itself (%d)",
		r == -EFBIG ? MAX_RUNS : -r);
}

static int map_extents(struct ext_fs *e, ext2_ino_t ino, struct ext2_inode *inode, struct err *err)
{
	ext2_extent_handle_t handle;
	struct ext2fs_extent x;
	errcode_t code = ext2fs_extent_open2(e->fs, ino, inode, &handle);
	int op = EXT2_EXTENT_ROOT, r = 0;

	if (code)
		return ext_fail(e, code, err, "reading extents");
	/* Nodes and leaves alike count here, so a tree without an end has one. */
	for (unsigned steps = 0; r == 0; steps++) {
		code = ext2fs_extent_get(handle, op, &x);
		op = EXT2_EXTENT_NEXT;
		if (code || steps > 4 * MAX_RUNS)
			break;
		if (!(x.e_flags & EXT2_EXTENT_FLAGS_LEAF))
			continue;
		r = add_run(e, x.e_lblk, x.e_pblk, x.e_len, x.e_flags & EXT2_EXTENT_FLAGS_UNINIT);
	}
	ext2fs_extent_free(handle);
	if (r < 0)
		return map_fail(err, r);
	if (code == EXT2_ET_EXTENT_NO_NEXT || code == EXT2_ET_NO_CURRENT_NODE)
		return 0;
	return ext_fail(e, code ? code : EUCLEAN, err, "reading extents");
}

struct collect {
	struct ext_fs *e;
	int result;
};

static int collect_block(
	ext2_filsys fs, blk64_t *block, e2_blkcnt_t no, blk64_t ref, int ref_offset, void *priv)
{
	struct collect *c = priv;

	(void)fs, (void)ref, (void)ref_offset;
	if (no >= 0 && *block)
		c->result = add_run(c->e, (uint64_t)no, *block, 1, false);
	return c->result < 0 ? BLOCK_ABORT : 0;
}

static int map_blocks(struct ext_fs *e, ext2_ino_t ino, struct err *err)
{
	struct collect c = { e, 0 };
	errcode_t code = ext2fs_block_iterate3(
		e->fs, ino, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY, NULL, collect_block, &c);

	if (code)
		return ext_fail(e, code, err, "reading the block map");
	return c.result < 0 ? map_fail(err, c.result) : 0;
}

static int map_inline(struct ext_fs *e, ext2_ino_t ino, struct ext2_inode *inode, struct err *err)
{
	size_t size = 0;
	errcode_t code = ext2fs_inline_data_size(e->fs, ino, &size);

	if (code == 0 && (size > MAX_INLINE || size < e->map.size))
		return err_set(err, EUCLEAN, "inline data of %zu bytes", size);
	if (code == 0) {
		e->map.inline_data = xcalloc(1, size + 1);
		code = ext2fs_inline_data_get(e->fs, ino, inode, e->map.inline_data, &size);
	}
	return code ? ext_fail(e, code, err, "reading inline data") : 0;
}

int ext_map_load(struct ext_fs *e, ext2_ino_t ino, struct err *err)
{
	struct ext2_inode inode;
	errcode_t code;
	int r;

	if (e->map.ino == ino)
		return 0;
	ext_map_forget(e);
	code = ext2fs_read_inode(e->fs, ino, &inode);
	if (code)
		return ext_fail(e, code, err, "reading an inode");
	if (LINUX_S_ISDIR(inode.i_mode))
		return err_set(err, EISDIR, "is a folder");
	if (!LINUX_S_ISREG(inode.i_mode) && !LINUX_S_ISLNK(inode.i_mode))
		return err_set(err, EINVAL, "not a regular file");
	if (inode.i_flags & EXT4_ENCRYPT_FL)
		return err_set(err, ENOTSUP, "the file is encrypted");
	e->map.size = LINUX_S_ISREG(inode.i_mode) ? EXT2_I_SIZE(&inode) : inode.i_size;
	if (inode.i_flags & EXT4_INLINE_DATA_FL)
		r = map_inline(e, ino, &inode, err);
	else if (inode.i_flags & EXT4_EXTENTS_FL)
		r = map_extents(e, ino, &inode, err);
	else
		r = map_blocks(e, ino, err);
	if (r < 0) {
		ext_map_forget(e);
		return r;
	}
	e->map.ino = ino;
	return 0;
}

/* The first run that ends behind block lblk; m->n when there is none. */
static size_t run_at(const struct ext_map *m, uint64_t lblk)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->runs[mid].lblk + m->runs[mid].count <= lblk)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How many of the len bytes at off are alike (one run, or a hole), and where they are. */
static size_t stretch(
	const struct ext_map *m, uint64_t bs, uint64_t off, size_t len, bool *zero, uint64_t *at)
{
	size_t i = run_at(m, off / bs);
	const struct ext_run *run = i < m->n ? &m->runs[i] : NULL;
	uint64_t end;

	*zero = !run || run->lblk > off / bs || run->zero;
	*at = 0;
	if (!run)
		return len;
	if (run->lblk > off / bs) {
		end = run->lblk * bs;
	} else {
		end = (run->lblk + run->count) * bs;
		*at = run->pblk * bs + (off - run->lblk * bs);
	}
	return end - off < len ? (size_t)(end - off) : len;
}

int ext_map_read(
	struct ext_fs *e, uint64_t off, void *bytes, size_t len, size_t *got, struct err *err)
{
	const struct ext_map *m = &e->map;
	uint8_t *out = bytes;

	*got = 0;
	if (off >= m->size)
		return 0;
	if (len > m->size - off)
		len = (size_t)(m->size - off);
	if (m->inline_data) {
		memcpy(out, m->inline_data + off, len);
		*got = len;
		return 0;
	}
	while (*got < len) {
		bool zero;
		uint64_t at;
		size_t n = stretch(m, e->fs->blocksize, off + *got, len - *got, &zero, &at);
		int r = 0;

		if (zero)
			memset(out + *got, 0, n);
		else if (n < EXT_IO_PIECE)
			/* Small files lie beside each other, so the cache may have it. */
			r = ext_io_read(&e->io, at, out + *got, n);
		else
			r = disk_read(e->io.disk, at, out + *got, n, &e->io.err);
		if (r < 0)
			return err_set(err, -r, "%s", e->io.err.text);
		*got += n;
	}
	return 0;
}
