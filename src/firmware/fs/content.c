/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in files: blocks that were written over what the image has, and the
 * account of free space. See fs.h.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "firmware/fs/internal.h"

#define FILE_SIZE_MAX UINT32_MAX /* FAT's own */

efi_status fs_status(int error)
{
	switch (error) {
	case 0:
		return EFI_SUCCESS;
	case -EUCLEAN:
		return EFI_VOLUME_CORRUPTED;
	case -ENOENT:
	case -ENOTDIR:
		return EFI_NOT_FOUND;
	default:
		return EFI_DEVICE_ERROR;
	}
}

void fs_base_entry(const struct fs_node *node, struct fat_entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->attr = (uint8_t)node->attributes;
	entry->is_dir = node->is_dir;
	entry->cluster = node->cluster;
	entry->offset = node->offset;
	entry->size = (uint32_t)node->base_size;
}

/* Counted by the table when the volume does not keep count itself, and only when asked for. */
static void know_free(struct fs *fs)
{
	const struct fat_facts *facts = fat_facts(fs->fat);
	CLEANUP(fat_report_release) struct fat_report report = { .complete = false };

	if (fs->free_known)
		return;
	fs->free_known = true;
	if (facts->fsinfo_valid && facts->fsinfo_free <= facts->clusters)
		fs->free_clusters += facts->fsinfo_free;
	else if (fat_verify(fs->fat, &report, NULL) == 0)
		fs->free_clusters += report.free_clusters;
}

efi_status fs_charge_clusters(struct fs *fs, int64_t clusters)
{
	know_free(fs);
	if (clusters > 0 && fs->free_clusters < clusters)
		return EFI_VOLUME_FULL;
	fs->free_clusters -= clusters;
	return EFI_SUCCESS;
}

efi_status fs_charge(struct fs *fs, uint64_t from, uint64_t to)
{
	uint64_t size = fat_facts(fs->fat)->cluster_size;
	int64_t before = (int64_t)((from + size - 1) / size);
	int64_t after = (int64_t)((to + size - 1) / size);

	return before == after ? EFI_SUCCESS : fs_charge_clusters(fs, after - before);
}

void fs_get_block(struct fs *fs, struct fs_info *out)
{
	const struct fat_facts *facts = fat_facts(fs->fat);

	*out = (struct fs_info){
		.size = (uint64_t)facts->clusters * facts->cluster_size,
		.block_size = facts->cluster_size,
		.read_only = fs->read_only,
		.label = fs->label,
	};
}

void fs_get_info(struct fs *fs, struct fs_info *out)
{
	know_free(fs);
	fs_get_block(fs, out);
	if (fs->free_clusters > 0)
		out->free = (uint64_t)fs->free_clusters * out->block_size;
}

/* A part of a name that a short entry holds without a long one beside it: all in one case. */
static bool fits_short(const char *part, size_t len, size_t max)
{
	bool upper = false, lower = false;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)part[i];

		upper |= isupper(c);
		lower |= islower(c);
		if (!isalnum(c) && !strchr("$%'-_@~`!(){}^#&", c))
			return false;
	}
	return len && len <= max && !(upper && lower);
}

/* Entries that a name takes: one, and 13 units of a long name in each of those before it. */
static size_t entries_of(const char *name)
{
	size_t base = strcspn(name, "."), len = strlen(name);
	bool is_short = fits_short(name, base, 8) &&
			(base == len || fits_short(name + base + 1, len - base - 1, 3));
	CLEANUP(xfree) uint8_t *units = xmalloc(len * 2 + 2);
	int n = utf8_to_utf16le(name, units, len);

	return is_short || n < 0 ? 1 : 1 + ((size_t)n + 12) / 13;
}

uint64_t fs_folder_size(struct fs *fs, const struct fs_node *dir)
{
	uint64_t size, cluster = fat_facts(fs->fat)->cluster_size, entries = 2; /* "." and ".." */

	if (!dir->parent)
		return 0;
	size = fat_folder_size(fs->fat, dir->cluster);
	for (size_t i = 0; dir->changed && i < dir->n_children; i++)
		entries += dir->children[i] ? entries_of(dir->children[i]->name) : 1;
	entries = (entries * 32 + cluster - 1) / cluster * cluster;
	return dir->changed && entries > size ? entries : size;
}

