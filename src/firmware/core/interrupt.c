/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that waits for an interrupt (WFI) while there are boot services: the
 * firmware's timer ticks, and notification functions of timers that are due run in
 * its interrupt, between two instructions of the program, which goes on with
 * all its registers.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/cpu/cpu.h"
#include "firmware/machine/machine.h"

static void go_on(struct machine *m, void *ctx)
{
	cpu_resume(m->cpu, ctx);
	free(ctx);
}

void interrupt_wait(struct machine *m)
{
	struct cpu_registers *registers;

	clock_advance(m, CLOCK_TICK_NS);
	if (run_is_over(&m->run))
		return;
	registers = xmalloc(sizeof(*registers));
	cpu_save_all(m->cpu, registers);
	if (!events_run(m, go_on, registers))
		free(registers);
}
