/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * btrfs, read in this process: the superblock, subvolumes,
 * folders, inodes. For reading a guest's files without an appliance. Leaves
 * out RAID 5 and 6 and the replay of the log tree: that it needs one is
 * a fact.
 */
#include "rootfs/btrfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "rootfs/crc32c.h"

/* struct btrfs_super_block, at 64 KiB */
#define SB_AT               65536
#define SB_SIZE             4096
#define SB_FSID             32
#define SB_ADDRESS          48
#define SB_FLAGS            56
#define SB_MAGIC            64
#define SB_GENERATION       72
#define SB_ROOT             80
#define SB_CHUNK_ROOT       88
#define SB_LOG_ROOT         96
#define SB_TOTAL            112
#define SB_USED             120
#define SB_DEVICES          136
#define SB_SECTORSIZE       144
#define SB_NODESIZE         148
#define SB_SYS_CHUNKS_LEN   160
#define SB_CHUNK_GENERATION 164
#define SB_INCOMPAT         188
#define SB_CSUM_TYPE        196
#define SB_ROOT_LEVEL       198
#define SB_CHUNK_LEVEL      199
#define SB_DEVID            201
#define SB_LABEL            299
#define SB_METADATA_UUID    571
#define SB_SYS_CHUNKS       811
#define SYS_CHUNKS_MAX      2048
#define LEVELS_MAX          8

/* The inode of a folder in which nothing is, as Linux has it. */
#define EMPTY_DIR 2

/*
 * What is known: all up to raid1c34, and simple quotas. Zoned, extent-tree-v2 and
 * raid-stripe-tree lay out blocks in ways of their own.
 */
#define INCOMPAT_KNOWN         0x10fffu
#define INCOMPAT_METADATA_UUID 0x400u
/* Written, relocation, errors, a seed. Others: a change of UUIDs that was not finished, an image of metadata alone. */
#define FLAGS_KNOWN            0x100000007u
#define FLAGS_ERRORS           0x4u
#define FLAGS_SEED             0x100000000u

/* struct btrfs_root_item */
#define RI_GENERATION 160
#define RI_DIR        168
#define RI_AT         176
#define RI_LEVEL      238
#define RI_SIZE       239
/* struct btrfs_inode_item */
#define II_SIZE       16
#define II_UID        44
#define II_GID        48
#define II_MODE       52
#define II_FLAGS      64
#define II_MTIME      136
#define II_BYTES      160
#define II_NO_SUMS    0x1 /* of II_FLAGS */
/* struct btrfs_dir_item */
#define DI_NAME_LEN   27
#define DI_TYPE       29
#define DI_NAME       30

static int find_exactly(struct btrfs *b, struct btrfs_root root, struct btrfs_key key, size_t len,
	struct btrfs_item *item, struct err *err)
{
	int r = btrfs_search(b, root, key, item, err);

	if (r < 0)
		return r;
	if (!item->bytes || item->key.object != key.object || item->key.type != key.type ||
		(item->key.offset != key.offset && key.type != BTRFS_ROOT_ITEM))
		return err_set(err, ENOENT, "no such item");
	return item->len < len ? err_set(err, EUCLEAN, "an item of %u bytes", item->len) : 0;
}

int btrfs_root_of(struct btrfs *b, uint64_t tree, struct btrfs_root *root, struct err *err)
{
	struct btrfs_key key = { tree, BTRFS_ROOT_ITEM, 0 };
	struct btrfs_item item;
	int r = find_exactly(b, b->roots, key, RI_SIZE, &item, err);

	if (r < 0)
		return r;
	*root = (struct btrfs_root){ le64(item.bytes + RI_AT), le64(item.bytes + RI_GENERATION),
		item.bytes[RI_LEVEL] };
	return root->level < LEVELS_MAX ? 0
					: err_set(err, EUCLEAN, "a tree of %u levels", root->level);
}

int btrfs_tree_of(struct btrfs *b, struct inode_id id, struct btrfs_root *root, struct err *err)
{
	int r;

	if (b->tree.at && b->tree_id.tree == id.tree) {
		*root = b->tree;
		return 0;
	}
	r = btrfs_root_of(b, id.tree, root, err);
	if (r < 0) {
		err_push(err, "subvolume %" PRIu64, id.tree);
		return r;
	}
	b->tree = *root;
	b->tree_id = id;
	return 0;
}

