/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scratch files: in the folder of the output, where there must be room
 * anyway, and without a name, so that they are gone with this process whatever
 * ends it.
 */
#ifndef ARMVM_BASE_SCRATCH_H
#define ARMVM_BASE_SCRATCH_H

#include "base/outfile.h"

struct scratch {
	int fd;     /* read and write; -1 when there is none */
	char *path; /* opens the same file, in this process and in programs that it runs */
	bool named; /* path is a name that is to be removed */
};

#define SCRATCH_INIT                                                                               \
	{                                                                                          \
		-1, NULL, false                                                                    \
	}

/* Makes one in the folder of beside. */
int scratch_open(struct scratch *s, const struct outfile *beside, struct err *err);

/*
 * Makes one that has a name for now, for programs that want to know where a
 * file really is. The name is one that the next run's outfile_open() removes;
 * scratch_unname() takes it away once it has served.
 */
int scratch_open_named(struct scratch *s, const struct outfile *beside, struct err *err);
void scratch_unname(struct scratch *s);

void scratch_release(struct scratch *s);
DEFINE_RELEASE(struct scratch, scratch_release)

#endif
