/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What build was given: a file that must hold one bare file system of a type
 * that a guest can have as its root. Everything else gets an error that says
 * what it is and what to do with it.
 */
#ifndef ARMVM_BUILD_INPUT_H
#define ARMVM_BUILD_INPUT_H

#include "disk/disk.h"
#include "part/opinion.h"

struct input {
	struct disk *disk; /* the file's bytes, read-only */
	int fd;            /* the same; belongs to disk */
	bool is_ext;       /* ext2, ext3 or ext4: read in this process */
	struct part_blkid what;
};

/* input starts zeroed and is released in any case. */
int input_open(struct input *input, const char *path, struct err *err);
void input_release(struct input *input);
DEFINE_RELEASE(struct input, input_release)

#endif
