/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run of armvm-firmware is asked for: a scenario, or several, on the
 * disks that it was given.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_RUN_H
#define ARMVM_FIRMWARE_EXPLORE_RUN_H

#include "firmware/explore/variants.h"
#include "firmware/host/usage.h"
#include "firmware/lifecycle/power.h"

struct run_config {
	struct power_config power;
	const struct scenario *played[VARIANTS_MAX];
	size_t n_played;   /* at least 1 */
	unsigned jobs;     /* scenarios that are played at the same time */
	bool verify_reuse; /* play what would be repeated, and compare */
	bool stats;        /* print on stderr what several scenarios took */
	int screenshot_fd; /* -1: none; with a single scenario only */
};

/* Bytes that a process which plays may map. */
uint64_t run_address_space(const struct run_config *config);

/* What its processes may use of the host. */
struct usage_limits run_usage_limits(const struct run_config *config);

/*
 * Enters the sandbox and plays. A single scenario's events end with its
 * verdict. Those of several come scenario by scenario, each time behind an event
 * "scenarios" that names those to which they belong. *status is the exit
 * status of the verdict, of several the first that isn't 0. err is set
 * (and -errno returned) when there was no run.
 */
int run(const struct run_config *config, int *status, struct err *err);

#endif
