/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a row says of its arguments, done: lengths, checks, and the record of what is read. See service.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "firmware/core/handles.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/recorder.h"
#include "firmware/services/service.h"

/* Of a string that a row names; who wants more reads on by itself. */
#define STRING_MAX 4096

unsigned service_n_args(const struct service *s)
{
	unsigned n = 0;

	while (n < SERVICE_ARGS_MAX && s->args[n].kind != ARG_NONE)
		n++;
	return n;
}

/* The number that the first bytes of a structure say; 0 when they are no memory. */
static uint64_t field(struct machine *m, struct gaddr a, unsigned offset, unsigned size)
{
	const uint8_t *p = guest_in(m->ram, gaddr_add(a, offset), size);

	if (!p)
		return 0;
	return size == 1 ? p[0] : size == 2 ? le16(p) : size == 4 ? le32(p) : le64(p);
}

/* Room may be said to be larger than memory: what is behind it nobody fills. */
static uint64_t room(struct machine *m, const struct call *c, const struct arg *a, unsigned n)
{
	uint64_t said = field(m, call_addr(c, a->by), 0, 8), start = c->arg[n] - RAM_BASE;
	uint64_t left = guest_ok(m->ram, call_addr(c, n), 0) ? guest_size(m->ram) - start : said;

	return said < left ? said : left;
}

static uint64_t string_length(
	struct machine *m, const struct call *c, const struct arg *a, unsigned n)
{
	CLEANUP(xfree) char *bytes = NULL;
	size_t units = 0;

	if (a->length == LENGTH_STR16)
		return guest_in_string16(m->ram, call_addr(c, n), STRING_MAX, &units)
			       ? (units + 1) * 2
			       : a->size;
	bytes = guest_string8(m->ram, call_addr(c, n), STRING_MAX);
	return bytes ? strlen(bytes) + 1 : a->size;
}

bool argument_length(
	struct machine *m, const struct service *s, const struct call *c, unsigned n, uint64_t *len)
{
	const struct arg *a = &s->args[n];

	*len = a->size;
	switch ((enum arg_length)a->length) {
	case LENGTH_FIXED:
		return true;
	case LENGTH_BY:
		return checked_mul(c->arg[a->by], a->size, len);
	case LENGTH_AT:
		*len = field(m, call_addr(c, a->by), 0, 8);
		return true;
	case LENGTH_ROOM:
		*len = room(m, c, a, n);
		return true;
	case LENGTH_FIELD:
		*len = field(m, call_addr(c, n), a->by, a->size);
		if (*len < a->by + a->size)
			*len = a->by + a->size;
		return true;
	case LENGTH_STR16:
	case LENGTH_STR8:
		*len = string_length(m, c, a, n);
		return true;
	case LENGTH_PATH:
		*len = device_path_length(m, call_addr(c, n));
		if (!*len)
			*len = a->size;
		return true;
	}
	return false;
}

unsigned arguments_take(struct machine *m, const struct service *s, const struct call *c)
{
	for (unsigned i = 0; i < service_n_args(s); i++) {
		uint64_t len;

		if (s->args[i].access == ACCESS_NONE || !c->arg[i])
			continue;
		if (!argument_length(m, s, c, i, &len) ||
			(len && !guest_ok(m->ram, call_addr(c, i), len)))
			return i + 1;
		if (s->args[i].access & ACCESS_IN)
			(void)guest_in(m->ram, call_addr(c, i), len);
	}
	return 0;
}

/* Where bytes lie that are read or written at once is nothing that the firmware keeps. */
void arguments_remember(struct machine *m, const struct service *s, const struct call *c)
{
	for (unsigned i = 0; i < service_n_args(s); i++) {
		uint64_t v = s->args[i].access == ACCESS_NONE ? c->arg[i] : c->arg[i] != 0;

		recorder_add(m->recorder, &v, sizeof(v));
	}
}
