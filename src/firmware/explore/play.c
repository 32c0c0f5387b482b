/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Playing scenarios. See play.h. A boot that begins as the one before it began
 * would go as it did: among other scenarios its text is repeated, and it is not played again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/explore/checkpoint.h"
#include "firmware/explore/pending.h"
#include "firmware/explore/play.h"
#include "firmware/explore/play_private.h"
#include "firmware/explore/worker.h"
#include "firmware/host/sandbox.h"
#include "firmware/host/wall.h"
#include "firmware/lifecycle/verdict.h"

const struct scenario *scenario_of(const struct play *p, size_t variant)
{
	return p->config->played[p->vs->v[variant].id];
}

static struct course *course_of(struct play *p, size_t variant)
{
	return &p->courses[p->vs->v[variant].id];
}

/* ---- variants that split ---- */

static uint64_t mask_of_class(
	const struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned class)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < vs->n; i++)
		if (class_of[i] == class)
			mask |= UINT64_C(1) << vs->v[i].id;
	return mask;
}

/* There is no process for these: nothing is known of them. */
static void give_up(struct worker *c, uint64_t variants)
{
	static const char tail[] = "{\"event\":\"verdict\",\"t\":0,\"verdict\":\"inconclusive\","
				   "\"reason\":\"there was no process for this scenario\"}\n";

	worker_end(c, variants, VERDICT_INCONCLUSIVE, false, tail, sizeof(tail) - 1);
}

/* A single variant can't split. */
static void forbid_forks(struct play *p)
{
	if (!p->alone && p->vs->n == 1)
		sandbox_enter_alone();
	p->alone |= p->vs->n == 1;
}

void go_on_with_token(struct play *p, uint64_t wall_ms)
{
	wall_start(wall_ms, &p->worker->shared->cancel);
	for (size_t i = 0; i < p->config->power.n_disks; i++)
		disk_use_client(p->config->power.disks[i].disk, p->worker->token);
}

static void split(
	void *ctx, struct variants *vs, const unsigned class_of[VARIANTS_MAX], unsigned n_classes)
{
	struct play *p = ctx;
	uint64_t left = wall_left();
	unsigned mine = 0;

	trace_flush(&p->power.m->trace);
	verify_finish(&p->expected, p->worker, p->power.m, vs, true);
	for (unsigned c = 1; c < n_classes && !mine; c++) {
		int r = worker_fork(p->worker);

		if (r < 0)
			give_up(p->worker, mask_of_class(vs, class_of, c));
		if (r <= 0)
			continue;
		mine = c;
		/* It is the old process that goes on with it. */
		p->recording = NULL;
		vs->journal = NULL;
		recording_unwatch(p->power.m);
		go_on_with_token(p, left);
	}
	variants_keep(vs, class_of, mine);
	forbid_forks(p);
}

static void to_worker(void *ctx, const char *bytes, size_t len)
{
	worker_text(ctx, bytes, len);
}

static void note(void *ctx, unsigned id, const char *text, size_t len)
{
	struct play *p = ctx;

	trace_flush(&p->power.m->trace);
	variants_private(p->vs);
	worker_note(p->worker, UINT64_C(1) << id, text, len);
}

/* ---- one boot ---- */

/* Scenarios that are the same machine but for variables. */
static bool same_setup(const void *ctx, size_t a, size_t b)
{
	const struct play *p = ctx;
	const struct scenario *x = scenario_of(p, a), *y = scenario_of(p, b);

	return strcmp(x->disks, y->disks) == 0 && x->removable == y->removable;
}

static void emit_power_on(struct play *p, const char *because)
{
	power_emit_on(&p->power, because);
	trace_flush(&p->power.m->trace);
	p->body = p->worker->len;
}

static int switch_on(struct play *p, const char *because, struct err *err)
{
	int r = power_on(&p->power, err);

	if (r < 0)
		return r;
	p->vs->trace = &p->power.m->trace;
	emit_power_on(p, because);
	if (!power_hides_disks(p->power.config))
		variants_split(p->vs, same_setup, p);
	return 0;
}

static int boot(struct play *p, struct err *err)
{
	int r;

	reuse_begin(p);
	r = power_install(&p->power, scenario_of(p, 0), err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->vs->n; i++)
		course_start(course_of(p, i), p->vs->v[i].vars);
	power_run(&p->power);
	pending_finish(p->vs);
	power_end(&p->power, p->reused);
	trace_flush(&p->power.m->trace);
	p->body_end = p->worker->len;
	verify_finish(&p->expected, p->worker, p->power.m, p->vs, false);
	reuse_end(p);
	return 0;
}

