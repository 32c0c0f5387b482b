/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is recorded of a machine whose boot is to be compared with another one's. A machine that nobody
 * compares has none: r may be NULL everywhere.
 */
#ifndef ARMVM_FIRMWARE_MACHINE_RECORDER_H
#define ARMVM_FIRMWARE_MACHINE_RECORDER_H

#include "base/base.h"

struct sha256_ctx;

struct recorder {
	/*
	 * The input hash: what the firmware's state is derived from beside memory's map, time and variables,
	 * which is services that were called, and what they found in guest memory. NULL: not now.
	 */
	struct sha256_ctx *inputs;
	/* Called at the boot's milestone (services/milestone.h); it may end the run. */
	void (*at_milestone)(void *ctx);
	void *ctx;
};

/* What guest_record() is given while the firmware serves the guest. */
struct sha256_ctx *recorder_inputs(const struct recorder *r);
/* Adds to the input hash. */
void recorder_add(struct recorder *r, const void *bytes, size_t len);
void recorder_at_milestone(struct recorder *r);

#endif
