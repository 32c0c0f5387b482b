/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report that a person reads: grouped by family, one line for a family
 * that is fine, nothing said twice. See report.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "image/facts.h"
#include "report/family.h"

#define DEFAULT_WIDTH 100

static unsigned usable_width(unsigned width)
{
	return width >= 60 ? width : DEFAULT_WIDTH;
}

const char *report_size(uint64_t bytes, char size[16])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)bytes / 1024;
	size_t u = 0;

	if (bytes < 1024) {
		snprintf(size, 16, "%u B", (unsigned)bytes);
		return size;
	}
	while (v >= 1024 && u + 1 < ARRAY_SIZE(units)) {
		v /= 1024;
		u++;
	}
	snprintf(size, 16, "%.1f %s", v, units[u]);
	return size;
}

static void add_conclusion(const struct text_report *t, const char *path, const struct verdict *v)
{
	const struct {
		unsigned n;
		const char *word;
	} counts[] = {
		{ v->errors, "error" },
		{ v->warnings, "warning" },
		{ v->notes, "note" },
	};
	const char *sep = " (";

	report_safe(t->out, path);
	text_puts(t->out, ": ");
	style_conclusion(t->out, t->flags, v->conclusion);
	if (v->conclusion == PORTABLE && v->partial) {
		text_printf(t->out, " as far as selected (%zu of %zu checks", v->n, check_count());
		sep = ", ";
	}
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!counts[i].n)
			continue;
		text_printf(t->out, "%s%u %s%s", sep, counts[i].n, counts[i].word,
			counts[i].n == 1 ? "" : "s");
		sep = ", ";
	}
	if (v->inconclusive) {
		text_printf(t->out, "%s%u inconclusive", sep, v->inconclusive);
		sep = ", ";
	}
	if (v->waived) {
		text_printf(t->out, "%s%u waived", sep, v->waived);
		sep = ", ";
	}
	text_puts(t->out, *sep == ',' ? ")\n" : "\n");
}

/* As a shell takes it for one word. */
static void add_shell_word(struct text *out, const char *word)
{
	struct text safe CLEANUP(text_release) = TEXT_INIT;
	const char *plain =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+:,=@%-";

	report_safe(&safe, word);
	if (safe.len && strspn(text_str(&safe), plain) == safe.len) {
		text_puts(out, text_str(&safe));
		return;
	}
	text_puts(out, "'");
	for (const char *p = text_str(&safe); *p; p++)
		text_add(out, *p == '\'' ? "'\\''" : p, *p == '\'' ? 4 : 1);
	text_puts(out, "'");
}

void report_mending(struct text *out, const char *path, const struct verdict *v,
	const struct strlist *options, unsigned width)
{
	struct text stays CLEANUP(text_release) = TEXT_INIT;
	CLEANUP(xfree) char *name = xasprintf("%s%s", *path == '-' ? "./" : "", path);
	unsigned fixable = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct check_result *r = &v->results[i];

		if (r->outcome != OUTCOME_FINDING || r->check->severity == SEV_NOTE || r->waived)
			continue;
		if (r->check->fix)
			fixable++;
		else if (strcmp(check_family(r->check), "boot") != 0)
			text_printf(&stays, "%s%s", stays.len ? ", " : "", r->check->id);
	}
	if (!fixable)
		return;
	text_puts(out, "mend it: armvm-image fix ");
	for (size_t i = 0; i < options->n; i++) {
		add_shell_word(out, options->v[i]);
		text_puts(out, " ");
	}
	add_shell_word(out, name);
	text_puts(out, "\n");
	if (!stays.len)
		return;
	text_puts(out, "  and by hand: ");
	style_wrap(out, text_str(&stays), 15, 15, usable_width(width));
}

void report_text(struct text *out, const struct facts *facts, const struct verdict *v,
	unsigned flags, unsigned width)
{
	struct text_report t = { out, flags, usable_width(width), facts, v };

	if (!(flags & REPORT_BRIEF)) {
		report_head(out, facts);
		text_puts(out, "\n");
		for (size_t i = 0; i < v->n;)
			i += family_add(&t, i);
		text_puts(out, "\n");
	}
	add_conclusion(&t, facts->path, v);
}
