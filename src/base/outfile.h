/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output files that appear whole or not at all: written under a temporary
 * name in the same folder, synced, then renamed. Whatever moment the process
 * is killed at, the old file is still there or the new one is whole.
 *
 * A temporary name is .NAME.armvm-XXXXXX and its file is held by a lock while
 * its writer lives; outfile_open() removes those of the same NAME that nobody
 * holds, so that what a killed run left is gone after the next one.
 *
 *	outfile_open(&out, path, force, &err)
 *	... write to out.fd, or let a program write to out.tmp ...
 *	outfile_commit(&out, &err)
 *	outfile_release(&out)		always; removes what was not committed
 */
#ifndef ARMVM_BASE_OUTFILE_H
#define ARMVM_BASE_OUTFILE_H

#include "base/err.h"

struct outfile {
	int fd;        /* read and write; -1 when nothing is open */
	char *path;    /* the final name */
	char *tmp;     /* the temporary name */
	bool force;    /* whether an existing file at path may be replaced */
	unsigned mode; /* the file's permissions; 0, as after outfile_open(): 0666 & ~umask */
};

/*
 * Returns -EEXIST (with a hint) when path exists and force is false, -EINVAL
 * when path is something else than a regular file, or what the system said.
 */
int outfile_open(struct outfile *out, const char *path, bool force, struct err *err);

/* Syncs file and folder and puts the file in place. */
int outfile_commit(struct outfile *out, struct err *err);

/* Closes; removes the temporary file unless it was committed. Accepts a zeroed struct. */
void outfile_release(struct outfile *out);
DEFINE_RELEASE(struct outfile, outfile_release)

/*
 * From now on the signals that end the process remove the temporary files first that it
 * has open; and a file that grows beyond its limit is an error instead of a signal.
 */
void outfile_clean_up_on_signals(void);

/*
 * For other files with a name for now (base/scratch.h): mkostemp() of one that such a signal removes, until
 * it is forgotten. The name is borrowed. The descriptor, or -1 and errno.
 */
int outfile_make(char *tmp);
void outfile_forget(const char *tmp);

#endif
