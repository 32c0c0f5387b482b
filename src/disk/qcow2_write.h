/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a qcow2 image in one pass, its content given in ascending order of
 * guest offsets from files and memory; what is never given stays unallocated
 * and reads as zeroes. Version 3, 64 KiB clusters, no features, no time or
 * random number in it: the same runs of the same files give the same bytes (and
 * see QCOW2_WRITE_CANONICAL), compressed ones for the same zlib.
 *
 *	qcow2_writer_open(fd, size, 0, &w, err)
 *	qcow2_writer_put(w, 0, gpt, sizeof(gpt), err)
 *	qcow2_writer_put_fd(w, esp_offset, esp_fd, 0, esp_len, err)
 *	qcow2_writer_finish(w, err)
 *	qcow2_writer_free(w)
 *
 * Runs need no alignment: several that share a cluster are merged. After an
 * error the writer can only be freed; the file's content is then worthless.
 */
#ifndef ARMVM_DISK_QCOW2_WRITE_H
#define ARMVM_DISK_QCOW2_WRITE_H

#include "base/err.h"

struct qcow2_writer;

enum qcow2_write_flags {
	QCOW2_WRITE_COMPRESS = 1, /* clusters compressed with zlib where that saves space */
	/*
	 * The file depends on the content alone, not on which zeroes happen to be
	 * holes in the sources: costs reading all of them. QCOW2_WRITE_COMPRESS has
	 * this in it.
	 */
	QCOW2_WRITE_CANONICAL = 2,
};

/*
 * fd is an empty regular file open for reading and writing; it stays the
 * caller's. virtual_size is in bytes, a multiple of 512, at most 64 TiB.
 */
int qcow2_writer_open(
	int fd, uint64_t virtual_size, unsigned flags, struct qcow2_writer **out, struct err *err);

/*
 * len bytes of the guest's disk from off on. -EINVAL when off is below the end
 * of an earlier run, -ERANGE when it reaches beyond the end of the disk.
 */
int qcow2_writer_put(
	struct qcow2_writer *w, uint64_t off, const void *bytes, size_t len, struct err *err);

/*
 * The same from a file, by copy_file_range where the host can (reflink
 * included). Holes in the file stay unallocated. src_fd's file offset is neither
 * used nor changed.
 */
int qcow2_writer_put_fd(struct qcow2_writer *w, uint64_t off, int src_fd, uint64_t src_off,
	uint64_t len, struct err *err);

/* Writes the tables and the header, which comes last. Does not sync. */
int qcow2_writer_finish(struct qcow2_writer *w, struct err *err);

void qcow2_writer_free(struct qcow2_writer *w);
DEFINE_CLEANUP(struct qcow2_writer, qcow2_writer_free)

#endif
