/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A volume of any bytes, walked, read and written to through firmware/fs.
 */
#include "disk/disk.h"
#include "firmware/fs/fs.h"

#define NODES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(struct fs *fs, struct fs_node *dir, unsigned *left)
{
	struct fs_node *node;
	char bytes[5000];
	uint64_t at = 0;
	size_t got;

	while (*left && fs_next(fs, dir, &at, &node) == EFI_SUCCESS && node) {
		--*left;
		if (node->is_dir) {
			visit(fs, node, left);
			continue;
		}
		(void)fs_read(fs, node, 1000, bytes, sizeof(bytes), &got);
		(void)fs_write(fs, node, node->size / 2, "change", 6);
		(void)fs_read(fs, node, 0, bytes, sizeof(bytes), &got);
		(void)fs_resize(fs, node, *left % 2 ? 10 : node->size + 100);
		if (*left % 3 == 0)
			(void)fs_rename(fs, node, "\\renamed", true);
		else if (*left % 3 == 1)
			(void)fs_delete(fs, node);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk *disk = disk_from_memory(data, size);
	unsigned left = NODES_MAX;
	struct fs_node *node;
	struct fs_info info;
	struct fs *fs = NULL;

	if (fs_open(disk, false, &fs, NULL) == 0) {
		visit(fs, fs_root(fs), &left);
		(void)fs_create(fs, fs_root(fs), "\\EFI\\new", 0, &node);
		fs_get_info(fs, &info);
		fs_close(fs);
	}
	disk_close(disk);
	return 0;
}
