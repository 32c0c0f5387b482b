/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to know about a kernel that was entered.
 */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_KERNEL_ENTRY_H
#define ARMVM_FIRMWARE_LIFECYCLE_KERNEL_ENTRY_H

struct machine;

/* The event "kernel-entered": which kernel, with what command line and initrd. */
void kernel_entry_emit(struct machine *m);

#endif
