/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A BootOrder that leads nowhere, as a disk meets it that was cloned or moved to
 * another machine, is as good as none (UEFI 2.10 3.3). Scenarios that are
 * played together need not part for it.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/core/told.h"

/* By a lane's id: what it is told, and whether that is all there is to its BootOrder. */
struct orders {
	const struct lanes *lanes;
	const struct variable *order[LANES_MAX];
	bool stale[LANES_MAX];
	struct buf told[LANES_MAX];
};

static bool are_missing(struct machine *m, size_t lane, const struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!expand_is_missing(m, lane, &c->v[i]))
			return false;
	return true;
}

/* Goes through the options of one lane, as far as none leads anywhere. */
static bool leads_nowhere(
	struct machine *m, const struct bds *b, size_t lane, const struct variable *order)
{
	const struct vars *v = m->lanes->v[lane].vars;
	char name[OPTION_NAME_MAX];

	for (size_t at = 0; order && at + 2 <= order->size; at += 2) {
		CLEANUP(candidates_release) struct candidates candidates = { 0 };
		struct load_option o;
		struct err err = { 0 };
		const char *reason;

		option_name("Boot", le16(order->data + at), name);
		reason = bds_look_at(m, b, lane, vars_global(v, name), &o, &candidates, &err);
		if (!reason && are_missing(m, lane, &candidates))
			reason = "the file that it names is not there";
		if (!reason)
			return false;
		bds_tell_skip(m, name, reason);
	}
	return true;
}

static bool same_order(const void *ctx, size_t a, size_t b)
{
	const struct orders *o = ctx;
	unsigned x = o->lanes->v[a].id, y = o->lanes->v[b].id;

	if (o->stale[x] || o->stale[y])
		return o->stale[x] == o->stale[y];
	return variable_same(o->order[x], o->order[y]);
}

bool bds_order_is_stale(struct machine *m, struct bds *b)
{
	struct orders *o;
	struct lanes *l = m->lanes;
	enum source source = b->source;
	bool stale;

	/* What comes before it, or works on stale options, too, has them one by one. */
	if (b->next != NO_OPTION || b->config.order || b->config.quirks->saving)
		return false;
	o = xcalloc(1, sizeof(*o));
	o->lanes = l;
	b->source = FROM_ORDER;
	for (size_t i = 0; i < l->n; i++) {
		unsigned id = l->v[i].id;

		o->order[id] = vars_global(l->v[i].vars, "BootOrder");
		trace_aside(&m->trace, &o->told[id]);
		o->stale[id] = leads_nowhere(m, b, i, o->order[id]);
		trace_back(&m->trace, &o->told[id]);
	}
	b->source = source;
	lanes_part(l, same_order, o);
	stale = o->stale[l->v[0].id];
	lanes_learnt(l, &stale, sizeof(stale));
	for (size_t i = 0; stale && i < l->n; i++)
		told_add(m, i, &o->told[l->v[i].id]);
	for (size_t i = 0; i < LANES_MAX; i++)
		buf_release(&o->told[i]);
	free(o);
	return stale;
}
