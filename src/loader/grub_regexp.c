/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's `regexp [--set [NUMBER:]VARIABLE]... PATTERN STRING` (GRUB manual, "regexp"): an extended regular
 * expression, whose groups go into variables. Patterns are a stranger's: long ones, and those that
 * libc takes unbounded time or memory for (repeat counts, references back), are not tried.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "loader/grub_run.h"

#define PATTERN_MAX 128
#define STRING_MAX  512
#define GROUPS_MAX  10
#define SETS_MAX    10

struct arguments {
	const char *sets[SETS_MAX];
	size_t n_sets;
	const char *pattern, *string;
};

static bool read_arguments(struct arguments *a, size_t argc, char *const *argv)
{
	for (size_t i = 1; i < argc; i++) {
		const char *set = NULL;

		if (strncmp(argv[i], "--set=", 6) == 0)
			set = argv[i] + 6;
		else if ((strcmp(argv[i], "--set") == 0 || strcmp(argv[i], "-s") == 0) &&
			 i + 1 < argc)
			set = argv[++i];
		if (set && a->n_sets < SETS_MAX)
			a->sets[a->n_sets++] = set;
		else if (set)
			return false;
		else if (!a->pattern)
			a->pattern = argv[i];
		else if (!a->string)
			a->string = argv[i];
		else
			return false;
	}
	return a->pattern && a->string;
}

/* "2:variable", or "variable" for the first group. */
static void set_group(
	struct grub_run *run, const char *set, const char *string, const regmatch_t *groups)
{
	const char *colon = strchr(set, ':');
	unsigned long number = colon ? strtoul(set, NULL, 10) : 1;
	CLEANUP(xfree) char *value = NULL;

	if (number >= GROUPS_MAX || groups[number].rm_so < 0)
		return;
	value = xstrndup(string + groups[number].rm_so,
		(size_t)(groups[number].rm_eo - groups[number].rm_so));
	grub_env_set(run, colon ? colon + 1 : set, value);
}

int grub_regexp(struct grub_run *run, size_t argc, char *const *argv)
{
	struct arguments a = { 0 };
	regmatch_t groups[GROUPS_MAX];
	regex_t compiled;
	int status;

	if (!read_arguments(&a, argc, argv))
		return 1;
	if (strlen(a.pattern) > PATTERN_MAX || strlen(a.string) > STRING_MAX ||
		strpbrk(a.pattern, "{\\"))
		return -1;
	if (regcomp(&compiled, a.pattern, REG_EXTENDED) != 0)
		return 1;
	status = regexec(&compiled, a.string, GROUPS_MAX, groups, 0) == 0 ? 0 : 1;
	regfree(&compiled);
	for (size_t i = 0; status == 0 && i < a.n_sets; i++)
		set_group(run, a.sets[i], a.string, groups);
	return status;
}
