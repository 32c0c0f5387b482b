/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JUnit's XML, as CI servers read it: an image is a suite, a check is a case.
 * It knows no severities: errors are failures, checks that could not answer are
 * errors, and warnings and notes are written to the output of cases that pass. Why a
 * case is skipped is text and no attribute, which Jenkins' older schema does not have.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/facts.h"
#include "report/file.h"
#include "report/markup.h"

struct junit {
	struct text suites;
	size_t tests, failures, errors;
};

static void *begin(void)
{
	return xcalloc(1, sizeof(struct junit));
}

static bool is_error(const struct check_result *r)
{
	return r->outcome == OUTCOME_FINDING && r->severity == SEV_ERROR && !r->waived;
}

/* The findings, a line each, with what to do. */
static void add_findings(struct text *out, const struct check_result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct finding *f = &r->findings[i];

		if (*f->where) {
			markup_text(out, f->where);
			text_puts(out, ": ");
		}
		markup_text(out, f->what);
		if (*f->advice) {
			text_puts(out, "\nTo mend it: ");
			markup_text(out, f->advice);
		}
		text_puts(out, "\n");
	}
	text_puts(out, "Source: ");
	markup_text(out, r->check->source);
}

static void add_outcome(struct text *out, const struct check_result *r)
{
	if (r->waived) {
		text_puts(out, "\n      <skipped>waived: ");
		markup_text(out, r->waived);
		text_puts(out, "</skipped>\n      <system-out>");
		add_findings(out, r);
		text_puts(out, "</system-out>\n    ");
	} else if (is_error(r)) {
		text_puts(out, "\n      <failure type=\"error\" message=\"");
		markup_text(out, r->findings[0].what);
		text_puts(out, "\">");
		add_findings(out, r);
		text_puts(out, "</failure>\n    ");
	} else if (r->outcome == OUTCOME_FINDING) {
		text_printf(out, "\n      <system-out>%s: ", severity_name(r->severity));
		add_findings(out, r);
		text_puts(out, "</system-out>\n    ");
	} else if (r->outcome == OUTCOME_INCONCLUSIVE && r->severity == SEV_ERROR) {
		text_puts(out, "\n      <error type=\"inconclusive\" message=\"");
		markup_text(out, r->reason ? r->reason : "no answer");
		text_puts(out, "\"/>\n    ");
	} else if (r->outcome != OUTCOME_PASS) {
		text_puts(out, "\n      <skipped>");
		markup_text(out, r->reason ? r->reason : "");
		text_puts(out, "</skipped>\n    ");
	}
}

static void add_suite(struct junit *j, const char *path, size_t tests, size_t failures,
	size_t errors, size_t skipped)
{
	text_puts(&j->suites, "  <testsuite name=\"");
	markup_text(&j->suites, path);
	text_printf(&j->suites,
		"\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"0\">\n",
		tests, failures, errors, skipped);
	j->tests += tests;
	j->failures += failures;
	j->errors += errors;
}

static void image(void *report, const struct facts *facts, const struct verdict *v)
{
	struct junit *j = report;
	size_t failures = 0, errors = 0, skipped = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];
		bool open = r->outcome == OUTCOME_INCONCLUSIVE && r->severity == SEV_ERROR;

		failures += is_error(r);
		errors += open && !r->waived;
		skipped += r->waived || r->outcome == OUTCOME_SKIPPED ||
			   (r->outcome == OUTCOME_INCONCLUSIVE && !open);
	}
	add_suite(j, facts->path, v->n, failures, errors, skipped);
	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];

		text_puts(&j->suites, "    <testcase classname=\"");
		markup_text(&j->suites, check_family(r->check));
		text_puts(&j->suites, "\" name=\"");
		markup_text(&j->suites, r->check->id);
		text_puts(&j->suites, ": ");
		markup_text(&j->suites, r->check->title);
		text_puts(&j->suites, "\" time=\"0\">");
		add_outcome(&j->suites, r);
		text_puts(&j->suites, "</testcase>\n");
	}
	text_puts(&j->suites, "  </testsuite>\n");
}

static void failed(void *report, const char *path, const struct err *why)
{
	struct junit *j = report;

	add_suite(j, path, 1, 0, 1, 0);
	text_puts(&j->suites,
		"    <testcase classname=\"container\" name=\"the image can be read\" "
		"time=\"0\">\n      <error type=\"unreadable\" message=\"");
	markup_text(&j->suites, why->text);
	text_puts(&j->suites, "\"/>\n    </testcase>\n  </testsuite>\n");
}

static void end(void *take_report, struct text *out)
{
	struct junit *j = take_report;

	text_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	text_printf(out,
		"<testsuites name=\"armvm-image\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		"time=\"0\">\n",
		j->tests, j->failures, j->errors);
	text_add(out, text_str(&j->suites), j->suites.len);
	text_puts(out, "</testsuites>\n");
	text_release(&j->suites);
	free(j);
}

const struct report_type report_junit = { "--junit", begin, image, failed, end };
