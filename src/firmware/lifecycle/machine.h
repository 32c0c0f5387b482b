/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine is put together, run, and taken apart.
 */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_MACHINE_H
#define ARMVM_FIRMWARE_LIFECYCLE_MACHINE_H

#include "base/err.h"
#include "firmware/machine/machine.h"

struct machine_config {
	struct limits limits;
	int trace_fd; /* -1: nowhere */
	unsigned trace_level;
	/* Where the trace goes instead; or NULL. */
	void (*sink)(void *ctx, const char *bytes, size_t len);
	void *sink_ctx;
	struct digests *digests;   /* that machines share; or NULL */
	struct recorder *recorder; /* or NULL */
	uint64_t seed;             /* of the random numbers that guests get */
	/* Borrowed. NULL: an empty store of its own; a machine of nothing but the image. */
	struct var_store *vars;
	struct platform *platform;
};

/* The machine with its tables and services, without disks. */
int machine_new(const struct machine_config *config, struct machine **out, struct err *err);
void machine_free(struct machine *m);
DEFINE_CLEANUP(struct machine, machine_free)

/* Runs the guest until there is a verdict. */
void machine_run(struct machine *m);

#endif
