/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the readers of one file system each (xfs, btrfs) and struct rootfs: a
 * reader knows inodes, and what stands here turns paths into inodes, bounds
 * what one operation reads, and keeps the metadata blocks that were read last.
 * Nobody but these readers includes this. They read only; what writes is the
 * libguestfs backend.
 */
#ifndef ARMVM_ROOTFS_INODES_H
#define ARMVM_ROOTFS_INODES_H

#include "rootfs/backend.h"

struct disk;
struct inode_fs;

/* The tree is btrfs's subvolume; 0 elsewhere. Number 0 is no inode. */
struct inode_id {
	uint64_t tree, number;
};

struct inode_ops {
	/* Frees what the reader holds, and the struct itself. */
	void (*close)(struct inode_fs *fs);
	int (*stat)(
		struct inode_fs *fs, struct inode_id id, struct rootfs_stat *st, struct err *err);
	/* *found is number 0 when the folder has no such name. */
	int (*find)(struct inode_fs *fs, struct inode_id dir, const char *name, size_t len,
		struct inode_id *found, struct err *err);
	int (*list)(
		struct inode_fs *fs, struct inode_id dir, struct rootfs_dir *out, struct err *err);
	/* Content of a file, or the target of a link. *got is short at its end only. */
	int (*read)(struct inode_fs *fs, struct inode_id id, uint64_t off, void *bytes, size_t len,
		size_t *got, struct err *err);
};

/* Metadata blocks that one operation may look at: a folder of 100000 entries needs 3000. */
#define INODE_BUDGET 65536

#define INODE_BLOCK_MAX 65536
#define INODE_BLOCKS    128

struct inode_block {
	uint64_t off; /* in the disk; of an unused slot UINT64_MAX */
	uint32_t size;
	uint8_t *bytes;
};

struct inode_fs {
	struct rootfs base;
	const struct inode_ops *inodes;
	struct disk *disk;
	struct inode_id top; /* of "/" */
	uint32_t budget;     /* left to the operation that runs */
	struct inode_block blocks[INODE_BLOCKS];
};

static inline struct inode_fs *inode_fs_of(struct rootfs *fs)
{
	return (struct inode_fs *)fs;
}

/* Sets up a zeroed struct; the reader then sets base.facts and top. */
void inode_fs_init(struct inode_fs *fs, const struct inode_ops *inodes, struct disk *disk);
/* Frees the blocks; for a reader's close(). */
void inode_fs_release(struct inode_fs *fs);

/* Where a block's CRC-32C stands, and the first byte that it covers. */
struct block_crc {
	uint32_t at, from;
	/* Another kind of checksum; NULL: CRC-32C. */
	bool (*other)(const struct block_crc *crc, const uint8_t *bytes, size_t size);
};

/*
 * A metadata block of at most INODE_BLOCK_MAX bytes; crc may be NULL. The bytes stay until the next
 * call. -EUCLEAN: beyond the disk, a wrong checksum, or the operation's budget is spent.
 */
int inode_fs_block(struct inode_fs *fs, uint64_t off, uint32_t size, const struct block_crc *crc,
	const uint8_t **bytes, struct err *err);
/* Whether bytes have the checksum that they claim. */
bool block_crc_ok(const struct block_crc *crc, const uint8_t *bytes, size_t size);

/* A UUID's 16 bytes in the order in which they are written. */
void inode_fs_uuid(char out[37], const uint8_t *bytes);

#endif
