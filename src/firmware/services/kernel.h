/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watch for a Linux kernel's entry, which begins when boot services end. */
#ifndef ARMVM_FIRMWARE_SERVICES_KERNEL_H
#define ARMVM_FIRMWARE_SERVICES_KERNEL_H

#include "firmware/machine/machine.h"

/*
 * From within ExitBootServices(): the run ends with VERDICT_KERNEL when a kernel is entered, which
 * m->kernel then describes, and with VERDICT_BUDGET when none is for long. m->kernel.image is set at once.
 */
void kernel_watch(struct machine *m);

/*
 * The release of a Linux kernel, "6.1.0-56-arm64", from the banner that each carries; NULL when there is none in
 * these bytes. The caller frees it.
 */
char *kernel_release(const uint8_t *image, uint64_t size);

#endif
