/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check's entry in the manual as plain text, and the list of all checks.
 * Understands the few mdoc macros that man/checks/README allows.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/manual.h"
#include "report/style.h"

/* Adds a line's text without mdoc's escapes: \e is a backslash, \- a hyphen, \& nothing. */
static void add_unescaped(struct text *out, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (line[i] != '\\' || i + 1 == len) {
			text_add(out, line + i, 1);
			continue;
		}
		i++;
		if (line[i] == 'e')
			text_puts(out, "\\");
		else if (line[i] != '&')
			text_add(out, line + i, 1);
	}
}

static bool is_macro(const char *line, size_t len, const char *macro)
{
	size_t n = strlen(macro);

	return len >= n && memcmp(line, macro, n) == 0 && (len == n || line[n] == ' ');
}

/* ".Pa /boot/efi ," is the word and, without a space, the punctuation after it. */
static void add_inline(struct text *text, const char *line, size_t len)
{
	struct text args CLEANUP(text_release) = TEXT_INIT;
	char *word, *save = NULL;
	bool manual = is_macro(line, len, ".Xr"), first = true;

	add_unescaped(&args, line + 4, len > 4 ? len - 4 : 0);
	if (text->len)
		text_puts(text, " ");
	text_reserve(&args, 0);
	for (word = strtok_r(text_edit(&args), " ", &save); word;
		word = strtok_r(NULL, " ", &save)) {
		bool punctuation = strlen(word) == 1 && strchr(".,;:)", *word);

		if (manual && !first && !punctuation)
			text_printf(text, "(%s)", word);
		else
			text_printf(text, "%s%s", first || punctuation ? "" : " ", word);
		first = false;
	}
}

static void flush(struct text *out, struct text *text, unsigned width)
{
	if (!text->len)
		return;
	style_wrap(out, text_str(text), 0, 0, width);
	text_reset(text);
}

/* Renders the lines from entry up to end. */
static void render(struct text *out, const char *entry, const char *end, unsigned width)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	bool literal = false;

	for (const char *line = entry; line < end;) {
		size_t len = strcspn(line, "\n");

		if (is_macro(line, len, ".Pp")) {
			flush(out, &text, width);
			text_puts(out, "\n");
		} else if (is_macro(line, len, ".Bd") || is_macro(line, len, ".Ed")) {
			flush(out, &text, width);
			literal = line[1] == 'B';
			text_puts(out, literal ? "\n" : "");
		} else if (literal) {
			text_puts(out, "    ");
			add_unescaped(out, line, len);
			text_puts(out, "\n");
		} else if (*line == '.') {
			add_inline(&text, line, len);
		} else {
			if (text.len)
				text_puts(&text, " ");
			add_unescaped(&text, line, len);
		}
		line += len + (line[len] == '\n');
	}
	flush(out, &text, width);
}

/* The entry's first line after its heading, or NULL. */
static const char *find_entry(const char *id)
{
	const char *p = manual_checks;
	size_t n = strlen(id);

	while ((p = strstr(p, ".Ss "))) {
		p += 4;
		if (strncmp(p, id, n) == 0 && p[n] == '\n')
			return p + n + 1;
	}
	return NULL;
}

void report_explain(struct text *out, const struct check *check, unsigned flags, unsigned width)
{
	const char *entry = find_entry(check->id), *end;

	style_add(out, flags, STYLE_BOLD, check->id, 0);
	text_printf(out, ": %s\n\n", check->title);
	if (!entry) {
		text_printf(out, "%s. %s.\n", severity_name(check->severity), check->source);
		return;
	}
	end = strstr(entry, ".Ss ");
	render(out, entry, end ? end : entry + strlen(entry), width ? width : 80);
}

void report_check_list(struct text *out, unsigned flags)
{
	bool table = flags & REPORT_COLOUR;

	for (size_t i = 0; i < check_count(); i++) {
		const struct check *c = check_at(i);

		if (table)
			text_printf(out, "%-30s %-8s %s\n", c->id, severity_name(c->severity),
				c->title);
		else
			text_printf(out, "%s\t%s\t%s\t%s\t%s\n", c->id, severity_name(c->severity),
				c->source, c->title, c->fix ? "fixable" : "");
	}
}
