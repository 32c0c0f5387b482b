/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the btrfs reader: btrfs.c opens and reads inodes, btrfs_top.c chooses the
 * subvolume that is shown, btrfs_tree.c searches trees and maps logical addresses,
 * btrfs_data.c reads content, btrfs_sum.c knows checksums. Nobody else includes this. Field offsets are those of the kernel's
 * btrfs_tree.h; all is little-endian.
 */
#ifndef ARMVM_ROOTFS_BTRFS_H
#define ARMVM_ROOTFS_BTRFS_H

#include "rootfs/inodes.h"

#define BTRFS_UUID_SIZE 16

/* Objects and types of items. */
#define BTRFS_TREE_ROOTS   1
#define BTRFS_TREE_FS      5
#define BTRFS_TREE_SUMS    7
#define BTRFS_DEFAULT_DIR  6
#define BTRFS_CHUNKS       256
#define BTRFS_FIRST_INODE  256
#define BTRFS_SUMS         UINT64_C(-10)
#define BTRFS_INODE_ITEM   1
#define BTRFS_INODE_REF    12
#define BTRFS_DIR_ITEM     84
#define BTRFS_DIR_INDEX    96
#define BTRFS_EXTENT_DATA  108
#define BTRFS_EXTENT_SUM   128
#define BTRFS_ROOT_ITEM    132
#define BTRFS_ROOT_BACKREF 144
#define BTRFS_ROOT_REF     156
#define BTRFS_CHUNK_ITEM   228

struct btrfs_key {
	uint64_t object;
	uint8_t type;
	uint64_t offset;
};

/* struct btrfs_root_ref */
#define BTRFS_RR_DIR  0
#define BTRFS_RR_LEN  16
#define BTRFS_RR_NAME 18

#define BTRFS_KEY_BYTES 17
struct btrfs_key btrfs_key_at(const uint8_t *p);

/* The item of a chunk with n stripes, and where it says n. */
#define BTRFS_CHUNK_BYTES(n) (48 + (n)*32)
#define BTRFS_CHUNK_STRIPES  44

/* Where a tree begins. */
struct btrfs_root {
	uint64_t at; /* logical address; 0: none */
	uint64_t generation;
	unsigned level;
};

#define BTRFS_STRIPES 8

/*
 * A run of logical addresses, and where the devices, one behind the other, have it: once or more often, or in
 * pieces of `step` bytes, which `copies` stripes each have in turn.
 */
struct btrfs_chunk {
	uint64_t logical, length;
	uint64_t physical[BTRFS_STRIPES];
	unsigned stripes, copies;
	uint64_t step; /* 0: whole */
};

/* One of the devices that are read as a single one. */
#define BTRFS_DEVICES 16
struct btrfs_device {
	uint64_t id, base;
	struct disk *disk;
};

struct btrfs_chunks {
	struct btrfs_chunk *v;
	size_t n, cap;
};

/* An extent that is compressed, unpacked: pieces of it are read one after the other. */
#define BTRFS_EXTENT_MAX (128u * 1024)
struct btrfs_unpacked {
	uint64_t logical; /* 0: none */
	uint32_t len;
	uint8_t *bytes;
};

struct btrfs {
	struct inode_fs fs;
	uint8_t header_uuid[BTRFS_UUID_SIZE]; /* that every tree block carries */
	uint32_t node_size, sector_size;
	struct btrfs_device devices[BTRFS_DEVICES];
	unsigned n_devices;
	struct disk *joined;      /* all of them; NULL: there is only one */
	struct btrfs_chunk piece; /* of a chunk in pieces, the one that was asked for */
	unsigned sum_type;
	struct block_crc sum; /* of tree blocks */
	bool as_loader;       /* struct rootfs_source's */
	struct btrfs_chunks chunks;
	struct btrfs_root roots; /* the tree of trees */
	struct btrfs_root sums;  /* the content's checksums, once needed */
	struct inode_id tree_id; /* the subvolume whose root is kept below */
	struct btrfs_root tree;
	struct btrfs_unpacked unpacked;
};

static inline struct btrfs *btrfs_of(struct inode_fs *fs)
{
	return (struct btrfs *)fs;
}

/* An item found; its bytes stay until the next block is read. */
struct btrfs_item {
	struct btrfs_key key;
	const uint8_t *bytes; /* NULL: there is none */
	uint32_t len;
	const uint8_t *leaf; /* that it is in, and at which place */
	unsigned slot;
};

/* Adds a chunk whose address and item these are; -ENOTSUP when it needs other devices. */
int btrfs_chunk_add(const struct btrfs *b, struct btrfs_chunks *to, uint64_t logical,
	const uint8_t *item, size_t len, struct err *err);
/* The chunk that holds the address, until the next is asked for; *len is cut to what it holds behind it. */
int btrfs_chunk_of(struct btrfs *b, uint64_t logical, const struct btrfs_chunk **chunk,
	uint64_t *len, struct err *err);
/* The first item that is not less than key. */
int btrfs_search(struct btrfs *b, struct btrfs_root root, struct btrfs_key key,
	struct btrfs_item *item, struct err *err);
/* The last item that is not greater than key. */
int btrfs_search_back(struct btrfs *b, struct btrfs_root root, struct btrfs_key key,
	struct btrfs_item *item, struct err *err);
/* The next item of the same leaf; false when there is none. */
bool btrfs_next_in_leaf(const struct btrfs *b, struct btrfs_item *item);
/* The key behind this one. */
struct btrfs_key btrfs_key_after(struct btrfs_key key);

/* Where a tree begins, by the tree of trees. */
int btrfs_root_of(struct btrfs *b, uint64_t tree, struct btrfs_root *root, struct err *err);
/* The same of the subvolume that an inode is in. */
int btrfs_tree_of(struct btrfs *b, struct inode_id id, struct btrfs_root *root, struct err *err);
/* The entry of a folder in the tree root; number 0 when there is none. */
int btrfs_find_in(struct btrfs *b, struct btrfs_root root, struct inode_id dir, const char *name,
	size_t len, struct inode_id *found, struct err *err);
/* Sets what is shown as "/", and the facts about it: struct rootfs_source's subvolume and subvolume_id. */
int btrfs_choose_top(struct btrfs *b, const char *subvolume, uint64_t id, struct err *err);

/* Content of a file or link of that size. With summed, -EIO where its checksum is another. */
int btrfs_data_read(struct btrfs *b, struct btrfs_root root, uint64_t inode, bool summed,
	uint64_t off, uint8_t *to, size_t len, struct err *err);

#define BTRFS_SUM_MAX 32
/* Bytes of a checksum; 0: the type is not known. */
size_t btrfs_sum_size(unsigned type);
bool btrfs_sum_ok(unsigned type, const uint8_t *sum, const uint8_t *bytes, size_t len);
/* How a tree block, or the superblock, is checked. */
struct block_crc btrfs_block_sum(unsigned type);

#endif
