/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world that would go the way of another one is told that one's end. See checkpoint.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/told.h"
#include "firmware/explore/play_private.h"
#include "firmware/services/tables.h"
#include "firmware/explore/checkpoint.h"
#include "firmware/vars/diary.h"
#include "firmware/host/wall.h"

/* What lanes of one key differ in is variables alone. */
static char *key_of(const struct play *p, const struct scenario *s)
{
	return xasprintf("%s %u", s->disks, facts_of(p->config, s));
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

/* What comes of it if the lanes go the other world's way. */
struct followers {
	struct difference *difference;
	struct vars *after[LANES_MAX]; /* stores, by the lane's place */
	size_t told;                   /* bytes of the diary */
};

static void release_followers(struct followers *f)
{
	difference_free(f->difference);
	for (size_t i = 0; i < LANES_MAX; i++)
		vars_free(f->after[i]);
}
DEFINE_RELEASE(struct followers, release_followers)

/*
 * Whether they can, by all that is known so far. Where one lane is answered otherwise than the trail's
 * the others could, if they parted from it, which isn't worth it.
 */
static bool go_along(const struct play *p, const struct trail *t, struct followers *f)
{
	size_t len;
	const uint8_t *diary = trail_diary(t, &len);

	if (trail_state(t) == TRAIL_LOST || !trail_keeps_off(t, f->difference))
		return false;
	for (size_t i = 0; len > f->told && i < p->m->lanes->n; i++)
		if (!diary_replay(f->after[i], diary + f->told, len - f->told))
			return false;
	f->told = len;
	return true;
}

/* Waits for the other world's end as long as the lanes go along. Their own time doesn't pass meanwhile. */
static bool wait_for(struct play *p, const struct trail *t, struct followers *f)
{
	uint64_t left = wall_left();
	bool along = go_along(p, t, f);

	if (along && trail_state(t) == TRAIL_OPEN) {
		wall_watch(NULL);
		channel_rest(p->channel);
		while (along && trail_state(t) == TRAIL_OPEN) {
			channel_wait(p->channel);
			along = go_along(p, t, f);
		}
		channel_resume(p->channel);
		go_on_with_token(p, left);
		wall_watch(p->m->cpu);
	}
	/* What came between the last look and the end counts, too. */
	return along && trail_state(t) == TRAIL_KERNEL && go_along(p, t, f);
}

static void told_written(void *ctx, const uint16_t *name, efi_status status)
{
	variables_note_written(ctx, name, status);
}

/* The machine comes to the other one's end. */
static void adopt(struct machine *m, const struct trail *t, struct followers *f)
{
	size_t len;

	for (size_t i = 0; i < m->lanes->n; i++) {
		vars_free(m->lanes->v[i].vars);
		m->lanes->v[i].vars = TAKE(f->after[i]);
	}
	diary_each_kept(trail_diary(t, &len), len, told_written, m);
	trail_follow(t, m);
}

/* It goes on by itself, and should come to the other one's end. */
static void verify(struct play *p, const struct trail *t, struct followers *f, uint32_t world,
	uint64_t from, uint64_t to)
{
	CLEANUP(boot_end_release) struct boot_end now = { .set = false }, end = { .set = false };

	boot_end_take(&now, p->m);
	adopt(p->m, t, f);
	boot_end_take(&end, p->m);
	boot_end_restore(&now, p->m);
	verify_begin(&p->expected, &end, p->channel, world, from, to);
}

/* True when the end of the boot is that of another world's, or is played to be compared with that. */
static bool follow(
	struct play *p, const struct trail *t, const struct portrait *portrait, const char *key)
{
	CLEANUP(release_followers) struct followers f = { .told = 0 };
	struct machine *m = p->m;
	uint64_t from, to;
	uint32_t world;

	for (size_t i = 0; i < m->lanes->n; i++) {
		if (!has_key(p, scenario_of(p, i), key))
			return false;
		f.after[i] = vars_copy(m->lanes->v[i].vars);
	}
	f.difference = trail_compare(t, portrait);
	if (!f.difference || !wait_for(p, t, &f))
		return false;
	world = trail_text(t, &from, &to);
	if (p->config->verify_reuse) {
		verify(p, t, &f, world, from, to);
	} else {
		adopt(m, t, &f);
		channel_again(p->channel, world, from, to);
	}
	return true;
}

static void asked(void *ctx)
{
	struct play *p = ctx;

	trail_ask(p->trail, &p->diary);
}

static void at_milestone(struct machine *m, void *ctx)
{
	struct play *p = ctx;
	CLEANUP(xfree) char *key = NULL;
	CLEANUP(portrait_free) struct portrait *portrait = NULL;
	const struct trail *t;
	bool follows = false;
	unsigned at = 0;

	/* What is told lanes, each for itself, is not to wait for another world's text. */
	told_over(m);
	trace_flush(&m->trace);
	key = key_of(p, scenario_of(p, 0));
	if (has_relatives(p, key) && !p->expected.set)
		portrait = portrait_take(m, key);
	machine_record(m, NULL);
	m->lanes->history = NULL;
	if (!portrait)
		return;
	p->trail = trail_begin(p->channel->twins, portrait, p->channel->world, p->channel->len);
	while (p->trail && !follows && (t = trail_older(p->channel->twins, p->trail, &at)))
		follows = follow(p, t, portrait, key);
	p->followed = follows && !p->expected.set;
	if (p->expected.set) {
		trail_end(p->trail, m, p->channel->len, false);
		p->trail = NULL;
	}
	if (!p->trail || p->followed)
		return;
	trail_go(p->trail, m);
	buf_reset(&p->diary);
	m->lanes->diary = &p->diary;
	m->lanes->asked = asked;
}

void follow_begin(struct play *p)
{
	p->followed = false;
	p->m->lanes->history = NULL;
	if (!p->channel || !disks_clean(p))
		return;
	sha256_init(&p->history);
	machine_record(p->m, &p->history);
	p->m->lanes->history = &p->history;
	p->m->at_milestone = at_milestone;
	p->m->milestone_ctx = p;
}

void follow_end(struct play *p)
{
	if (!p->trail)
		return;
	/* A follower leads nobody: who is like it can follow the same one. */
	trail_end(p->trail, p->m, p->channel->len,
		p->m->verdict.kind == VERDICT_KERNEL && !p->followed && disks_clean(p));
	p->trail = NULL;
	p->m->lanes->diary = NULL;
}