static void date(const struct fs *fs, struct fs_node *node)
{
	node->modified = fs->now - fs->now % 2;
	node->accessed = fs->now - fs->now % 86400;
}

/* Entries are content of the folder that they are in, whose own entry changes with it, and so on to the root. */
static void mark_above(struct fs *fs, struct fs_node *dir)
{
	for (; dir; dir = dir->parent) {
		dir->attributes |= FS_ARCHIVE;
		date(fs, dir);
	}
}

void fs_touch_folder(struct fs *fs, struct fs_node *dir)
{
	fs->changed = true;
	dir->changed = true;
	mark_above(fs, dir);
}

void fs_touch(struct fs *fs, struct fs_node *node)
{
	fs->changed = true;
	node->changed = true;
	date(fs, node);
	mark_above(fs, node->parent);
}

static void free_block(struct fs *fs, struct fs_node *node, size_t i)
{
	if (node->blocks[i])
		fs->written -= FS_BLOCK;
	free(node->blocks[i]);
	node->blocks[i] = NULL;
}

/* Room for n blocks, which counts as written, too: a file may be written far from its start. */
static void set_blocks(struct fs *fs, struct fs_node *node, size_t n)
{
	size_t had = node->n_blocks;

	for (size_t i = n; i < had; i++)
		free_block(fs, node, i);
	if (n)
		node->blocks = xreallocarray(node->blocks, n, sizeof(*node->blocks));
	else
		free(node->blocks);
	if (!n)
		node->blocks = NULL;
	if (n > had)
		memset(node->blocks + had, 0, (n - had) * sizeof(*node->blocks));
	node->n_blocks = n;
	fs->written += (uint64_t)n * sizeof(*node->blocks);
	fs->written -= (uint64_t)had * sizeof(*node->blocks);
}

void fs_content_release(struct fs *fs, struct fs_node *node)
{
	set_blocks(fs, node, 0);
}

/* From the image as far as it still counts, zeroes behind. */
static efi_status read_base(
	struct fs *fs, const struct fs_node *node, uint64_t off, uint8_t *to, size_t len)
{
	struct fat_entry entry;
	size_t got = 0;
	int r;

	if (off < node->base_size) {
		fs_base_entry(node, &entry);
		r = fat_read(fs->fat, &entry, off, to, len, &got, NULL);
		if (r < 0)
			return fs_status(r);
	}
	memset(to + got, 0, len - got);
	return EFI_SUCCESS;
}

static uint8_t *block_of(const struct fs_node *node, uint64_t off)
{
	uint64_t i = off / FS_BLOCK;

	return i < node->n_blocks ? node->blocks[i] : NULL;
}

/* How many of len bytes from off on come from one place: a block, or all that lies before the next block. */
static size_t run_length(const struct fs_node *node, uint64_t off, size_t len)
{
	uint64_t i = off / FS_BLOCK, end;

	if (i >= node->n_blocks)
		return len;
	if (!node->blocks[i]) {
		while (i < node->n_blocks && !node->blocks[i])
			i++;
		if (i == node->n_blocks)
			return len;
	} else {
		i++;
	}
	end = i * FS_BLOCK;
	return end - off < len ? (size_t)(end - off) : len;
}

efi_status fs_read(
	struct fs *fs, struct fs_node *node, uint64_t off, void *to, size_t len, size_t *got)
{
	uint8_t *p = to;

	*got = 0;
	if (node->deleted)
		return EFI_DEVICE_ERROR;
	if (off >= node->size)
		return EFI_SUCCESS;
	if (len > node->size - off)
		len = (size_t)(node->size - off);
	while (*got < len) {
		size_t n = run_length(node, off + *got, len - *got);
		const uint8_t *block = block_of(node, off + *got);

		if (block) {
			memcpy(p + *got, block + (off + *got) % FS_BLOCK, n);
		} else {
			efi_status status = read_base(fs, node, off + *got, p + *got, n);

			if (status != EFI_SUCCESS)
				return status;
		}
		*got += n;
	}
	return EFI_SUCCESS;
}