static int read_inode(struct btrfs *b, struct inode_id id, struct rootfs_stat *st, uint64_t *flags,
	struct err *err)
{
	struct btrfs_root root;
	struct btrfs_item item;
	uint32_t mode;
	int r;

	*flags = 0;
	if (id.number == EMPTY_DIR) {
		*st = (struct rootfs_stat){ .type = ROOTFS_DIR, .mode = 0755, .inode = EMPTY_DIR };
		return 0;
	}
	r = btrfs_tree_of(b, id, &root, err);

	if (r == 0)
		r = find_exactly(b, root, (struct btrfs_key){ id.number, BTRFS_INODE_ITEM, 0 },
			II_BYTES, &item, err);
	if (r < 0) {
		err_push(err, "inode %" PRIu64, id.number);
		return r;
	}
	mode = le32(item.bytes + II_MODE);
	*st = (struct rootfs_stat){
		.type = rootfs_type_of(mode),
		.mode = mode & 07777,
		.uid = le32(item.bytes + II_UID),
		.gid = le32(item.bytes + II_GID),
		.size = le64(item.bytes + II_SIZE),
		.mtime = (int64_t)le64(item.bytes + II_MTIME),
		.inode = id.number,
	};
	*flags = le64(item.bytes + II_FLAGS);
	return 0;
}

static int btrfs_stat(
	struct inode_fs *fs, struct inode_id id, struct rootfs_stat *st, struct err *err)
{
	uint64_t flags;

	return read_inode(btrfs_of(fs), id, st, &flags, err);
}

/* One entry of an item, which holds several when names have the same hash. */
struct dir_entry {
	struct btrfs_key to;
	unsigned type;
	const char *name;
	size_t len;
};

static bool next_entry(const struct btrfs_item *item, size_t *at, struct dir_entry *e)
{
	const uint8_t *p = item->bytes + *at;
	size_t left = item->len - *at;

	if (left < DI_NAME)
		return false;
	e->len = le16(p + DI_NAME_LEN);
	if (e->len > left - DI_NAME)
		return false;
	e->to = btrfs_key_at(p);
	e->type = p[DI_TYPE];
	e->name = (const char *)p + DI_NAME;
	*at += DI_NAME + e->len;
	return true;
}

static struct inode_id target_of(struct inode_id dir, const struct dir_entry *e)
{
	if (e->to.type == BTRFS_ROOT_ITEM)
		return (struct inode_id){ e->to.object, BTRFS_FIRST_INODE };
	return (struct inode_id){ dir.tree, e->to.object };
}

int btrfs_find_in(struct btrfs *b, struct btrfs_root root, struct inode_id dir, const char *name,
	size_t len, struct inode_id *found, struct err *err)
{
	struct btrfs_key key = { dir.number, BTRFS_DIR_ITEM, crc32c(~1u, name, len) };
	struct btrfs_item item;
	struct dir_entry e;
	int r = find_exactly(b, root, key, DI_NAME, &item, err);

	*found = (struct inode_id){ 0 };
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	for (size_t at = 0; next_entry(&item, &at, &e);)
		if (e.len == len && memcmp(e.name, name, len) == 0) {
			*found = target_of(dir, &e);
			return 0;
		}
	return 0;
}

/* Whether the tree of trees says that a subvolume is in that folder by that name. */
static int is_placed(struct btrfs *b, struct inode_id dir, const char *name, size_t len,
	uint64_t subvolume, bool *placed, struct err *err)
{
	struct btrfs_key key = { dir.tree, BTRFS_ROOT_REF, subvolume };
	struct btrfs_item item;
	int r = find_exactly(b, b->roots, key, BTRFS_RR_NAME, &item, err);

	*placed = r == 0 && le64(item.bytes + BTRFS_RR_DIR) == dir.number &&
		  item.len - BTRFS_RR_NAME >= len && le16(item.bytes + BTRFS_RR_LEN) == len &&
		  memcmp(item.bytes + BTRFS_RR_NAME, name, len) == 0;
	return r == -ENOENT ? 0 : r;
}

/*
 * A snapshot keeps the entries of subvolumes that were in what it was made of. Linux shows an empty folder there,
 * GRUB follows them.
 */
static int btrfs_find(struct inode_fs *fs, struct inode_id dir, const char *name, size_t len,
	struct inode_id *found, struct err *err)
{
	struct btrfs *b = btrfs_of(fs);
	struct btrfs_root root;
	bool placed = true;
	int r;

