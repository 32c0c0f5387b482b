/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows to slots, and a call by its slot: arguments read and checked by the
 * row's shapes, the trace line, the handler. See service.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/core/events.h"
#include "firmware/core/handles.h"
#include "firmware/machine/machine.h"
#include "firmware/services/milestone.h"
#include "firmware/services/service.h"

/* What a call costs in virtual time: whoever polls something sees time pass. */
#define CALL_NS 500

/* Strings longer than this many characters are cut in a trace line. */
#define TRACE_STRING_MAX 200

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

/* How many bytes must be RAM where a pointer of this shape leads; 0: it is no pointer, or a checked elsewhere. */
static unsigned pointee(enum arg_shape shape)
{
	switch (shape) {
	case ARG_GUID:
	case ARG_GUID_OPT:
		return 16;
	case ARG_OUT64:
	case ARG_OUT64_OPT:
	case ARG_INOUT64:
		return 8;
	case ARG_OUT32:
	case ARG_OUT32_OPT:
		return 4;
	case ARG_STR16:
	case ARG_STR16_OPT:
		return 2;
	case ARG_PATH:
	case ARG_PATH_OPT:
		return 4;
	case ARG_OUT8:
	case ARG_STR8:
	case ARG_IN:
	case ARG_IN_OPT:
	case ARG_BUF:
	case ARG_BUF_OPT:
		return 1;
	default:
		return 0;
	}
}

static bool optional(enum arg_shape shape)
{
	return shape == ARG_GUID_OPT || shape == ARG_STR16_OPT || shape == ARG_PATH_OPT ||
	       shape == ARG_IN_OPT || shape == ARG_OUT64_OPT || shape == ARG_BUF_OPT ||
	       shape == ARG_OUT32_OPT;
}

/* The number of the first argument that cannot be, from 1; 0 when all can. */
static unsigned bad_argument(struct machine *m, const struct service *s, const struct call *c)
{
	for (unsigned i = 0; i < SERVICE_ARGS_MAX && s->args[i] != ARG_END; i++) {
		enum arg_shape shape = (enum arg_shape)s->args[i];
		unsigned bytes = pointee(shape);

		if (!bytes || (!c->arg[i] && optional(shape)))
			continue;
		/* NULL where a pointer has to be is for the handler, which knows what to answer. */
		if (c->arg[i] && !guest_ok(m->ram, call_addr(c, i), bytes))
			return i + 1;
	}
	return 0;
}

static void show_string(struct machine *m, struct buf *b, enum arg_shape shape, struct gaddr a)
{
	char *s = shape == ARG_STR8 ? guest_string8(m->ram, a, 4096)
				    : guest_string16(m->ram, a, 4096);

	if (!s) {
		buf_printf(b, "0x%" PRIx64 " (no string)", a.v);
		return;
	}
	buf_printf(b, "'%.*s'", TRACE_STRING_MAX, s);
	free(s);
}

static void show_pointee(struct machine *m, struct buf *b, enum arg_shape shape, struct gaddr a)
{
	char text[GUID_TEXT_LEN + 1];
	struct guid guid;
	uint64_t v;

	if ((shape == ARG_GUID || shape == ARG_GUID_OPT) && guest_read_guid(m->ram, a, &guid)) {
		guid_format(guid, text);
		buf_puts(b, text);
	} else if (shape == ARG_INOUT64 && guest_read64(m->ram, a, &v)) {
		buf_printf(b, "*0x%" PRIx64, v);
	} else if (shape == ARG_STR16 || shape == ARG_STR16_OPT || shape == ARG_STR8) {
		show_string(m, b, shape, a);
	} else {
		buf_printf(b, "0x%" PRIx64, a.v);
	}
}

static void show_argument(struct machine *m, struct buf *b, enum arg_shape shape, uint64_t v)
{
	struct handle *h;

	if (pointee(shape)) {
		if (v)
			show_pointee(m, b, shape, gaddr(v));
		else
			buf_puts(b, "NULL");
	} else if (shape == ARG_HANDLE) {
		h = v ? handle_of(m, gaddr(v)) : NULL;
		if (h)
			buf_printf(b, "handle %u", h->number);
		else
			buf_printf(b, "0x%" PRIx64, v);
	} else if (shape == ARG_BOOL) {
		buf_puts(b, (uint8_t)v ? "true" : "false");
	} else if (shape == ARG_U32) {
		buf_printf(b, "0x%x", (uint32_t)v);
	} else {
		buf_printf(b, "0x%" PRIx64, v);
	}
}

static bool traced(const struct machine *m, const struct service *s)
{
	return m->trace.level > (s->flags & SERVICE_QUIET ? 1u : 0u);
}

