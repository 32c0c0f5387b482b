/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this room share.
 */
#ifndef ARMVM_FIRMWARE_FS_INTERNAL_H
#define ARMVM_FIRMWARE_FS_INTERNAL_H

#include "fat/fat.h"
#include "firmware/fs/fs.h"

struct fs {
	struct fat *fat;
	bool read_only, changed;
	int64_t now;
	struct fs_node *root;
	size_t n_nodes;
	uint64_t written; /* bytes that blocks take */
	bool free_known;
	int64_t free_clusters; /* what is changed taken into account */
	char label[FS_LABEL_MAX + 1];
};

efi_status fs_status(int error);
/* The entry that fat/ knows a node by. */
void fs_base_entry(const struct fs_node *node, struct fat_entry *entry);

/* What a change from one size to another takes or gives back; EFI_VOLUME_FULL when there is not enough. */
efi_status fs_charge(struct fs *fs, uint64_t from, uint64_t to);
/* The same for a folder that comes or goes. */
efi_status fs_charge_clusters(struct fs *fs, int64_t clusters);
/* A folder whose entries changed: it and those above it. */
void fs_touch_folder(struct fs *fs, struct fs_node *dir);
/* Reads a folder's children when they are needed first. */
efi_status fs_list(struct fs *fs, struct fs_node *dir);

/* Where a path leads to: a node, or a folder in which its last name is missing. */
struct fs_way {
	struct fs_node *node, *dir;
	char *name; /* without what does not count in it */
};

/* Leaves a way that is to be released in any case; EFI_NOT_FOUND with dir: it can be made there. */
efi_status fs_walk(struct fs *fs, struct fs_node *from, const char *path, uint32_t attributes,
	struct fs_way *way);
void fs_way_release(struct fs_way *way);
DEFINE_RELEASE(struct fs_way, fs_way_release)
void fs_content_release(struct fs *fs, struct fs_node *node);

#endif
