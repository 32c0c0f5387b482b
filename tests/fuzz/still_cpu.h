/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A processor that has registers and never runs, in place of src/firmware/cpu/, for fuzz targets
 * whose machine runs no guest: libunicorn takes milliseconds to come to be.
 */
#ifndef ARMVM_TESTS_STILL_CPU_H
#define ARMVM_TESTS_STILL_CPU_H

#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/cpu/cpu.h"

struct cpu {
	struct cpu_config config;
	struct cpu_registers registers;
};

int cpu_new(const struct cpu_config *config, struct cpu **out, struct err *err)
{
	(void)err;
	*out = xcalloc(1, sizeof(**out));
	(*out)->config = *config;
	return 0;
}

void cpu_free(struct cpu *cpu)
{
	free(cpu);
}

bool cpu_has_workarounds(void)
{
	return false;
}

uint64_t cpu_code_max(void)
{
	return 0;
}

int cpu_add_device(struct cpu *cpu, uint64_t page, struct cpu_device *device, struct err *err)
{
	(void)cpu, (void)page, (void)device, (void)err;
	return 0;
}

void cpu_tick(struct cpu *cpu, uint64_t instructions)
{
	(void)cpu, (void)instructions;
}

void cpu_tick_soon(struct cpu *cpu)
{
	(void)cpu;
}

struct gaddr cpu_slot_address(const struct cpu *cpu, unsigned slot)
{
	return gaddr_add(cpu->config.slots, 4 * (uint64_t)slot);
}

uint64_t cpu_get(struct cpu *cpu, int reg)
{
	return cpu->registers.x[reg];
}

void cpu_set(struct cpu *cpu, int reg, uint64_t value)
{
	cpu->registers.x[reg] = value;
}

uint64_t cpu_arg(struct cpu *cpu, unsigned n)
{
	uint64_t v = 0;

	if (n < 8)
		return cpu_get(cpu, (int)n);
	return guest_read64(cpu->config.ram, gaddr(cpu_get(cpu, CPU_SP) + 8 * (n - 8)), &v) ? v : 0;
}

void cpu_return(struct cpu *cpu, uint64_t x0)
{
	cpu_set(cpu, CPU_X0, x0);
	cpu_set(cpu, CPU_PC, cpu_get(cpu, CPU_LR));
}

void cpu_jump(struct cpu *cpu, struct gaddr pc)
{
	cpu_set(cpu, CPU_PC, pc.v);
}

void cpu_save_all(struct cpu *cpu, struct cpu_registers *registers)
{
	*registers = cpu->registers;
}

void cpu_resume(struct cpu *cpu, const struct cpu_registers *registers)
{
	cpu->registers = *registers;
}

void cpu_save(struct cpu *cpu, struct cpu_frame *frame)
{
	*frame = (struct cpu_frame){ .sp = cpu_get(cpu, CPU_SP) };
	for (size_t i = 0; i < ARRAY_SIZE(frame->x); i++)
		frame->x[i] = cpu_get(cpu, 19 + (int)i);
}

void cpu_restore(struct cpu *cpu, const struct cpu_frame *frame)
{
	for (size_t i = 0; i < ARRAY_SIZE(frame->x); i++)
		cpu_set(cpu, 19 + (int)i, frame->x[i]);
	cpu_set(cpu, CPU_SP, frame->sp);
}

void cpu_scrub(struct cpu *cpu, unsigned n_args)
{
	(void)cpu, (void)n_args;
}

bool cpu_has_code(const struct cpu *cpu, struct gaddr a, uint64_t len)
{
	(void)cpu, (void)a, (void)len;
	return false;
}

void cpu_forget_code(struct cpu *cpu, struct gaddr a, uint64_t len)
{
	(void)cpu, (void)a, (void)len;
}

/* What only a guest that runs would need is not there: whoever calls it has found a fault. */
void cpu_run(struct cpu *cpu, uint64_t instructions, struct cpu_event *event)
{
	(void)cpu, (void)instructions, (void)event;
	abort();
}

void cpu_ask_stop(struct cpu *cpu)
{
	(void)cpu;
	abort();
}

void cpu_log_access(struct cpu *cpu, uint8_t *accessed)
{
	(void)cpu, (void)accessed;
	abort();
}

void cpu_sum(struct cpu *cpu, struct sha256_ctx *sum)
{
	(void)cpu, (void)sum;
	abort();
}

void cpu_watch_blocks(struct cpu *cpu, cpu_block_fn *accept, struct gaddr a, uint64_t len)
{
	/* ExitBootServices() asks for it. */
	(void)cpu, (void)accept, (void)a, (void)len;
}

#endif
