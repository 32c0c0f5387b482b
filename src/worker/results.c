/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts and verdicts as frames. See results.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/activity.h"
#include "base/xalloc.h"
#include "checks/findings.h"
#include "worker/results.h"

#define SCENARIOS_MAX 64

/* ---- sending ---- */

struct sender {
	struct link *link;
	struct verdict verdict;
	struct buf frame;
};

static void put_text(struct buf *b, const char *text)
{
	message_put_text(b, text ? text : "", FRAME_TEXT_MAX);
}

static void send_facts(struct link *link, const struct facts *f)
{
	struct buf b CLEANUP(buf_release) = BUF_INIT;

	frame_begin(&b, FRAME_FACTS);
	put_text(&b, f->format);
	message_put_number(&b, f->virtual_size);
	message_put_number(&b, f->file_size);
	message_put_number(&b, f->guest_name != NULL);
	put_text(&b, f->guest_name);
	put_text(&b, f->guest_id);
	put_text(&b, f->guest_version);
	put_text(&b, f->architecture);
	message_put_number(&b, f->chain != NULL);
	put_text(&b, f->chain);
	link_send(link, &b);
	for (size_t i = 0; i < f->n_parts; i++) {
		const struct facts_part *p = &f->parts[i];

		frame_begin(&b, FRAME_PART);
		message_put_number(&b, p->number);
		message_put_number(&b, p->start);
		message_put_number(&b, p->size);
		put_text(&b, p->type);
		put_text(&b, p->name);
		put_text(&b, p->fstype);
		link_send(link, &b);
	}
}

static void send_properties(struct link *link, struct image *image)
{
	struct glance_properties p CLEANUP(glance_properties_release) = { 0 };
	struct buf b CLEANUP(buf_release) = BUF_INIT;

	/* That the disk could not be opened is in the verdict. */
	if (glance_properties_of(image, &p, NULL) < 0)
		return;
	for (size_t i = 0; i < p.n; i++) {
		frame_begin(&b, FRAME_PROPERTY);
		put_text(&b, p.v[i].name);
		put_text(&b, p.v[i].value);
		put_text(&b, p.v[i].reason);
		link_send(link, &b);
	}
}

static void send_scenario(struct sender *t, const struct scenario_row *row)
{
	struct buf *b = &t->frame;

	frame_begin(b, FRAME_SCENARIO);
	put_text(b, row->scenario);
	put_text(b, row->result);
	put_text(b, row->verdict);
	put_text(b, row->reason);
	put_text(b, row->written);
	message_put_number(b, (uint64_t)(row->seconds * 1e9 + 0.5));
	message_put_number(b, row->boots);
	link_send(t->link, b);
}

static void send_result(struct sender *t, size_t i)
{
	const struct check_result *r = &t->verdict.results[i];
	struct buf *b = &t->frame;

	for (size_t k = 0; k < r->n; k++) {
		frame_begin(b, FRAME_FINDING);
		put_text(b, r->findings[k].what);
		put_text(b, r->findings[k].where);
		put_text(b, r->findings[k].advice);
		put_text(b, r->findings[k].of ? r->findings[k].of->id : "");
		link_send(t->link, b);
	}
	for (size_t k = 0; k < r->n_facts; k++) {
		frame_begin(b, FRAME_FACT);
		message_put_number(b, r->facts[k].detail);
		put_text(b, r->facts[k].key);
		put_text(b, r->facts[k].value);
		link_send(t->link, b);
	}
	for (size_t k = 0; k < r->n_scenarios; k++)
		send_scenario(t, &r->scenarios[k]);
	frame_begin(b, FRAME_RESULT);
	message_put_number(b, i);
	message_put_number(b, r->outcome);
	message_put_number(b, r->dropped);
	message_put_number(b, r->unmet);
	message_put_number(b, r->reason != NULL);
	put_text(b, r->reason);
	link_send(t->link, b);
}

