/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processes of a run use of the host: CPU time and memory, each alone and all together. Each
 * notes its own part where all see it, a few times a second (wall.h), so limits are passed by
 * what is used in between.
 */
#ifndef ARMVM_FIRMWARE_HOST_USAGE_H
#define ARMVM_FIRMWARE_HOST_USAGE_H

#include "base/base.h"

#define USAGE_PROCESSES 256

/* In memory that the processes share; zeroed at first. */
struct usage {
	struct {
		uint32_t cpu_ms;
		uint32_t kib; /* of memory that is this process's own */
	} of[USAGE_PROCESSES];
};

/* 0: no limit. */
struct usage_limits {
	uint64_t own_cpu_ms,
		cpu_ms; /* of one, with what those used that it was forked from, and of all together */
	uint64_t own, all; /* bytes of memory: of one, and of all that live */
};

enum usage_excess {
	USAGE_FINE,
	USAGE_OWN_CPU,
	USAGE_CPU,
	USAGE_OWN_MEMORY,
	USAGE_ALL_MEMORY
};

/*
 * This process is that number from now on, and goes on with what the one used that it was forked
 * from. shared NULL: there is only one.
 */
void usage_begin(struct usage *shared, unsigned number, const struct usage_limits *limits);
/* Notes what this process uses, and looks at all; it may be called by a signal's handler. */
enum usage_excess usage_look(void);
/* This process ends: its memory is free again. */
void usage_end(void);

#endif
