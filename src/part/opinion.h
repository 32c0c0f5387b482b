/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Second opinions: what libblkid and libparted, the libraries behind mount,
 * udev, installers and parted, see on a disk. They guard against an error of
 * our own reader, and show images that tools disagree about.
 *
 * Both want a file. part_blkid_fd() takes one. For any other struct disk (a
 * qcow2, a window) the areas where signatures and tables live, the first and
 * the last PART_SAMPLE bytes, are copied into a sparse file in memory
 * that has the size of the disk. Signatures elsewhere are not seen that way:
 * of the formats that libblkid knows those are LUKS2's secondary header and
 * copies of superblocks.
 */
#ifndef ARMVM_PART_OPINION_H
#define ARMVM_PART_OPINION_H

#include "base/buf.h"
#include "base/err.h"

struct disk;

/* A multiple of 4096. Covers btrfs (64 KiB), UDF (512 KiB), md 0.90 and ZFS at the end. */
#define PART_SAMPLE (1u << 20)

/* What libblkid says. Strings are "" when it says nothing. */
struct part_blkid {
	bool ambivalent;     /* signatures of several formats: the fields below are then empty */
	char type[32];       /* "ext4", "xfs", "vfat", "LVM2_member" ... */
	char usage[16];      /* "filesystem", "raid", "crypto", "other" */
	char version[32];    /* "1.0", "FAT32" ... */
	char uuid[64];       /* of the file system */
	char label[128];     /* of the file system, as UTF-8 */
	char table[16];      /* "gpt", "dos" ...: it is a whole disk, not a file system */
	char table_uuid[64]; /* of the partition table */
};

/*
 * Probes len bytes (0: to the end) of an open file from off on, for file
 * systems and for a partition table. Returns 0 (also when nothing is found),
 * -EINVAL for a file that is too small to probe, or what libblkid said.
 */
int part_blkid_fd(int fd, uint64_t off, uint64_t len, struct part_blkid *out, struct err *err);

/* The same for a disk, by a sample of it. */
int part_blkid_disk(struct disk *disk, struct part_blkid *out, struct err *err);

struct part_parted_entry {
	unsigned index;
	uint64_t first_lba, sectors;
	bool esp; /* it calls it an EFI System Partition; it reports no GUIDs */
	char *name;
};

struct part_parted {
	char label[16]; /* "gpt", "msdos", "loop" ...; "": it sees no table */
	struct part_parted_entry *parts;
	size_t n_parts;
	struct strlist complaints; /* what it would have asked or said to the user */
};

/*
 * Lets libparted read the table of a disk. It works on a sample of it in
 * memory and is never allowed to repair. Not for use by two threads at once:
 * libparted's exception handler is global. Returns 0 (a table that libparted
 * refuses is an answer: label "" and a complaint) or a negative errno.
 */
int part_parted_disk(
	struct disk *disk, unsigned sector_size, struct part_parted *out, struct err *err);
/*
 * Makes ready what both need of the system, before the process gives up opening
 * files. Without it the first call does so. What is missing shows then. What a process has had
 * ready that this one was forked from, and whose descriptors are closed here, is not used.
 */
void part_opinions_prepare(void);

void part_parted_release(struct part_parted *p);
DEFINE_RELEASE(struct part_parted, part_parted_release)

#endif
