/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loops of guest code that copy one byte at a time, recognised by their
 * instructions: GRUB's memmove() is one, and 96 of 100 instructions of its boot.
 * All but the last round of such a loop can be done by the host at once; the
 * guest does the last one, so registers and flags come out as they would.
 */
#ifndef ARMVM_FIRMWARE_CPU_LOOPS_H
#define ARMVM_FIRMWARE_CPU_LOOPS_H

#include "firmware/mem/processor.h"

#define LOOP_WORDS 7

struct copy_loop {
	bool backward;
	/* Numbers of registers: index, the index at which it ends, base of source and target. */
	uint8_t index, end, from, to;
};

/* Whether the instructions are such a loop, from its head on. */
bool copy_loop_match(const uint32_t words[LOOP_WORDS], struct copy_loop *loop);

/* A loop that was found, and the code that it was found in. */
struct known_loop {
	uint64_t pc; /* of its head */
	uint8_t code[4 * LOOP_WORDS];
	struct copy_loop loop;
};

/* Whether there is one at pc. */
bool copy_loop_read(struct guest_ram *ram, uint64_t pc, struct known_loop *out);
/* The one of n that was found at pc, as long as its code is still there; else NULL. */
const struct copy_loop *copy_loop_known(
	const struct known_loop *known, unsigned n, struct guest_ram *ram, uint64_t pc);

struct copy_step {
	uint64_t from, to, len; /* addresses; copied as memmove() does */
	uint64_t index;         /* what the index is then */
};

/*
 * What can be done at once, given the registers' values at the loop's head.
 * False when that is nothing, or when areas overlap so that bytes copied are
 * copied again.
 */
bool copy_loop_step(const struct copy_loop *loop, uint64_t index, uint64_t end, uint64_t from,
	uint64_t to, struct copy_step *step);

#endif
