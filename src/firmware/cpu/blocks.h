/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked at the beginning of each block of code, where somebody wants to know: whether the kernel
 * begins there, whether the instructions of a budget are used up, whether a timer may interrupt. To ask costs a
 * third of the speed, so it begins when the first of them is wanted.
 */
#ifndef ARMVM_FIRMWARE_CPU_BLOCKS_H
#define ARMVM_FIRMWARE_CPU_BLOCKS_H

#include "firmware/cpu/cpu.h"

struct cpu_blocks {
	uint64_t instructions; /* begun, while it is asked */
	uint64_t limit;        /* of them; 0: none */
	uint64_t
		tick; /* instructions without a call after which a timer may interrupt; 0: none does */
	uint64_t next_tick;
	bool tick_soon; /* it may at the next block */
	bool watching;
	cpu_block_fn *accept;
	void *ctx;
};

/* Whether loops and functions of the guest are to be executed, and not done by the host: their instructions count. */
bool blocks_count(const struct cpu_blocks *b);
/* A block of so many instructions begins: whether the run ends before it, and as what. */
bool blocks_enter(struct cpu_blocks *b, struct cpu *cpu, uint64_t pc, uint32_t instructions,
	enum cpu_event_kind *kind);
/* The guest called out, or time has passed: it is as long to the next tick as ever. */
void blocks_restart_tick(struct cpu_blocks *b);

#endif
