/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BootOrder that leads nowhere, as a disk meets it that was cloned or moved to
 * another machine, is as good as none (UEFI 2.10 3.3): machines that differ in nothing else
 * (machine/platform.h) go on together.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/machine/platform.h"
#include "firmware/vars/var_store.h"

struct orders {
	struct machine *m;
	struct bds *b;
	bool stale[PLATFORM_VIEWS_MAX]; /* by the view's id */
};

static bool are_missing(
	struct machine *m, const struct platform_view *view, const struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!expand_is_missing(m, view, &c->v[i]))
			return false;
	return true;
}

/* Goes through the options of one order, as far as none leads anywhere. */
static bool leads_nowhere(struct machine *m, const struct bds *b, const struct platform_view *view,
	const struct variable *order)
{
	char name[OPTION_NAME_MAX];

	for (size_t at = 0; order && at + 2 <= order->size; at += 2) {
		CLEANUP(candidates_release) struct candidates candidates = { 0 };
		struct load_option o;
		struct err err = { 0 };
		const char *reason;

		option_name("Boot", le16(order->data + at), name);
		reason = bds_look_at(
			m, b, view, var_store_peek(m->vars, view->id, name), &o, &candidates, &err);
		if (!reason && are_missing(m, view, &candidates))
			reason = "the file that it names is not there";
		if (!reason)
			return false;
		bds_tell_skip(m, name, reason);
	}
	return true;
}

/* What is told of an order counts if all of it is stale. */
static void look(void *ctx, const struct platform_view *view)
{
	struct orders *o = ctx;
	CLEANUP(buf_release) struct buf told = BUF_INIT;
	struct trace *trace = &o->m->trace;
	bool *stale = &o->stale[view->id];

	trace_aside(trace, &told);
	*stale = leads_nowhere(o->m, o->b, view, var_store_peek(o->m->vars, view->id, "BootOrder"));
	trace_back(trace, &told);
	if (*stale)
		trace_lines(trace, &told);
}

/* Stale ones are the same, whatever they are. */
static void answer(void *ctx, const struct platform_view *view, struct buf *out)
{
	const struct orders *o = ctx;
	bool stale = o->stale[view->id];
	const struct variable *order = var_store_peek(o->m->vars, view->id, "BootOrder");

	buf_add(out, &stale, sizeof(stale));
	if (stale || !order)
		return;
	buf_add(out, &order->attributes, sizeof(order->attributes));
	buf_add(out, order->data, order->size);
}

bool bds_order_is_stale(struct machine *m, struct bds *b)
{
	struct orders o = { .m = m, .b = b };
	enum source source = b->source;
	unsigned id;

	/* What comes before it, or works on stale options, too, has them one by one. */
	if (b->next != NO_OPTION || b->config.order || b->config.quirks->saving)
		return false;
	b->source = FROM_ORDER;
	platform_each(m->platform, look, &o);
	b->source = source;
	id = platform_agree(m->platform, answer, &o);
	return o.stale[id];
}
