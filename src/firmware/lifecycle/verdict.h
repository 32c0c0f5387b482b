/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How boots end, for people and programs.
 */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_VERDICT_H
#define ARMVM_FIRMWARE_LIFECYCLE_VERDICT_H

#include "firmware/machine/machine.h"

/* "kernel-entered" ... and the exit status that goes with it. */
const char *verdict_name(enum verdict_kind kind);
int verdict_exit_status(enum verdict_kind kind);

/*
 * A boot that failed for want of something that this firmware lacks says
 * nothing about the image: its verdict becomes VERDICT_INCONCLUSIVE.
 */
void verdict_doubt(struct machine *m);

/* The event "verdict", which ends a run. */
void verdict_emit(struct machine *m);
/* The event "boot-ended", which ends a boot that another one follows. */
void verdict_emit_boot(struct machine *m, unsigned boot);

#endif
