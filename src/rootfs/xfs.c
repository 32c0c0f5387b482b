/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xfs, version 4 and 5, read in this process: the superblock, inodes, content.
 * For reading a guest's files without an appliance. Refuses what needs another device, and what it does not know;
 * leaves out quotas, attributes and the replay of the log: that it needs one is a fact.
 */
#include "rootfs/xfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/disk.h"

/* struct xfs_dsb */
#define SB_SIZE       512
#define SB_MAGIC      0
#define SB_BLOCKSIZE  4
#define SB_DBLOCKS    8
#define SB_RBLOCKS    16
#define SB_UUID       32
#define SB_LOGSTART   48
#define SB_ROOTINO    56
#define SB_AGBLOCKS   84
#define SB_AGCOUNT    88
#define SB_LOGBLOCKS  96
#define SB_VERSION    100
#define SB_SECTSIZE   102
#define SB_INODESIZE  104
#define SB_FNAME      108
#define SB_BLOCKLOG   120
#define SB_INODELOG   122
#define SB_INOPBLOG   123
#define SB_AGBLKLOG   124
#define SB_INPROGRESS 126
#define SB_FDBLOCKS   144
#define SB_DIRBLKLOG  192
#define SB_FEATURES2  200
#define SB_INCOMPAT   216
#define SB_CRC        224

#define XFS_MAGIC        0x58465342 /* "XFSB" */
#define VERSION_NUMBER   0xf
#define VERSION_EXTFLG   0x1000 /* extents say whether they were written: since 1997 */
#define VERSION_DIRV2    0x2000 /* folders of version 2: since 2000 */
#define VERSION_CI       0x4000
#define VERSION_MORE     0x8000 /* the second word of features counts */
/* Version 4: lazy counters, attributes of version 2, 32-bit project numbers, types in folders. */
#define FEATURES2_KNOWN  0x28au
#define FEATURES2_FTYPE  0x200
#define INCOMPAT_FTYPE   0x1
#define INCOMPAT_BIGTIME 0x8
#define INCOMPAT_REPAIR  0x10
#define INCOMPAT_NREXT64 0x20
/* ftype, sparse inodes, meta_uuid, bigtime, repair, nrext64, exchange range, parent pointers, metadir */
#define INCOMPAT_KNOWN   0x1ffu

/* struct xfs_dinode */
#define DI_MAGIC        0
#define DI_MODE         2
#define DI_VERSION      4
#define DI_FORMAT       5
#define DI_UID          8
#define DI_GID          12
#define DI_BIG_NEXTENTS 24
#define DI_MTIME        40
#define DI_SIZE         56
#define DI_NEXTENTS     76
#define DI_FORKOFF      82
#define DI_FLAGS        90
#define DI_V2_FORK      100
#define DI_CRC          100
#define DI_FLAGS2       120
#define DI_INO          152
#define DI_V3_FORK      176
#define INODE_MAGIC     0x494e
#define FLAG_REALTIME   1
#define FLAG2_BIGTIME   8
#define FLAG2_NREXT64   0x10

/* A link's target in a block of its own, struct xfs_dsymlink_hdr. */
#define LINK_MAGIC  0x58534c4d /* "XSLM" */
#define LINK_BYTES  8
#define LINK_HEADER 56

int xfs_block_at(
	const struct xfs *x, uint64_t fs_block, uint64_t count, uint64_t *off, struct err *err)
{
	uint64_t ag = fs_block >> x->ag_log, block = fs_block & ((UINT64_C(1) << x->ag_log) - 1);

	if (ag >= x->ag_count || !range_within(block, count, x->ag_blocks) ||
		!range_within(ag * x->ag_blocks + block, count, x->blocks))
		return err_set(
			err, EUCLEAN, "block %" PRIu64 " lies beyond the file system", fs_block);
	*off = (ag * x->ag_blocks + block) << x->block_log;
	return 0;
}

/* Bigtime counts nanoseconds from 1901 on. */
static int64_t seconds_of(const uint8_t *stamp, bool bigtime)
{
	if (bigtime)
		return (int64_t)(be64(stamp) / 1000000000) - (INT64_C(1) << 31);
	return (int32_t)be32(stamp);
}