/* Before check number `done`: the one before it has been run. */
static void on_step(void *ctx, const struct check *check, size_t done, size_t total)
{
	struct sender *t = ctx;

	if (done)
		send_result(t, done - 1);
	activity_step(check->id);
	frame_begin(&t->frame, FRAME_STEP);
	message_put_number(&t->frame, done);
	message_put_number(&t->frame, total);
	link_send(t->link, &t->frame);
}

void results_send(
	struct link *link, struct image *image, const struct selection *sel, unsigned extras)
{
	struct sender t = { .link = link };
	struct facts f CLEANUP(facts_release) = { 0 };

	/* Should this process not come to an end, these are known. */
	facts_of_container(image, &f);
	send_facts(link, &f);
	facts_release(&f);
	verdict_of(image, sel, on_step, &t, &t.verdict);
	if (t.verdict.n)
		send_result(&t, t.verdict.n - 1);
	if (extras & RESULTS_FACTS) {
		activity_step("the facts of the report");
		facts_of(image, &f);
		send_facts(link, &f);
	}
	if (extras & RESULTS_PROPERTIES) {
		activity_step("the properties for Glance");
		send_properties(link, image);
	}
	verdict_release(&t.verdict);
	buf_release(&t.frame);
}

/* ---- taking ---- */

void results_begin(struct results *r, const struct selection *sel)
{
	*r = (struct results){ .facts = { .format = xstrdup("unknown") } };
	verdict_begin(&r->verdict, sel);
}

static struct check_result *current(struct results *r)
{
	return r->taken < r->verdict.n ? &r->verdict.results[r->taken] : NULL;
}

static bool take_facts(struct results *r, struct message *m)
{
	struct facts *f = &r->facts;
	bool guest, chain;

	facts_release(f);
	f->format = message_text(m, FRAME_TEXT_MAX);
	f->virtual_size = message_number(m, UINT64_MAX);
	f->file_size = message_number(m, UINT64_MAX);
	guest = message_number(m, 1);
	f->guest_name = message_text(m, FRAME_TEXT_MAX);
	f->guest_id = message_text(m, FRAME_TEXT_MAX);
	f->guest_version = message_text(m, FRAME_TEXT_MAX);
	f->architecture = message_text(m, FRAME_TEXT_MAX);
	chain = message_number(m, 1);
	f->chain = message_text(m, FRAME_TEXT_MAX);
	if (!chain)
		free(TAKE(f->chain));
	if (!guest) {
		free(TAKE(f->guest_name));
		free(TAKE(f->guest_id));
		free(TAKE(f->guest_version));
		free(TAKE(f->architecture));
	}
	return message_is_read(m);
}

static bool take_part(struct results *r, struct message *m)
{
	unsigned number = (unsigned)message_number(m, UINT32_MAX);
	uint64_t start = message_number(m, UINT64_MAX), size = message_number(m, UINT64_MAX);
	CLEANUP(xfree) char *type = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *name = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *fstype = message_text(m, FRAME_TEXT_MAX);
	const struct facts_part part = { number, start, size, type, name, fstype };

	return message_is_read(m) && size <= UINT64_MAX - start && facts_add_part(&r->facts, &part);
}

static bool take_property(struct results *r, struct message *m)
{
	CLEANUP(xfree) char *name = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *value = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *reason = message_text(m, FRAME_TEXT_MAX);

	return message_is_read(m) && glance_property_take(&r->properties, name, value, reason);
}

/* The check of an id; NULL: there is none. */
static const struct check *check_called(const char *id)
{
	for (size_t i = 0; i < check_count(); i++)
		if (strcmp(check_at(i)->id, id) == 0)
			return check_at(i);
	return NULL;
}

static bool take_finding(struct check_result *c, struct message *m)
{
	CLEANUP(xfree) char *what = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *where = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *advice = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *id = message_text(m, FRAME_TEXT_MAX);
	struct findings f = { c };
	const struct check *of;

	if (!c || !message_is_read(m))
		return false;
	of = check_called(id);
	if (*id && !of)
		return false;
	finding_add(&f, where, advice, "%s", what);
	finding_of(&f, of);
	return true;
}

