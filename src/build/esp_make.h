/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EFI System Partition of a new image: a FAT32 volume in a scratch file,
 * with the files that the loader's install plan lists (VM-2, VM-5, VM-6).
 */
#ifndef ARMVM_BUILD_ESP_MAKE_H
#define ARMVM_BUILD_ESP_MAKE_H

#include "base/buf.h"
#include "base/scratch.h"

/* A file for it: what is large lies in a scratch file. */
struct esp_file {
	char *dest; /* "/EFI/BOOT/BOOTAA64.EFI" */
	uint64_t size;
	struct scratch scratch; /* fd -1: in bytes */
	struct text bytes;
};

/* Starts zeroed. */
struct esp_files {
	struct esp_file *v;
	size_t n;
	uint64_t left; /* bytes that the last one lacks */
};

/*
 * Adds a file whose size bytes are then given by esp_files_put(), which wants no more than that. -EFBIG: together they
 * are too much; -EINVAL: no file on a FAT can be called so.
 */
int esp_files_add(struct esp_files *files, const char *dest, uint64_t size,
	const struct outfile *beside, struct err *err);
int esp_files_put(struct esp_files *files, const void *bytes, size_t len, struct err *err);
/* The same with all of a file of the host. */
int esp_files_add_host(struct esp_files *files, const char *dest, const char *path,
	const struct outfile *beside, struct err *err);
void esp_files_release(struct esp_files *files);
DEFINE_RELEASE(struct esp_files, esp_files_release)

/*
 * The size in bytes for an ESP that these files are put on: wanted when that
 * is not 0, else one that leaves room for updates, of kernels too where they
 * live there. -ENOSPC when wanted is too small, with the least as a hint.
 */
int esp_choose_size(const struct esp_files *files, bool kernels, uint64_t wanted, uint64_t *size,
	struct err *err);

struct esp_spec {
	uint64_t size;  /* bytes */
	uint64_t start; /* bytes: where it will be on the disk */
	uint32_t serial;
	int64_t time; /* seconds since 1970 that everything in it is dated */
};

/* Makes the volume in s, an empty scratch file. */
int esp_make(const struct esp_spec *spec, const struct esp_files *files, const struct scratch *s,
	struct err *err);

/* Holds the volume against what was to be written to it. */
struct mtools_file;
int esp_verify(const struct scratch *s, const struct mtools_file *files, size_t n, struct err *err);

#endif
