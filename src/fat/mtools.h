/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making FAT32 volumes by running mtools: mformat, then mmd and mcopy. They
 * work in a raw file at a byte offset, need no root, leave holes where nothing
 * was written, and with the time given here two runs give the same bytes.
 * What is written can be held against fat/fat.h, which shares nothing with it.
 */
#ifndef ARMVM_FAT_MTOOLS_H
#define ARMVM_FAT_MTOOLS_H

#include "base/err.h"

/* Where the volume is. */
struct mtools {
	const char *image; /* a raw file; "/proc/self/fd/N" is understood as ours */
	uint64_t offset;   /* bytes from the start of the file */
	int64_t time;      /* seconds since 1970 that every entry is dated, rounded down to even */
};

struct mtools_format {
	uint64_t size;           /* bytes; the file is grown to offset + size, with a hole */
	unsigned sector_size;    /* of the disk that it will be on: 512 or 4096 */
	uint64_t hidden_sectors; /* the partition's first LBA */
	uint32_t serial;
	const char *label; /* 1 to 11 characters: A-Z, 0-9, space, '-' or '_' */
};

/* The least size in bytes that FAT32 can have: 65525 clusters of one sector and its FATs. */
uint64_t mtools_min_size(unsigned sector_size);

/*
 * Formats as FAT32. -EINVAL for a label that cannot be, -ENOSPC for a size
 * below mtools_min_size(), else what mformat said.
 */
int mtools_format(const struct mtools *m, const struct mtools_format *format, struct err *err);

/* One file to be written; its folders are made. */
struct mtools_file {
	const char *path; /* "/EFI/BOOT/BOOTAA64.EFI" */
	int fd;           /* a seekable file whose whole content is taken, or -1: */
	const void *data; /* these bytes */
	size_t len;
};

/*
 * Writes n files in the order given, replacing those that exist, dated m->time.
 * -ENOSPC when they don't fit.
 */
int mtools_write(
	const struct mtools *m, const struct mtools_file *files, size_t n, struct err *err);

/* Removes a file; -ENOENT when it isn't there. */
int mtools_remove(const struct mtools *m, const char *path, struct err *err);

#endif
