/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default behaviour of UEFI 2.10 3.3, looked at ahead of the guest for each machine that this one may
 * be (machine/platform.h): most find the same loader first, and what it does is the same for all of
 * them until it looks at disks.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/bds/private.h"
#include "firmware/core/handles.h"
#include "firmware/machine/platform.h"
#include "firmware/proto/disks.h"

/* What there is to try for one view, and how far it is. */
struct bds_rest {
	struct candidates candidates;
	size_t at;
};

void bds_resolve_disks(struct machine *m)
{
	handles_resolve(m);
	media_resolve(m);
}

void bds_forget_rest(struct bds *b)
{
	for (size_t i = 0; b->rest && i < PLATFORM_VIEWS_MAX; i++)
		candidates_release(&b->rest[i].candidates);
	free(b->rest);
	b->rest = NULL;
}

/* What would be tried first; NULL when there is nothing. */
static const struct candidate *first_of(const struct bds_rest *r)
{
	return r->at < r->candidates.n ? &r->candidates.v[r->at] : NULL;
}

static void first_path(void *ctx, const struct platform_view *view, struct buf *out)
{
	const struct machine *m = ctx;
	const struct candidate *first = first_of(&m->bds->rest[view->id]);

	if (first)
		buf_add(out, first->path, first->size);
}

/* Finds the candidates, and passes over what is not there. */
static void look(void *ctx, const struct platform_view *view)
{
	struct machine *m = ctx;
	const struct bds *b = m->bds;
	struct expand_rules rules = { .any_partition = b->config.quirks->any_partition };
	CLEANUP(candidates_release) struct candidates passed = { 0 };
	struct bds_rest *r = &b->rest[view->id];

	expand_default(m, view, &rules, &r->candidates, &passed);
	for (size_t i = 0; i < passed.n; i++)
		bds_tell_skip_path(
			m, &passed.v[i], "its file system is on no EFI System Partition");
	for (; !b->ran && first_of(r) && expand_is_missing(m, view, first_of(r)); r->at++) {
		bds_tell_try(m, b, first_of(r));
		bds_tell_result(m, "load", EFI_NOT_FOUND);
	}
}

void bds_take_default(struct machine *m, struct bds *b)
{
	const struct candidate *first;

	if (b->ran)
		bds_resolve_disks(m);
	b->rest = xcalloc(PLATFORM_VIEWS_MAX, sizeof(*b->rest));
	platform_each(m->platform, look, m);
	first = first_of(&b->rest[platform_agree(m->platform, first_path, m)]);
	if (first)
		candidates_add(&b->candidates, first->path, first->size);
	else
		bds_take_rest(m, b);
}

void bds_take_rest(struct machine *m, struct bds *b)
{
	struct bds_rest *r;
	bool common = b->candidates.n;

	bds_resolve_disks(m);
	r = &b->rest[platform_view(m->platform)->id];
	candidates_release(&b->candidates);
	b->candidates = r->candidates;
	r->candidates = (struct candidates){ 0 };
	b->at_candidate = r->at + common;
	b->tried += (unsigned)r->at;
	bds_forget_rest(b);
}
