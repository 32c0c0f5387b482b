/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What takes its time from the virtual clock: Stall(), and the watchdog
 * (UEFI 2.10 7.5.1). The clock itself is with the timers, in events.c.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"

#define SECOND_NS UINT64_C(1000000000)

void watchdog_set(struct machine *m, uint64_t seconds)
{
	/* One that is out of reach is as good as none. */
	bool on = seconds && seconds < UINT64_MAX / SECOND_NS / 4;

	m->watchdog = (struct watchdog){
		.seconds = seconds,
		.due = on ? m->now + seconds * SECOND_NS : 0,
		.key_waited = clock_key_waited(m),
	};
}

void watchdog_check(struct machine *m)
{
	struct watchdog w = m->watchdog;

	if (!w.due || m->now < w.due || run_is_over(&m->run) ||
		(m->run.limits.virtual_ns && w.due > m->run.limits.virtual_ns))
		return;
	m->watchdog.due = 0;
	m->now = w.due;
	m->run.end.waits_for_key = clock_key_waited(m) - w.key_waited > w.seconds * SECOND_NS / 2;
	trace_begin(&m->trace, "watchdog");
	trace_u64(&m->trace, "seconds", w.seconds);
	trace_bool(&m->trace, "waits_for_key", m->run.end.waits_for_key);
	trace_end(&m->trace);
	if (m->run.end.waits_for_key)
		run_end_status(&m->run, VERDICT_RESET, EFI_TIMEOUT,
			"it waits for a key that nobody presses, until the watchdog resets the machine after %" PRIu64
			" s",
			w.seconds);
	else
		run_end_status(&m->run, VERDICT_RESET, EFI_TIMEOUT,
			"the watchdog reset the machine after %" PRIu64 " s", w.seconds);
}

/*
 * The timers that are due meanwhile notify while the time passes, a periodic one
 * again and again, though no oftener than the machine ticks.
 */
static void stall_step(struct machine *m, void *ctx)
{
	uint64_t *until = ctx, next;

	while (!run_is_over(&m->run) && m->now < *until) {
		next = m->now + CLOCK_TICK_NS > clock_next(m) ? m->now + CLOCK_TICK_NS
							      : clock_next(m);
		clock_advance(m, (next < *until ? next : *until) - m->now);
		if (!run_is_over(&m->run) && events_run(m, stall_step, until))
			return;
	}
	free(until);
	if (!run_is_over(&m->run))
		call_return(m, EFI_SUCCESS);
}

efi_status svc_stall(struct machine *m, const struct call *c)
{
	uint64_t ns, until;

	if (__builtin_mul_overflow(c->arg[0], 1000, &ns) || ns > UINT64_MAX / 4)
		ns = UINT64_MAX / 4;
	until = m->now + ns;
	if (clock_next(m) > until) {
		clock_advance(m, ns);
		return EFI_SUCCESS;
	}
	stall_step(m, xmemdup(&until, sizeof(until)));
	return CALL_DEFERRED;
}
