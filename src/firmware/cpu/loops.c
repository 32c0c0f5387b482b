/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recognising loops that copy bytes. See loops.h. Encodings: Arm Architecture
 * Reference Manual, C6.2. Three shapes, as gcc makes them of
 * `while (n--) *d++ = *s++` and its reverse:
 *
 *	1: ldrb wT, [xS, xI]      1: sub  xI, xI, #1            1: cmp  xN, xI
 *	   strb wT, [xD, xI]         cmp  xI, xN (or xN, xI)       b.ne 2f
 *	   add  xI, xI, #1           b.eq out                      ret
 *	   cmp  xI, xN               ldrb wT, [xS, xI]          2: ldrb wT, [xS, xI]
 *	   b.ne 1b                   strb wT, [xD, xI]             strb wT, [xD, xI]
 *	                             b    1b                       add  xI, xI, #1
 *	                                                           b    1b
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/cpu/loops.h"

#define LDRB_REGISTER 0x38606800u /* the mask leaves out Rm, Rn and Rt */
#define STRB_REGISTER 0x38206800u
#define MEMORY_MASK   0xffe0fc00u
#define ADD_1         0x91000400u
#define SUB_1         0xd1000400u
#define IMM_MASK      0xfffffc00u
#define CMP           0xeb00001fu
#define CMP_MASK      0xffe0fc1fu
#define B_NE_BACK_4   0x54ffff81u
#define B_EQ          0x54000000u
#define B_EQ_MASK     0xff00001fu
#define B_BACK_5      0x17fffffbu
#define B_NE_2        0x54000041u
#define B_BACK_6      0x17fffffau

static unsigned rd(uint32_t w)
{
	return w & 31;
}

static unsigned rn(uint32_t w)
{
	return w >> 5 & 31;
}

static unsigned rm(uint32_t w)
{
	return w >> 16 & 31;
}

/* A load and a store of the same byte at the same index. */
static bool match_move(uint32_t load, uint32_t store, struct copy_loop *loop)
{
	if ((load & MEMORY_MASK) != LDRB_REGISTER || (store & MEMORY_MASK) != STRB_REGISTER ||
		rd(load) != rd(store) || rm(load) != rm(store))
		return false;
	loop->index = (uint8_t)rm(load);
	loop->from = (uint8_t)rn(load);
	loop->to = (uint8_t)rn(store);
	/* The byte must not be one of the registers that the loop lives on. */
	return rd(load) != loop->index && rd(load) != loop->from && rd(load) != loop->to;
}

static bool match_count(uint32_t step, uint32_t compare, uint32_t opcode, struct copy_loop *loop)
{
	unsigned i = loop->index;

	if ((step & IMM_MASK) != opcode || rd(step) != i || rn(step) != i ||
		(compare & CMP_MASK) != CMP)
		return false;
	if (rn(compare) != i && rm(compare) != i)
		return false;
	loop->end = (uint8_t)(rn(compare) == i ? rm(compare) : rn(compare));
	return loop->end != i;
}

bool copy_loop_match(const uint32_t w[LOOP_WORDS], struct copy_loop *loop)
{
	uint32_t byte;

	if (w[4] == B_NE_BACK_4) {
		byte = rd(w[0]);
		loop->backward = false;
		if (!match_move(w[0], w[1], loop) || !match_count(w[2], w[3], ADD_1, loop))
			return false;
	} else if (w[5] == B_BACK_5 && (w[2] & B_EQ_MASK) == B_EQ) {
		byte = rd(w[3]);
		loop->backward = true;
		if (!match_move(w[3], w[4], loop) || !match_count(w[0], w[1], SUB_1, loop))
			return false;
	} else if (w[1] == B_NE_2 && w[6] == B_BACK_6) {
		byte = rd(w[3]);
		loop->backward = false;
		if (!match_move(w[3], w[4], loop) || !match_count(w[5], w[0], ADD_1, loop))
			return false;
	} else {
		return false;
	}
	/* 31 is SP or zero, depending on where it stands. */
	return loop->index < 31 && loop->end < 31 && loop->from < 31 && loop->to < 31 &&
	       loop->end != byte && loop->from != loop->index && loop->to != loop->index;
}

bool copy_loop_read(struct guest_ram *ram, uint64_t pc, struct known_loop *out)
{
	const uint8_t *p = guest_fetch(ram, gaddr(pc), sizeof(out->code));
	uint32_t words[LOOP_WORDS];

	if (!p)
		return false;
	out->pc = pc;
	memcpy(out->code, p, sizeof(out->code));
	for (unsigned i = 0; i < LOOP_WORDS; i++)
		words[i] = le32(p + 4 * i);
	return copy_loop_match(words, &out->loop);
}

const struct copy_loop *copy_loop_known(
	const struct known_loop *known, unsigned n, struct guest_ram *ram, uint64_t pc)
{
	const uint8_t *p = guest_fetch(ram, gaddr(pc), sizeof(known->code));

	for (unsigned i = 0; p && i < n; i++)
		if (known[i].pc == pc)
			return memcmp(known[i].code, p, sizeof(known[i].code)) == 0 ? &known[i].loop
										    : NULL;
	return NULL;
}

bool copy_loop_step(const struct copy_loop *loop, uint64_t index, uint64_t end, uint64_t from,
	uint64_t to, struct copy_step *s)
{
	/* Rounds that are left, at least one; a backward loop compares with one less. */
	uint64_t rounds = loop->backward ? index - end - 1 : end - index;

	if (rounds < 2 || rounds > UINT32_MAX)
		return false;
	s->len = rounds - 1;
	s->index = loop->backward ? index - s->len : index + s->len;
	s->from = from + (loop->backward ? s->index : index);
	s->to = to + (loop->backward ? s->index : index);
	if (loop->backward)
		return s->to >= s->from || s->to + s->len <= s->from;
	return s->to <= s->from || s->from + s->len <= s->to;
}
