/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a command line. See cmdline.h.
 */
#include "base/cmdline.h"

#include <string.h>

#define BLANKS " \t\n"

const char *cmdline_next(const char *at, enum cmdline_reader reader, char *word)
{
	bool quoted = false;

	at += strspn(at, BLANKS);
	if (!*at)
		return NULL;
	for (; *at && (quoted || !strchr(BLANKS, *at)); at++) {
		if (reader == CMDLINE_KERNEL && *at == '"')
			quoted = !quoted;
		else
			*word++ = *at;
	}
	*word = '\0';
	return at;
}