	*found = (struct inode_id){ 0 };
	if (dir.number == EMPTY_DIR)
		return 0;
	r = btrfs_tree_of(b, dir, &root, err);
	if (r == 0)
		r = btrfs_find_in(b, root, dir, name, len, found, err);
	if (r == 0 && found->number == BTRFS_FIRST_INODE && !b->as_loader)
		r = is_placed(b, dir, name, len, found->tree, &placed, err);
	if (!placed)
		*found = (struct inode_id){ dir.tree, EMPTY_DIR };
	return r;
}

static int add_entries(const struct btrfs_item *item, struct rootfs_dir *out, struct err *err)
{
	static const enum rootfs_type types[] = {
		[1] = ROOTFS_FILE, [2] = ROOTFS_DIR, [7] = ROOTFS_LINK
	};
	struct dir_entry e;
	int r = 0;

	for (size_t at = 0; r == 0 && next_entry(item, &at, &e);)
		r = rootfs_dir_add(out, e.name, e.len,
			e.type < ARRAY_SIZE(types) ? types[e.type] : ROOTFS_OTHER, err);
	return r;
}

static int btrfs_list(
	struct inode_fs *fs, struct inode_id dir, struct rootfs_dir *out, struct err *err)
{
	struct btrfs *b = btrfs_of(fs);
	struct btrfs_key key = { dir.number, BTRFS_DIR_INDEX, 0 };
	struct btrfs_root root;
	struct btrfs_item item;
	int r;

	if (dir.number == EMPTY_DIR)
		return 0;
	r = btrfs_tree_of(b, dir, &root, err);
	while (r == 0) {
		r = btrfs_search(b, root, key, &item, err);
		if (r < 0 || !item.bytes)
			return r;
		do {
			if (item.key.object != dir.number || item.key.type != BTRFS_DIR_INDEX)
				return 0;
			r = add_entries(&item, out, err);
			key = btrfs_key_after(item.key);
		} while (r == 0 && btrfs_next_in_leaf(b, &item));
	}
	return r;
}

static int btrfs_read(struct inode_fs *fs, struct inode_id id, uint64_t off, void *bytes,
	size_t len, size_t *got, struct err *err)
{
	struct btrfs *b = btrfs_of(fs);
	struct rootfs_stat st;
	struct btrfs_root root;
	uint64_t flags;
	int r = read_inode(b, id, &st, &flags, err);

	*got = 0;
	if (r == 0)
		r = btrfs_tree_of(b, id, &root, err);
	if (r < 0 || off >= st.size)
		return r;
	if (len > st.size - off)
		len = (size_t)(st.size - off);
	/* GRUB reads what is there. */
	r = btrfs_data_read(
		b, root, id.number, !(flags & II_NO_SUMS) && !b->as_loader, off, bytes, len, err);
	if (r == 0)
		*got = len;
	return r;
}

static void btrfs_close(struct inode_fs *fs)
{
	struct btrfs *b = btrfs_of(fs);

	free(b->chunks.v);
	free(b->unpacked.bytes);
	if (b->joined)
		disk_close(b->joined);
	inode_fs_release(fs);
	free(b);
}

static const struct inode_ops btrfs_ops = {
	.close = btrfs_close,
	.stat = btrfs_stat,
	.find = btrfs_find,
	.list = btrfs_list,
	.read = btrfs_read,
};

/* The chunks that hold the chunk tree stand in the superblock. */
static int read_system_chunks(struct btrfs *b, const uint8_t *sb, struct err *err)
{
	uint32_t end = le32(sb + SB_SYS_CHUNKS_LEN), at = 0;

	if (end > SYS_CHUNKS_MAX)
		return err_set(err, EUCLEAN, "%u bytes of chunks in the superblock", end);
	while (at < end) {
		const uint8_t *p = sb + SB_SYS_CHUNKS + at;
		size_t left = end - at, len;
		int r;

		if (left < BTRFS_KEY_BYTES + BTRFS_CHUNK_BYTES(1))
			return err_set(err, EUCLEAN, "a chunk that is cut off");
		len = BTRFS_CHUNK_BYTES((size_t)le16(p + BTRFS_KEY_BYTES + BTRFS_CHUNK_STRIPES));
		if (len > left - BTRFS_KEY_BYTES)
			return err_set(err, EUCLEAN, "a chunk that is cut off");
		r = btrfs_chunk_add(
			b, &b->chunks, btrfs_key_at(p).offset, p + BTRFS_KEY_BYTES, len, err);
		if (r < 0)
			return r;
		at += (uint32_t)(BTRFS_KEY_BYTES + len);
	}
	return 0;
}

