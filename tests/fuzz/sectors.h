/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk of zeroes with some sectors written: what a fuzzer's input describes.
 * Each is its number (32 bits, little-endian) and its 512 bytes; what is left at the
 * end is ignored. tests/fuzz/sectors.py makes such an input of an image.
 */
#ifndef ARMVM_TESTS_SECTORS_H
#define ARMVM_TESTS_SECTORS_H

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "rootfs/rootfs.h"

/* Bytes of the disk; a fuzzer that does with less is quicker. */
#ifndef SECTORS_DISK
#define SECTORS_DISK (UINT64_C(320) << 20)
#endif

#define SECTORS_RECORD (4 + 512)

/* For replay.c: an input that ends within a sector is as one that ends before it. */
extern const size_t fuzz_record;
const size_t fuzz_record = SECTORS_RECORD;

static uint8_t sectors_bytes[SECTORS_DISK];

static inline uint8_t *sectors_place(const uint8_t *record)
{
	return sectors_bytes + (uint64_t)le32(record) % (SECTORS_DISK / 512) * 512;
}

static inline struct disk *sectors_disk(const uint8_t *bytes, size_t len)
{
	for (; len >= SECTORS_RECORD; bytes += SECTORS_RECORD, len -= SECTORS_RECORD)
		memcpy(sectors_place(bytes), bytes + 4, 512);
	return disk_from_memory(sectors_bytes, sizeof(sectors_bytes));
}

/* Closes the disk, and makes it zeroes again. */
static inline void sectors_close(struct disk *disk, const uint8_t *bytes, size_t len)
{
	disk_close(disk);
	for (; len >= SECTORS_RECORD; bytes += SECTORS_RECORD, len -= SECTORS_RECORD)
		memset(sectors_place(bytes), 0, 512);
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
		(void)rootfs_read_file(fs, below, 1 << 14, &content, NULL);
	}
}

/* Reads what can be read, as far as 64 names; of inputs of odd length as a boot loader, which replays no log. */
static inline void sectors_read(const char *type, const uint8_t *bytes, size_t len)
{
	struct disk *disk = sectors_disk(bytes, len);
	struct rootfs_source src = { .disk = disk, .type = type, .as_loader = len % 2 };
	struct rootfs *fs = NULL;
	unsigned left = 64;

	if (rootfs_open(&fs, &src, NULL) == 0) {
		sectors_walk(fs, "", 4, &left);
		rootfs_close(fs);
	}
	sectors_close(disk, bytes, len);
}

#endif
