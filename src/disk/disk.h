/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct disk: a row of bytes that can be read at any offset, whatever holds
 * it: a raw file or block device, an image in one of QEMU's formats, a part of
 * another disk, memory, or a copy-on-write layer over another disk.
 *
 *	disk_open("cloud.qcow2", &facts, &disk, &err)
 *	disk_read(disk, 512, header, sizeof(header), &err)
 *	disk_window(disk, esp_offset, esp_length, &esp, &err)
 *	... disk_close(esp); disk_close(disk);
 *
 * Offsets and lengths are bytes. Nothing is ever written to the file below
 * but by disk_of_output(); it is opened read-only and without taking locks. The format is recognised from
 * the header here (format.h) and named to qemu-nbd, which never probes, gets
 * the open file instead of its name, is started by the first read (or at
 * opening, for formats whose size only QEMU knows) and ends when the disk is
 * closed or this process dies.
 *
 * Not thread-safe: one thread at a time uses a disk and all that stands on it.
 */
#ifndef ARMVM_DISK_DISK_H
#define ARMVM_DISK_DISK_H

#include "base/err.h"
#include "disk/format.h"

struct disk;
struct helper;

/*
 * Opens the image at path for reading. facts (initialise with {0}; may be
 * NULL) gets what its header says and must be released with
 * disk_facts_release() whatever is returned: when the image is refused, they
 * say why. Refused, with -EINVAL or -ENOTSUP and a hint, is everything in
 * facts that has a problem marked `fatal`: an image that refers to other
 * files, is encrypted, compressed as a whole, damaged, or of several formats
 * at once; and a path that is neither a regular file nor a block device.
 */
int disk_open(const char *path, struct disk_facts *facts, struct disk **out, struct err *err);

/* Opens a file as disk_open() does, and looks at nothing in it. */
int disk_open_file(const char *path, int *fd, struct err *err);

/* disk_open() for a file that is open already; it is the disk's from now on, also when this fails. */
int disk_open_fd(int take_fd, const char *name, struct disk_facts *facts, struct disk **out,
	struct err *err);

/*
 * For a supervisor (base/broker.h): starts a qemu-nbd on the file fd for a worker
 * that has found it to be of this format. The helper's descriptors are n_clients connected
 * sockets; what the server says is its child.out.
 */
int disk_serve(
	int fd, enum disk_format format, unsigned n_clients, struct helper *out, struct err *err);

/*
 * Opens path as raw bytes, whatever its header says. For files that are known
 * to hold a bare file system.
 */
int disk_open_raw(const char *path, struct disk **out, struct err *err);
/* The same for a file that is open already; it is the disk's from now on, also when this fails. */
int disk_open_raw_fd(int take_fd, const char *name, struct disk **out, struct err *err);

/*
 * disk_open() for a process that will fork: its children can read at the same
 * time when each uses another client, by number from 0 to clients - 1. They
 * are connected when the disk is started (see above), so the first byte must
 * be read before a child reads, or a sandbox forbids to connect. At least 1;
 * a number beyond DISK_CLIENTS_MAX is taken for that.
 */
#define DISK_CLIENTS_MAX 8
int disk_open_shared(const char *path, unsigned clients, struct disk_facts *facts,
	struct disk **out, struct err *err);
void disk_use_client(struct disk *d, unsigned number);

/* A file that is ours to change, open for reading and writing: what is written lands in it. It stays the caller's. */
struct disk *disk_of_output(int fd, uint64_t size, const char *name);

/* The bytes are not copied and must outlive the disk. */
struct disk *disk_from_memory(const void *bytes, size_t len);

/*
 * The part [off, off + len) of parent, which must outlive it. -ERANGE when it
 * does not lie within parent.
 */
int disk_window(
	struct disk *parent, uint64_t off, uint64_t len, struct disk **out, struct err *err);

/* A part of a disk. */
struct disk_part {
	struct disk *disk;
	uint64_t off, len; /* bytes */
};

/*
 * A disk that consists of parts of others, which must outlive it, one
 * after the other. -ERANGE when one does not lie within its disk, or is empty.
 */
int disk_join(const struct disk_part *parts, size_t n, const char *name, struct disk **out,
	struct err *err);

/*
 * A writable layer over parent, which must outlive it and stays as it is:
 * what is written is kept in memory, in blocks of OVERLAY_BLOCK bytes.
 */
#define OVERLAY_BLOCK 4096
struct disk *disk_overlay(struct disk *parent);

void disk_close(struct disk *d);
DEFINE_CLEANUP(struct disk, disk_close)

/* Bytes that the disk has. Of an image: what a guest would see. */
uint64_t disk_size(const struct disk *d);

/* Bytes per logical sector: 512 unless set; a window and an overlay inherit it. */
unsigned disk_sector_size(const struct disk *d);
/* bytes: a power of two from 512 to 65536. */
void disk_set_sector_size(struct disk *d, unsigned bytes);

/* Reads all of [off, off + len), or fails: -ERANGE when it reaches beyond the end. */
MUST_CHECK int disk_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err);

/* -EROFS unless d is an overlay; -ERANGE beyond the end; -ENOSPC when it holds too much. */
MUST_CHECK int disk_write(
	struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err);

/*
 * How the bytes from off on are stored: sets *len (at least 1, at most to the
 * end of the disk) and *is_data, which is false when they are known to read as
 * zeroes without being stored. Data may still be zeroes. -ERANGE when off is
 * at or beyond the end.
 */
MUST_CHECK int disk_extent(
	struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err);

/*
 * The file descriptor below d and in *off the place in that file where d
 * begins, when d is a raw file, a block device or a window of one; else -1.
 * It belongs to the disk. For libraries that want a descriptor.
 */
int disk_raw_fd(const struct disk *d, uint64_t *off);

/* Where the bytes come from, for messages: the path given to disk_open(); "memory". */
const char *disk_name(const struct disk *d);

/* How many bytes an overlay keeps; 0 for other disks. */
uint64_t disk_overlay_bytes(const struct disk *d);

/* Whether nothing was ever written to an overlay; true for other disks, which cannot be written. */
bool disk_overlay_is_clean(const struct disk *d);

/*
 * Whether two overlays of the same parent read the same; a block that was
 * written with what it held already makes no difference. False when the
 * parents differ, and when what is below cannot be read.
 */
bool disk_overlay_same(const struct disk *a, const struct disk *b);

/*
 * The next run of adjacent blocks, at or after off, that an overlay keeps
 * itself: sets *start and *len (the disk's last block may be a short one).
 * False when there are no more, and for other disks. For writers, which take
 * all other bytes straight from the file below.
 */
bool disk_overlay_next(const struct disk *d, uint64_t off, uint64_t *start, uint64_t *len);

#endif
