/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image being written, in either format: content in ascending order of
 * the guest's offsets, each byte once, what is never given reads as zeroes
 * and takes no room. Data of a file is cloned where the host's file system can
 * share extents, and copied once otherwise; on the way to a raw image, blocks
 * of zeroes that are copied become holes.
 *
 * The kernel is asked to write back what is complete while the rest is still
 * being copied, so that the sync at the end finds little left to do.
 */
#ifndef ARMVM_BUILD_OUTPUT_H
#define ARMVM_BUILD_OUTPUT_H

#include "base/err.h"
#include "build/build.h"

struct disk;
struct output;

/* fd: an empty file, open for reading and writing, that stays the caller's. size in bytes. */
int output_open(int fd, const struct build_options *opts, uint64_t size, struct output **out,
	struct err *err);

int output_put(struct output *o, uint64_t off, const void *bytes, size_t len, struct err *err);

/* len bytes of an open file from src_off on, none of them beyond its end; step is for progress. */
int output_put_file(struct output *o, uint64_t off, int fd, uint64_t src_off, uint64_t len,
	const char *step, struct err *err);

/*
 * All of a writable layer (disk_overlay()) over the whole of the file fd: the
 * blocks that the layer keeps, the file's content for the others.
 */
int output_put_overlay(struct output *o, uint64_t off, struct disk *overlay, int fd,
	const char *step, struct err *err);

/* Completes the image. Does not sync. */
int output_finish(struct output *o, struct err *err);
void output_close(struct output *o);
DEFINE_CLEANUP(struct output, output_close)

#endif
