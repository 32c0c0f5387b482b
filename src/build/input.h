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

/* Starts zeroed, but for fd -1. */
struct input {
	struct disk *disk; /* the file's bytes, read-only */
	int fd;            /* the same; belongs to disk */
};

/* Looks at nothing in it. input is released in any case. */
int input_open(struct input *input, const char *path, struct err *err);
/* Looks at what is in it: for a worker. */
int input_judge(struct disk *disk, const char *path, struct part_blkid *what, struct err *err);
void input_release(struct input *input);
DEFINE_RELEASE(struct input, input_release)

#endif
