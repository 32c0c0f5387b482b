/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker gives up before it reads the first byte of an image, for good:
 *
 *	descriptors	all but those that it is given
 *	root		becomes nobody; no capabilities, no new privileges
 *	files		opening, making, changing any (landlock where there is one, and seccomp)
 *	the rest	sockets, exec, processes, signals to others (seccomp)
 *	resources	memory, CPU time, no file may grow, no core
 *
 * Reading what is open, talking over sockets that it was given, memory and threads
 * are left.
 */
#ifndef ARMVM_WORKER_CONFINE_H
#define ARMVM_WORKER_CONFINE_H

#include "base/err.h"

struct worker_limits {
	uint64_t memory;      /* bytes of address space; 0: no limit */
	unsigned cpu_seconds; /* 0: no limit */
};

/*
 * Closes all descriptors but these n and the standard three, which become /dev/null.
 * What libraries open ahead, to have it later, comes between this and worker_confine().
 */
int worker_keep_only(const int *fds, size_t n, struct err *err);

/* The rest. To be called in a process of its own that has one thread. */
int worker_confine(const struct worker_limits *limits, struct err *err);

#endif