static void decode_inode(struct xfs_inode *inode, const uint8_t *p)
{
	bool v3 = p[DI_VERSION] == 3;
	uint64_t flags2 = v3 ? be64(p + DI_FLAGS2) : 0;
	uint32_t mode = be16(p + DI_MODE);

	inode->st = (struct rootfs_stat){
		.type = rootfs_type_of(mode),
		.mode = mode & 07777,
		.uid = be32(p + DI_UID),
		.gid = be32(p + DI_GID),
		.size = be64(p + DI_SIZE),
		.mtime = seconds_of(p + DI_MTIME, flags2 & FLAG2_BIGTIME),
		.inode = inode->number,
	};
	inode->format = (enum xfs_fork_format)p[DI_FORMAT];
	inode->extents = flags2 & FLAG2_NREXT64 ? be64(p + DI_BIG_NEXTENTS) : be32(p + DI_NEXTENTS);
	inode->realtime = be16(p + DI_FLAGS) & FLAG_REALTIME;
}

int xfs_inode_read(struct xfs *x, uint64_t number, struct xfs_inode *inode, struct err *err)
{
	static const struct block_crc crc = { DI_CRC, 0, NULL };
	unsigned slot = (unsigned)number & ((1u << x->inodes_log) - 1);
	const uint8_t *p;
	uint32_t fork, room;
	uint64_t off;
	int r = xfs_block_at(x, number >> x->inodes_log, 1, &off, err);

	if (r == 0)
		r = inode_fs_block(&x->fs, off, x->block_size, NULL, &p, err);
	if (r < 0) {
		err_push(err, "inode %" PRIu64, number);
		return r;
	}
	p += (size_t)slot * x->inode_size;
	if (be16(p + DI_MAGIC) != INODE_MAGIC || p[DI_VERSION] < 1 || p[DI_VERSION] > 3 ||
		(p[DI_VERSION] == 3) != x->v5)
		return err_set(err, EUCLEAN, "inode %" PRIu64 " is none", number);
	if (x->v5 && (be64(p + DI_INO) != number || !block_crc_ok(&crc, p, x->inode_size)))
		return err_set(err, EUCLEAN, "inode %" PRIu64 " has a wrong checksum", number);
	fork = x->v5 ? DI_V3_FORK : DI_V2_FORK;
	room = x->inode_size - fork;
	*inode = (struct xfs_inode){ .number = number, .fork_len = room };
	if (p[DI_FORKOFF])
		inode->fork_len = p[DI_FORKOFF] * 8u;
	if (inode->fork_len > room)
		return err_set(err, EUCLEAN, "inode %" PRIu64 " is larger than its place", number);
	memcpy(inode->fork, p + fork, inode->fork_len);
	decode_inode(inode, p);
	return 0;
}

static int xfs_stat(
	struct inode_fs *fs, struct inode_id id, struct rootfs_stat *st, struct err *err)
{
	struct xfs_inode inode;
	int r = xfs_inode_read(xfs_of(fs), id.number, &inode, err);

	if (r == 0)
		*st = inode.st;
	return r;
}

/* The file's map is kept: a big file is read in pieces. */
static int load_map(struct xfs *x, const struct xfs_inode *inode, struct err *err)
{
	int r;

	if (x->mapped == inode->number)
		return 0;
	x->mapped = 0;
	xfs_map_release(&x->map);
	r = xfs_map_load(x, inode, &x->map, err);
	if (r == 0)
		x->mapped = inode->number;
	return r;
}

static int read_blocks(struct xfs *x, uint64_t off, uint8_t *to, size_t len, struct err *err)
{
	while (len > 0) {
		uint64_t block = off >> x->block_log, in_block = off & (x->block_size - 1), at;
		const struct xfs_run *run = xfs_map_find(&x->map, block);
		uint64_t piece = len, known;
		int r = 0;

		if (run && run->file_block <= block) {
			known = ((run->file_block + run->count - block) << x->block_log) - in_block;
			piece = known < piece ? known : piece;
			r = xfs_block_at(x, run->fs_block + (block - run->file_block), 1, &at, err);
			if (r == 0 && !run->zero)
				r = disk_read(x->fs.disk, at + in_block, to, (size_t)piece, err);
		} else if (run) {
			known = ((run->file_block - block) << x->block_log) - in_block;
			piece = known < piece ? known : piece;
		}
		if (r < 0)
			return r;
		if (!run || run->file_block > block || run->zero)
			memset(to, 0, (size_t)piece);
		to += piece;
		off += piece;
		len -= (size_t)piece;
	}
	return 0;
}

