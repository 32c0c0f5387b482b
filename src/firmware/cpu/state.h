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

/* The address behind the HVC that pc is at, or behind; 0 when there is none. */
uint64_t cpu_behind_hvc(struct guest_ram *ram, uint64_t pc);
/* Between runs. */
void cpu_set_all(struct cpu *cpu, const struct cpu_registers *registers);
/* Maps the page whose bytes are resolved one by one, where there is one. The library's error. */
int cpu_map_exact(struct cpu *cpu, struct guest_ram *ram);

#endif
