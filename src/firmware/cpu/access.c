/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of loads and stores (Arm ARM C4.1.94). See access.h. */
#include "base/bytes.h"
#include "firmware/cpu/access.h"
#include "firmware/cpu/cpu.h"
#include "firmware/mem/processor.h"

#define BLOCK_WORDS_MAX 512
#define ACCESS_MAX      64 /* bytes, of four vectors */

static int64_t sign_extend(uint32_t value, unsigned bits)
{
	uint64_t sign = 1ull << (bits - 1);

	return (int64_t)((value ^ sign) - sign);
}

static uint32_t field(uint32_t word, unsigned from, unsigned bits)
{
	return word >> from & ((1u << bits) - 1);
}

/* The logarithm of how many bytes of a register are accessed. */
static unsigned scale_of(uint32_t word)
{
	bool vector = field(word, 26, 1);

	return field(word, 30, 2) | (vector && field(word, 23, 1) ? 4 : 0);
}

static uint64_t index_of(uint32_t word, const uint64_t x[32])
{
	unsigned m = field(word, 16, 5);
	uint64_t v = m == 31 ? 0 : x[m];
	unsigned shift = field(word, 12, 1) ? scale_of(word) : 0;

	switch (field(word, 13, 3)) {
	case 2: /* UXTW */
		return (v & UINT32_MAX) << shift;
	case 6: /* SXTW */
		return (uint64_t)sign_extend((uint32_t)v, 32) << shift;
	default:
		return v << shift;
	}
}

/* LDP, STP and their like; one that is indexed behind accesses its base. */
static uint64_t pair_offset(uint32_t word)
{
	bool vector = field(word, 26, 1);
	unsigned scale = 2 + (vector ? field(word, 30, 2) : field(word, 31, 1));

	return field(word, 23, 2) == 1 ? 0 : (uint64_t)sign_extend(field(word, 15, 7), 7) << scale;
}

bool access_address(uint32_t word, uint64_t pc, const uint64_t x[32], uint64_t *address)
{
	uint64_t base = x[field(word, 5, 5)];

	if ((word & 0x3b000000) == 0x18000000) /* literal */
		*address = pc + (uint64_t)sign_extend(field(word, 5, 19), 19) * 4;
	else if ((word & 0x3a000000) == 0x28000000) /* pair */
		*address = base + pair_offset(word);
	else if ((word & 0x3b000000) == 0x39000000) /* unsigned offset */
		*address = base + ((uint64_t)field(word, 10, 12) << scale_of(word));
	else if ((word & 0x3b200c00) == 0x38200800) /* register offset */
		*address = base + index_of(word, x);
	else if ((word & 0x3b200000) == 0x38000000) /* unscaled, or indexed */
		*address = base + (field(word, 10, 2) == 1
						  ? 0
						  : (uint64_t)sign_extend(field(word, 12, 9), 9));
	else if ((word & 0x3b200c00) == 0x38200000 || /* atomic */
		 (word & 0x3f000000) == 0x08000000 || /* exclusive, ordered */
		 (word & 0xbe000000) == 0x0c000000)   /* of structures */
		*address = base;
	else
		return false;
	return true;
}

bool access_is_branch(uint32_t word)
{
	return (word & 0x7c000000) == 0x14000000 || /* B, BL */
	       (word & 0xfe000000) == 0x54000000 || /* B.cond */
	       (word & 0x7c000000) == 0x34000000 || /* CBZ, CBNZ, TBZ, TBNZ */
	       (word & 0xfe000000) == 0xd6000000;   /* BR, BLR, RET, ERET */
}

uint64_t access_find(struct cpu *cpu, struct guest_ram *ram, uint64_t failed)
{
	uint64_t x[32], start = cpu_get(cpu, CPU_PC), address;

	for (int i = 0; i < 32; i++)
		x[i] = cpu_get(cpu, CPU_X0 + i);
	for (uint64_t pc = start; pc < start + 4 * BLOCK_WORDS_MAX; pc += 4) {
		const uint8_t *p = guest_fetch(ram, gaddr(pc), 4);
		uint32_t word = p ? le32(p) : 0;

		if (!p || access_is_branch(word))
			break;
		if (access_address(word, pc, x, &address) && failed - address < ACCESS_MAX)
			return pc;
	}
	return start;
}
