/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of armvm-firmware: machines that are started, and started again when
 * the guest resets them, until there is a verdict.
 */
#ifndef ARMVM_FIRMWARE_RUN_H
#define ARMVM_FIRMWARE_RUN_H

#include "firmware/bds/bds.h"
#include "firmware/machine.h"
#include "firmware/proto/protocol.h"

#define RUN_DISKS_MAX  16
#define RUN_RESETS_MAX 5

struct run_config {
	struct machine_config machine;
	struct protocols_config protocols;
	struct disk_attachment disks[RUN_DISKS_MAX];
	size_t n_disks;
	const struct var_policy *policy;
	struct bds_config bds;
	bool acpi;
	const uint8_t *program; /* run this instead of the boot manager; NULL: don't */
	size_t program_size;
	const char *program_name;
	int screenshot_fd; /* -1: none */
};

/*
 * Enters the sandbox, runs, tells the verdict as the last event, and returns
 * it. err is set (and -errno returned) when there was no run.
 */
int run(const struct run_config *config, enum verdict_kind *verdict, struct err *err);

/* "kernel-entered" ... and the exit status that goes with it. */
const char *verdict_name(enum verdict_kind kind);
int verdict_exit_status(enum verdict_kind kind);

#endif