static bool take_fact(struct check_result *c, struct message *m)
{
	bool detail = message_number(m, 1);
	CLEANUP(xfree) char *key = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *value = message_text(m, FRAME_TEXT_MAX);
	struct findings f = { c };

	if (!c || !message_is_read(m))
		return false;
	finding_fact(&f, detail, key, "%s", value);
	return true;
}

static bool take_scenario(struct check_result *c, struct message *m)
{
	CLEANUP(xfree) char *scenario = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *result = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *verdict = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *reason = message_text(m, FRAME_TEXT_MAX);
	CLEANUP(xfree) char *written = message_text(m, FRAME_TEXT_MAX);
	const struct scenario_row row = {
		.scenario = scenario,
		.result = result,
		.verdict = verdict,
		.reason = reason,
		.written = written,
		.seconds = (double)message_number(m, UINT64_MAX) / 1e9,
		.boots = (unsigned)message_number(m, UINT32_MAX),
	};
	struct findings f = { c };

	if (!c || !message_is_read(m) || c->n_scenarios == SCENARIOS_MAX)
		return false;
	finding_scenario(&f, &row);
	return true;
}

/* Ends what was sent of one check. */
static bool take_result(struct results *r, struct message *m)
{
	struct check_result *c = current(r);
	uint64_t number = message_number(m, UINT32_MAX);
	enum outcome outcome = (enum outcome)message_number(m, OUTCOME_INCONCLUSIVE);
	size_t dropped = (size_t)message_number(m, UINT32_MAX);
	bool unmet = message_number(m, 1), has_reason = message_number(m, 1);
	CLEANUP(xfree) char *reason = message_text(m, FRAME_TEXT_MAX);

	if (!c || !message_is_read(m) || number != r->taken)
		return false;
	/* One that has found something has, whatever else it says; and one that has not, not. */
	if ((outcome == OUTCOME_FINDING) != (c->n > 0))
		return false;
	c->outcome = outcome;
	c->dropped = dropped;
	c->unmet = unmet;
	c->reason = has_reason ? TAKE(reason) : NULL;
	r->taken++;
	return true;
}

static bool take_step(struct results *r, struct message *m)
{
	uint64_t step = message_number(m, UINT32_MAX), total = message_number(m, UINT32_MAX);

	if (!message_is_read(m) || total != r->verdict.n || step != r->taken || step >= total)
		return false;
	r->step = (size_t)step;
	return true;
}

static bool take(struct results *r, struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_STEP:
		return take_step(r, &frame->body);
	case FRAME_FACTS:
		return take_facts(r, &frame->body);
	case FRAME_PART:
		return take_part(r, &frame->body);
	case FRAME_PROPERTY:
		return take_property(r, &frame->body);
	case FRAME_FINDING:
		return take_finding(current(r), &frame->body);
	case FRAME_FACT:
		return take_fact(current(r), &frame->body);
	case FRAME_SCENARIO:
		return take_scenario(current(r), &frame->body);
	case FRAME_RESULT:
		return take_result(r, &frame->body);
	case FRAME_FAILED:
		r->failed = frame_take_error(frame, &r->why);
		return r->failed;
	default:
		return false;
	}
}

int results_take(struct results *r, struct frame *frame, struct err *err)
{
	return take(r, frame) ? 0 : err_set(err, EPROTO, "a result that makes no sense");
}

/* What was sent of a check that did not come to its end is no result. */
static void give_up(struct check_result *c, const char *why)
{
	if (!c->n)
		c->outcome = OUTCOME_INCONCLUSIVE;
	c->unmet = true;
	free(c->reason);
	c->reason = xstrdup(why);
}

int results_end(struct results *r, const char *why, struct err *err)
{
	if (!why && !r->failed && r->taken < r->verdict.n)
		return err_set(err, EPROTO, "results are missing");
	for (size_t i = r->taken; why && i < r->verdict.n; i++)
		give_up(&r->verdict.results[i], why);
	if (why)
		r->verdict.incomplete = xstrdup(why);
	verdict_conclude(&r->verdict);
	return 0;
}

void results_release(struct results *r)
{
	facts_release(&r->facts);
	verdict_release(&r->verdict);
	glance_properties_release(&r->properties);
	*r = (struct results){ .taken = 0 };
}
