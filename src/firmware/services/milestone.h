/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The milestone of a boot: the first time that a program has blocks of a disk read.
 * Loaders before it (shim) have done their work by then, and loaders of a kernel
 * begin theirs. There the firmware does all that a service is free to do to
 * what a program can't rely on: the disk takes some time to start, and registers and
 * stack that the caller has no claim to are cleared (AAPCS64 6.1, 6.2.2; interrupts use
 * the stack, UEFI 2.10 2.3.6). So nothing is left of what was different before but what
 * programs keep.
 */
#ifndef ARMVM_FIRMWARE_SERVICES_MILESTONE_H
#define ARMVM_FIRMWARE_SERVICES_MILESTONE_H

#include "firmware/services/service.h"

/* Before the service is served. The run may be over afterwards: its recorder decides. */
void milestone_pass(struct machine *m, const struct service *s);

#endif
