/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a run. See run.h.
 */
#include <stdarg.h>
#include <stdio.h>

#include "firmware/machine/run.h"

void limits_complete(struct limits *l)
{
	l->boot_cpu_ms = l->wall_ms ? l->wall_ms : 60000;
	if (!l->wall_ms)
		l->wall_ms = 10 * l->boot_cpu_ms;
	if (!l->cpu_ms)
		l->cpu_ms = 4 * l->boot_cpu_ms;
	/* A kernel and its initrd are less; an initrd that is more would not leave room in the machine. */
	if (!l->memory)
		l->memory = l->ram / 4 * 3;
}

bool run_is_over(const struct run_state *run)
{
	return run->end.kind != VERDICT_NONE;
}

static void end(struct run_state *run, enum verdict_kind kind, efi_status status,
	const char *reason, va_list ap)
{
	if (run_is_over(run))
		return;
	run->end.kind = kind;
	run->end.status = status;
	vsnprintf(run->end.reason, sizeof(run->end.reason), reason, ap);
}

void run_end(struct run_state *run, enum verdict_kind kind, const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	end(run, kind, EFI_SUCCESS, reason, ap);
	va_end(ap);
}

void run_end_status(
	struct run_state *run, enum verdict_kind kind, efi_status status, const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	end(run, kind, status, reason, ap);
	va_end(ap);
}
