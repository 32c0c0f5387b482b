/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LVM2: which logical volumes lie on a set of physical volumes, and where their
 * bytes are. Read from the metadata that each physical volume carries (a label in
 * its first four sectors, lvm2's format_text); nothing is activated. Volumes of plain
 * segments (linear, striped) can be read; thin pools, RAID, caches and
 * snapshots are named, with the reason why they can't.
 */
#ifndef ARMVM_PART_LVM_H
#define ARMVM_PART_LVM_H

#include "base/err.h"

struct disk;

/* Consecutive bytes of a logical volume that are consecutive on a physical one. */
struct lvm_piece {
	unsigned member; /* index of the physical volume in what lvm_read() was given */
	uint64_t off, len;
};

/* What keeps a volume from being activated, at boot or ever: bits of struct lvm_volume's idle. */
enum lvm_idle {
	LVM_SKIPPED = 1,   /* `lvchange --setactivationskip y`: by hand alone, with -K */
	LVM_BY_HAND = 2,   /* `--setautoactivation n`, of the volume or its group */
	LVM_EXPORTED = 4,  /* `vgexport` */
	LVM_SAME_NAME = 8, /* another group of the disk has the same name: LVM takes neither */
	LVM_LACKS =
		16, /* a physical volume of the group is not here, which this volume can do without */
	LVM_PARTIAL = 32, /* and one that it cannot do without */
};

struct lvm_volume {
	char *name; /* as below /dev/mapper: "vg-root", with every '-' within a name doubled */
	char *path; /* as below /dev: "vg/root" */
	struct lvm_piece *pieces;
	size_t n_pieces, pieces_cap;
	unsigned idle; /* bits of enum lvm_idle */
	char why[96];  /* why its bytes can't be read; "": they can */
};

/* Starts zeroed. */
struct lvm {
	struct lvm_volume *volumes;
	size_t n;
};

/*
 * Reads the groups of n physical volumes, each a disk. -EUCLEAN: metadata that are damaged or
 * contradict themselves; -EFBIG: too many of anything. Volumes that are not visible are left out.
 */
int lvm_read(struct disk *const *members, unsigned n, struct lvm *out, struct err *err);
void lvm_release(struct lvm *lvm);
DEFINE_RELEASE(struct lvm, lvm_release)

#endif
