/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of options that several verbs have. See cli.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "build/build.h"
#include "checks/policy.h"
#include "cli/cli.h"

#define CONFIG_NAME ".armvm-image.conf"

int read_seconds(const struct verb *verb, const char *word, unsigned *seconds)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(word, &end, 10);
	if (errno || *end || end == word || n == 0 || n > 86400 || *word == '-')
		return say_usage(verb, "--boot-timeout %s: not a number of seconds", word);
	*seconds = (unsigned)n;
	return STATUS_OK;
}

int read_size(const struct verb *verb, const char *option, const char *text, uint64_t *bytes)
{
	if (build_parse_size(text, bytes) && *bytes > 0)
		return STATUS_OK;
	return say_usage(verb, "%s %s: not a size like 900M or 8G", option, text);
}

void add_words(struct strlist *words, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		if (len)
			strlist_take(words, xstrndup(list, len));
		list += len + (list[len] == ',');
	}
}

int read_config(struct policy *policy, const char *path)
{
	struct err err = { 0 };

	if (!path && access(CONFIG_NAME, F_OK) < 0 && errno == ENOENT)
		return STATUS_OK;
	if (policy_read(policy, path ? path : CONFIG_NAME, &err) == 0)
		return STATUS_OK;
	say_error(&err);
	return STATUS_USAGE;
}
