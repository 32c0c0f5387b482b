/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fix, reported to people. See fix.h.
 */
#include <inttypes.h>
#include <string.h>

#include "base/xalloc.h"
#include "report/fix.h"
#include "report/style.h"

#define ID_COLUMN 4
#define ID_WIDTH  26

static void add_mends(struct text *out, const struct fix_result *r, unsigned flags, unsigned width)
{
	bool done = r->outcome == FIX_DONE;

	if (r->record.n_mends)
		text_printf(out, "  %s\n", done ? "mended" : "will be mended");
	for (size_t i = 0; i < r->record.n_mends; i++) {
		const struct record_mend *m = &r->record.mends[i];
		bool again = i && strcmp(m->id, r->record.mends[i - 1].id) == 0;
		struct text safe CLEANUP(text_release) = TEXT_INIT;

		text_printf(out, "%*s", ID_COLUMN, "");
		style_add(out, flags, STYLE_OK, again ? "" : m->id, ID_WIDTH);
		text_puts(out, " ");
		report_safe(&safe, m->text);
		style_wrap(out, text_str(&safe), ID_COLUMN + ID_WIDTH + 1, ID_COLUMN + ID_WIDTH + 1,
			width);
	}
}

/* Lines of a diff, in colours. */
static void add_diff(struct text *out, const char *diff, unsigned flags)
{
	for (const char *line = diff; *line;) {
		size_t len = strcspn(line, "\n");
		CLEANUP(xfree) char *copy = xstrndup(line, len);
		struct text safe CLEANUP(text_release) = TEXT_INIT;

		for (char *p = copy; *p; p++)
			if (*p == '\t')
				*p = ' ';
		report_safe(&safe, copy);
		text_puts(out, "      ");
		style_add(out, flags,
			*line == '-'   ? STYLE_BAD
			: *line == '+' ? STYLE_OK
				       : STYLE_DIM,
			text_str(&safe), 0);
		text_puts(out, "\n");
		line += len + (line[len] == '\n');
	}
}

static void add_sizes(struct text *out, const struct record_change *c)
{
	char before[16], after[16];

	if (c->before && c->after)
		text_printf(out, ", %s, was %s", report_size(c->after, after),
			report_size(c->before, before));
	else if (c->after || c->before)
		text_printf(out, ", %s", report_size(c->after ? c->after : c->before, after));
}

static void add_changes(struct text *out, const struct fix_result *r, unsigned flags)
{
	static const struct {
		const char *action, *said;
	} words[] = { { "create", "created" }, { "change", "changed" }, { "remove", "removed" },
		{ "link", "made a link" }, { "folder", "folder made" }, { "repair", "repaired" },
		{ "rewrite", "rewritten" } };

	if (r->record.n_changes)
		text_puts(out, "\n");
	for (size_t i = 0; i < r->record.n_changes; i++) {
		const struct record_change *c = &r->record.changes[i];
		const char *said = c->action;

		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			if (strcmp(words[k].action, c->action) == 0)
				said = words[k].said;
		text_printf(out, "  %s%s", c->place, c->path ? ":" : "");
		report_safe(out, c->path ? c->path : "");
		text_printf(out, ": %s", said);
		add_sizes(out, c);
		if (c->note) {
			text_puts(out, ", ");
			report_safe(out, c->note);
		}
		text_puts(out, "\n");
		/* Of what goes as a whole, its name is enough. */
		if (c->diff && strcmp(c->action, "remove") != 0)
			add_diff(out, c->diff, flags);
	}
}

static void add_left(struct text *out, const struct fix_result *r, unsigned flags, unsigned width)
{
	if (r->n_left)
		text_printf(out, "%s  %s\n", r->record.n_changes || r->record.n_mends ? "\n" : "",
			r->outcome == FIX_DONE ? "stays" : "will stay");
	for (size_t i = 0; i < r->n_left; i++) {
		const struct fix_left *l = &r->left[i];
		struct text safe CLEANUP(text_release) = TEXT_INIT;

		text_printf(out, "%*s", ID_COLUMN, "");
		style_add(out, flags, l->severity == SEV_ERROR ? STYLE_BAD : STYLE_WARN, l->id,
			ID_WIDTH);
		text_puts(out, " ");
		report_safe(&safe, l->text);
		text_puts(&safe, ": ");
		report_safe(&safe, l->why);
		style_wrap(out, text_str(&safe), ID_COLUMN + ID_WIDTH + 1, ID_COLUMN + ID_WIDTH + 1,
			width);
	}
}

static void add_conclusion(
	struct text *out, const char *image, const struct fix_result *r, unsigned flags)
{
	bool written = r->outcome == FIX_DONE;

	report_safe(out, written ? r->out : image);
	text_puts(out, ": ");
	if (r->outcome == FIX_NOTHING) {
		style_add(out, flags, STYLE_OK, "nothing to do", 0);
	} else if (r->outcome == FIX_UNABLE) {
		style_add(out, flags, STYLE_BAD, "cannot be mended", 0);
		text_puts(out, ", and was left alone");
	} else if (written) {
		style_conclusion(out, flags, r->after);
		text_puts(out, r->booted ? ", booted" : ", not booted");
	} else {
		text_puts(out, "to be written as ");
		report_safe(out, r->out);
	}
	text_puts(out, "\n");
}

void report_fix(struct text *out, const char *image, const struct fix_result *r, unsigned flags,
	unsigned width)
{
	width = width >= 60 ? width : 100;
	if (!(flags & REPORT_BRIEF)) {
		if (r->record.n_mends || r->n_left) {
			report_safe(out, image);
			text_puts(out, "\n");
		}
		add_mends(out, r, flags, width);
		add_changes(out, r, flags);
		add_left(out, r, flags, width);
		if (r->record.n_mends || r->n_left)
			text_puts(out, "\n");
	}
	add_conclusion(out, image, r, flags);
}
