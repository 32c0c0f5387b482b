/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the text reports share. See style.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/style.h"

void style_add(struct buf *out, unsigned flags, enum style style, const char *text, int pad)
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
		buf_printf(out, "\033[%sm%s\033[0m", codes[style], text);
	else
		buf_puts(out, text);
	for (int n = (int)style_columns(text); n < pad; n++)
		buf_puts(out, " ");
}

unsigned style_columns(const char *text)
{
	unsigned n = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		n += (*p & 0xc0) != 0x80;
	return n;
}

void style_wrap(struct buf *out, const char *text, unsigned column, unsigned indent, unsigned width)
{
	struct buf word CLEANUP(buf_release) = BUF_INIT;
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " \n");
		unsigned columns;

		buf_reset(&word);
		buf_add(&word, text, len);
		text += len;
		text += strspn(text, " \n");
		columns = style_columns(buf_str(&word));
		if (!first && column + 1 + columns > width) {
			buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		buf_printf(out, "%s%s", first ? "" : " ", buf_str(&word));
		column += columns + (first ? 0 : 1);
		first = false;
	}
	buf_puts(out, "\n");
}

void style_cut(struct buf *out, const char *text, unsigned columns)
{
	size_t fits = 0, len = strlen(text);

	if (style_columns(text) <= columns) {
		buf_printf(out, "%s\n", text);
		return;
	}
	for (size_t i = 0, n = 0; i < len && n + 4 <= columns; i++) {
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (text[i] == ' ')
			fits = i;
	}
	buf_printf(out, "%.*s ...\n", (int)fits, text);
}
