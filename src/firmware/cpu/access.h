/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instruction made an access that failed. libunicorn 2.0 knows no better than the start of the
 * block that it had translated; the registers are those of the moment.
 */
#ifndef ARMVM_FIRMWARE_CPU_ACCESS_H
#define ARMVM_FIRMWARE_CPU_ACCESS_H

#include "base/base.h"

struct cpu;
struct guest_ram;

/*
 * The address that a load or store at pc accesses first, with x[31] as the stack pointer. False when
 * the instruction is neither.
 */
bool access_address(uint32_t word, uint64_t pc, const uint64_t x[32], uint64_t *address);

/* Whether it goes elsewhere, so that what stands behind it is not of the same block. */
bool access_is_branch(uint32_t word);

/* Where the processor is while an access to failed is refused: at the first instruction from PC on that makes it, or at PC. */
uint64_t access_find(struct cpu *cpu, struct guest_ram *ram, uint64_t failed);

#endif
