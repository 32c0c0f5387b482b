/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing what was played with what would have been taken from elsewhere. See verify.h.
 */
#include <string.h>

#include "firmware/explore/verify.h"
#include "firmware/explore/worker.h"

void boot_end_take(struct boot_end *e, const struct machine *m, const struct variants *vs)
{
	*e = (struct boot_end){
		.set = true, .now = m->now, .kept = m->kept, .verdict = m->run.end
	};
	text_add(&e->unimplemented, text_str(&m->unimplemented), m->unimplemented.len);
	text_add(&e->written, text_str(&m->written), m->written.len);
	for (size_t i = 0; i < vs->n; i++)
		e->vars[vs->v[i].id] = vars_copy(vs->v[i].vars);
}

void boot_end_release(struct boot_end *e)
{
	text_release(&e->unimplemented);
	text_release(&e->written);
	for (size_t i = 0; i < VARIANTS_MAX; i++)
		vars_free(e->vars[i]);
	*e = (struct boot_end){ .set = false };
}

void boot_end_restore(struct boot_end *e, struct machine *m, struct variants *vs)
{
	m->now = e->now;
	m->kept = e->kept;
	m->run.end = e->verdict;
	text_reset(&m->unimplemented);
	text_add(&m->unimplemented, text_str(&e->unimplemented), e->unimplemented.len);
	text_reset(&m->written);
	text_add(&m->written, text_str(&e->written), e->written.len);
	for (size_t i = 0; i < vs->n; i++) {
		vars_free(vs->v[i].vars);
		vs->v[i].vars = TAKE(e->vars[vs->v[i].id]);
	}
	boot_end_release(e);
}

static bool same_text(const struct text *a, const struct text *b)
{
	return strcmp(text_str(a), text_str(b)) == 0;
}

static bool same_vars(const struct boot_end *e, const struct variants *vs)
{
	for (size_t i = 0; i < vs->n; i++)
		if (!e->vars[vs->v[i].id] || !vars_same_kept(e->vars[vs->v[i].id], vs->v[i].vars))
			return false;
	return true;
}

/* What is not as expected, in words; NULL when all is. */
static const char *difference(
	const struct boot_end *e, const struct machine *m, const struct variants *vs)
{
	if (e->verdict.kind != m->run.end.kind || e->verdict.status != m->run.end.status ||
		strcmp(e->verdict.reason, m->run.end.reason) != 0)
		return "the verdict";
	if (e->now != m->now)
		return "the virtual time";
	if (!kept_time_same(&e->kept, &m->kept))
		return "the clock";
	if (!same_text(&e->unimplemented, &m->unimplemented))
		return "the services that are not implemented";
	if (!same_text(&e->written, &m->written))
		return "the variables that were written";
	return same_vars(e, vs) ? NULL : "the variables that are kept";
}

void verify_begin(struct boot_end *expected, struct boot_end *take_end, struct worker *c,
	uint32_t worker, uint64_t from, uint64_t to)
{
	uint64_t variants = 0;

	boot_end_release(expected);
	*expected = *take_end;
	*take_end = (struct boot_end){ .set = false };
	for (unsigned i = 0; i < VARIANTS_MAX; i++)
		if (expected->vars[i])
			variants |= UINT64_C(1) << i;
	worker_claim(c, variants, worker, from, to);
}

void verify_finish(struct boot_end *expected, struct worker *c, const struct machine *m,
	const struct variants *vs, bool split)
{
	if (!expected->set)
		return;
	worker_check(
		c, split ? "that all of them are answered the same" : difference(expected, m, vs));
	boot_end_release(expected);
}
