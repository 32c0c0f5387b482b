/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scratch files: in the folder of the output, where there must be room
 * anyway, and without a name, so that they are gone with this process whatever
 * ends it.
 */
#ifndef ARMVM_BUILD_SCRATCH_H
#define ARMVM_BUILD_SCRATCH_H

#include "base/outfile.h"

struct scratch {
	int fd;     /* read and write; -1 when there is none */
	char *path; /* opens the same file, in this process and in programs that it runs */
};

#define SCRATCH_INIT                                                                               \
	{                                                                                          \
		-1, NULL                                                                           \
	}

/* Makes one in the folder of beside. */
int scratch_open(struct scratch *s, const struct outfile *beside, struct err *err);
void scratch_release(struct scratch *s);
DEFINE_RELEASE(struct scratch, scratch_release)

#endif
