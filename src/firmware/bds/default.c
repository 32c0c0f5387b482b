/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default behaviour of UEFI 2.10 3.3 for lanes (vars/lanes.h) that have other
 * disks: most find the same loader first, and what it does is the same for all
 * of them until it looks at disks.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/core/handles.h"
#include "firmware/core/told.h"
#include "firmware/proto/disks.h"

/* What one lane has to try, and how far it is. */
struct lane_rest {
	struct candidates candidates;
	size_t at;
};

void bds_settle(struct machine *m)
{
	handles_settle(m);
	media_settle(m);
}

void bds_forget_rest(struct bds *b)
{
	for (size_t i = 0; b->rest && i < LANES_MAX; i++)
		candidates_release(&b->rest[i].candidates);
	free(b->rest);
	b->rest = NULL;
}

static struct lane_rest *rest_of(const struct machine *m, size_t lane)
{
	return &m->bds->rest[m->lanes->v[lane].id];
}

/* What the lane would do first; NULL when it has nothing. */
static const struct candidate *first_of(const struct machine *m, size_t lane)
{
	const struct lane_rest *r = rest_of(m, lane);

	return r->at < r->candidates.n ? &r->candidates.v[r->at] : NULL;
}

static bool same_first(const void *ctx, size_t a, size_t b)
{
	const struct candidate *x = first_of(ctx, a), *y = first_of(ctx, b);

	if (!x || !y)
		return x == y;
	return x->size == y->size && memcmp(x->path, y->path, x->size) == 0;
}

/* Finds a lane's candidates, and passes over what is not there. */
static void look(struct machine *m, const struct bds *b, size_t lane)
{
	struct expand_rules rules = { .any_partition = b->config.quirks->any_partition };
	CLEANUP(candidates_release) struct candidates passed = { 0 };
	struct lane_rest *r = rest_of(m, lane);

	expand_default(m, lane, &rules, &r->candidates, &passed);
	told_begin(m, lane);
	for (size_t i = 0; i < passed.n; i++)
		bds_tell_skip_path(
			m, &passed.v[i], "its file system is on no EFI System Partition");
	for (; !b->ran && first_of(m, lane) && expand_is_missing(m, lane, first_of(m, lane));
		r->at++) {
		bds_tell_try(m, b, first_of(m, lane));
		bds_tell_result(m, "load", EFI_NOT_FOUND);
	}
	told_end(m, lane);
}

void bds_take_default(struct machine *m, struct bds *b)
{
	const struct candidate *first;

	if (b->ran)
		bds_settle(m);
	b->rest = xcalloc(LANES_MAX, sizeof(*b->rest));
	for (size_t i = 0; i < m->lanes->n; i++)
		look(m, b, i);
	lanes_part(m->lanes, same_first, m);
	first = first_of(m, 0);
	if (first)
		candidates_add(&b->candidates, first->path, first->size);
	else
		bds_take_rest(m, b);
}

void bds_take_rest(struct machine *m, struct bds *b)
{
	struct lane_rest *r;
	bool common = b->candidates.n;

	bds_settle(m);
	r = rest_of(m, 0);
	candidates_release(&b->candidates);
	b->candidates = r->candidates;
	r->candidates = (struct candidates){ 0 };
	b->at_candidate = r->at + common;
	b->tried += (unsigned)r->at;
	bds_forget_rest(b);
}
