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
static void add_unescaped(struct buf *out, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (line[i] != '\\' || i + 1 == len) {
			buf_add(out, line + i, 1);
			continue;
		}
		i++;
		if (line[i] == 'e')
			buf_puts(out, "\\");
		else if (line[i] != '&')
			buf_add(out, line + i, 1);
	}
}

static bool is_macro(const char *line, size_t len, const char *macro)
{
	size_t n = strlen(macro);

	return len >= n && memcmp(line, macro, n) == 0 && (len == n || line[n] == ' ');
}

/* ".Pa /boot/efi ," is the word and, without a space, the punctuation after it. */
static void add_inline(struct buf *text, const char *line, size_t len)
{
	struct buf args CLEANUP(buf_release) = BUF_INIT;
	char *word, *save = NULL;
	bool manual = is_macro(line, len, ".Xr"), first = true;

	add_unescaped(&args, line + 4, len > 4 ? len - 4 : 0);
	if (text->len)
		buf_puts(text, " ");
	buf_reserve(&args, 0);
	for (word = strtok_r(args.data, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		bool punctuation = strlen(word) == 1 && strchr(".,;:)", *word);

		if (manual && !first && !punctuation)
			buf_printf(text, "(%s)", word);
		else
			buf_printf(text, "%s%s", first || punctuation ? "" : " ", word);
		first = false;
	}
}

static void flush(struct buf *out, struct buf *text, unsigned width)
{
	if (!text->len)
		return;
	style_wrap(out, buf_str(text), 0, 0, width);
	buf_reset(text);
}

/* Renders the lines from entry up to end. */
static void render(struct buf *out, const char *entry, const char *end, unsigned width)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	bool literal = false;

	for (const char *line = entry; line < end;) {
		size_t len = strcspn(line, "\n");

		if (is_macro(line, len, ".Pp")) {
			flush(out, &text, width);
			buf_puts(out, "\n");
		} else if (is_macro(line, len, ".Bd") || is_macro(line, len, ".Ed")) {
			flush(out, &text, width);
			literal = line[1] == 'B';
			buf_puts(out, literal ? "\n" : "");
		} else if (literal) {
			buf_puts(out, "    ");
			add_unescaped(out, line, len);
			buf_puts(out, "\n");
		} else if (*line == '.') {
			add_inline(&text, line, len);
		} else {
			if (text.len)
				buf_puts(&text, " ");
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

void report_explain(struct buf *out, const struct check *check, unsigned flags, unsigned width)
{
	const char *entry = find_entry(check->id), *end;

	style_add(out, flags, STYLE_BOLD, check->id, 0);
	buf_printf(out, ": %s\n\n", check->title);
	if (!entry) {
		buf_printf(out, "%s. %s.\n", severity_name(check->severity), check->source);
		return;
	}
	end = strstr(entry, ".Ss ");
	render(out, entry, end ? end : entry + strlen(entry), width ? width : 80);
}

void report_check_list(struct buf *out, unsigned flags)
{
	bool table = flags & REPORT_COLOUR;

	for (size_t i = 0; i < check_count(); i++) {
		const struct check *c = check_at(i);

		if (table)
			buf_printf(out, "%-30s %-8s %s\n", c->id, severity_name(c->severity),
				c->title);
		else
			buf_printf(out, "%s\t%s\t%s\t%s\t%s\n", c->id, severity_name(c->severity),
				c->source, c->title, c->fix ? "fixable" : "");
	}
}
