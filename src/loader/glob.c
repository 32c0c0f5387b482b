/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell patterns in bounded time: only the last '*' is ever gone back to.
 * Leaves out character classes and collation.
 */
#include "loader/glob.h"

#include <ctype.h>

static int folded(char c, bool fold)
{
	return fold ? tolower((unsigned char)c) : (unsigned char)c;
}

/* At '[': whether c is in the set; *p moves behind it. An open set stands for itself. */
static bool match_set(const char **p, char c, bool fold)
{
	const char *s = *p + 1;
	bool negate = *s == '!' || *s == '^', found = false;
	int want = folded(c, fold);

	s += negate;
	for (bool first = true; *s && (*s != ']' || first); first = false) {
		int low = folded(*s, fold), high = low;

		if (s[1] == '-' && s[2] && s[2] != ']') {
			high = folded(s[2], fold);
			s += 2;
		}
		found = found || (want >= low && want <= high);
		s++;
	}
	if (!*s) {
		(*p)++;
		return c == '[';
	}
	*p = s + 1;
	return found != negate;
}

/* Whether one element at *p matches c; *p moves behind it. */
static bool match_one(const char **p, char c, bool fold)
{
	if (**p == '[')
		return match_set(p, c, fold);
	if (**p == '?') {
		(*p)++;
		return true;
	}
	if (**p == '\\' && (*p)[1])
		(*p)++;
	return folded(*(*p)++, fold) == folded(c, fold);
}

bool glob_match(const char *pattern, const char *text, bool fold)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		const char *p = pattern;

		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern && match_one(&p, *text, fold)) {
			pattern = p;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
