/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lanes are told each for itself. See told.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/told.h"
#include "firmware/machine/machine.h"

/* By a lane's id. */
struct told {
	struct buf text[LANES_MAX];
};

void told_free(struct told *told)
{
	for (size_t i = 0; told && i < LANES_MAX; i++)
		buf_release(&told->text[i]);
	free(told);
}

static struct buf *text_of(const struct machine *m, size_t lane)
{
	return &m->told->text[m->lanes->v[lane].id];
}

static bool same_text(const void *ctx, size_t a, size_t b)
{
	const struct machine *m = ctx;
	const struct buf *x = text_of(m, a), *y = text_of(m, b);

	return x->len == y->len && (!x->len || memcmp(x->data, y->data, x->len) == 0);
}

static void tell(void *ctx)
{
	struct machine *m = ctx;
	struct lanes *l = m->lanes;
	bool same = true;

	for (size_t i = 1; i < l->n; i++)
		same = same && same_text(m, 0, i);
	if (same)
		trace_lines(&m->trace, text_of(m, 0));
	for (size_t i = 0; !same && i < l->n; i++)
		if (text_of(m, i)->len)
			l->note(l->ctx, l->v[i].id, text_of(m, i)->data, text_of(m, i)->len);
	for (size_t i = 0; i < LANES_MAX; i++)
		buf_reset(&m->told->text[i]);
}

static void wait(struct machine *m)
{
	m->trace.before = tell;
	m->trace.before_ctx = m;
}

static struct buf *begin(struct machine *m, size_t lane)
{
	if (!m->told)
		m->told = xcalloc(1, sizeof(*m->told));
	return text_of(m, lane);
}

void told_begin(struct machine *m, size_t lane)
{
	trace_aside(&m->trace, begin(m, lane));
}

void told_end(struct machine *m, size_t lane)
{
	trace_back(&m->trace, text_of(m, lane));
	wait(m);
}

void told_add(struct machine *m, size_t lane, const struct buf *lines)
{
	buf_add(begin(m, lane), lines->data, lines->len);
	wait(m);
}

void told_over(struct machine *m)
{
	if (!m->trace.before)
		return;
	lanes_part(m->lanes, same_text, m);
	m->trace.before = NULL;
	tell(m);
}
