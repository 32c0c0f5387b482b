/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One build under way, for the files of build/ that carry it out. Private.
 */
#ifndef ARMVM_BUILD_INTERNAL_H
#define ARMVM_BUILD_INTERNAL_H

#include "base/outfile.h"
#include "build/build.h"
#include "build/esp_make.h"
#include "build/input.h"
#include "build/layout.h"
#include "build/output.h"
#include "build/reading.h"
#include "base/scratch.h"
#include "loader/install.h"

struct build {
	const struct build_options *opts;
	struct build_result *result;
	struct input input;
	struct outfile out;
	struct reading reading;
	struct disk *overlay; /* over the input: what changed in ext file systems */
	struct scratch copy;  /* what others are changed in, and what grows */
	struct layout layout;
	bool grows; /* the root partition has room for more than the file system as it is */
	struct scratch esp;
};

/* Makes b->copy: the file system with the changes so far, in a file of size bytes. */
int build_copy(struct build *b, uint64_t size, struct err *err);

/* Writes the disk into b->out: tables, ESP and root. */
int build_write(struct build *b, struct err *err);

/* Runs the checks on what was written. See build_image() for what it returns. */
int build_judge(struct build *b, struct err *err);

#endif
