/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of scenarios in the report that a person reads: what became of the
 * image on each machine. See style.h.
 */
#include <stdio.h>
#include <string.h>

#include "report/style.h"

#define NAME_COLUMNS   25
#define RESULT_COLUMNS 14
#define TIME_COLUMNS   10

static void add_row(struct text *out, const struct scenario_row *row, unsigned flags,
	unsigned indent, unsigned width)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	bool ok = strcmp(row->result, "ok") == 0, failed = strcmp(row->result, "failed") == 0;
	char seconds[32];

	text_printf(out, "%*s", (int)indent, "");
	style_add(out, flags, STYLE_DIM, row->scenario, NAME_COLUMNS);
	style_add(out, flags,
		ok       ? STYLE_OK
		: failed ? STYLE_BAD
			 : STYLE_WARN,
		failed && *row->verdict ? row->verdict : row->result, RESULT_COLUMNS + 3);
	snprintf(seconds, sizeof(seconds), "%.1f s", row->seconds);
	style_add(out, flags, STYLE_PLAIN, seconds, TIME_COLUMNS);
	report_safe(&text, *row->written ? row->written : "-");
	indent += NAME_COLUMNS + RESULT_COLUMNS + 3 + TIME_COLUMNS;
	style_wrap(out, text_str(&text), indent, indent, width);
}

static void add_head(struct text *out, unsigned flags, unsigned indent)
{
	text_printf(out, "%*s", (int)indent, "");
	style_add(out, flags, STYLE_BOLD, "scenario", NAME_COLUMNS);
	style_add(out, flags, STYLE_BOLD, "result", RESULT_COLUMNS + 3);
	style_add(out, flags, STYLE_BOLD, "time", TIME_COLUMNS);
	style_add(out, flags, STYLE_BOLD, "variables to be kept", 0);
	text_puts(out, "\n");
}

void style_scenarios(struct text *out, const struct check_result *results, size_t n, unsigned flags,
	unsigned indent, unsigned width)
{
	size_t rows = 0;

	for (size_t i = 0; i < n; i++)
		rows += results[i].n_scenarios;
	/* Of one alone, the facts below its check have said it all. */
	if (rows < 2)
		return;
	add_head(out, flags, indent);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < results[i].n_scenarios; k++)
			add_row(out, &results[i].scenarios[k], flags, indent, width);
}
