/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report as one self-contained page for people who review images: an
 * article for each, from the verdict down to the last check. No scripts, no
 * fonts, no pictures from elsewhere. See file.h.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "report/file.h"
#include "report/html.h"

#define AS_SELECTED " as far as selected"

struct page {
	struct text articles;
	unsigned images, portable;
	bool partial; /* of an image not all was judged that could be wrong */
};

void html_section(struct text *out, const char *heading)
{
	text_printf(out, "<section>\n<h3>%s</h3>\n", heading);
}

void html_section_whole(struct text *out, const char *heading)
{
	text_printf(out, "<section class=\"whole\">\n<h3>%s</h3>\n", heading);
}

void html_section_end(struct text *out)
{
	text_puts(out, "</section>\n");
}

static void *begin(void)
{
	return xcalloc(1, sizeof(struct page));
}

static const struct {
	const char *class, *text;
} verdicts[] = {
	[PORTABLE] = { "good", "Portable" },
	[NOT_PORTABLE] = { "bad", "Not portable" },
	[UNDETERMINED] = { "warn", "Could not be determined" },
};

static void add_count(
	struct text *out, const char **gap, unsigned n, const char *one, const char *many)
{
	if (!n)
		return;
	text_printf(out, "%s%u %s", *gap, n, n == 1 ? one : many);
	*gap = ", ";
}

void html_counts(struct text *out, const struct check_result *results, size_t n)
{
	unsigned passed = 0, skipped = 0, open = 0, waived = 0, found[SEV_ERROR + 1] = { 0 };
	const char *gap = "";

	for (size_t i = 0; i < n; i++) {
		const struct check_result *r = &results[i];

		if (r->waived)
			waived++;
		else if (r->outcome == OUTCOME_FINDING)
			found[r->severity]++;
		passed += r->outcome == OUTCOME_PASS;
		skipped += r->outcome == OUTCOME_SKIPPED;
		open += r->outcome == OUTCOME_INCONCLUSIVE && !r->waived;
	}
	add_count(out, &gap, found[SEV_ERROR], "error", "errors");
	add_count(out, &gap, found[SEV_WARNING], "warning", "warnings");
	add_count(out, &gap, found[SEV_NOTE], "note", "notes");
	add_count(out, &gap, waived, "waived", "waived");
	add_count(out, &gap, open, "without an answer", "without an answer");
	add_count(out, &gap, passed, "passed", "passed");
	add_count(out, &gap, skipped, "not applicable", "not applicable");
}

static void add_head(struct text *out, const struct facts *facts, const struct verdict *v)
{
	text_printf(out, "<article class=\"%s\">\n<header>\n<p class=\"verdict\">%s%s</p>\n<h2>",
		verdicts[v->conclusion].class, verdicts[v->conclusion].text,
		v->conclusion == PORTABLE && v->partial ? AS_SELECTED : "");
	markup_text(out, facts->path);
	text_puts(out, "</h2>\n<p class=\"counts\">");
	html_counts(out, v->results, v->n);
	text_puts(out, "</p>\n");
	if (v->incomplete) {
		text_puts(out, "<p class=\"counts\">");
		markup_text(out, v->incomplete);
		text_puts(out, "</p>\n");
	}
	text_puts(out, "</header>\n");
}

static void add_term(struct text *out, const char *term, const char *text)
{
	if (!text || !*text)
		return;
	text_printf(out, "<dt>%s</dt><dd>", term);
	markup_text(out, text);
	text_puts(out, "</dd>\n");
}

static void add_facts(struct text *out, const struct facts *f)
{
	char size[16];

	html_section_whole(out, "The image");
	text_puts(out, "<dl>\n");
	add_term(out, "Format", f->format);
	if (f->virtual_size)
		add_term(out, "Disk", report_size(f->virtual_size, size));
	add_term(out, "File", report_size(f->file_size, size));
	add_term(out, "System", f->guest_name);
	add_term(out, "Architecture", f->architecture);
	add_term(out, "Boots by", f->chain);
	text_puts(out, "</dl>\n");
	html_section_end(out);
}

static void image(void *report, const struct facts *facts, const struct verdict *v)
{
	struct page *p = report;
	struct text *out = &p->articles;

	p->images++;
	p->portable += v->conclusion == PORTABLE;
	p->partial |= v->partial;
	add_head(out, facts, v);
	html_findings(out, v);
	add_facts(out, facts);
	html_layout(out, facts);
	html_scenarios(out, v);
	html_boot(out, facts, v);
	html_checks(out, v);
	text_puts(out, "</article>\n");
}

static void failed(void *report, const char *path, const struct err *why)
{
	struct page *p = report;
	struct text *out = &p->articles;

	p->images++;
	text_puts(out, "<article class=\"warn\">\n<header>\n<p class=\"verdict\">Could not be "
		       "determined</p>\n<h2>");
	markup_text(out, path);
	text_puts(out, "</h2>\n<p class=\"counts\">");
	markup_text(out, why->text);
	text_puts(out, "</p>\n</header>\n</article>\n");
}

static void end(void *take_report, struct text *out)
{
	struct page *p = take_report;

	text_puts(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	text_printf(out,
		"<title>armvm-image: %u of %u portable%s</title>\n<style>\n%s</style>\n</head>\n",
		p->portable, p->images, p->partial ? AS_SELECTED : "", html_style);
	text_printf(out,
		"<body>\n<main>\n<header><h1>Portable ARM VM images</h1>\n"
		"<p class=\"top\">%u of %u %s portable%s</p></header>\n<br>\n",
		p->portable, p->images, p->images == 1 ? "image is" : "images are",
		p->partial ? AS_SELECTED : "");
	text_add(out, text_str(&p->articles), p->articles.len);
	text_puts(out, "<footer>Made by armvm-image " ARMVM_VERSION ", after the VM System "
		       "Specification for ARM Processors 1.0 and the UEFI Specification. "
		       "<code>armvm-image explain ID</code> tells more of a check."
		       "</footer>\n</main>\n</body>\n</html>\n");
	text_release(&p->articles);
	free(p);
}

const struct report_type report_html = { "--report", begin, image, failed, end };
