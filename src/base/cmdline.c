/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a command line. See cmdline.h.
 */
#include "base/cmdline.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define BLANKS " \t\n"

const char *cmdline_next(const char *at, enum cmdline_reader reader, char *word)
{
	const char *quotes = reader == CMDLINE_KERNEL    ? "\""
			     : reader == CMDLINE_SYSTEMD ? "\"'"
							 : "";
	char quote = '\0';

	at += strspn(at, BLANKS);
	if (!*at)
		return NULL;
	for (; *at && (quote || !strchr(BLANKS, *at)); at++) {
		if (quote ? *at == quote : strchr(quotes, *at) != NULL)
			quote = quote ? '\0' : *at;
		else
			*word++ = *at;
	}
	*word = '\0';
	return at;
}

char *cmdline_last(const char *cmdline, enum cmdline_reader reader, const char *key)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);
	size_t len = strlen(key);
	char *value = NULL;

	for (const char *p = cmdline; (p = cmdline_next(p, reader, word));)
		if (strncmp(word, key, len) == 0) {
			free(value);
			value = xstrdup(word + len);
		}
	return value;
}

bool cmdline_has(const char *cmdline, enum cmdline_reader reader, const char *wanted)
{
	CLEANUP(xfree) char *word = xmalloc(strlen(cmdline) + 1);

	for (const char *p = cmdline;
		(p = cmdline_next(p, reader, word)) && strcmp(word, "--") != 0;)
		if (strcmp(word, wanted) == 0)
			return true;
	return false;
}
