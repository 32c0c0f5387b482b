/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that leave boot services for something else than a Linux kernel. */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_LEFT_H
#define ARMVM_FIRMWARE_LIFECYCLE_LEFT_H

#include "firmware/machine/machine.h"

/*
 * Whether boot services were left for what this firmware does not follow: the run says nothing of whether that
 * boots. Then because says so, with what it is if that is known.
 */
bool left_unfollowed(struct machine *m, char because[128]);

#endif
