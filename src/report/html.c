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

struct page {
	struct buf articles;
	unsigned images, portable;
};

void html_section(struct buf *out, const char *heading)
{
	buf_printf(out, "<section>\n<h3>%s</h3>\n", heading);
}

void html_section_whole(struct buf *out, const char *heading)
{
	buf_printf(out, "<section class=\"whole\">\n<h3>%s</h3>\n", heading);
}

void html_section_end(struct buf *out)
{
	buf_puts(out, "</section>\n");
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
	struct buf *out, const char **gap, unsigned n, const char *one, const char *many)
{
	if (!n)
		return;
	buf_printf(out, "%s%u %s", *gap, n, n == 1 ? one : many);
	*gap = ", ";
}

void html_counts(struct buf *out, const struct check_result *results, size_t n)
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

static void add_head(struct buf *out, const struct facts *facts, const struct verdict *v)
{
	buf_printf(out, "<article class=\"%s\">\n<header>\n<p class=\"verdict\">%s</p>\n<h2>",
		verdicts[v->conclusion].class, verdicts[v->conclusion].text);
	markup_text(out, facts->path);
	buf_puts(out, "</h2>\n<p class=\"counts\">");
	html_counts(out, v->results, v->n);
	buf_puts(out, "</p>\n");
	if (v->incomplete) {
		buf_puts(out, "<p class=\"counts\">");
		markup_text(out, v->incomplete);
		buf_puts(out, "</p>\n");
	}
	buf_puts(out, "</header>\n");
}

static void add_term(struct buf *out, const char *term, const char *text)
{
	if (!text || !*text)
		return;
	buf_printf(out, "<dt>%s</dt><dd>", term);
	markup_text(out, text);
	buf_puts(out, "</dd>\n");
}

static void add_facts(struct buf *out, const struct facts *f)
{
	char size[16];

	html_section_whole(out, "The image");
	buf_puts(out, "<dl>\n");
	add_term(out, "Format", f->format);
	if (f->virtual_size)
		add_term(out, "Disk", report_size(f->virtual_size, size));
	add_term(out, "File", report_size(f->file_size, size));
	add_term(out, "System", f->guest_name);
	add_term(out, "Architecture", f->architecture);
	add_term(out, "Boots by", f->chain);
	buf_puts(out, "</dl>\n");
	html_section_end(out);
}

static void image(void *report, const struct facts *facts, const struct verdict *v)
{
	struct page *p = report;
	struct buf *out = &p->articles;

	p->images++;
	p->portable += v->conclusion == PORTABLE;
	add_head(out, facts, v);
	html_findings(out, v);
	add_facts(out, facts);
	html_layout(out, facts);
	html_scenarios(out, v);
	html_boot(out, facts, v);
	html_checks(out, v);
	buf_puts(out, "</article>\n");
}

static void failed(void *report, const char *path, const struct err *why)
{
	struct page *p = report;
	struct buf *out = &p->articles;

	p->images++;
	buf_puts(out, "<article class=\"warn\">\n<header>\n<p class=\"verdict\">Could not be "
		      "determined</p>\n<h2>");
	markup_text(out, path);
	buf_puts(out, "</h2>\n<p class=\"counts\">");
	markup_text(out, why->text);
	buf_puts(out, "</p>\n</header>\n</article>\n");
}

static void end(void *take_report, struct buf *out)
{
	struct page *p = take_report;

	buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	buf_printf(out,
		"<title>armvm-image: %u of %u portable</title>\n<style>\n%s</style>\n</head>\n",
		p->portable, p->images, html_style);
	buf_printf(out,
		"<body>\n<main>\n<header><h1>Portable ARM VM images</h1>\n"
		"<p class=\"top\">%u of %u %s portable</p></header>\n<br>\n",
		p->portable, p->images, p->images == 1 ? "image is" : "images are");
	buf_add(out, buf_str(&p->articles), p->articles.len);
	buf_puts(out, "<footer>Made by armvm-image " ARMVM_VERSION ", after the VM System "
		      "Specification for ARM Processors 1.0 and the UEFI Specification. "
		      "<code>armvm-image explain ID</code> tells more of a check."
		      "</footer>\n</main>\n</body>\n</html>\n");
	buf_release(&p->articles);
	free(p);
}

const struct report_type report_html = { "--report", begin, image, failed, end };
