/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Glance should know of an image, written for people, for its client
 * and for shells. See report.h.
 */
#include "glance/properties.h"
#include "report/style.h"

#define NAME_COLUMNS  22
#define VALUE_COLUMNS 14
#define DEFAULT_WIDTH 100

static void add_line(
	struct text *out, const struct glance_property *p, unsigned flags, unsigned width)
{
	struct text reason CLEANUP(text_release) = TEXT_INIT;
	unsigned column = 2 + NAME_COLUMNS + VALUE_COLUMNS;

	text_puts(out, "  ");
	style_add(out, flags, STYLE_PLAIN, p->name, NAME_COLUMNS);
	style_add(out, flags, p->value ? STYLE_BOLD : STYLE_DIM, p->value ? p->value : "-",
		VALUE_COLUMNS - 1);
	text_puts(out, " ");
	report_safe(&reason, p->reason);
	style_wrap(out, text_str(&reason), column, column, width);
}

void report_properties_text(
	struct text *out, const struct glance_properties *p, unsigned flags, unsigned width)
{
	for (size_t i = 0; i < p->n; i++)
		add_line(out, &p->v[i], flags, width >= 60 ? width : DEFAULT_WIDTH);
}

void report_properties_args(struct text *out, const struct glance_properties *p)
{
	const char *gap = "";

	for (size_t i = 0; i < p->n; i++) {
		const struct glance_property *from = &p->v[i];

		if (!from->value)
			continue;
		if (from->option)
			text_printf(out, "%s%s %s", gap, from->option, from->value);
		else
			text_printf(out, "%s--property %s=%s", gap, from->name, from->value);
		gap = " ";
	}
	text_puts(out, "\n");
}

void report_properties_env(struct text *out, const struct glance_properties *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].value)
			text_printf(out, "%s=%s\n", p->v[i].name, p->v[i].value);
}
