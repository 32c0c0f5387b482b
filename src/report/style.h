/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the text reports share: colours, wrapped paragraphs, text from images
 * made safe for a terminal. Private to report/.
 */
#ifndef ARMVM_REPORT_STYLE_H
#define ARMVM_REPORT_STYLE_H

#include "report/report.h"

enum style {
	STYLE_PLAIN,
	STYLE_OK,
	STYLE_BAD,
	STYLE_WARN,
	STYLE_DIM,
	STYLE_BOLD
};

/* Adds text in a style when flags has REPORT_COLOUR; padded with spaces to pad columns. */
void style_add(struct text *out, unsigned flags, enum style style, const char *text, int pad);

/* Adds in words whether an image is portable. */
void style_conclusion(struct text *out, unsigned flags, enum conclusion conclusion);

/*
 * Adds text, broken between words so that no line passes width; every line
 * but the first is indented by indent spaces. column is where the first
 * begins. Ends with a newline.
 */
void style_wrap(
	struct text *out, const char *text, unsigned column, unsigned indent, unsigned width);

/* Adds what fits on a line of so many columns, broken between words, and a newline. */
void style_cut(struct text *out, const char *text, unsigned columns);

/* The table of the scenarios that these results are about, unless there is but one; scenarios.c. */
void style_scenarios(struct text *out, const struct check_result *results, size_t n, unsigned flags,
	unsigned indent, unsigned width);

/* Columns that text takes on a terminal, UTF-8 continuation bytes not counted. */
unsigned style_columns(const char *text);

#endif
