/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell patterns in bounded time: only the last '*' is ever gone back to.
 * Leaves out character classes and collation.
 */
#include "loader/glob.h"

#include <ctype.h>

static int folded(char c, unsigned flags)
{
	return flags & GLOB_FOLD ? tolower((unsigned char)c) : (unsigned char)c;
}

/* At '[': whether c is in the set; *p moves behind it. An open set stands for itself. */
static bool match_set(const char **p, char c, unsigned flags)
{
	const char *s = *p + 1;
	bool negate = (*s == '!' || *s == '^') && !(flags & GLOB_NO_NEGATION), found = false;
	int want = folded(c, flags);

	s += negate;
	for (bool first = !(flags & GLOB_NO_QUOTING); *s && (*s != ']' || first); first = false) {
		int low = folded(*s, flags), high = low;

		if (s[1] == '-' && s[2] && s[2] != ']') {
			high = folded(s[2], flags);
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
static bool match_one(const char **p, char c, unsigned flags)
{
	if (**p == '[')
		return match_set(p, c, flags);
	if (**p == '?') {
		(*p)++;
		return true;
	}
	if (**p == '\\' && (*p)[1] && !(flags & GLOB_NO_QUOTING))
		(*p)++;
	return folded(*(*p)++, flags) == folded(c, flags);
}

bool glob_match(const char *pattern, const char *text, unsigned flags)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		const char *p = pattern;

		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern && match_one(&p, *text, flags)) {
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
