/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world that would go the way of another one is told that one's end. See twins.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/play_private.h"
#include "firmware/services/tables.h"
#include "firmware/twins.h"
#include "firmware/vars/diary.h"
#include "firmware/wall.h"

/* What lanes of one key differ in is variables alone. */
static char *key_of(const struct play *p, const struct scenario *s)
{
	return xasprintf("%s %d %u", s->disks, s->removable, facts_of(p->config, s));
}

static bool has_key(const struct play *p, const struct scenario *s, const char *key)
{
	CLEANUP(xfree) char *own = key_of(p, s);

	return strcmp(own, key) == 0;
}

/* Whether the lane's next boot could be like this one, though it finds other variables. */
static bool comes_again(const struct play *p, size_t lane)
{
	const struct lane *l = &p->m->lanes->v[lane];
	const struct course *c = &p->courses[l->id];

	return scenario_of(p, lane)->again == AGAIN_KEPT && !c->was_again &&
	       !vars_same_kept(c->start, l->vars);
}

/* Whether another world plays a scenario that this one could be like, or will. */
static bool has_relatives(const struct play *p, const char *key)
{
	uint64_t here = 0;

	for (size_t i = 0; i < p->m->lanes->n; i++) {
		here |= UINT64_C(1) << p->m->lanes->v[i].id;
		if (comes_again(p, i))
			return true;
	}
	for (size_t i = 0; i < p->config->n_played; i++)
		if (!(here & UINT64_C(1) << i) && has_key(p, p->config->played[i], key))
			return true;
	return false;
}

/* Waits for the other world's end. Its own time doesn't pass meanwhile. */
static void wait_for(struct play *p, const struct trail *t)
{
	uint64_t left = wall_left();

	if (!trail_is_open(t))
		return;
	wall_watch(NULL);
	channel_rest(p->channel);
	while (trail_is_open(t))
		channel_wait(p->channel);
	channel_resume(p->channel);
	go_on_with_token(p, left);
	wall_watch(p->m->cpu);
}

/* Stores after the other world's boot, by the lane's place; NULL for those who can't follow. */
struct followers {
	struct vars *after[LANES_MAX];
	size_t n;
};

static void release_followers(struct followers *f)
{
	for (size_t i = 0; i < LANES_MAX; i++)
		vars_free(f->after[i]);
}
DEFINE_RELEASE(struct followers, release_followers)

static void find_followers(
	struct play *p, const struct trail_result *r, const char *key, struct followers *out)
{
	for (size_t i = 0; i < p->m->lanes->n; i++) {
		struct vars *v;

		if (!has_key(p, scenario_of(p, i), key))
			continue;
		v = vars_copy(p->m->lanes->v[i].vars);
		if (diary_replay(v, r->diary, r->diary_len)) {
			out->after[i] = v;
			out->n++;
		} else {
			vars_free(v);
		}
	}
}

static void told_written(void *ctx, const uint16_t *name, efi_status status)
{
	variables_note_written(ctx, name, status);
}

/* True when the boot is over by what another world came to. */
static bool follow(
	struct play *p, const struct trail *t, const struct portrait *portrait, const char *key)
{
	CLEANUP(release_followers) struct followers f = { .n = 0 };
	struct machine *m = p->m;
	struct trail_result r;

	wait_for(p, t);
	if (!trail_fits(t, portrait))
		return false;
	trail_result(t, &r);
	find_followers(p, &r, key, &f);
	/* Those who can't would have to part, which isn't worth it. */
	if (f.n < m->lanes->n)
		return false;
	for (size_t i = 0; i < m->lanes->n; i++) {
		vars_free(m->lanes->v[i].vars);
		m->lanes->v[i].vars = TAKE(f.after[i]);
	}
	diary_each_kept(r.diary, r.diary_len, told_written, m);
	channel_again(p->channel, r.world, r.from, r.to);
	trail_follow(t, m);
	return true;
}

static void at_milestone(struct machine *m, void *ctx)
{
	struct play *p = ctx;
	CLEANUP(xfree) char *key = key_of(p, scenario_of(p, 0));
	CLEANUP(portrait_free) struct portrait *portrait = NULL;
	const struct trail *t;
	unsigned at = 0;

	trace_flush(&m->trace);
	if (has_relatives(p, key))
		portrait = portrait_take(m, key);
	m->history = m->lanes->history = NULL;
	if (!portrait)
		return;
	p->trail = trail_begin(p->channel->twins, portrait, p->channel->world, p->channel->len);
	while (p->trail && !p->followed && (t = trail_older(p->channel->twins, p->trail, &at)))
		p->followed = follow(p, t, portrait, key);
	if (!p->trail || p->followed)
		return;
	cpu_see_anew(m->cpu);
	buf_reset(&p->diary);
	m->lanes->diary = &p->diary;
}

void follow_begin(struct play *p)
{
	p->followed = false;
	p->m->lanes->history = NULL;
	if (!p->channel || !disks_clean(p))
		return;
	sha256_init(&p->history);
	p->m->history = p->m->lanes->history = &p->history;
	p->m->at_milestone = at_milestone;
	p->m->milestone_ctx = p;
}

void follow_end(struct play *p)
{
	if (!p->trail)
		return;
	/* A follower leads nobody: who is like it can follow the same one. */
	trail_end(p->trail, p->m, &p->diary, p->channel->len,
		p->m->verdict.kind == VERDICT_KERNEL && !p->followed && disks_clean(p));
	p->trail = NULL;
	p->m->lanes->diary = NULL;
}
