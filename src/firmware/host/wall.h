/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock's budget of this process.
 */
#ifndef ARMVM_FIRMWARE_HOST_WALL_H
#define ARMVM_FIRMWARE_HOST_WALL_H

#include "base/base.h"

struct cpu;

/*
 * From now on, ms milliseconds of real time are left; 0: no end. `cancel` (or
 * NULL) is looked at every quarter of a second: once it is not 0, this process
 * ends at once.
 */
void wall_start(uint64_t ms, const volatile int *cancel);
/* Milliseconds that are left, at least 1; 0: no end. */
uint64_t wall_left(void);

/* Where this process tells what happens: it ends soon after nobody reads that any more. */
void wall_reader(int fd);
/* The processor that is asked to stop when time is up; NULL: none runs. */
void wall_watch(struct cpu *cpu);

#endif
