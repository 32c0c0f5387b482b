/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States of protocols. See state.h.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/state.h"

struct machine_state {
	const struct state_kind *kind;
	void *state;
};

void *state_new(struct machine *m, const struct state_kind *kind)
{
	struct machine_state s = { .kind = kind };

	if (kind->release && !kind->flatten)
		abort();
	s.state = xcalloc(1, kind->size);
	m->states = xreallocarray(m->states, m->n_states + 1, sizeof(*m->states));
	m->states[m->n_states++] = s;
	return s.state;
}

void *state_find(const struct machine *m, const struct state_kind *kind)
{
	for (size_t i = 0; i < m->n_states; i++)
		if (m->states[i].kind == kind)
			return m->states[i].state;
	return NULL;
}

bool state_is_owned(const struct machine *m, const void *state)
{
	for (size_t i = 0; i < m->n_states; i++)
		if (m->states[i].state == state)
			return true;
	return false;
}

void states_encode(const struct machine *m, struct buf *out)
{
	for (size_t i = 0; i < m->n_states; i++) {
		const struct machine_state *s = &m->states[i];

		CLEANUP(xfree) void *copy = xmemdup(s->state, s->kind->size);

		if (s->kind->flatten)
			s->kind->flatten(copy, out);
		buf_add(out, copy, s->kind->size);
	}
}

void states_release(struct machine *m)
{
	for (size_t i = 0; i < m->n_states; i++) {
		if (m->states[i].kind->release)
			m->states[i].kind->release(m->states[i].state);
		free(m->states[i].state);
	}
	free(m->states);
	m->states = NULL;
	m->n_states = 0;
}
