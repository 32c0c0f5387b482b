/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk of zeroes with some sectors written: what a fuzzer's input describes.
 * Each is its number (32 bits, little-endian) and its 512 bytes; what is left at the
 * end is ignored. tests/fuzz/sectors.py makes such an input of an image.
 */
#ifndef ARMVM_TESTS_SECTORS_H
#define ARMVM_TESTS_SECTORS_H

#include <stdio.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "rootfs/rootfs.h"

#define SECTORS_DISK (UINT64_C(320) << 20)

static inline struct disk *sectors_disk(const uint8_t *bytes, size_t len)
{
	static const uint8_t zeroes[SECTORS_DISK];
	static struct disk *base;
	struct disk *layer;

	if (!base)
		base = disk_from_memory(zeroes, sizeof(zeroes));
	layer = disk_overlay(base);
	for (; len >= 516; bytes += 516, len -= 516)
		if (disk_write(layer, (uint64_t)le32(bytes) % (SECTORS_DISK / 512) * 512, bytes + 4,
			    512, NULL) < 0)
			break;
	return layer;
}

static inline void sectors_walk(struct rootfs *fs, const char *path, unsigned depth, unsigned *left)
{
	CLEANUP(rootfs_dir_release) struct rootfs_dir dir = { 0 };

	if (rootfs_list(fs, path, &dir, NULL) < 0)
		return;
	for (size_t i = 0; i<dir.n && * left> 0; i++) {
		CLEANUP(buf_release) struct buf content = BUF_INIT;
		char below[512], *target = NULL;
		int n = snprintf(below, sizeof(below), "%s/%s", path, dir.v[i].name);

		if (n < 0 || (size_t)n >= sizeof(below))
			continue;
		--*left;
		if (dir.v[i].type == ROOTFS_DIR && depth > 0)
			sectors_walk(fs, below, depth - 1, left);
		else if (dir.v[i].type == ROOTFS_LINK &&
			 rootfs_readlink(fs, below, &target, NULL) == 0)
			free(target);
		(void)rootfs_read_file(fs, below, 1 << 18, &content, NULL);
	}
}

/* Reads what can be read, as far as 64 names. */
static inline void sectors_read(const char *type, const uint8_t *bytes, size_t len)
{
	struct disk *disk = sectors_disk(bytes, len);
	struct rootfs_source src = { .disk = disk, .type = type };
	struct rootfs *fs = NULL;
	unsigned left = 64;

	if (rootfs_open(&fs, &src, NULL) == 0) {
		sectors_walk(fs, "", 4, &left);
		rootfs_close(fs);
	}
	disk_close(disk);
}

#endif