/* Version 5 puts a header before the part of the target that each block holds. */
static int read_link_blocks(
	struct xfs *x, const struct xfs_inode *inode, uint8_t *to, size_t len, struct err *err)
{
	static const struct block_crc crc = { 12, 0, NULL };

	for (size_t i = 0, done = 0; done < len; i++) {
		const struct xfs_run *run = xfs_map_find(&x->map, i);
		size_t piece = x->block_size - LINK_HEADER;
		const uint8_t *p;
		uint64_t off;
		int r;

		if (!run || run->file_block > i)
			return err_set(err, EUCLEAN, "a symbolic link without its target");
		r = xfs_block_at(x, run->fs_block + (i - run->file_block), 1, &off, err);
		if (r == 0)
			r = inode_fs_block(&x->fs, off, x->block_size, &crc, &p, err);
		if (r < 0)
			return r;
		piece = len - done < piece ? len - done : piece;
		if (be32(p) != LINK_MAGIC || be32(p + LINK_BYTES) < piece)
			return err_set(err, EUCLEAN, "a symbolic link without its target");
		memcpy(to + done, p + LINK_HEADER, piece);
		done += piece;
	}
	return inode->st.size ? 0 : err_set(err, EUCLEAN, "an empty symbolic link");
}

static int xfs_read(struct inode_fs *fs, struct inode_id id, uint64_t off, void *bytes, size_t len,
	size_t *got, struct err *err)
{
	struct xfs *x = xfs_of(fs);
	struct xfs_inode inode;
	int r = xfs_inode_read(x, id.number, &inode, err);

	if (r < 0)
		return r;
	*got = 0;
	if (off >= inode.st.size || len == 0)
		return 0;
	if (len > inode.st.size - off)
		len = (size_t)(inode.st.size - off);
	if (inode.format == XFS_FORK_LOCAL) {
		if (inode.st.size > inode.fork_len)
			return err_set(err, EUCLEAN, "more content than fits its inode");
		memcpy(bytes, inode.fork + off, len);
		*got = len;
		return 0;
	}
	r = load_map(x, &inode, err);
	if (r == 0 && x->v5 && inode.st.type == ROOTFS_LINK)
		r = read_link_blocks(x, &inode, bytes, len, err);
	else if (r == 0)
		r = read_blocks(x, off, bytes, len, err);
	if (r == 0)
		*got = len;
	return r;
}

static void xfs_close(struct inode_fs *fs)
{
	struct xfs *x = xfs_of(fs);

	xfs_map_release(&x->map);
	inode_fs_release(fs);
	free(x);
}

static const struct inode_ops xfs_ops = {
	.close = xfs_close,
	.stat = xfs_stat,
	.find = xfs_dir_find,
	.list = xfs_dir_list,
	.read = xfs_read,
};

static int check_geometry(struct xfs *x, const uint8_t *sb, struct err *err)
{
	unsigned inode_log = sb[SB_INODELOG], dir_log = x->block_log + sb[SB_DIRBLKLOG];

	if (be32(sb + SB_MAGIC) != XFS_MAGIC)
		return err_set(err, EUCLEAN, "no xfs superblock");
	if (sb[SB_INPROGRESS])
		return err_set(err, EUCLEAN, "mkfs.xfs was not finished");
	if (x->block_log < 9 || x->block_log > 16 || x->block_size != 1u << x->block_log ||
		inode_log < 8 || inode_log > 11 || x->inode_size != 1u << inode_log ||
		inode_log > x->block_log || x->inodes_log != x->block_log - inode_log ||
		dir_log > 16 || x->ag_log > 31 || x->ag_blocks == 0 ||
		x->ag_blocks > UINT32_C(1) << x->ag_log || x->ag_count == 0 ||
		x->blocks > (uint64_t)x->ag_blocks * x->ag_count)
		return err_set(err, EUCLEAN, "the xfs superblock contradicts itself");
	if (x->blocks > UINT64_MAX >> x->block_log ||
		x->blocks << x->block_log > disk_size(x->fs.disk))
		return err_set(err, EUCLEAN,
			"the xfs file system of %" PRIu64 " blocks is larger than its disk",
			x->blocks);
	x->dir_size = 1u << dir_log;
	return 0;
}

/* Version 5 says in a field of its own what is not to be read by whoever does not know it. */
static uint32_t unknown_features(const struct xfs *x, const uint8_t *sb)
{
	if (x->v5)
		return be32(sb + SB_INCOMPAT) & ~INCOMPAT_KNOWN;
	return be16(sb + SB_VERSION) & VERSION_MORE ? be32(sb + SB_FEATURES2) & ~FEATURES2_KNOWN
						    : 0;
}

