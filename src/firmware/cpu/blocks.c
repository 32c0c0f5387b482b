/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See blocks.h. */
#include "firmware/cpu/blocks.h"

bool blocks_count(const struct cpu_blocks *b)
{
	return b->limit || b->tick;
}

void blocks_restart_tick(struct cpu_blocks *b)
{
	b->next_tick = b->instructions + b->tick;
	b->tick_soon = false;
}

bool blocks_enter(struct cpu_blocks *b, struct cpu *cpu, uint64_t pc, uint32_t instructions,
	enum cpu_event_kind *kind)
{
	b->instructions += instructions;
	if (b->watching && b->accept(b->ctx, cpu, pc)) {
		*kind = CPU_BLOCK;
		return true;
	}
	if (b->limit && b->instructions >= b->limit) {
		*kind = CPU_BUDGET;
		return true;
	}
	if (!b->tick || (!b->tick_soon && b->instructions < b->next_tick))
		return false;
	blocks_restart_tick(b);
	*kind = CPU_TICK;
	return true;
}
