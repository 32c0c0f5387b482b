/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock's budget of this process. At its ticks the other budgets are looked at, too (usage.h).
 */
#ifndef ARMVM_FIRMWARE_HOST_WALL_H
#define ARMVM_FIRMWARE_HOST_WALL_H

#include "firmware/host/usage.h"

struct cpu;

/*
 * From now on, ms milliseconds of real time are left; 0: no end. `cancel` (or
 * NULL) is looked at ten times a second: once it is not 0, this process
 * ends at once.
 */
void wall_start(uint64_t ms, const volatile int *cancel);
/* Milliseconds that are left, at least 1; 0: no end. */
uint64_t wall_left(void);

/* Why the processor was asked to stop: USAGE_FINE means that time was up. */
enum usage_excess wall_excess(void);

/* Where this process writes what happens: it ends soon after nobody reads that any more. */
void wall_reader(int fd);
/* The processor that is asked to stop when time is up; NULL: none runs. */
void wall_watch(struct cpu *cpu);

#endif
