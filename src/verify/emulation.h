/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What armvm-firmware emitted of one scenario, put together from its events
 * (armvm-firmware(1), EVENTS).
 */
#ifndef ARMVM_VERIFY_EMULATION_H
#define ARMVM_VERIFY_EMULATION_H

#include "base/buf.h"
#include "verify/verify.h"

/* A variable that was written, in the order of the first time. */
struct emulator_variable {
	char *name;
	char *status;      /* of the last time: "EFI_SUCCESS" */
	bool non_volatile; /* it was to outlive the boot */
	unsigned times;
};

/* What a reason begins with when it was Secure Boot that refused a program. */
#define SECURE_BOOT_REASON "Secure Boot: "

/* What was seen. Starts zeroed; texts are NULL where there was nothing. */
struct emulation {
	enum boot_outcome outcome; /* BOOT_REACHED: the kernel was entered */
	char *verdict;             /* the emulator's word: "kernel-entered", "returned" ... */
	char *reason;              /* one sentence without a full stop */
	char *screen;              /* what stood on the screen in the end, in lines */
	double seconds;            /* of ours */
	double guest_seconds;      /* of the machine's virtual time */

	unsigned boots; /* how often the machine was switched on or reset */

	struct strlist loaded; /* the programs that were started, in order, once each */
	struct strlist
		story; /* the last boot in short: "shim.efi read fb.efi", "Boot0000 was written" */
	struct strlist timeline; /* what happened when, a line each: "0.001 s  started ..." */
	struct emulator_variable *variables;
	size_t n_variables;

	char *kernel_version;
	uint64_t kernel_size; /* of its file, in bytes */
	char *kernel_sha256;  /* of its file, in hex */
	char *command_line;
	uint64_t initrd_size; /* bytes; 0: none */
	char *initrd_sha256;
};

void emulation_release(struct emulation *e);
DEFINE_RELEASE(struct emulation, emulation_release)

/* Makes ready what reading events needs of the system, before the process gives up opening files. */
void emulation_prepare(void);

/* Takes in one event, a line of JSON; false when it is none. Called once for each line, in order. */
bool emulation_take(struct emulation *e, const char *line);

#endif
