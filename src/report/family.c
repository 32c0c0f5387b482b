/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A family's lines: see family.h.
 */
#include "report/family.h"

#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/facts.h"

#define FAMILY_COLUMNS 11
#define STATUS_COLUMNS 7
#define TEXT_COLUMN    (2 + FAMILY_COLUMNS + STATUS_COLUMNS)
#define FACT_COLUMNS   11

/* The results of one family. */
struct family {
	const char *name;
	const struct check_result *all; /* the verdict's first, before this family's */
	const struct check_result *results;
	size_t n;
	unsigned passed, skipped;
	unsigned grave;          /* what more than a line is said of */
	const char *skip_reason; /* of the first that was skipped */
};

/* Adds untrusted text as a wrapped paragraph below the ones before it. */
static void paragraph(const struct text_report *t, const char *text)
{
	struct text safe CLEANUP(text_release) = TEXT_INIT;

	report_safe(&safe, text);
	text_printf(t->out, "%*s", TEXT_COLUMN, "");
	style_wrap(t->out, text_str(&safe), TEXT_COLUMN, TEXT_COLUMN, t->width);
}

static void start_line(
	const struct text_report *t, const char *family, enum style style, const char *word)
{
	text_printf(t->out, "  %-*s", FAMILY_COLUMNS, family);
	style_add(t->out, t->flags, style, word, STATUS_COLUMNS);
}

/* ---- one result ---- */

static void title_line(const struct text_report *t, const struct check_result *r)
{
	style_add(t->out, t->flags, STYLE_BOLD, r->check->id, 0);
	text_puts(t->out, "  ");
	style_add(t->out, t->flags, STYLE_DIM, r->check->source, 0);
	text_puts(t->out, "\n");
}

static void add_what(const struct text_report *t, const struct finding *f)
{
	CLEANUP(xfree)
	char *line = xasprintf("%s%s%s", f->where, *f->where ? ": " : "", f->what);

	paragraph(t, line);
}

static void add_advice(const struct text_report *t, const char *advice)
{
	CLEANUP(xfree) char *line = xasprintf("To mend it: %s", advice);

	if (*advice)
		paragraph(t, line);
}

/* What was seen, a line each: "kernel     Linux 6.1.0". */
static void add_facts(const struct text_report *t, const struct check_result *r)
{
	for (size_t i = 0; i < r->n_facts; i++) {
		const struct fact *f = &r->facts[i];
		struct text value CLEANUP(text_release) = TEXT_INIT;

		if (f->detail && !(t->flags & REPORT_VERBOSE))
			continue;
		report_safe(&value, f->value);
		text_printf(t->out, "%*s", TEXT_COLUMN, "");
		style_add(t->out, t->flags, STYLE_DIM, f->key, FACT_COLUMNS);
		style_wrap(t->out, text_str(&value), TEXT_COLUMN + FACT_COLUMNS,
			TEXT_COLUMN + FACT_COLUMNS, t->width);
	}
}

static void outcome_line(
	const struct text_report *t, const char *family, const struct check_result *r)
{
	static const struct {
		enum style style;
		const char *word;
	} findings[] = { { STYLE_DIM, "note" }, { STYLE_WARN, "warn" }, { STYLE_BAD, "FAIL" } };

	switch (r->waived ? OUTCOME_SKIPPED : r->outcome) {
	case OUTCOME_PASS:
		start_line(t, family, STYLE_OK, "ok");
		break;
	case OUTCOME_SKIPPED:
		start_line(t, family, STYLE_DIM, r->waived ? "waived" : "skip");
		break;
	case OUTCOME_INCONCLUSIVE:
		start_line(t, family, STYLE_WARN, "?");
		break;
	case OUTCOME_FINDING:
		start_line(t, family, findings[r->severity].style, findings[r->severity].word);
		break;
	}
	title_line(t, r);
}

/* The result in full; an advice that `next` (NULL: nothing) begins with is left to it. */
static void add_result(const struct text_report *t, const char *family,
	const struct check_result *r, const struct check_result *next)
{
	outcome_line(t, family, r);
	for (size_t i = 0; i < r->n; i++) {
		const struct finding *follows = i + 1 < r->n ? &r->findings[i + 1]
						: next       ? next->findings
							     : NULL;

		add_what(t, &r->findings[i]);
		if (!follows || strcmp(follows->advice, r->findings[i].advice) != 0)
			add_advice(t, r->findings[i].advice);
	}
	if (r->dropped)
		text_printf(t->out, "%*sand %zu more of the same\n", TEXT_COLUMN, "", r->dropped);
	if (r->reason)
		paragraph(t, r->reason);
	if (r->waived) {
		CLEANUP(xfree) char *waived = xasprintf("Waived: %s", r->waived);

		paragraph(t, waived);
	}
	add_facts(t, r);
}

