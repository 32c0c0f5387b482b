/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the processor share.
 */
#ifndef ARMVM_FIRMWARE_CPU_STATE_H
#define ARMVM_FIRMWARE_CPU_STATE_H

#include "firmware/cpu/cpu.h"

/* The library's uc_engine. */
struct uc_struct *cpu_engine(const struct cpu *cpu);
/* The library's number for one of CPU_X0 ... CPU_PC. */
int cpu_register_id(int reg);

#endif
