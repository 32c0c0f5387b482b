/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between two texts, line by line, as people read it.
 */
#ifndef ARMVM_PLAN_DIFF_H
#define ARMVM_PLAN_DIFF_H

#include "base/buf.h"

/* Whether bytes are text: no NUL and no control characters but those of text. */
bool diff_is_text(const char *bytes, size_t len);

/*
 * Adds the lines that are only in before, each after "-", and those only in
 * after, after "+", in their order, with a line " ..." where equal lines between
 * them are left out. At most max lines are added; the last one says so then.
 */
void diff_lines(struct text *out, const char *before, size_t before_len, const char *after,
	size_t after_len, size_t max);

#endif