static int check_features(const struct xfs *x, const uint8_t *sb, bool as_loader, struct err *err)
{
	unsigned bits = be16(sb + SB_VERSION), version = bits & VERSION_NUMBER;
	uint32_t unknown = unknown_features(x, sb);

	if (version != 4 && version != 5)
		return err_set(err, ENOTSUP, "xfs of version %u", version);
	if (unknown)
		return err_set(err, ENOTSUP, "xfs with unknown features (%#" PRIx32 ")", unknown);
	if (!(bits & VERSION_EXTFLG) || !(bits & VERSION_DIRV2))
		return err_set(err, ENOTSUP, "xfs as it was before 2000");
	if (bits & VERSION_CI)
		return err_set(err, ENOTSUP, "xfs whose names have no case");
	/* Linux mounts neither without an option that names the device. */
	if (x->log_block == 0 && !as_loader)
		return err_set(err, ENXIO, "an xfs whose log is on another device");
	if (be64(sb + SB_RBLOCKS))
		return err_set(err, ENXIO, "an xfs with a realtime device");
	return 0;
}

static void read_facts(struct xfs *x, const uint8_t *sb)
{
	struct rootfs_facts *f = &x->fs.base.facts;

	snprintf(f->type, sizeof(f->type), "xfs");
	inode_fs_uuid(f->uuid, sb + SB_UUID);
	rootfs_printable(f->label, sizeof(f->label), sb + SB_FNAME, 12);
	f->size = x->blocks << x->block_log;
	if (!checked_mul(be64(sb + SB_FDBLOCKS), x->block_size, &f->free) || f->free > f->size)
		f->free = 0;
	f->block_size = x->block_size;
	f->errors = x->v5 && be32(sb + SB_INCOMPAT) & INCOMPAT_REPAIR;
}

static int read_superblock(struct xfs *x, bool as_loader, struct err *err)
{
	static const struct block_crc crc = { SB_CRC, 0, NULL };
	uint8_t sb[SB_SIZE];
	const uint8_t *sector;
	int r = disk_read(x->fs.disk, 0, sb, sizeof(sb), err);

	if (r < 0)
		return r;
	x->block_log = sb[SB_BLOCKLOG];
	x->block_size = be32(sb + SB_BLOCKSIZE);
	x->inode_size = be16(sb + SB_INODESIZE);
	x->inodes_log = sb[SB_INOPBLOG];
	x->ag_log = sb[SB_AGBLKLOG];
	x->ag_blocks = be32(sb + SB_AGBLOCKS);
	x->ag_count = be32(sb + SB_AGCOUNT);
	x->blocks = be64(sb + SB_DBLOCKS);
	x->log_block = be64(sb + SB_LOGSTART);
	x->log_blocks = be32(sb + SB_LOGBLOCKS);
	x->v5 = (be16(sb + SB_VERSION) & VERSION_NUMBER) == 5;
	x->has_types = x->v5 ? be32(sb + SB_INCOMPAT) & INCOMPAT_FTYPE
			     : be16(sb + SB_VERSION) & VERSION_MORE &&
				       be32(sb + SB_FEATURES2) & FEATURES2_FTYPE;
	x->fs.top.number = be64(sb + SB_ROOTINO);
	r = check_geometry(x, sb, err);
	if (r == 0)
		r = check_features(x, sb, as_loader, err);
	if (r == 0 && x->v5)
		r = inode_fs_block(&x->fs, 0, be16(sb + SB_SECTSIZE), &crc, &sector, err);
	if (r == 0)
		read_facts(x, sb);
	return r;
}

int rootfs_xfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	struct xfs *x = xcalloc(1, sizeof(*x));
	struct xfs_inode top;
	int r;

	inode_fs_init(&x->fs, &xfs_ops, src->disk);
	r = read_superblock(x, src->as_loader, err);
	if (r == 0)
		r = xfs_inode_read(x, x->fs.top.number, &top, err);
	if (r == 0 && top.st.type != ROOTFS_DIR)
		r = err_set(err, EUCLEAN, "the root of the xfs file system is no folder");
	if (r == 0 && x->log_block)
		r = xfs_log_dirty(x, &x->fs.base.facts.dirty_journal, err);
	if (r < 0) {
		xfs_close(&x->fs);
		return r;
	}
	*out = &x->fs.base;
	return 0;
}
