/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FAT volumes of one disk, with what guests changed in them. They outlive
 * the machine that changed them, so that what was written to a file is there
 * again after a reset.
 */
#ifndef ARMVM_FIRMWARE_FS_VOLUMES_H
#define ARMVM_FIRMWARE_FS_VOLUMES_H

#include "firmware/fs/fs.h"

struct volumes; /* opaque */

/* disk must outlive them. */
struct volumes *volumes_new(struct disk *disk);
void volumes_free(struct volumes *v);
DEFINE_CLEANUP(struct volumes, volumes_free)

/*
 * The volume in [start, start + size) bytes of the disk, to be used by one
 * machine at a time; it belongs to v. One that nothing was changed in is read
 * anew, since its blocks may have been written. NULL when there is none that
 * can be read.
 */
struct fs *volumes_open(struct volumes *v, uint64_t start, uint64_t size, bool read_only);

/* Whether no file or folder was changed. */
bool volumes_are_clean(const struct volumes *v);

/*
 * Whether files and folders are the same, given that the blocks below are; the
 * times of changes don't count. False also when something cannot be read.
 */
bool volumes_same(struct volumes *a, struct volumes *b);

#endif
