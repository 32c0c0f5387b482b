/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTML report's list of all checks, family by family. A family in which
 * nothing was found is folded away on a screen and there on paper. See html.h.
 */
#include <string.h>

#include "report/html.h"

static void outcome_of(const struct check_result *r, const char **class, const char **word)
{
	*class = "dim";
	switch (r->outcome) {
	case OUTCOME_PASS:
		*class = "good";
		*word = "passed";
		return;
	case OUTCOME_FINDING:
		*class = r->waived ? "dim" : html_tone(r->severity);
		*word = r->waived ? "waived" : severity_name(r->severity);
		return;
	case OUTCOME_SKIPPED:
		*word = "not applicable";
		return;
	case OUTCOME_INCONCLUSIVE:
		*class = r->waived ? "dim" : "warn";
		*word = r->waived ? "waived" : "no answer";
		return;
	}
}

static void add_check(struct text *out, const struct check_result *r)
{
	const char *class, *word = "";

	outcome_of(r, &class, &word);
	text_printf(out,
		"<tr><td><code>%s</code></td><td class=\"state %s\">%s</td><td class=\"wide\">",
		r->check->id, class, word);
	markup_text(out, r->check->title);
	text_puts(out, "</td><td class=\"wide\">");
	markup_text(out, r->check->source);
	text_puts(out, "</td></tr>\n");
}

/* The check after the last one of the family that begins at first. */
static size_t family_end(const struct verdict *v, size_t first)
{
	const char *family = check_family(v->results[first].check);
	size_t end = first;

	while (end < v->n && strcmp(check_family(v->results[end].check), family) == 0)
		end++;
	return end;
}

static bool is_quiet(const struct check_result *r)
{
	return r->outcome == OUTCOME_PASS || r->outcome == OUTCOME_SKIPPED;
}

static void add_family(struct text *out, const struct verdict *v, size_t first, size_t end)
{
	size_t quiet = 0;

	for (size_t i = first; i < end; i++)
		quiet += is_quiet(&v->results[i]);
	text_printf(out, "<details%s>\n<summary><b>%s</b> <span>",
		quiet == end - first ? "" : " open", check_family(v->results[first].check));
	html_counts(out, v->results + first, end - first);
	text_puts(out,
		"</span></summary>\n<table class=\"cards checks\">\n<thead><tr><th>Check</th>"
		"<th>Outcome</th><th>What is so when it passes</th><th>Source</th></tr></thead>\n"
		"<tbody>\n");
	for (size_t i = first; i < end; i++)
		add_check(out, &v->results[i]);
	text_puts(out, "</tbody></table>\n</details>\n");
}

void html_checks(struct text *out, const struct verdict *v)
{
	html_section(out, "All checks");
	for (size_t first = 0, end; first < v->n; first = end) {
		end = family_end(v, first);
		add_family(out, v, first, end);
	}
	html_section_end(out);
}
