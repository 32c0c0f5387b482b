/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking ahead of the guest, for each machine that this one may be (machine/platform.h). Most find the same
 * loader first, and what it does is the same for all of them until it looks at disks. A boot manager for a
 * single machine would do without this file: it would resolve the disks, and take the default's candidates.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/machine/platform.h"
#include "firmware/vars/var_store.h"

/* ---- the default behaviour of UEFI 2.10 3.3 ---- */

/* What there is to try for one view, and how far it is. */
struct ahead {
	struct candidates candidates;
	size_t at;
};

void ahead_forget(struct bds *b)
{
	for (size_t i = 0; b->ahead && i < PLATFORM_VIEWS_MAX; i++)
		candidates_release(&b->ahead[i].candidates);
	free(b->ahead);
	b->ahead = NULL;
}

/* What would be tried first; NULL when there is nothing. */
static const struct candidate *first_of(const struct ahead *r)
{
	return r->at < r->candidates.n ? &r->candidates.v[r->at] : NULL;
}

static void first_path(void *ctx, const struct platform_view *view, struct buf *out)
{
	const struct machine *m = ctx;
	const struct candidate *first = first_of(&m->bds->ahead[view->id]);

	if (first)
		buf_add(out, first->path, first->size);
}

/* Finds the candidates, and passes over what is not there. */
static void look_at_default(void *ctx, const struct platform_view *view)
{
	struct machine *m = ctx;
	const struct bds *b = m->bds;
	const struct bds_quirks *q = b->config.quirks;
	struct candidate_rules rules = { .any_partition = q->any_partition && !q->scans,
		.bootable_or_first = q->scans };
	CLEANUP(candidates_release) struct candidates passed = { 0 };
	struct ahead *r = &b->ahead[view->id];

	candidates_by_default(m, view, &rules, &r->candidates, &passed);
	for (size_t i = 0; i < passed.n; i++)
		bds_emit_skip_path(
			m, &passed.v[i], "its file system is on no EFI System Partition");
	for (; !b->ran && first_of(r) && candidate_is_missing(m, view, first_of(r)); r->at++) {
		bds_emit_try(m, b, first_of(r));
		bds_emit_result(m, "load", EFI_NOT_FOUND);
	}
}

void ahead_take_default(struct machine *m, struct bds *b)
{
	const struct candidate *first;

	if (b->ran)
		bds_resolve_disks(m);
	b->ahead = xcalloc(PLATFORM_VIEWS_MAX, sizeof(*b->ahead));
	platform_each(m->platform, look_at_default, m);
	first = first_of(&b->ahead[platform_agree(m->platform, first_path, m)]);
	if (first)
		candidates_add(&b->candidates, first->path, first->size);
	else
		ahead_take_rest(m, b);
}

void ahead_take_rest(struct machine *m, struct bds *b)
{
	struct ahead *r;
	bool common = b->candidates.n;

	bds_resolve_disks(m);
	r = &b->ahead[platform_view(m->platform)->id];
	candidates_release(&b->candidates);
	b->candidates = r->candidates;
	r->candidates = (struct candidates){ 0 };
	b->at_candidate = r->at + common;
	b->tried += (unsigned)r->at;
	ahead_forget(b);
}

/* ---- a stale BootOrder ---- */

/*
 * One that leads nowhere, as a disk meets it that was cloned or moved to another machine, is as good as none
 * (UEFI 2.10 3.3): machines that differ in nothing else go on together.
 */
struct orders {
	struct machine *m;
	struct bds *b;
	bool stale[PLATFORM_VIEWS_MAX]; /* by the view's id */
};

static bool are_missing(
	struct machine *m, const struct platform_view *view, const struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!candidate_is_missing(m, view, &c->v[i]))
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
		bds_emit_skip(m, name, reason);
	}
	return true;
}

/* Events of an order count if all of it is stale. */
static void look_at_order(void *ctx, const struct platform_view *view)
{
	struct orders *o = ctx;
	CLEANUP(text_release) struct text events = TEXT_INIT;
	struct trace *trace = &o->m->trace;
	bool *stale = &o->stale[view->id];

	trace_aside(trace, &events);
	*stale = leads_nowhere(o->m, o->b, view, var_store_peek(o->m->vars, view->id, "BootOrder"));
	trace_back(trace, &events);
	if (*stale)
		trace_lines(trace, &events);
}

/* Stale ones are the same, whatever they are. */
static void order_answer(void *ctx, const struct platform_view *view, struct buf *out)
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

bool ahead_order_is_stale(struct machine *m, struct bds *b)
{
	struct orders o = { .m = m, .b = b };
	enum source source = b->source;
	unsigned id;

	/* What comes before it, or works on stale options, too, has them one by one. */
	if (b->next != NO_OPTION || b->config.order || b->config.quirks->saving)
		return false;
	b->source = FROM_ORDER;
	platform_each(m->platform, look_at_order, &o);
	b->source = source;
	id = platform_agree(m->platform, order_answer, &o);
	return o.stale[id];
}
