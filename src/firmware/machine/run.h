/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a run: how far a machine may go, and how its boot ended. It knows nothing of the machine, so
 * that whatever may end a boot needs no more than this.
 */
#ifndef ARMVM_FIRMWARE_MACHINE_RUN_H
#define ARMVM_FIRMWARE_MACHINE_RUN_H

#include "base/base.h"
#include "uefi/status.h"

/* How a boot ended, or why it can go no further. */
enum verdict_kind {
	VERDICT_NONE,     /* it goes on */
	VERDICT_KERNEL,   /* the kernel was entered */
	VERDICT_RETURNED, /* the loader came back to the boot manager and nothing is left to try */
	VERDICT_SHUTDOWN,
	VERDICT_RESET, /* to be started again; lifecycle/ determines whether it is a loop of these */
	VERDICT_RESET_LOOP,
	VERDICT_KEY, /* it waits for a key that nobody presses */
	VERDICT_FAULT,
	VERDICT_BUDGET,
	VERDICT_INCONCLUSIVE, /* it failed after using a service that is not implemented */
	VERDICT_NOTHING,      /* there was nothing to boot */
};

struct limits {
	uint64_t ram;                  /* bytes of guest RAM */
	uint64_t instructions;         /* 0: without end */
	uint64_t virtual_ns;           /* virtual time */
	uint64_t wall_ms, boot_cpu_ms; /* real time and CPU time of one boot */
	uint64_t cpu_ms;               /* CPU time of all scenarios together */
	uint64_t
		memory; /* bytes that a process which plays may keep in use; all together twice that */
};

/*
 * Gives the times and the memory that are 0 their defaults. Without a limit of real time the patience with a boot is
 * one of CPU time: real time says nothing of the guest on a busy host.
 */
void limits_complete(struct limits *l);

struct run_end {
	enum verdict_kind kind;
	efi_status status;    /* of VERDICT_RETURNED, _NOTHING, _SHUTDOWN, _RESET */
	bool spent;           /* of VERDICT_BUDGET: what ran out is gone for all */
	char reason[256];     /* in words */
	bool waits_for_key;   /* VERDICT_RESET: by the watchdog, while it waited for a key */
	uint64_t pc, address; /* of VERDICT_FAULT, when the processor noticed it */
};

struct run_state {
	struct limits limits;
	struct run_end end;
};

/* Whether there is a verdict. */
bool run_is_over(const struct run_state *run);
/* Ends the run with a verdict, unless there is one already: the first counts. With the program's status, or EFI_SUCCESS. */
void run_end(struct run_state *run, enum verdict_kind kind, const char *reason, ...)
	PRINTF_LIKE(3, 4);
void run_end_status(struct run_state *run, enum verdict_kind kind, efi_status status,
	const char *reason, ...) PRINTF_LIKE(4, 5);

#endif
