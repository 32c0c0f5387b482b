/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in file for libraries that want one: private to part/.
 */
#ifndef ARMVM_PART_SAMPLE_H
#define ARMVM_PART_SAMPLE_H

#include "disk/disk.h"

/*
 * The sample is one file in memory for the whole life of the process, of no
 * particular size: a process that may neither open nor enlarge files gets it before it gives that
 * up. Makes it unless it is there; -1 and errno when it cannot be made.
 */
int part_sample_file(void);
/* That of a process which this one was forked from, and which is closed here, is not used. */
void part_sample_forget(void);

/*
 * Puts the first and last PART_SAMPLE bytes (part/opinion.h) of the disk into the
 * sample, at their places; all else reads as zeroes. Takes at most 2 MiB of
 * memory, less where the disk has holes or zeroes. *fd stays open, and shows this disk until
 * part_sample_drop(), which must come before the next sample.
 */
int part_sample(struct disk *disk, int *fd, struct err *err);
void part_sample_drop(void);

/*
 * Whether any 512 bytes of what is shown, at a multiple of them and not all zeroes, are so; between
 * part_sample() and its drop.
 */
bool part_sample_has(bool (*is_so)(const uint8_t *sector));

#endif
