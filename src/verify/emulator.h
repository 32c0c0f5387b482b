/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot verification by armvm-firmware, the bundled firmware emulator: it runs
 * the image's own loader up to the kernel's first instruction in under a
 * second, and reports what was loaded, which variables were touched and what the
 * kernel was given (armvm-firmware(1), EVENTS). It is a program of its own,
 * which gives up every way to the host before the first guest instruction, and
 * it gets the image as an open file.
 */
#ifndef ARMVM_VERIFY_EMULATOR_H
#define ARMVM_VERIFY_EMULATOR_H

#include "base/spawn.h"
#include "verify/emulation.h"

/* A scenario, and which of the emulations it is: several may have gone the same way. */
struct emulator_row {
	char *scenario;
	size_t emulation;
};

/* Every scenario, in the order in which armvm-firmware has them. Starts zeroed. */
struct emulator_matrix {
	struct emulator_row *rows;
	size_t n_rows;
	struct emulation *emulations;
	size_t n_emulations;
	double seconds; /* of ours */
};

void emulator_matrix_release(struct emulator_matrix *m);
DEFINE_RELEASE(struct emulator_matrix, emulator_matrix_release)
/* NULL when it was not played. */
const struct emulation *emulator_matrix_find(const struct emulator_matrix *m, const char *scenario);

struct emulator_request {
	const char *path;       /* the image */
	const char *scenario;   /* of armvm-image-scenarios(7); NULL: first-boot */
	const char *quirks;     /* whose firmware's deviations: "edk2" ...; NULL: none */
	unsigned seconds;       /* of ours that it may take; 0: as armvm-firmware has it */
	bool verify_reuse;      /* play what would be reused of another boot, and compare */
	bool trace;             /* emit every service call as an event */
	const char *screenshot; /* where to save the screen as a PNG; NULL: nowhere */
	/* Called with each event as it comes, as a line of JSON; may be NULL. */
	void (*event)(void *ctx, const char *line);
	/* Called with each line of the console as it is finished, without escapes; may be NULL. */
	void (*line)(void *ctx, const char *line);
	void *ctx;
};

/* How armvm-firmware is started. NULL: without quirks, without a screenshot. */
struct emulator_launch {
	const char *scenario, *quirks; /* "first-boot", "edk2" */
	unsigned seconds;              /* 0: its own patience */
	bool console, trace, verify_reuse;
	const char *screenshot;
};

/* The path of the program that would be started; false when there is none. */
bool emulator_find(char *path, size_t size);

/*
 * For a supervisor (base/broker.h), too: starts the program on the open file fd, which stays the
 * caller's. What it emits comes from child->out.
 */
int emulator_start(
	const struct emulator_launch *launch, int fd, struct child *child, struct err *err);

/*
 * Boots. Returns 0 with what was seen, or an error when no boot took place:
 * -ENOENT when armvm-firmware is neither beside this program nor in PATH, -EIO
 * with its own words when it refused to start, -EINVAL when it knows no such
 * scenario or quirks.
 */
int emulator_run(const struct emulator_request *request, struct emulation *e, struct err *err);

/*
 * Every scenario; those that go on from another one (tpm-dropped) where that one reset the machine.
 * The request's callbacks, its scenario and screenshot are not used. The same errors.
 */
int emulator_play_all(
	const struct emulator_request *request, struct emulator_matrix *m, struct err *err);

/* Whether a scenario was not played for this reason: the machine was not reset in the one that it goes on from. */
bool emulator_left_out(const struct emulator_matrix *m, const char *scenario);

#endif
