/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the text reports share. See style.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/style.h"

void style_add(struct text *out, unsigned flags, enum style style, const char *text, int pad)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "0",
		[STYLE_OK] = "32",
		[STYLE_BAD] = "1;31",
		[STYLE_WARN] = "33",
		[STYLE_DIM] = "2",
		[STYLE_BOLD] = "1",
	};

	if (flags & REPORT_COLOUR && style != STYLE_PLAIN)
		text_printf(out, "\033[%sm%s\033[0m", codes[style], text);
	else
		text_puts(out, text);
	for (int n = (int)style_columns(text); n < pad; n++)
		text_puts(out, " ");
}

void style_conclusion(struct text *out, unsigned flags, enum conclusion conclusion)
{
	static const struct {
		enum style style;
		const char *text;
	} words[] = {
		[PORTABLE] = { STYLE_OK, "portable" },
		[NOT_PORTABLE] = { STYLE_BAD, "not portable" },
		[UNDETERMINED] = { STYLE_WARN, "could not be determined" },
	};

	style_add(out, flags, words[conclusion].style, words[conclusion].text, 0);
}

unsigned style_columns(const char *text)
{
	unsigned n = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		n += (*p & 0xc0) != 0x80;
	return n;
}

void style_wrap(
	struct text *out, const char *text, unsigned column, unsigned indent, unsigned width)
{
	struct text word CLEANUP(text_release) = TEXT_INIT;
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " \n");
		unsigned columns;

		text_reset(&word);
		text_add(&word, text, len);
		text += len;
		text += strspn(text, " \n");
		columns = style_columns(text_str(&word));
		if (!first && column + 1 + columns > width) {
			text_printf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		text_printf(out, "%s%s", first ? "" : " ", text_str(&word));
		column += columns + (first ? 0 : 1);
		first = false;
	}
	text_puts(out, "\n");
}

void style_cut(struct text *out, const char *text, unsigned columns)
{
	size_t fits = 0, len = strlen(text);

	if (style_columns(text) <= columns) {
		text_printf(out, "%s\n", text);
		return;
	}
	for (size_t i = 0, n = 0; i < len && n + 4 <= columns; i++) {
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (text[i] == ' ')
			fits = i;
	}
	text_printf(out, "%.*s ...\n", (int)fits, text);
}
