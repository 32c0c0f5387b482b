/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock: which files a process may still open, and that it may neither bind nor
 * connect nor signal others, as far as the running kernel has it. See landlock(7).
 */
#ifndef ARMVM_BASE_LANDLOCK_H
#define ARMVM_BASE_LANDLOCK_H

#include "base/base.h"

/* A file, or a folder and all below it, that stays readable. */
struct landlock_path {
	const char *path;
	bool execute; /* and may be run */
};

/*
 * From now on this thread, and all that it starts, may open nothing but these
 * for reading, and the file fd (-1: none). Paths that are not there are left out. It must have
 * given up new privileges. 0, also where the kernel has no landlock; or -1 and errno.
 */
int landlock_restrict(const struct landlock_path *paths, size_t n, int fd);

#endif
