/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A single program that is run instead of the boot manager. */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_PROGRAM_H
#define ARMVM_FIRMWARE_LIFECYCLE_PROGRAM_H

#include "base/base.h"

struct machine;

/* Loads and starts it: the processor is to be run afterwards, or there is a verdict. */
void program_start(struct machine *m, const uint8_t *bytes, size_t size);

#endif
