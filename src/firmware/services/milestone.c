/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The milestone of a boot. See milestone.h.
 */
#include <stdlib.h>

#include "firmware/core/events.h"
#include "firmware/core/image.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/recorder.h"
#include "firmware/services/milestone.h"

/* The clock goes on to the next whole one: few boots are so different that it shows. */
#define START_NS UINT64_C(10000000)

static void clear_below_stack(struct machine *m)
{
	uint64_t sp = cpu_get(m->cpu, CPU_SP);

	/* A program may have made itself another one, of which nothing is known. */
	if (sp < m->stack.v || sp > m->stack.v + m->stack_size)
		return;
	for (uint64_t a = m->stack.v; a < sp; a += PART_BYTES) {
		uint64_t len = sp - a < PART_BYTES ? sp - a : PART_BYTES;

		/* What was never used stays so. */
		if (guest_next_used(m->ram, guest_part(a)) == guest_part(a) ||
			!cpu_has_workarounds())
			(void)!guest_fill(m->ram, gaddr(a), 0, len);
	}
}

void milestone_pass(struct machine *m, const struct service *s)
{
	if (m->milestone_passed || !image_running(m))
		return;
	m->milestone_passed = true;
	clear_below_stack(m);
	cpu_scrub(m->cpu, service_n_args(s));
	clock_advance(m, START_NS - m->now % START_NS);
	if (!run_is_over(&m->run))
		recorder_at_milestone(m->recorder);
}