/* ---- what is said of several at once ---- */

static bool is_note(const struct check_result *r)
{
	return r->outcome == OUTCOME_FINDING && r->severity == SEV_NOTE && !r->waived;
}

static bool is_grave(const struct check_result *r)
{
	return r->outcome == OUTCOME_INCONCLUSIVE || (r->outcome == OUTCOME_FINDING && !is_note(r));
}

static bool same_reason(const struct check_result *a, const struct check_result *b)
{
	return a->outcome == OUTCOME_INCONCLUSIVE && b->outcome == OUTCOME_INCONCLUSIVE &&
	       !a->waived && !b->waived && a->reason && b->reason &&
	       strcmp(a->reason, b->reason) == 0;
}

/* Whether they are findings of one severity and one remedy. */
static bool same_remedy(const struct check_result *a, const struct check_result *b)
{
	if (!a->n || !b->n || !is_grave(a) || !is_grave(b) || a->waived || b->waived ||
		a->outcome != OUTCOME_FINDING || b->outcome != OUTCOME_FINDING ||
		a->severity != b->severity || a->reason || !*b->findings[0].advice)
		return false;
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->findings[i].advice, a->findings[a->n - 1].advice) != 0)
			return false;
	return true;
}

/* Whether one before it has said what could not be answered, and why. */
static bool reason_given(const struct check_result *from, const struct check_result *r)
{
	for (const struct check_result *p = from; p < r; p++)
		if (same_reason(p, r))
			return true;
	return false;
}

/* Checks without an answer for one reason, which stands in the first line of it. */
static void add_open(const struct text_report *t, const char *family, const struct family *f,
	const struct check_result *r)
{
	struct text line CLEANUP(text_release) = TEXT_INIT;
	unsigned n = 0;

	for (const struct check_result *p = r; p < f->results + f->n; p++)
		n += same_reason(p, r);
	if (n < 2 && !reason_given(f->all, r)) {
		add_result(t, family, r, NULL);
		return;
	}
	start_line(t, family, STYLE_WARN, "?");
	text_printf(&line, "%u check%s could not answer: ", n, n == 1 ? "" : "s");
	if (reason_given(f->all, r))
		text_puts(&line, "as above");
	else
		report_safe(&line, r->reason);
	style_wrap(t->out, text_str(&line), TEXT_COLUMN, TEXT_COLUMN, t->width);
}

/* Adds what is not fine, in the order of the registry but for those that share a remedy. */
static void add_grave(const struct text_report *t, const struct family *f)
{
	CLEANUP(xfree) bool *added = xcalloc(f->n ? f->n : 1, sizeof(*added));
	const char *family = f->name;

	for (size_t i = 0; i < f->n; i++) {
		const struct check_result *r = &f->results[i];
		size_t at = i;

		if (!is_grave(r) || added[i])
			continue;
		if (r->outcome == OUTCOME_INCONCLUSIVE && !r->waived) {
			if (!reason_given(f->results, r))
				add_open(t, family, f, r);
			family = "";
			continue;
		}
		for (size_t k = i + 1; k <= f->n; k++) {
			bool joins = k < f->n && !added[k] &&
				     same_remedy(&f->results[at], &f->results[k]);

			if (!joins && k < f->n)
				continue;
			add_result(t, family, &f->results[at], joins ? &f->results[k] : NULL);
			family = "";
			added[at] = true;
			at = k;
		}
	}
}

/* "gpt.grow  partition 2: …", as much of it as fits on the line. */
static void add_note(const struct text_report *t, const struct check_result *r)
{
	struct text line CLEANUP(text_release) = TEXT_INIT;
	const struct finding *f = r->findings;
	unsigned room = t->width > TEXT_COLUMN + 8 ? t->width - TEXT_COLUMN : 8;

	report_safe(&line, r->check->id);
	text_puts(&line, "  ");
	if (r->n + r->dropped > 1)
		text_printf(&line, "%zu times: ", r->n + r->dropped);
	if (*f->where) {
		report_safe(&line, f->where);
		text_puts(&line, ": ");
	}
	report_safe(&line, f->what);
	start_line(t, "", STYLE_DIM, "note");
	style_cut(t->out, text_str(&line), room);
}

/* ---- a family that is fine ---- */