/* All chunks, from the tree; those of the superblock are among them. */
static int read_chunks(struct btrfs *b, struct btrfs_root root, struct err *err)
{
	struct btrfs_key key = { BTRFS_CHUNKS, BTRFS_CHUNK_ITEM, 0 };
	struct btrfs_chunks all = { 0 };
	int r = 0;

	while (r == 0) {
		struct btrfs_item item;

		r = btrfs_search(b, root, key, &item, err);
		if (r < 0 || !item.bytes || item.key.type != BTRFS_CHUNK_ITEM)
			break;
		r = btrfs_chunk_add(b, &all, item.key.offset, item.bytes, item.len, err);
		key = btrfs_key_after(item.key);
	}
	free(b->chunks.v);
	b->chunks = all;
	return r < 0 ? err_push(err, "reading the chunk tree") : 0;
}

static int check_features(const uint8_t *sb, struct err *err)
{
	uint64_t incompat = le64(sb + SB_INCOMPAT) & ~(uint64_t)INCOMPAT_KNOWN;
	uint64_t flags = le64(sb + SB_FLAGS) & ~(uint64_t)FLAGS_KNOWN;

	if (incompat)
		return err_set(
			err, ENOTSUP, "btrfs with unknown features (%#" PRIx64 ")", incompat);
	if (flags)
		return err_set(err, ENOTSUP, "a btrfs that is no whole one (%#" PRIx64 ")", flags);
	return 0;
}

static int check_superblock(struct btrfs *b, const uint8_t *sb, struct err *err)
{
	int r;

	if (memcmp(sb + SB_MAGIC, "_BHRfS_M", 8) != 0 || le64(sb + SB_ADDRESS) != SB_AT)
		return err_set(err, EUCLEAN, "no btrfs superblock");
	if (!btrfs_sum_size(b->sum_type))
		return err_set(err, ENOTSUP, "btrfs with unknown checksums (%u)", b->sum_type);
	if (!block_crc_ok(&b->sum, sb, SB_SIZE))
		return err_set(err, EUCLEAN, "the btrfs superblock has a wrong checksum");
	r = check_features(sb, err);
	if (r < 0)
		return r;
	if (b->node_size < 4096 || b->node_size > 65536 || b->node_size & (b->node_size - 1) ||
		b->sector_size < 4096 || b->sector_size > 65536 ||
		b->sector_size & (b->sector_size - 1) || sb[SB_ROOT_LEVEL] >= LEVELS_MAX ||
		sb[SB_CHUNK_LEVEL] >= LEVELS_MAX)
		return err_set(err, EUCLEAN, "the btrfs superblock contradicts itself");
	if (le64(sb + SB_TOTAL) > disk_size(b->fs.disk))
		return err_set(err, EUCLEAN, "the btrfs file system is larger than its disk");
	return 0;
}

/* Adds a device of the file system whose superblock sb is; that of the newest stays in sb. *seeds: another file system may be below it. */
static int add_device(struct btrfs *b, struct disk *disk, uint8_t *sb, bool *seeds, struct err *err)
{
	uint8_t other[SB_SIZE];
	int r = disk_read(disk, SB_AT, other, sizeof(other), err);

	if (r < 0)
		return r;
	if (memcmp(other + SB_MAGIC, "_BHRfS_M", 8) != 0)
		return 0;
	if (memcmp(other + SB_FSID, sb + SB_FSID, BTRFS_UUID_SIZE) != 0) {
		*seeds |= le64(other + SB_FLAGS) & FLAGS_SEED;
		return 0;
	}
	for (unsigned i = 0; i < b->n_devices; i++)
		if (b->devices[i].id == le64(other + SB_DEVID))
			return 0;
	if (b->n_devices == BTRFS_DEVICES)
		return err_set(err, EFBIG, "a btrfs on over %d devices", BTRFS_DEVICES);
	b->devices[b->n_devices++] = (struct btrfs_device){ .id = le64(other + SB_DEVID),
		.disk = disk };
	if (le64(other + SB_GENERATION) > le64(sb + SB_GENERATION))
		memcpy(sb, other, SB_SIZE);
	return 0;
}

