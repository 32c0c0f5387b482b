/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What checks report. See check.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "checks/findings.h"

/* A hostile image could make one check report without end. */
#define FINDINGS_MAX 20
#define FACTS_MAX    500

static char *format(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

const struct check_rule *finding_rule(const struct findings *f)
{
	return &f->result->check->rule;
}

void finding_add(struct findings *f, const char *where, const char *advice, const char *what, ...)
{
	struct check_result *r = f->result;
	va_list ap;

	r->outcome = OUTCOME_FINDING;
	if (r->n >= FINDINGS_MAX) {
		r->dropped++;
		return;
	}
	r->findings = xreallocarray(r->findings, r->n + 1, sizeof(*r->findings));
	r->findings[r->n].of = NULL;
	r->findings[r->n].where = xstrdup(where);
	r->findings[r->n].advice = xstrdup(advice);
	va_start(ap, what);
	r->findings[r->n].what = format(what, ap);
	va_end(ap);
	r->n++;
}

void finding_of(struct findings *f, const struct check *check)
{
	/* What was dropped is not there to be marked. */
	if (!f->result->dropped)
		f->result->findings[f->result->n - 1].of = check;
}

void finding_fact(struct findings *f, bool detail, const char *key, const char *value, ...)
{
	struct check_result *r = f->result;
	va_list ap;

	if (r->n_facts >= FACTS_MAX)
		return;
	r->facts = xreallocarray(r->facts, r->n_facts + 1, sizeof(*r->facts));
	va_start(ap, value);
	r->facts[r->n_facts++] = (struct fact){
		.detail = detail, .key = xstrdup(key), .value = format(value, ap)
	};
	va_end(ap);
}

void finding_scenario(struct findings *f, const struct scenario_row *row)
{
	struct check_result *r = f->result;
	struct scenario_row *copy;

	r->scenarios = xreallocarray(r->scenarios, r->n_scenarios + 1, sizeof(*r->scenarios));
	copy = &r->scenarios[r->n_scenarios++];
	*copy = *row;
	copy->scenario = xstrdup(row->scenario);
	copy->result = xstrdup(row->result);
	copy->verdict = xstrdup(row->verdict);
	copy->reason = xstrdup(row->reason);
	copy->written = xstrdup(row->written);
}

static void skip(struct check_result *r, const char *leads, const char *reason, va_list ap)
{
	if (r->outcome == OUTCOME_FINDING)
		return;
	r->outcome = OUTCOME_SKIPPED;
	r->leads = leads;
	free(r->reason);
	r->reason = format(reason, ap);
}

void finding_skip(struct findings *f, const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	skip(f->result, NULL, reason, ap);
	va_end(ap);
}

void finding_skip_for(struct findings *f, const char *leads, const char *reason, ...)
{
	va_list ap;

	va_start(ap, reason);
	skip(f->result, leads, reason, ap);
	va_end(ap);
}
