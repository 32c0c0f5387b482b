/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings in English. See collate.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/proto/collate.h"

static uint16_t unit(struct units s, size_t i)
{
	return le16(s.p + 2 * i);
}

uint16_t collate_upper(uint16_t u)
{
	if ((u >= 'a' && u <= 'z') || (u >= 0xe0 && u <= 0xfe && u != 0xf7))
		return (uint16_t)(u - 0x20);
	return u;
}

uint16_t collate_lower(uint16_t u)
{
	if ((u >= 'A' && u <= 'Z') || (u >= 0xc0 && u <= 0xde && u != 0xd7))
		return (uint16_t)(u + 0x20);
	return u;
}

int collate_compare(struct units a, struct units b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int d = collate_upper(unit(a, i)) - collate_upper(unit(b, i));

		if (d)
			return d;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

/*
 * Whether u is in the set that begins behind the '[' at *i, which is moved
 * behind its ']'. A set without an end reaches to the pattern's end.
 */
static bool in_set(struct units pattern, size_t *i, uint16_t u)
{
	bool found = false;

	while (*i < pattern.n && unit(pattern, *i) != ']') {
		uint16_t from = collate_upper(unit(pattern, (*i)++)), to = from;

		if (*i + 1 < pattern.n && unit(pattern, *i) == '-' &&
			unit(pattern, *i + 1) != ']') {
			to = collate_upper(unit(pattern, *i + 1));
			*i += 2;
		}
		found |= u >= from && u <= to;
	}
	if (*i < pattern.n)
		++*i;
	return found;
}

/* Whether the pattern's element at *i, no '*', takes u; moves behind it. */
static bool takes(struct units pattern, size_t *i, uint16_t u)
{
	uint16_t p = unit(pattern, (*i)++);

	if (p == '?')
		return true;
	u = collate_upper(u);
	return p == '[' ? in_set(pattern, i, u) : collate_upper(p) == u;
}

bool collate_match(struct units s, struct units pattern)
{
	size_t at = 0, i = 0, star = SIZE_MAX, star_at = 0;

	/* Only the last '*' is ever tried again, with one more character each time. */
	while (at < s.n) {
		if (i < pattern.n && unit(pattern, i) == '*') {
			star = ++i;
			star_at = at;
			continue;
		}
		if (i < pattern.n && takes(pattern, &i, unit(s, at))) {
			at++;
			continue;
		}
		if (star == SIZE_MAX)
			return false;
		i = star;
		at = ++star_at;
	}
	while (i < pattern.n && unit(pattern, i) == '*')
		i++;
	return i == pattern.n;
}

uint8_t collate_fat_char(uint16_t u)
{
	u = collate_upper(u);
	if (u <= ' ' || u >= 0x7f || strchr("\"*+,./:;<=>?[\\]|", u))
		return 0;
	return (uint8_t)u;
}