static int join_devices(struct btrfs *b, struct err *err)
{
	struct disk_part parts[BTRFS_DEVICES];
	int r;

	for (unsigned i = 0; i < b->n_devices; i++) {
		parts[i] = (struct disk_part){ b->devices[i].disk, 0,
			disk_size(b->devices[i].disk) };
		if (i)
			b->devices[i].base = b->devices[i - 1].base + parts[i - 1].len;
	}
	r = disk_join(parts, b->n_devices, disk_name(b->fs.disk), &b->joined, err);
	if (r == 0)
		b->fs.disk = b->joined;
	return r;
}

/* Linux mounts it when all of its devices are there. */
static int find_devices(
	struct btrfs *b, const struct rootfs_source *src, uint8_t *sb, struct err *err)
{
	uint64_t wanted = le64(sb + SB_DEVICES);
	bool seeds = false;
	int r = add_device(b, src->disk, sb, &seeds, err);

	for (size_t i = 0; wanted > 1 && r == 0 && i < src->n_devices; i++)
		r = add_device(b, src->devices[i], sb, &seeds, err);
	if (r < 0 || wanted <= 1)
		return r;
	if (b->n_devices < wanted)
		return err_set(err, seeds ? ENOTSUP : ENXIO,
			"a btrfs on %" PRIu64 " devices, of which %u %s here", wanted, b->n_devices,
			b->n_devices == 1 ? "is" : "are");
	return join_devices(b, err);
}

static void read_facts(struct btrfs *b, const uint8_t *sb)
{
	struct rootfs_facts *f = &b->fs.base.facts;

	snprintf(f->type, sizeof(f->type), "btrfs");
	inode_fs_uuid(f->uuid, sb + SB_FSID);
	rootfs_printable(f->label, sizeof(f->label), sb + SB_LABEL, 256);
	f->size = le64(sb + SB_TOTAL);
	if (le64(sb + SB_USED) < f->size)
		f->free = f->size - le64(sb + SB_USED);
	f->block_size = b->sector_size;
	f->devices = b->n_devices;
	f->dirty_journal = le64(sb + SB_LOG_ROOT) != 0;
	f->errors = le64(sb + SB_FLAGS) & FLAGS_ERRORS;
}

static int read_superblock(struct btrfs *b, const struct rootfs_source *src, struct err *err)
{
	uint8_t sb[SB_SIZE];
	struct btrfs_root chunks;
	int r = disk_read(b->fs.disk, SB_AT, sb, sizeof(sb), err);

	if (r == 0)
		r = find_devices(b, src, sb, err);
	if (r < 0)
		return r;
	b->node_size = le32(sb + SB_NODESIZE);
	b->sector_size = le32(sb + SB_SECTORSIZE);
	b->sum_type = le16(sb + SB_CSUM_TYPE);
	b->sum = btrfs_block_sum(b->sum_type);
	memcpy(b->header_uuid,
		sb + (le64(sb + SB_INCOMPAT) & INCOMPAT_METADATA_UUID ? SB_METADATA_UUID : SB_FSID),
		BTRFS_UUID_SIZE);
	r = check_superblock(b, sb, err);
	if (r == 0)
		r = read_system_chunks(b, sb, err);
	chunks = (struct btrfs_root){ le64(sb + SB_CHUNK_ROOT), le64(sb + SB_CHUNK_GENERATION),
		sb[SB_CHUNK_LEVEL] };
	if (r == 0)
		r = read_chunks(b, chunks, err);
	b->roots = (struct btrfs_root){ le64(sb + SB_ROOT), le64(sb + SB_GENERATION),
		sb[SB_ROOT_LEVEL] };
	if (r == 0)
		read_facts(b, sb);
	return r;
}

int rootfs_btrfs_open(struct rootfs **out, const struct rootfs_source *src, struct err *err)
{
	struct btrfs *b = xcalloc(1, sizeof(*b));
	int r;

	inode_fs_init(&b->fs, &btrfs_ops, src->disk);
	b->as_loader = src->as_loader;
	r = read_superblock(b, src, err);
	if (r == 0)
		r = btrfs_choose_top(b, src->subvolume, src->subvolume_id, err);
	if (r < 0) {
		btrfs_close(&b->fs);
		return r;
	}
	*out = &b->fs.base;
	return 0;
}
