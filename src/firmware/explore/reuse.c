/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Skips the rest of a boot when another worker's boot goes the same way. See checkpoint.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/explore/pending.h"
#include "firmware/explore/play_private.h"
#include "firmware/services/tables.h"
#include "firmware/explore/checkpoint.h"
#include "firmware/explore/journal.h"
#include "firmware/host/wall.h"

/* What variants of one key differ in is variables alone. */
static char *key_of(const struct play *p, const struct scenario *s)
{
	return xasprintf("%s %u", s->disks, power_facts(&p->config->power, s));
}

static bool has_key(const struct play *p, const struct scenario *s, const char *key)
{
	CLEANUP(xfree) char *own = key_of(p, s);

	return strcmp(own, key) == 0;
}

/* Whether the variant's next boot could be like this one, though it finds other variables. */
static bool comes_again(const struct play *p, size_t variant)
{
	const struct variant *l = &p->vs->v[variant];
	const struct course *c = &p->courses[l->id];

	return scenario_of(p, variant)->again == AGAIN_KEPT && !c->was_again &&
	       !vars_same_kept(c->start, l->vars);
}

/* Whether another worker plays a scenario that this one could be like, or will. */
static bool has_relatives(const struct play *p, const char *key)
{
	uint64_t here = 0;

	for (size_t i = 0; i < p->vs->n; i++) {
		here |= UINT64_C(1) << p->vs->v[i].id;
		if (comes_again(p, i))
			return true;
	}
	for (size_t i = 0; i < p->config->n_played; i++)
		if (!(here & UINT64_C(1) << i) && has_key(p, p->config->played[i], key))
			return true;
	return false;
}

/* What comes of it if the variants go the other worker's way. */
struct adoption {
	struct difference *difference;
	struct vars *after[VARIANTS_MAX]; /* stores, by the variant's place */
	size_t replayed;                  /* bytes of the journal */
};

static void release_adoption(struct adoption *f)
{
	difference_free(f->difference);
	for (size_t i = 0; i < VARIANTS_MAX; i++)
		vars_free(f->after[i]);
}
DEFINE_RELEASE(struct adoption, release_adoption)

/*
 * Whether they can, by all that is known so far. Where one variant is answered otherwise than the recording's
 * the others could, if they split from it, which isn't worth it.
 */
static bool can_reuse(const struct play *p, const struct recording *t, struct adoption *f)
{
	size_t len;
	const uint8_t *journal = recording_journal(t, &len);

	if (recording_state(t) == RECORDING_LOST || !recording_avoids(t, f->difference))
		return false;
	for (size_t i = 0; len > f->replayed && i < p->vs->n; i++)
		if (!journal_replay(f->after[i], journal + f->replayed, len - f->replayed))
			return false;
	f->replayed = len;
	return true;
}

/* Waits for the other worker's end as long as its end can be reused. Their own time doesn't pass meanwhile. */
static bool wait_for(struct play *p, const struct recording *t, struct adoption *f)
{
	uint64_t left = wall_left();
	bool fits = can_reuse(p, t, f);

	if (fits && recording_state(t) == RECORDING_OPEN) {
		wall_watch(NULL);
		worker_rest(p->worker);
		while (fits && recording_state(t) == RECORDING_OPEN) {
			worker_wait(p->worker);
			fits = can_reuse(p, t, f);
		}
		worker_resume(p->worker);
		go_on_with_token(p, left);
		wall_watch(p->power.m->cpu);
	}
	/* What came between the last look and the end counts, too. */
	return fits && recording_state(t) == RECORDING_KERNEL && can_reuse(p, t, f);
}

static void note_written(void *ctx, const uint16_t *name, efi_status status)
{
	variables_note_written(ctx, name, status);
}

/* The machine comes to the other one's end. */
static void adopt(
	struct machine *m, struct variants *vs, const struct recording *t, struct adoption *f)
{
	size_t len;
	const uint8_t *journal = recording_journal(t, &len);

	for (size_t i = 0; i < vs->n; i++) {
		vars_free(vs->v[i].vars);
		vs->v[i].vars = TAKE(f->after[i]);
	}
	journal_each_kept(journal, len, note_written, m);
	recording_adopt(t, m);
}

