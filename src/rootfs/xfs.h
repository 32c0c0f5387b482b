/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the xfs reader: xfs.c opens and reads inodes, xfs_map.c finds a file's
 * blocks, xfs_dir.c reads folders, xfs_log.c determines whether the log is empty.
 * Nobody else includes this. Field offsets are those of the kernel's
 * xfs_format.h and xfs_da_format.h; all is big-endian but checksums.
 */
#ifndef ARMVM_ROOTFS_XFS_H
#define ARMVM_ROOTFS_XFS_H

#include "rootfs/inodes.h"

enum xfs_fork_format {
	XFS_FORK_DEVICE,
	XFS_FORK_LOCAL, /* the content is in the inode */
	XFS_FORK_EXTENTS,
	XFS_FORK_BTREE,
};

#define XFS_FORK_MAX 2048

struct xfs_inode {
	uint64_t number;
	struct rootfs_stat st;
	enum xfs_fork_format format;
	uint64_t extents; /* that the fork says it has */
	bool realtime;    /* the content is on another device */
	uint8_t fork[XFS_FORK_MAX];
	uint32_t fork_len;
};

/* Consecutive blocks of a file that are consecutive on disk; units of the file system's blocks. */
struct xfs_run {
	uint64_t file_block, fs_block, count;
	bool zero; /* allocated, never written */
};

/* In order of file_block, without overlap; holes are in no run. Starts zeroed. */
struct xfs_map {
	struct xfs_run *runs;
	size_t n, cap;
};

struct xfs {
	struct inode_fs fs;
	uint32_t block_size, inode_size, dir_size; /* bytes; dir_size: of a folder's block */
	unsigned block_log, inodes_log, ag_log; /* inodes in a block; blocks in an AG, rounded up */
	uint32_t ag_blocks, ag_count;
	uint64_t blocks;
	bool v5;        /* metadata have checksums */
	bool has_types; /* folders have types */
	uint64_t log_block;
	uint32_t log_blocks;
	uint64_t mapped; /* the inode that map is of; 0: none */
	struct xfs_map map;
};

static inline struct xfs *xfs_of(struct inode_fs *fs)
{
	return (struct xfs *)fs;
}

/* The byte in the disk where a block begins that is named by AG and number; -EUCLEAN: there is none. */
int xfs_block_at(
	const struct xfs *x, uint64_t fs_block, uint64_t count, uint64_t *off, struct err *err);

int xfs_inode_read(struct xfs *x, uint64_t number, struct xfs_inode *inode, struct err *err);

/* Fills an empty map with the blocks of an inode's content. */
int xfs_map_load(
	struct xfs *x, const struct xfs_inode *inode, struct xfs_map *map, struct err *err);
void xfs_map_release(struct xfs_map *map);
DEFINE_RELEASE(struct xfs_map, xfs_map_release)
/* The run that holds the block, or the next one behind it; NULL: there is none. */
const struct xfs_run *xfs_map_find(const struct xfs_map *map, uint64_t file_block);

int xfs_dir_find(struct inode_fs *fs, struct inode_id dir, const char *name, size_t len,
	struct inode_id *found, struct err *err);
int xfs_dir_list(struct inode_fs *fs, struct inode_id dir, struct rootfs_dir *out, struct err *err);

/* Whether the log holds something that a mount would replay. */
int xfs_log_dirty(struct xfs *x, bool *dirty, struct err *err);

#endif
