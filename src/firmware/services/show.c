/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments of services, and what came back, for the trace. Nothing of it is recorded: it is nothing that the firmware
 * does.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "firmware/core/handles.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/recorder.h"
#include "firmware/services/service.h"

/* Strings longer than this many characters are cut in a trace line. */
#define TRACE_STRING_MAX 200
#define STRING_MAX       4096

static void show_string(struct machine *m, struct text *b, unsigned kind, struct gaddr a)
{
	char *s = kind == ARG_KIND_STR8 ? guest_string8(m->ram, a, STRING_MAX)
					: guest_string16(m->ram, a, STRING_MAX);

	if (!s) {
		text_printf(b, "0x%" PRIx64 " (no string)", a.v);
		return;
	}
	text_printf(b, "'%.*s'", TRACE_STRING_MAX, s);
	free(s);
}

/* What a pointer leads to, where that is short enough; its address otherwise. */
static void show_bytes(struct machine *m, struct text *b, unsigned kind, struct gaddr a)
{
	char text[GUID_TEXT_LEN + 1];
	struct guid guid;
	uint64_t v;

	if (!a.v) {
		text_puts(b, "NULL");
	} else if (kind == ARG_KIND_GUID && guest_read_guid(m->ram, a, &guid)) {
		guid_format(guid, text);
		text_puts(b, text);
	} else if (kind == ARG_KIND_NUMBER && guest_read64(m->ram, a, &v)) {
		text_printf(b, "*0x%" PRIx64, v);
	} else if (kind == ARG_KIND_STR16 || kind == ARG_KIND_STR8) {
		show_string(m, b, kind, a);
	} else {
		text_printf(b, "0x%" PRIx64, a.v);
	}
}

static void show_argument(struct machine *m, struct text *b, unsigned kind, uint64_t v)
{
	struct handle *h = kind == ARG_KIND_HANDLE && v ? handle_of(m, gaddr(v)) : NULL;

	if (h)
		text_printf(b, "handle %u", h->number);
	else if (kind >= ARG_KIND_POINTER)
		show_bytes(m, b, kind, gaddr(v));
	else if (kind == ARG_KIND_BOOL)
		text_puts(b, (uint8_t)v ? "true" : "false");
	else if (kind == ARG_KIND_32)
		text_printf(b, "0x%x", (uint32_t)v);
	else
		text_printf(b, "0x%" PRIx64, v);
}

char *show_arguments(struct machine *m, const struct service *s, const struct call *c)
{
	struct text b = TEXT_INIT;

	guest_record(m->ram, NULL);
	for (unsigned i = 0; i < service_n_args(s); i++) {
		if (i)
			text_puts(&b, ", ");
		show_argument(m, &b, s->args[i].kind, c->arg[i]);
	}
	guest_record(m->ram, recorder_inputs(m->recorder));
	return text_detach(&b);
}

static void show_answer(
	struct machine *m, struct text *b, const struct arg *a, struct gaddr at, uint64_t len)
{
	const uint8_t *p;

	if (a->kind != ARG_KIND_POINTER) {
		show_bytes(m, b, a->kind, at);
		return;
	}
	p = a->length == LENGTH_FIXED && len <= 8 ? guest_in(m->ram, at, len) : NULL;
	if (!p) {
		text_printf(b, "%" PRIu64 " bytes", len);
		return;
	}
	text_puts(b, "*0x");
	for (uint64_t i = len; i-- > 0;)
		text_printf(b, "%02x", p[i]);
}

char *show_answers(struct machine *m, const struct service *s, const struct call *c)
{
	struct text b = TEXT_INIT;
	uint64_t len;

	guest_record(m->ram, NULL);
	for (unsigned i = 0; i < service_n_args(s); i++) {
		if (!(s->args[i].access & ACCESS_OUT) || !c->arg[i] ||
			!argument_length(m, s, c, i, &len) ||
			!guest_ok(m->ram, call_addr(c, i), len))
			continue;
		text_printf(&b, "%s%u: ", b.len ? ", " : "", i + 1);
		show_answer(m, &b, &s->args[i], call_addr(c, i), len);
	}
	guest_record(m->ram, recorder_inputs(m->recorder));
	return text_detach(&b);
}
