/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a loader hands the kernel in the device tree's /chosen (Linux,
 * Documentation/devicetree/usage-model; Devicetree Specification 3.6).
 */
#ifndef ARMVM_FIRMWARE_HW_CHOSEN_H
#define ARMVM_FIRMWARE_HW_CHOSEN_H

#include "base/base.h"

struct chosen {
	char *command_line;                /* bootargs; NULL: there is none */
	uint64_t initrd_start, initrd_end; /* guest addresses; both 0: there is none */
};

/* Reads a tree of at most len bytes; false when it is damaged. To be released in any case. */
bool chosen_read(struct chosen *c, const uint8_t *fdt, size_t len);
void chosen_release(struct chosen *c);
DEFINE_RELEASE(struct chosen, chosen_release)

#endif