/* The table is worth its lines where a machine is in it on which the image must boot, and does not. */
static bool has_failure(const struct family *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct check_result *r = &f->results[i];

		if (r->n_scenarios && r->severity != SEV_NOTE && !r->waived &&
			(r->outcome == OUTCOME_FINDING || r->outcome == OUTCOME_INCONCLUSIVE))
			return true;
	}
	return false;
}

/* What a scenario's note begins with: "shim needs volatile variables". */
static void add_exception(struct text *line, const struct finding *f)
{
	report_safe(line, f->where);
	text_puts(line, ": ");
	text_add(line, f->what, strcspn(f->what, ":;"));
}

/* "kernel entered after 3.0 s; 18 of 19 scenarios; …"; false when nothing was played. */
static bool add_boots(struct text *line, const struct family *f)
{
	const struct scenario_row *first = NULL;
	size_t rows = 0, ok = 0;

	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->results[i].n_scenarios; k++) {
			const struct scenario_row *row = &f->results[i].scenarios[k];

			rows++;
			ok += strcmp(row->result, "ok") == 0;
			if (!first && strcmp(row->result, "ok") == 0)
				first = row;
		}
	if (!first)
		return false;
	text_printf(line, "kernel entered after %.1f s", first->seconds);
	if (rows > 1)
		text_printf(line, "; %zu of %zu scenarios", ok, rows);
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; f->results[i].n_scenarios && k < f->results[i].n; k++) {
			text_puts(line, "; ");
			add_exception(line, &f->results[i].findings[k]);
		}
	return true;
}

static void add_summary(const struct text_report *t, const struct family *f, struct text *line)
{
	if (strcmp(f->name, "boot") == 0 && add_boots(line, f))
		return;
	if (strcmp(f->name, "loader") == 0 && t->facts->chain) {
		report_safe(line, t->facts->chain);
		return;
	}
	text_printf(line, "%u check%s", f->passed, f->passed == 1 ? "" : "s");
	if (f->skipped)
		text_printf(line, ", %u not applicable", f->skipped);
}

/* Whether a family before it was skipped for the same reason. */
static bool skip_given(const struct family *f)
{
	for (const struct check_result *p = f->all; f->skip_reason && p < f->results; p++)
		if (p->outcome == OUTCOME_SKIPPED && p->reason &&
			strcmp(p->reason, f->skip_reason) == 0)
			return true;
	return false;
}

static void fine_line(const struct text_report *t, const struct family *f)
{
	struct text line CLEANUP(text_release) = TEXT_INIT;
	bool any = f->n > f->skipped;

	start_line(t, f->name, any ? STYLE_OK : STYLE_DIM, any ? "ok" : "skip");
	if (any)
		add_summary(t, f, &line);
	else if (skip_given(f))
		text_puts(&line, "as above");
	else
		report_safe(&line, f->skip_reason ? f->skip_reason : "nothing to check");
	style_wrap(t->out, text_str(&line), TEXT_COLUMN, TEXT_COLUMN, t->width);
}

/* ---- all of it ---- */

static struct family family_at(const struct verdict *v, size_t first)
{
	struct family f = {
		.name = check_family(v->results[first].check),
		.all = v->results,
		.results = &v->results[first],
	};

	for (size_t i = first; i < v->n; i++, f.n++) {
		const struct check_result *r = &v->results[i];

		if (strcmp(check_family(r->check), f.name) != 0)
			break;
		f.passed += r->outcome == OUTCOME_PASS;
		f.skipped += r->outcome == OUTCOME_SKIPPED;
		f.grave += is_grave(r);
		if (r->outcome == OUTCOME_SKIPPED && !f.skip_reason)
			f.skip_reason = r->reason;
	}
	return f;
}

size_t family_add(const struct text_report *t, size_t first)
{
	struct family f = family_at(t->verdict, first);

	if (t->flags & REPORT_VERBOSE) {
		for (size_t i = 0; i < f.n; i++)
			add_result(t, i ? "" : f.name, &f.results[i], NULL);
	} else {
		if (f.grave)
			add_grave(t, &f);
		else
			fine_line(t, &f);
		/* A scenario's note is in the line of the family that is fine. */
		for (size_t i = 0; i < f.n; i++)
			if (is_note(&f.results[i]) && (f.grave || !f.results[i].n_scenarios))
				add_note(t, &f.results[i]);
	}
	if (t->flags & REPORT_VERBOSE || has_failure(&f))
		style_scenarios(t->out, f.results, f.n, t->flags, TEXT_COLUMN, t->width);
	return f.n;
}
