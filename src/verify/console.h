/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a serial console shows, as lines of plain text: escape sequences are
 * carried out as far as lines need it and dropped, carriage return and
 * backspace overwrite, whatever moves the cursor to another row ends the line, and
 * what is not printable ASCII becomes a space. The guest decides what comes
 * in, so every part is bounded.
 */
#ifndef ARMVM_VERIFY_CONSOLE_H
#define ARMVM_VERIFY_CONSOLE_H

#include "base/buf.h"

#define CONSOLE_TEXT_MAX (512 * 1024)
#define CONSOLE_LINE_MAX 2048

/* Starts zeroed. */
struct console {
	struct text text; /* finished lines, each with its LF; the oldest go when it is full */
	struct text line; /* the line that the cursor is in */
	size_t column;    /* where the next byte goes; at most line.len */
	int state;        /* inside which kind of escape sequence */
	/* Where the line is on the screen, from 1; row 0: it is not known. */
	size_t row, left;
	/* Of the control sequence that is read: its first numbers, and how many there are. */
	size_t numbers[2], n_numbers;
};

/* line is finished, without LF; blank lines are not reported. */
typedef void console_line_fn(void *ctx, const char *line);

void console_feed(
	struct console *c, const void *bytes, size_t len, console_line_fn *on_line, void *ctx);

/* Appends the last lines that are not blank to out, the unfinished one included. */
void console_tail(const struct console *c, size_t lines, struct text *out);

void console_release(struct console *c);
DEFINE_RELEASE(struct console, console_release)

#endif