/* It goes on by itself, and should come to the other one's end. */
static void verify(struct play *p, const struct recording *t, struct adoption *f, uint32_t worker,
	uint64_t from, uint64_t to)
{
	CLEANUP(boot_end_release) struct boot_end now = { .set = false }, end = { .set = false };

	boot_end_take(&now, p->power.m, p->vs);
	adopt(p->power.m, p->vs, t, f);
	boot_end_take(&end, p->power.m, p->vs);
	boot_end_restore(&now, p->power.m, p->vs);
	verify_begin(&p->expected, &end, p->worker, worker, from, to);
}

/* True when the end of the boot is that of another worker's, or is played to be compared with that. */
static bool reuse(struct play *p, const struct recording *t, const struct checkpoint *checkpoint,
	const char *key)
{
	CLEANUP(release_adoption) struct adoption f = { .replayed = 0 };
	struct machine *m = p->power.m;
	uint64_t from, to;
	uint32_t worker;

	for (size_t i = 0; i < p->vs->n; i++) {
		if (!has_key(p, scenario_of(p, i), key))
			return false;
		f.after[i] = vars_copy(p->vs->v[i].vars);
	}
	f.difference = recording_compare(t, checkpoint);
	if (!f.difference || !wait_for(p, t, &f))
		return false;
	worker = recording_text(t, &from, &to);
	if (p->config->verify_reuse) {
		verify(p, t, &f, worker, from, to);
	} else {
		adopt(m, p->vs, t, &f);
		worker_again(p->worker, worker, from, to);
	}
	return true;
}

static void asked(void *ctx)
{
	struct play *p = ctx;

	recording_add_journal(p->recording, &p->journal);
}

/* The input hash is of no use any more; the call that is served now adds nothing either. */
static void stop_recording(struct play *p)
{
	p->vs->inputs = p->recorder.inputs = NULL;
	p->recorder.at_milestone = NULL;
	guest_record(p->power.m->ram, NULL);
}

static void at_milestone(void *ctx)
{
	struct play *p = ctx;
	struct machine *m = p->power.m;
	CLEANUP(xfree) char *key = NULL;
	CLEANUP(checkpoint_free) struct checkpoint *checkpoint = NULL;
	const struct recording *t;
	bool found = false;
	unsigned at = 0;

	/* Pending events are not to wait for another worker's text. */
	pending_finish(p->vs);
	trace_flush(&m->trace);
	key = key_of(p, scenario_of(p, 0));
	if (has_relatives(p, key) && !p->expected.set)
		checkpoint = checkpoint_take(m, key);
	stop_recording(p);
	if (!checkpoint)
		return;
	p->recording = recording_begin(
		p->worker->recordings, checkpoint, p->worker->number, p->worker->len);
	while (p->recording && !found &&
		(t = recording_older(p->worker->recordings, p->recording, &at)))
		found = reuse(p, t, checkpoint, key);
	p->reused = found && !p->expected.set;
	if (p->expected.set) {
		recording_end(p->recording, m, p->worker->len, false);
		p->recording = NULL;
	}
	if (!p->recording || p->reused)
		return;
	recording_watch(p->recording, m);
	buf_reset(&p->journal);
	p->vs->journal = &p->journal;
	p->vs->asked = asked;
}

void reuse_begin(struct play *p)
{
	p->reused = false;
	stop_recording(p);
	if (!p->worker || !power_is_unchanged(&p->power))
		return;
	sha256_init(&p->inputs);
	p->vs->inputs = p->recorder.inputs = &p->inputs;
	p->recorder.at_milestone = at_milestone;
	p->recorder.ctx = p;
}

void reuse_end(struct play *p)
{
	if (!p->recording)
		return;
	/* One that reuses another is reused by nobody: who is like it can reuse the same one. */
	recording_end(p->recording, p->power.m, p->worker->len,
		p->power.m->run.end.kind == VERDICT_KERNEL && !p->reused &&
			power_is_unchanged(&p->power));
	p->recording = NULL;
	p->vs->journal = NULL;
}