static efi_status make_block(struct fs *fs, struct fs_node *node, size_t i)
{
	efi_status status;
	uint8_t *block;

	if (node->blocks[i])
		return EFI_SUCCESS;
	block = xmalloc(FS_BLOCK);
	status = read_base(fs, node, (uint64_t)i * FS_BLOCK, block, FS_BLOCK);
	if (status != EFI_SUCCESS) {
		free(block);
		return status;
	}
	node->blocks[i] = block;
	fs->written += FS_BLOCK;
	return EFI_SUCCESS;
}

/* Forgets what lies behind size, so that growing again brings zeroes. */
static void cut(struct fs *fs, struct fs_node *node, uint64_t size)
{
	size_t keep = (size_t)((size + FS_BLOCK - 1) / FS_BLOCK);
	uint8_t *last = size % FS_BLOCK ? block_of(node, size) : NULL;

	if (node->n_blocks > keep)
		set_blocks(fs, node, keep);
	if (last)
		memset(last + size % FS_BLOCK, 0, FS_BLOCK - size % FS_BLOCK);
	if (node->base_size > size)
		node->base_size = size;
}

static efi_status set_size(struct fs *fs, struct fs_node *node, uint64_t size)
{
	efi_status status = fs_charge(fs, node->size, size);

	if (status != EFI_SUCCESS)
		return status;
	if (size < node->size)
		cut(fs, node, size);
	node->size = size;
	fs_touch(fs, node);
	return EFI_SUCCESS;
}

efi_status fs_write(struct fs *fs, struct fs_node *node, uint64_t off, const void *from, size_t len)
{
	uint64_t end, size = node->size;
	const uint8_t *p = from;
	efi_status status;
	size_t blocks;

	if (node->deleted || node->is_dir)
		return EFI_DEVICE_ERROR;
	if (fs->read_only)
		return EFI_WRITE_PROTECTED;
	if (!checked_add(off, len, &end) || end > FILE_SIZE_MAX)
		return EFI_UNSUPPORTED;
	if (!len)
		return off > size ? set_size(fs, node, off) : EFI_SUCCESS;
	blocks = (size_t)((end + FS_BLOCK - 1) / FS_BLOCK);
	/* What it may take at most: a block at each end is shared with what is not written. */
	if (fs->written + (blocks * sizeof(*node->blocks)) + len + 2 * FS_BLOCK > FS_MEMORY_MAX)
		return EFI_VOLUME_FULL;
	/* All blocks first, so that nothing is written when one cannot be had. */
	if (blocks > node->n_blocks)
		set_blocks(fs, node, blocks);
	for (uint64_t i = off / FS_BLOCK; i <= (end - 1) / FS_BLOCK; i++) {
		status = make_block(fs, node, (size_t)i);
		if (status != EFI_SUCCESS)
			return status;
	}
	if (end > size) {
		status = fs_charge(fs, size, end);
		if (status != EFI_SUCCESS)
			return status;
		node->size = end;
	}
	for (size_t n; len; len -= n, off += n, p += n) {
		n = FS_BLOCK - (size_t)(off % FS_BLOCK);
		if (n > len)
			n = len;
		memcpy(node->blocks[off / FS_BLOCK] + off % FS_BLOCK, p, n);
	}
	node->attributes |= FS_ARCHIVE;
	fs_touch(fs, node);
	return EFI_SUCCESS;
}

efi_status fs_resize(struct fs *fs, struct fs_node *node, uint64_t size)
{
	uint64_t had = node->size;
	efi_status status;

	if (node->deleted || node->is_dir)
		return EFI_DEVICE_ERROR;
	if (size == had)
		return EFI_SUCCESS;
	if (fs->read_only)
		return EFI_WRITE_PROTECTED;
	if (size > FILE_SIZE_MAX)
		return EFI_UNSUPPORTED;
	status = set_size(fs, node, size);
	/* Zeroes are written to it, but when it is cut nothing is. */
	if (status == EFI_SUCCESS && size > had)
		node->attributes |= FS_ARCHIVE;
	return status;
}
