/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the options of a mount mean to a file system in Linux: those of rootflags= on a command line, and the fourth field
 * of fstab.
 */
#ifndef ARMVM_ROOTFS_MOUNT_OPTIONS_H
#define ARMVM_ROOTFS_MOUNT_OPTIONS_H

#include "base/base.h"

/*
 * The subvolume of a btrfs that is to be mounted. Of options with the same name the last counts, and where both
 * are given they have to be of one (Linux, fs/btrfs/super.c, mount_subvol()).
 */
struct subvolume {
	char *path;  /* of subvol=; NULL: none is given */
	uint64_t id; /* of subvolid=, whose 0 is the top's; 0: none is given */
	bool bad_id; /* subvolid= has no number that Linux reads, and the mount fails */
};

/* The number of the top of a btrfs, in which all subvolumes lie. */
#define SUBVOLUME_TOP 5

/* options is a list with commas; NULL: there are none. */
void subvolume_of(struct subvolume *s, const char *options);
void subvolume_release(struct subvolume *s);
DEFINE_RELEASE(struct subvolume, subvolume_release)

#endif
