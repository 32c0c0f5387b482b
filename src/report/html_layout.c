/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTML report's picture of the disk: partitions as wide as they are large,
 * what is free between them, and a table of both. See html.h.
 */
#include <string.h>

#include "report/html.h"
#include "report/report.h"

/* Less than this is no gap to draw: tables and alignment take it. */
#define GAP_MIN (UINT64_C(4) << 20)

static const char *class_of(const struct facts_part *p)
{
	if (strcmp(p->type, "esp") == 0)
		return "p-esp";
	return strncmp(p->type, "root", 4) == 0 ? "p-root" : "p-other";
}

static void draw_gap(struct text *out, uint64_t from, uint64_t to, uint64_t disk)
{
	if (to > from && to - from >= GAP_MIN)
		text_printf(out, "<div class=\"gap\" style=\"flex-grow:%.3f\"></div>\n",
			(double)(to - from) / (double)disk * 100);
}

static void draw_part(struct text *out, const struct facts_part *p, uint64_t disk)
{
	char size[16];

	text_printf(out, "<div class=\"%s\" style=\"flex-grow:%.3f\"><b>%u</b> ", class_of(p),
		(double)p->size / (double)disk * 100, p->number);
	markup_text(out, strlen(p->type) > 24 ? "" : p->type);
	text_printf(out, "<br>%s</div>\n", report_size(p->size, size));
}

static void add_row(struct text *out, const struct facts_part *p)
{
	char start[16], size[16];

	text_printf(out,
		"<tr><td class=\"num\">%u</td><td class=\"start num\">%s</td>"
		"<td class=\"size num\">%s</td><td class=\"type\">",
		p->number, report_size(p->start, start), report_size(p->size, size));
	markup_text(out, p->type);
	text_puts(out, "</td><td class=\"fs\">");
	markup_text(out, p->fstype);
	text_puts(out, "</td><td class=\"name\">");
	markup_text(out, p->name);
	text_puts(out, "</td></tr>\n");
}

void html_layout(struct text *out, const struct facts *f)
{
	uint64_t end = 0;

	if (!f->n_parts || !f->virtual_size)
		return;
	html_section_whole(out, "Layout");
	text_puts(out, "<div class=\"disk\">\n");
	for (size_t i = 0; i < f->n_parts; i++) {
		const struct facts_part *p = &f->parts[i];

		if (!p->size)
			continue;
		draw_gap(out, end, p->start, f->virtual_size);
		draw_part(out, p, f->virtual_size);
		if (p->start + p->size > end)
			end = p->start + p->size;
	}
	draw_gap(out, end, f->virtual_size, f->virtual_size);
	text_puts(out, "</div>\n<table class=\"parts\">\n<thead><tr><th>No</th><th>Start</th>"
		       "<th>Size</th><th>Type</th><th>File system</th><th>Name</th></tr></thead>\n"
		       "<tbody>\n");
	for (size_t i = 0; i < f->n_parts; i++)
		add_row(out, &f->parts[i]);
	text_puts(out, "</tbody></table>\n");
	html_section_end(out);
}
