/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot verification by armvm-firmware, the bundled firmware emulator: it runs
 * the image's own loader up to the kernel's first instruction in under a
 * second, and tells what was loaded, which variables were touched and what the
 * kernel was given (armvm-firmware(1), EVENTS). It is a program of its own,
 * which gives up every way to the host before the first guest instruction, and
 * it gets the image as an open file.
 */
#ifndef ARMVM_VERIFY_EMULATOR_H
#define ARMVM_VERIFY_EMULATOR_H

#include "base/buf.h"
#include "verify/verify.h"

/* A variable that was written, in the order of the first time. */
struct emulator_variable {
	char *name;
	char *status;      /* of the last time: "EFI_SUCCESS" */
	bool non_volatile; /* it was to outlive the boot */
	unsigned times;
};

/* What was seen. Starts zeroed; texts are NULL where there was nothing to tell. */
struct emulation {
	enum boot_outcome outcome; /* BOOT_REACHED: the kernel was entered */
	char *verdict;             /* the emulator's word: "kernel-entered", "returned" ... */
	char *reason;              /* one sentence without a full stop */
	char *screen;              /* what stood on the screen, when it went wrong */
	double seconds;            /* of ours */
	double guest_seconds;      /* of the machine's virtual time */

	struct strlist loaded;   /* the programs that were started, in order */
	struct strlist timeline; /* what happened when, a line each: "0.001 s  started ..." */
	struct emulator_variable *variables;
	size_t n_variables;

	char *kernel_version;
	char *kernel_sha256; /* of its file, in hex */
	char *command_line;
	uint64_t initrd_size; /* bytes; 0: none */
	char *initrd_sha256;
};

void emulation_release(struct emulation *e);
DEFINE_RELEASE(struct emulation, emulation_release)

struct emulator_request {
	const char *path;       /* the image */
	unsigned seconds;       /* of ours that it may take; 0: 60 */
	bool trace;             /* tell every service call as an event */
	const char *screenshot; /* where to save the screen as a PNG; NULL: nowhere */
	/* Told each event as it comes, as a line of JSON; may be NULL. */
	void (*event)(void *ctx, const char *line);
	/* Told each line of the console as it is finished, without escapes; may be NULL. */
	void (*line)(void *ctx, const char *line);
	void *ctx;
};

/*
 * Boots. Returns 0 with what was seen, or an error when no boot took place:
 * -ENOENT when armvm-firmware is neither beside this program nor in PATH, -EIO
 * with its own words when it refused to start.
 */
int emulator_run(const struct emulator_request *request, struct emulation *e, struct err *err);

#endif
