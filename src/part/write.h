/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a new GPT, through libfdisk, with every GUID given by the caller so
 * that the same layout always gives the same bytes. The protective MBR is made
 * exactly as UEFI 2.10 5.2.3 says, which is also what oslo.utils asks for.
 *
 * A table is two short runs of bytes at the ends of the disk, and that is how
 * it is handed out: a writer of qcow2 has no file to let a library write to.
 */
#ifndef ARMVM_PART_WRITE_H
#define ARMVM_PART_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/guid.h"

struct part_spec {
	struct guid type;
	struct guid guid;   /* PARTUUID; not zero */
	const char *name;   /* UTF-8, at most 35 UTF-16 units; NULL: none */
	uint64_t first_lba; /* in sectors */
	uint64_t sectors;
	uint64_t attrs;  /* PART_ATTR_* of part/part.h */
	unsigned number; /* its entry, from 1; 0: the one after that of the spec before it */
};

struct part_layout {
	uint64_t disk_size;   /* bytes, a multiple of sector_size */
	unsigned sector_size; /* 512 or 4096; 0 means 512 */
	struct guid disk_guid;
	const struct part_spec *parts; /* in the order of their entries */
	size_t n_parts;                /* 1..128 */
};

/*
 * Appends to head the MBR, primary header and entries (the bytes from 0 on: 34
 * sectors of 512, 6 of 4096) and to tail the backup entries and header (the
 * disk's last bytes: 33 and 5 sectors). Returns 0, -EINVAL for a layout that is
 * no valid table (overlap, out of range, misshapen name), or what the system said.
 */
int part_write_tables(
	const struct part_layout *layout, struct buf *head, struct buf *tail, struct err *err);

/*
 * Writes the same bytes to a file of layout->disk_size bytes, open for writing.
 * Nothing between the two tables is touched.
 */
int part_write_fd(const struct part_layout *layout, int fd, struct err *err);

#endif
