/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt of the firmware's timer, while there are boot services: notification functions of timers that are due
 * run in it, between two instructions of the program, which goes on with all its registers. It
 * comes when a program waits for it (WFI); and, while such a timer is set, when the program has not called
 * the firmware for long, or has seen the counter pass the time that the timer is due.
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

/* So many instructions are a tick's 10 ms: of a slow processor, so that a program which waits need not do so for long. */
#define TICK_INSTRUCTIONS 1000000

void interrupts_allow(struct machine *m, bool on)
{
	cpu_tick(m->cpu, on ? TICK_INSTRUCTIONS : 0);
}

void interrupt_take(struct machine *m)
{
	struct cpu_registers *registers;

	clock_advance(m, m->now < clock_next(m) ? CLOCK_TICK_NS : 0);
	if (run_is_over(&m->run))
		return;
	registers = xmalloc(sizeof(*registers));
	cpu_save_all(m->cpu, registers);
	if (!events_run(m, go_on, registers))
		free(registers);
}
