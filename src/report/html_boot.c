/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTML report's boots: the matrix of scenarios, and of the first boot what
 * happened when, the last screen as a picture, the variables that it touched
 * and the digests of what was handed over. See html.h.
 */
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/style.h"

#define FIRST_BOOT "boot.emulator"

/* ---- scenarios ---- */

/* How grave a failure in a scenario is: as the gravest finding that names it. */
static const char *tone_of(const struct verdict *v, const char *scenario)
{
	int gravest = -1;

	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->results[i].n; k++)
			if (strcmp(v->results[i].findings[k].where, scenario) == 0 &&
				(int)v->results[i].severity > gravest)
				gravest = (int)v->results[i].severity;
	return html_tone(gravest < 0 ? SEV_ERROR : (enum severity)gravest);
}

static void add_scenario(struct text *out, const struct scenario_row *row, const struct verdict *v)
{
	bool ok = strcmp(row->result, "ok") == 0, failed = strcmp(row->result, "failed") == 0;

	text_puts(out, "<tr><td><code>");
	markup_text(out, row->scenario);
	text_printf(out, "</code></td><td class=\"state %s\">",
		ok       ? "good"
		: failed ? tone_of(v, row->scenario)
			 : "warn");
	markup_text(out, failed && *row->verdict ? row->verdict : row->result);
	text_printf(out,
		"</td><td class=\"num\">%.1f s</td><td class=\"num\">%u boot%s</td><td class=\"wide\">",
		row->seconds, row->boots, row->boots == 1 ? "" : "s");
	markup_text(out, row->written);
	if (!ok && *row->reason) {
		text_puts(out, *row->written ? "<br>" : "");
		markup_text(out, row->reason);
	}
	text_puts(out, "</td></tr>\n");
}

void html_scenarios(struct text *out, const struct verdict *v)
{
	size_t rows = 0;

	for (size_t i = 0; i < v->n; i++)
		rows += v->results[i].n_scenarios;
	if (!rows)
		return;
	html_section(out, "Scenarios");
	text_puts(out,
		"<table class=\"cards\">\n<thead><tr><th>Machine</th><th>Result</th><th>Time</th>"
		"<th>Boots</th><th>Variables to be kept</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->results[i].n_scenarios; k++)
			add_scenario(out, &v->results[i].scenarios[k], v);
	text_puts(out, "</tbody></table>\n");
	html_section_end(out);
}

/* ---- the first boot ---- */

static const struct check_result *first_boot(const struct verdict *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->results[i].check->id, FIRST_BOOT) == 0)
			return &v->results[i];
	return NULL;
}

/* The next fact of this key at or after *i; NULL when there is none. */
static const char *next_fact(const struct check_result *r, const char *key, size_t *i)
{
	while (*i < r->n_facts) {
		const struct fact *f = &r->facts[(*i)++];

		if (strcmp(f->key, key) == 0)
			return f->value;
	}
	return NULL;
}

static bool has_fact(const struct check_result *r, const char *key)
{
	size_t i = 0;

	return next_fact(r, key, &i) != NULL;
}

/* Of "0.123 s  what": the time and what; false when it does not look so. */
static bool split_time(const char *line, double *seconds, const char **what)
{
	char *end;

	*seconds = strtod(line, &end);
	if (end == line || strncmp(end, " s", 2) != 0)
		return false;
	*what = end + 2 + strspn(end + 2, " ");
	return *seconds >= 0;
}

static double last_time(const struct check_result *r)
{
	double seconds, last = 0;
	const char *line, *what;

	for (size_t i = 0; (line = next_fact(r, "timeline", &i));)
		if (split_time(line, &seconds, &what) && seconds > last)
			last = seconds;
	return last;
}

static void add_timeline(struct text *out, const struct check_result *r)
{
	double last = last_time(r), seconds;
	const char *line, *what;

	html_section_whole(out, "Boot timeline");
	text_puts(out, "<ol class=\"time\">\n");
	for (size_t i = 0; (line = next_fact(r, "timeline", &i));) {
		if (!split_time(line, &seconds, &what))
			continue;
		text_printf(out,
			"<li style=\"--to:%.1f%%\"><span class=\"at\">%.3f s</span> "
			"<span class=\"mono\">",
			last > 0 ? seconds / last * 100 : 0, seconds);
		markup_text(out, what);
		text_puts(out, "</span></li>\n");
	}
	text_puts(out, "</ol>\n");
	html_section_end(out);
}

/* A picture in characters of 8 by 17 units, on a screen of 80 columns or what it takes. */
#define CELL_WIDTH  8
#define CELL_HEIGHT 17
#define MARGIN      12
#define COLUMNS     80
#define LINES       12

static void add_screen(struct text *out, const struct check_result *r)
{
	struct text lines CLEANUP(text_release) = TEXT_INIT;
	unsigned columns = COLUMNS, n = 0, rows;
	const char *line;

	for (size_t i = 0; (line = next_fact(r, "screen", &i)); n++) {
		unsigned width = style_columns(line);

		columns = width > columns ? width : columns;
		if (!*line)
			continue;
		text_printf(
			&lines, "<text x=\"%d\" y=\"%u\">", MARGIN, MARGIN + 13 + n * CELL_HEIGHT);
		/* Spaces at the start of a line would be taken away. */
		for (; *line == ' '; line++)
			text_puts(&lines, "&#160;");
		markup_text(&lines, line);
		text_puts(&lines, "</text>\n");
	}
	rows = n > LINES ? n : LINES;
	html_section_whole(out, "The last screen");
	text_printf(out,
		"<svg class=\"screen\" viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"What the "
		"guest showed last\">\n%s</svg>\n",
		2 * MARGIN + columns * CELL_WIDTH, 2 * MARGIN + rows * CELL_HEIGHT,
		text_str(&lines));
	html_section_end(out);
}

static void add_variables(struct text *out, const struct check_result *r)
{
	const char *line;

	html_section_whole(out, "Variables touched");
	text_puts(out, "<ul>\n");
	for (size_t i = 0; (line = next_fact(r, "variables", &i));) {
		text_puts(out, "<li>");
		markup_text(out, line);
		text_puts(out, "</li>\n");
	}
	text_puts(out, "</ul>\n");
	html_section_end(out);
}

static void add_checksums(struct text *out, const struct facts *facts, const struct check_result *r)
{
	const char *line;

	html_section_whole(out, "SHA-256");
	text_puts(out, "<dl>\n");
	if (facts->sha256)
		text_printf(out, "<dt>image</dt><dd class=\"mono\">%s</dd>\n", facts->sha256);
	for (size_t i = 0; r && (line = next_fact(r, "sha256", &i));) {
		size_t len = strcspn(line, " ");

		text_puts(out, "<dt>");
		markup_text(out, line + len + strspn(line + len, " "));
		text_printf(out, "</dt><dd class=\"mono\">%.*s</dd>\n", len == 64 ? 64 : 0, line);
	}
	text_puts(out, "</dl>\n");
	html_section_end(out);
}

void html_boot(struct text *out, const struct facts *facts, const struct verdict *v)
{
	const struct check_result *r = first_boot(v);

	if (r && has_fact(r, "timeline"))
		add_timeline(out, r);
	if (r && has_fact(r, "screen"))
		add_screen(out, r);
	if (r && has_fact(r, "variables"))
		add_variables(out, r);
	if (facts->sha256 || (r && has_fact(r, "sha256")))
		add_checksums(out, facts, r);
}
