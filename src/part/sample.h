/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in file for libraries that want one: private to part/.
 */
#ifndef ARMVM_PART_SAMPLE_H
#define ARMVM_PART_SAMPLE_H

#include "disk/disk.h"

/*
 * Makes a sparse file in memory with the size of the disk and the contents of
 * its first and last PART_SAMPLE bytes (part/opinion.h); all else reads as
 * zeroes. Takes at most 2 MiB, less where the disk has holes. On success *fd
 * is the caller's to close.
 */
int part_sample(struct disk *disk, int *fd, struct err *err);

#endif
