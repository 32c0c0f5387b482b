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

/*
 * The first of these options that a file system of this type (in libblkid's words) refuses in Linux, so that nothing is
 * mounted; the caller frees it. NULL: of none this is known. release is the kernel's ("6.1.0-32-arm64"), or NULL: not
 * known. With by_kernel the kernel mounts the root itself, and what is not of the file system but of mount(8) is refused, too.
 */
char *mount_option_refused(
	const char *type, const char *options, const char *release, bool by_kernel);

#endif
