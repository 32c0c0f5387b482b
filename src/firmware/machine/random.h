/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's random numbers.
 */
#ifndef ARMVM_FIRMWARE_MACHINE_RANDOM_H
#define ARMVM_FIRMWARE_MACHINE_RANDOM_H

#include "base/base.h"

struct machine;

/* Random bytes, the same for the same seed. */
void machine_seed(struct machine *m, uint64_t seed);
void machine_random(struct machine *m, uint8_t *to, size_t len);

#endif