static char *render_arguments(struct machine *m, const struct service *s, const struct call *c)
{
	struct buf b = BUF_INIT;

	for (unsigned i = 0; i < SERVICE_ARGS_MAX && s->args[i] != ARG_END; i++) {
		if (i)
			buf_puts(&b, ", ");
		show_argument(m, &b, (enum arg_shape)s->args[i], c->arg[i]);
	}
	return buf_detach(&b);
}

/* What is shown is nothing that the firmware does. */
static char *render_unrecorded(struct machine *m, const struct service *s, const struct call *c)
{
	char *args;

	guest_record(m->ram, NULL);
	args = render_arguments(m, s, c);
	guest_record(m->ram, m->history);
	return args;
}

static void trace_call(
	struct machine *m, const struct service *s, const char *args, efi_status status)
{
	trace_begin(&m->trace, "call");
	trace_text(&m->trace, "service", s->name);
	trace_text(&m->trace, "args", args);
	if (status == CALL_DEFERRED)
		trace_bool(&m->trace, "deferred", true);
	else if (EFI_IS_ERROR(status) || status == EFI_SUCCESS)
		trace_text(&m->trace, "status", efi_status_name(status));
	else
		trace_hex(&m->trace, "result", status);
	trace_end(&m->trace);
}

static efi_status serve(struct machine *m, const struct service *s, const struct call *c)
{
	unsigned bad;

	if (service_is_gone(m, s))
		return EFI_UNSUPPORTED;
	bad = bad_argument(m, s, c);
	if (bad) {
		trace_begin(&m->trace, "bad-argument");
		trace_text(&m->trace, "service", s->name);
		trace_u64(&m->trace, "argument", bad);
		trace_hex(&m->trace, "value", c->arg[bad - 1]);
		trace_end(&m->trace);
		return EFI_INVALID_PARAMETER;
	}
	return s->handler ? s->handler(m, c) : machine_unimplemented(m, s->name);
}

/* Whether what a pointer of this shape leads to is all that matters: it is read or written at once. */
static bool is_passing(enum arg_shape shape)
{
	switch (shape) {
	case ARG_GUID:
	case ARG_GUID_OPT:
	case ARG_STR16:
	case ARG_STR16_OPT:
	case ARG_STR8:
	case ARG_PATH:
	case ARG_PATH_OPT:
	case ARG_OUT64:
	case ARG_OUT64_OPT:
	case ARG_OUT32:
	case ARG_OUT32_OPT:
	case ARG_OUT8:
	case ARG_INOUT64:
	case ARG_BUF:
	case ARG_BUF_OPT:
		return true;
	default:
		return false;
	}
}

static void remember_arguments(struct machine *m, const struct service *s, const struct call *c)
{
	for (unsigned i = 0; i < SERVICE_ARGS_MAX && s->args[i] != ARG_END; i++) {
		uint64_t v = is_passing((enum arg_shape)s->args[i]) ? c->arg[i] != 0 : c->arg[i];

		machine_remember(m, &v, sizeof(v));
	}
}

/* Serves, and keeps the machine's history meanwhile. */
static efi_status serve_in_history(
	struct machine *m, unsigned slot, const struct service *s, const struct call *c)
{
	efi_status status;

	if (s->flags & SERVICE_APART) {
		guest_record(m->ram, NULL);
		status = serve(m, s, c);
		guest_record(m->ram, m->history);
		return status;
	}
	machine_remember(m, &slot, sizeof(slot));
	remember_arguments(m, s, c);
	status = serve(m, s, c);
	/* Where it answers later, it remembers where to. */
	if (status == CALL_DEFERRED)
		machine_remember(m, c->arg, sizeof(c->arg));
	return status;
}

void service_call(struct machine *m, unsigned slot)
{
	const struct service *s = service_of_slot(m, slot);
	struct call c = { { 0 } };
	char *args = NULL;
	efi_status status;

	if (!s) {
		machine_end(
			m, VERDICT_FAULT, "it called a function that the firmware never gave it");
		return;
	}
	for (unsigned i = 0; i < SERVICE_ARGS_MAX && s->args[i] != ARG_END; i++)
		c.arg[i] = cpu_arg(m->cpu, i);
	clock_advance(m, CALL_NS);
	if (s->flags & SERVICE_MILESTONE)
		milestone_pass(m, s);
	if (m->verdict.kind != VERDICT_NONE)
		return;
	if (traced(m, s))
		args = render_unrecorded(m, s, &c);
	status = serve_in_history(m, slot, s, &c);
	if (args)
		trace_call(m, s, args, status);
	free(args);
	call_finish(m, status);
}
