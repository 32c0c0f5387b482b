/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NAME=value files in the subset of shell that os-release(5) allows.
 */
#include "rootfs/osrelease.h"

#include <string.h>

#include "base/xalloc.h"

/* Copies the word at p with its quotes resolved; it ends at a blank outside of quotes. */
static char *unquote(const char *p)
{
	char *out = xmalloc(strlen(p) + 1), *o = out;
	char quote = '\0';

	for (; *p && *p != '\n'; p++) {
		if (quote) {
			if (*p == quote) {
				quote = '\0';
				continue;
			}
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
			continue;
		} else if (*p == ' ' || *p == '\t' || *p == '\r' || *p == ';') {
			break;
		}
		if (*p == '\\' && quote != '\'' && p[1] && p[1] != '\n')
			p++;
		*o++ = *p;
	}
	*o = '\0';
	return out;
}

char *shell_assignment(const char *text, const char *name)
{
	const char *last = NULL;
	size_t len = strlen(name);

	for (const char *p = text; *p; p += *p == '\n') {
		p += strspn(p, " \t");
		if (strncmp(p, "export ", 7) == 0)
			p += 7;
		if (strncmp(p, name, len) == 0 && p[len] == '=')
			last = p + len + 1;
		p += strcspn(p, "\n");
	}
	return last ? unquote(last) : NULL;
}

void os_release_parse(struct os_release *os, const char *text)
{
	os_release_release(os);
	os->id = shell_assignment(text, "ID");
	if (!os->id)
		os->id = xstrdup("linux");
	os->id_like = shell_assignment(text, "ID_LIKE");
	os->version_id = shell_assignment(text, "VERSION_ID");
	os->pretty_name = shell_assignment(text, "PRETTY_NAME");
	os->codename = shell_assignment(text, "VERSION_CODENAME");
}

void os_release_release(struct os_release *os)
{
	free(os->id);
	free(os->id_like);
	free(os->version_id);
	free(os->pretty_name);
	free(os->codename);
	*os = (struct os_release){ 0 };
}

bool os_release_is_like(const struct os_release *os, const char *name)
{
	size_t len = strlen(name);

	if (os->id && strcmp(os->id, name) == 0)
		return true;
	for (const char *p = os->id_like ? os->id_like : ""; *p;) {
		size_t n = strcspn(p, " ");

		if (n == len && memcmp(p, name, len) == 0)
			return true;
		p += n;
		p += strspn(p, " ");
	}
	return false;
}
