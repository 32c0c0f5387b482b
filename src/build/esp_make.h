/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EFI System Partition of a new image: a FAT32 volume in a scratch file,
 * with the files that the loader's install plan lists (VM-2, VM-5, VM-6).
 */
#ifndef ARMVM_BUILD_ESP_MAKE_H
#define ARMVM_BUILD_ESP_MAKE_H

#include "base/scratch.h"
#include "loader/install.h"

struct rootfs;

/*
 * The size in bytes for an ESP that these files are put on: wanted when that
 * is not 0, else one that leaves room for updates, of kernels too where they
 * live there. -ENOSPC when wanted is too small, with the least as a hint.
 */
int esp_choose_size(const struct install_plan *plan, struct rootfs *fs, uint64_t wanted,
	uint64_t *size, struct err *err);

struct esp_spec {
	uint64_t size;  /* bytes */
	uint64_t start; /* bytes: where it will be on the disk */
	uint32_t serial;
	int64_t time; /* seconds since 1970 that everything in it is dated */
};

/* Makes the volume in s, an empty scratch file; temporary files go beside out. */
int esp_make(const struct esp_spec *spec, const struct install_plan *plan, struct rootfs *fs,
	const struct outfile *out, const struct scratch *s, struct err *err);

/* Holds the volume against what was to be written to it. */
struct mtools_file;
int esp_verify(const struct scratch *s, const struct mtools_file *files, size_t n, struct err *err);

#endif