/* ---- from one boot to the next ---- */

static bool same_next(const void *ctx, size_t a, size_t b)
{
	const struct play *p = ctx;
	const struct course *x = &p->courses[p->vs->v[a].id], *y = &p->courses[p->vs->v[b].id];

	return x->next == y->next && vars_same_kept(x->after, y->after) &&
	       course_is_same(x) == course_is_same(y);
}

static void plan_next(struct play *p)
{
	for (size_t i = 0; i < p->vs->n; i++)
		course_plan(course_of(p, i), scenario_of(p, i), p->power.m->run.end.kind,
			p->vs->v[i].vars);
}

/* Emits the verdict of the variants that end here, and drops these. */
static void end_variants(struct play *p)
{
	struct variants *vs = p->vs;
	struct trace *t = &p->power.m->trace;
	unsigned class_of[VARIANTS_MAX];
	uint64_t ended;

	for (size_t i = 0; i < vs->n; i++)
		class_of[i] = course_of(p, i)->next == NEXT_NOTHING;
	ended = mask_of_class(vs, class_of, 1);
	if (!ended)
		return;
	trace_flush(t);
	verdict_emit(p->power.m);
	worker_end(p->worker, ended, p->power.m->run.end.kind, p->power.m->run.end.spent,
		text_str(&t->out), t->out.len);
	text_reset(&t->out);
	variants_keep(vs, class_of, 0);
	forbid_forks(p);
}

/* The same boot once more, in words alone; the machine that did it is still there. */
static void boot_again_in_words(struct play *p, const char *because)
{
	uint64_t from = p->body, to = p->body_end;

	emit_power_on(p, because);
	worker_again(p->worker, p->worker->number, from, to);
	p->body_end = p->worker->len;
}

/* same: it begins as the one before, and so should end as it. */
static int boot_again(struct play *p, const char *because, bool same, struct err *err)
{
	CLEANUP(boot_end_release) struct boot_end end = { .set = false };
	uint64_t from = p->body, to = p->body_end;
	int r;

	if (same)
		boot_end_take(&end, p->power.m, p->vs);

	power_off(&p->power);
	for (size_t i = 0; i < p->vs->n; i++) {
		struct course *c = course_of(p, i);

		vars_free(p->vs->v[i].vars);
		p->vs->v[i].vars = TAKE(c->after);
	}
	r = switch_on(p, because, err);
	if (r == 0 && same)
		verify_begin(&p->expected, &end, p->worker, p->worker->number, from, to);
	return r < 0 ? r : boot(p, err);
}

/* What comes after a boot, until nothing does. */
static int go_on(struct play *p, struct err *err)
{
	int r = 0;

	while (r == 0) {
		const char *because;
		bool same;

		plan_next(p);
		end_variants(p);
		if (!p->vs->n)
			break;
		variants_split(p->vs, same_next, p);
		same = power_is_unchanged(&p->power) && course_is_same(course_of(p, 0));
		if (power_is_loop(&p->power, same))
			continue;
		because = course_because(course_of(p, 0));
		verdict_emit_boot(p->power.m, p->power.boot);
		if (same && !p->config->verify_reuse)
			boot_again_in_words(p, because);
		else
			r = boot_again(p, because, same, err);
	}
	return r;
}

static struct variants *make_variants(const struct run_config *config)
{
	struct variants *vs = variants_new();

	for (unsigned i = 0; i < config->n_played; i++) {
		const struct scenario *s = config->played[i];

		variants_add(vs, (struct variant){ .id = i,
					 .vars = power_vars(&config->power, s),
					 .facts = power_facts(&config->power, s),
					 .disks = s->disks });
	}
	return vs;
}

int play(const struct run_config *config, struct worker *worker, struct err *err)
{
	struct play p = { .config = config, .worker = worker, .vs = make_variants(config) };
	int r;

	p.vs->split = split;
	p.vs->note = note;
	p.vs->ctx = &p;
	p.power.config = &config->power;
	p.power.machine = config->power.machine;
	p.power.machine.sink = to_worker;
	p.power.machine.sink_ctx = worker;
	p.power.machine.digests = worker->digests;
	p.power.machine.recorder = &p.recorder;
	p.power.machine.vars = &p.vs->store;
	p.power.machine.platform = &p.vs->platform;
	r = switch_on(&p, "switched on", err);
	if (r == 0)
		r = boot(&p, err);
	return r < 0 ? r : go_on(&p, err);
}
