/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTML report's findings, gravest first, each with its clause and remedy,
 * and what was waived. See html.h.
 */
#include "report/html.h"

static const char *const words[] = {
	[SEV_NOTE] = "Note",
	[SEV_WARNING] = "Warning",
	[SEV_ERROR] = "Error",
};

const char *html_tone(enum severity severity)
{
	static const char *const tones[] = {
		[SEV_NOTE] = "note",
		[SEV_WARNING] = "warn",
		[SEV_ERROR] = "bad",
	};

	return tones[severity];
}

static void add_paragraph(struct text *out, const char *class, const char *lead, const char *text)
{
	if (!*text)
		return;
	text_printf(out, "<p class=\"%s\">", class);
	if (lead)
		text_printf(out, "<b>%s</b> ", lead);
	markup_text(out, text);
	text_puts(out, "</p>\n");
}

static void add_meta(
	struct text *out, const struct check_result *r, const char *class, const char *word)
{
	text_printf(out,
		"<div class=\"finding %s\">\n<div class=\"meta\"><span class=\"badge\">%s</span> "
		"<code>%s</code> <span>",
		class, word, r->check->id);
	markup_text(out, r->check->source);
	text_puts(out, "</span></div>\n<h4>Not so: ");
	markup_text(out, r->check->title);
	text_puts(out, "</h4>\n");
}

static void add_advice(struct text *out, const struct check_result *r, const char *advice)
{
	bool fixable = r->check->fix != NULL;

	if (!*advice && !fixable)
		return;
	text_puts(out, "<p class=\"mend\"><b>To mend it:</b> ");
	markup_text(out, advice);
	if (fixable)
		text_printf(out, "%s<code>armvm-image fix</code>", *advice ? ", or: " : "");
	text_puts(out, "</p>\n");
}

static void add_result(struct text *out, const struct check_result *r)
{
	if (r->waived)
		add_meta(out, r, "dim", "Waived");
	else
		add_meta(out, r, html_tone(r->severity), words[r->severity]);
	for (size_t i = 0; i < r->n; i++) {
		const struct finding *f = &r->findings[i];

		add_paragraph(out, "what", NULL, f->what);
		add_paragraph(out, "where meta", "Where:", f->where);
		/* Of several findings the advice is mostly the same, and said once. */
		if (i + 1 == r->n)
			add_advice(out, r, f->advice);
	}
	if (r->dropped)
		text_printf(out, "<p>and %zu more of the same</p>\n", r->dropped);
	if (r->waived)
		add_paragraph(out, "mend", "Waived:", r->waived);
	text_puts(out, "</div>\n");
}

static void add_open(struct text *out, const struct check_result *r)
{
	text_printf(out,
		"<div class=\"finding warn\">\n<div class=\"meta\"><span class=\"badge\">No "
		"answer</span> <code>%s</code></div>\n<h4>Whether ",
		r->check->id);
	markup_text(out, r->check->title);
	text_puts(out, "</h4>\n");
	add_paragraph(out, "what", NULL, r->reason ? r->reason : "");
	text_puts(out, "</div>\n");
}

/* Those of one severity, the waived ones apart. */
static void add_all(struct text *out, const struct verdict *v, enum severity severity, bool waived)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];

		if (r->outcome == OUTCOME_FINDING && r->severity == severity &&
			(r->waived != NULL) == waived)
			add_result(out, r);
	}
}

void html_findings(struct text *out, const struct verdict *v)
{
	unsigned open = 0;

	html_section(out, "Findings");
	for (int severity = SEV_ERROR; severity >= SEV_NOTE; severity--)
		add_all(out, v, (enum severity)severity, false);
	/* One reason may leave a hundred checks open. */
	for (size_t i = 0; i < v->n && open < 10; i++)
		if (v->results[i].outcome == OUTCOME_INCONCLUSIVE && !v->results[i].waived) {
			add_open(out, &v->results[i]);
			open++;
		}
	for (int severity = SEV_ERROR; severity >= SEV_NOTE; severity--)
		add_all(out, v, (enum severity)severity, true);
	if (!v->errors && !v->warnings && !v->notes && !v->waived && !open)
		text_puts(out, "<p>Nothing was found.</p>\n");
	html_section_end(out);
}
