/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows to slots, and a call by its slot: arguments read and checked by the
 * row's words (arguments.c), the trace line, the handler. See service.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/core/handles.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/recorder.h"
#include "firmware/services/milestone.h"
#include "firmware/services/service.h"

/* What a call costs in virtual time: whoever polls something sees time pass. */
#define CALL_NS 500

/* The first of the rows' slots; those of an earlier table of the same rows serve again. */
static unsigned rows_slot(struct machine *m, const struct service *rows, size_t n)
{
	unsigned first = 0;

	while (first < m->n_slots && m->slots[first] != rows)
		first++;
	if (first < m->n_slots)
		return first;
	if (n > SLOTS_MAX - first)
		abort();
	for (size_t i = 0; i < n; i++)
		m->slots[m->n_slots++] = &rows[i];
	return first;
}

void service_install(struct machine *m, struct gaddr table, const struct service *rows, size_t n)
{
	unsigned first = rows_slot(m, rows, n);

	for (unsigned i = 0; i < n; i++)
		if (!guest_write64(m->ram, gaddr_add(table, rows[i].offset),
			    cpu_slot_address(m->cpu, first + i).v))
			abort();
}

const struct service *service_of_slot(const struct machine *m, unsigned slot)
{
	return slot < m->n_slots ? m->slots[slot] : NULL;
}

static bool traced(const struct machine *m, const struct service *s)
{
	return m->trace.level > (s->flags & SERVICE_QUIET ? 1u : 0u);
}

static void trace_call(struct machine *m, const struct service *s, const char *args,
	const struct call *c, efi_status status)
{
	CLEANUP(xfree) char *answers = NULL;

	trace_begin(&m->trace, "call");
	trace_text(&m->trace, "service", s->name);
	trace_text(&m->trace, "args", args);
	if (status == CALL_DEFERRED)
		trace_bool(&m->trace, "deferred", true);
	else if (EFI_IS_ERROR(status) || status == EFI_SUCCESS)
		trace_text(&m->trace, "status", efi_status_name(status));
	else
		trace_hex(&m->trace, "result", status);
	if (m->trace.level >= TRACE_ANSWERS && status == EFI_SUCCESS) {
		answers = show_answers(m, s, c);
		trace_text(&m->trace, "answers", answers);
	}
	trace_end(&m->trace);
}

/* An argument leads to where there is no memory. */
static efi_status refuse(
	struct machine *m, const struct service *s, const struct call *c, unsigned argument)
{
	uint64_t len = 0;

	(void)argument_length(m, s, c, argument - 1, &len);
	if (s->flags & SERVICE_FAULT) {
		run_end(&m->run, VERDICT_FAULT,
			"%s() of 0x%" PRIx64 " bytes at 0x%" PRIx64 ", which is not all memory",
			s->name, len, c->arg[argument - 1]);
		return 0;
	}
	trace_begin(&m->trace, "bad-argument");
	trace_text(&m->trace, "service", s->name);
	trace_u64(&m->trace, "argument", argument);
	trace_hex(&m->trace, "value", c->arg[argument - 1]);
	trace_end(&m->trace);
	return s->flags & SERVICE_NULL ? 0 : EFI_INVALID_PARAMETER;
}

static efi_status serve(struct machine *m, const struct service *s, const struct call *c)
{
	unsigned bad;

	if (service_is_gone(m, s))
		return EFI_UNSUPPORTED;
	bad = arguments_take(m, s, c);
	if (bad)
		return refuse(m, s, c, bad);
	return s->handler ? s->handler(m, c) : machine_unimplemented(m, s->name);
}

/* Serves, and keeps the input hash meanwhile. */
static efi_status serve_recorded(
	struct machine *m, unsigned slot, const struct service *s, const struct call *c)
{
	efi_status status;

	if (s->flags & SERVICE_APART) {
		guest_record(m->ram, NULL);
		status = serve(m, s, c);
		guest_record(m->ram, recorder_inputs(m->recorder));
		return status;
	}
	recorder_add(m->recorder, &slot, sizeof(slot));
	arguments_remember(m, s, c);
	status = serve(m, s, c);
	/* Where it answers later, it remembers where to. */
	if (status == CALL_DEFERRED)
		recorder_add(m->recorder, c->arg, sizeof(c->arg));
	return status;
}

void service_call(struct machine *m, unsigned slot)
{
	const struct service *s = service_of_slot(m, slot);
	struct call c = { { 0 } };
	char *args = NULL;
	efi_status status;

	if (!s) {
		run_end(&m->run, VERDICT_FAULT,
			"it called a function that the firmware never gave it");
		return;
	}
	for (unsigned i = 0; i < service_n_args(s); i++)
		c.arg[i] = cpu_arg(m->cpu, i);
	clock_advance(m, CALL_NS);
	if (s->flags & SERVICE_MILESTONE)
		milestone_pass(m, s);
	if (run_is_over(&m->run))
		return;
	if (traced(m, s))
		args = show_arguments(m, s, &c);
	status = serve_recorded(m, slot, s, &c);
	if (args)
		trace_call(m, s, args, &c, status);
	free(args);
	call_finish(m, status);
}
