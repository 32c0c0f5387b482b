/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about names and paths that more than one room asks.
 */
#ifndef ARMVM_BASE_MATCH_H
#define ARMVM_BASE_MATCH_H

#include <ctype.h>
#include <string.h>

#include "base/base.h"

/* Whether s ends so; it does when it is nothing else. */
static inline bool ends_with(const char *s, const char *ending)
{
	size_t n = strlen(s), m = strlen(ending);

	return n >= m && strcmp(s + n - m, ending) == 0;
}

/* Whether a path is the folder's or leads below it: /boot/efi is below /boot, /bootx is not. Neither ends in '/'. */
static inline bool is_at_or_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (!path[len] || path[len] == '/');
}

/* Whether two UUIDs have the same digits, in whichever letters; what stands in between does not count, where it is one of these. */
static inline bool same_digits(const char *a, const char *b, const char *between)
{
	for (;; a++, b++) {
		a += strspn(a, between);
		b += strspn(b, between);
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

#endif
