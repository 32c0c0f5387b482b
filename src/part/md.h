/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's software RAID: which arrays lie on a set of members, and where their bytes are. Read
 * from the superblocks of version 1 (Documentation/admin-guide/md.rst, struct mdp_superblock_1);
 * nothing is assembled. Arrays that are plain bytes of their members (linear, RAID 0 of equal members,
 * RAID 1) can be read; others are named, with the reason why they can't.
 */
#ifndef ARMVM_PART_MD_H
#define ARMVM_PART_MD_H

#include "base/err.h"
#include "disk/disk.h"

struct md_array {
	char uuid[36]; /* as mdadm writes it: "aabbccdd:...": four groups of eight digits */
	char name[33]; /* without the host's: "root"; "" when it has none */
	struct disk_part *pieces;
	size_t n_pieces;
	const char *driver; /* the kernel's module for its level; NULL: not known */
	bool lacks;         /* so many members are not here that Linux does not start it */
	char why[112];      /* why its bytes can't be read; "": they can */
};

/* Starts zeroed. */
struct md {
	struct md_array *arrays;
	size_t n;
};

/*
 * Reads the arrays of n members, each a disk; used[i] says whether member i is one of an array that is
 * named. A member without a superblock is left out, one that is damaged is -EUCLEAN.
 */
int md_read(struct disk *const *members, unsigned n, bool *used, struct md *out, struct err *err);
void md_release(struct md *md);
DEFINE_RELEASE(struct md, md_release)

#endif
