/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that variants have each for itself. See pending.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/explore/pending.h"
#include "firmware/trace/trace.h"

/* By a variant's id. */
struct pending {
	struct text text[VARIANTS_MAX];
};

void pending_free(struct pending *p)
{
	for (size_t i = 0; p && i < VARIANTS_MAX; i++)
		text_release(&p->text[i]);
	free(p);
}

static struct text *text_of(const struct variants *vs, size_t i)
{
	return &vs->pending->text[vs->v[i].id];
}

static bool same_text(const void *ctx, size_t a, size_t b)
{
	const struct variants *vs = ctx;
	const struct text *x = text_of(vs, a), *y = text_of(vs, b);

	return x->len == y->len && memcmp(text_str(x), text_str(y), x->len) == 0;
}

static void emit(void *ctx)
{
	struct variants *vs = ctx;
	bool same = true;

	for (size_t i = 1; i < vs->n; i++)
		same = same && same_text(vs, 0, i);
	if (same)
		trace_lines(vs->trace, text_of(vs, 0));
	for (size_t i = 0; !same && i < vs->n; i++)
		if (text_of(vs, i)->len)
			vs->note(vs->ctx, vs->v[i].id, text_str(text_of(vs, i)),
				text_of(vs, i)->len);
	for (size_t i = 0; i < VARIANTS_MAX; i++)
		text_reset(&vs->pending->text[i]);
}

void pending_begin(struct variants *vs, size_t i)
{
	if (!vs->pending)
		vs->pending = xcalloc(1, sizeof(*vs->pending));
	trace_aside(vs->trace, text_of(vs, i));
}

void pending_end(struct variants *vs, size_t i)
{
	trace_back(vs->trace, text_of(vs, i));
	vs->trace->before = emit;
	vs->trace->before_ctx = vs;
}

void pending_finish(struct variants *vs)
{
	if (!vs->trace->before)
		return;
	variants_split(vs, same_text, vs);
	vs->trace->before = NULL;
	emit(vs);
}
