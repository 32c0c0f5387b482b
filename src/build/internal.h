/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One build under way, for the files of build/ that carry it out. Private.
 */
#ifndef ARMVM_BUILD_INTERNAL_H
#define ARMVM_BUILD_INTERNAL_H

#include "base/outfile.h"
#include "build/build.h"
#include "build/esp_make.h"
#include "build/guest.h"
#include "build/input.h"
#include "build/layout.h"
#include "build/output.h"
#include "base/scratch.h"
#include "build/seed.h"
#include "loader/install.h"

struct build {
	const struct build_options *opts;
	struct build_result *result;
	struct input input;
	struct outfile out;
	struct disk *overlay; /* what ext file systems are changed in; NULL for others */
	struct scratch copy;  /* what others are changed in, and what grows */
	struct rootfs *rootfs;
	struct guest guest;
	struct guest_ids ids;
	struct install_plan plan;
	struct layout layout;
	bool grows; /* the root partition has room for more than the file system as it is */
	struct scratch esp;
	struct seed seed;
	int64_t now; /* seconds since 1970 that everything is dated */
};

/* Makes b->copy: the file system with the changes so far, in a file of size bytes. */
int build_copy(struct build *b, uint64_t size, struct err *err);

/* Writes the disk into b->out: tables, ESP and root. */
int build_write(struct build *b, struct err *err);

/* Runs the checks on what was written. See build_image() for what it returns. */
int build_judge(struct build *b, struct err *err);

#endif
