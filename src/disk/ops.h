/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: what a kind of disk provides, and the problem list of an
 * inspection. Not for other rooms.
 */
#ifndef ARMVM_DISK_OPS_H
#define ARMVM_DISK_OPS_H

#include "disk/disk.h"

/* Ranges are within the disk and not empty when these are called. */
struct disk_ops {
	int (*read)(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err);
	/* NULL: -EROFS */
	int (*write)(struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err);
	/* *len may reach beyond the end; NULL: everything is data */
	int (*extent)(struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err);
	/* NULL: there is none */
	int (*raw_fd)(const struct disk *d, uint64_t *off);
	/* See disk_use_client(); NULL: there is nothing to do. */
	void (*use_client)(struct disk *d, unsigned number);
	/* Frees what is below the kind's own struct, and that; d is its first member. */
	void (*close)(struct disk *d);
};

/* The first member of each kind's struct. */
struct disk {
	const struct disk_ops *ops;
	uint64_t size;
	unsigned sector_size;
	char *name;
};

void disk_init(struct disk *d, const struct disk_ops *ops, uint64_t size, const char *name);

/* A raw file or block device of size bytes. The disk closes take_fd. */
struct disk *raw_open(int take_fd, uint64_t size, const char *name);
/* The same without owning fd. */
struct disk *raw_borrow(int fd, uint64_t size);
/*
 * The bytes that fd has, and in *stored (may be NULL) those that occupy space.
 * Fails when fd is neither a regular file nor a block device.
 */
int raw_file_size(int fd, uint64_t *size, uint64_t *stored, struct err *err);

/* An image in one of QEMU's formats. Takes fd also when it fails. */
int nbd_open(int take_fd, unsigned clients, const struct disk_facts *facts, const char *name,
	struct disk **out, struct err *err);

/* Notes a problem. */
void problem_add(struct disk_facts *f, enum disk_problem_kind kind, bool fatal, uint64_t offset,
	const char *fmt, ...) PRINTF_LIKE(5, 6);
/* The one of a file that ends inside of its format's header. */
void problem_cut_short(struct disk_facts *f);

/*
 * Whether a table that QEMU reads into memory has a size that a real disk needs; else a
 * fatal problem. A sparse file of some kilobytes can claim any.
 */
#define TABLE_BYTES_MAX ((uint64_t)64 << 20)
bool table_is_bounded(struct disk_facts *f, uint64_t bytes, uint64_t offset, const char *what);

/*
 * The readers of headers: d is the file as raw bytes, at least 512 of them are
 * there. They fail only when reading does.
 */
int inspect_qcow2(struct disk *d, struct disk_facts *f, struct err *err);
int inspect_qcow2_tables(struct disk *d, struct disk_facts *f, struct err *err);
int inspect_qcow(struct disk *d, struct disk_facts *f, struct err *err);
int inspect_qed(struct disk *d, struct disk_facts *f, struct err *err);
int inspect_vmdk(struct disk *d, struct disk_facts *f, struct err *err);
int inspect_vdi(struct disk *d, struct disk_facts *f, struct err *err);
int inspect_vhdx(struct disk *d, struct disk_facts *f, struct err *err);
int inspect_vpc(struct disk *d, struct disk_facts *f, struct err *err);

#endif
