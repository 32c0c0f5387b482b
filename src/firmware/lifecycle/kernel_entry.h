/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to know about a kernel that was entered.
 */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_KERNEL_ENTRY_H
#define ARMVM_FIRMWARE_LIFECYCLE_KERNEL_ENTRY_H

#include <stdint.h>

struct machine;

/* The event "kernel-entered": which kernel, with what command line and initrd. */
void kernel_entry_emit(struct machine *m);

/* The device tree that it was handed, and its length; NULL: it is not in memory. */
const uint8_t *kernel_entry_tree(struct machine *m, uint32_t *len);

/*
 * Makes it a fault that the kernel was handed a device tree which is not this machine's, or none where it needs one: in
 * kernel_tree.c.
 */
void kernel_entry_judge(struct machine *m);

#endif
