/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Test Anything Protocol for unit tests. A test program is a main() that
 * calls functions which say ok(), is_int(), is_str() ... and ends with
 * `return tap_done();`. One line is printed per assertion.
 *
 * Outside programs judge what is tested: requires("sgdisk") at the beginning of
 * main(), or tap_has() before one assertion. Where one is missing that is a
 * skip for a user, and a failure in CI (the environment has CI).
 */
#ifndef ARMVM_TESTS_TAP_H
#define ARMVM_TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failures;

__attribute__((format(printf, 4, 5))) static inline bool tap_result(
	bool passed, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!passed) {
		printf("# at %s:%d\n", file, line);
		tap_failures++;
	}
	/* Programs that the test runs write to the same place, between whole lines only. */
	fflush(stdout);
	return passed;
}

static inline bool tap_int(int64_t got, int64_t want, const char *what, const char *file, int line)
{
	bool same = got == want;

	tap_result(same, file, line, "%s", what);
	if (!same)
		printf("#  got %" PRId64 " (0x%" PRIx64 ")\n# want %" PRId64 " (0x%" PRIx64 ")\n",
			got, (uint64_t)got, want, (uint64_t)want);
	return same;
}

static inline bool tap_str(
	const char *got, const char *want, const char *what, const char *file, int line)
{
	bool same = got && want ? strcmp(got, want) == 0 : got == want;

	tap_result(same, file, line, "%s", what);
	if (!same)
		printf("#  got %s\n# want %s\n", got ? got : "(null)", want ? want : "(null)");
	return same;
}

#define ok(cond, ...)           tap_result((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, what) tap_int((int64_t)(got), (int64_t)(want), what, __FILE__, __LINE__)
#define is_str(got, want, what) tap_str(got, want, what, __FILE__, __LINE__)

/* The first of these programs, "mkfs.fat mcopy", that is not there; false when all are. */
static inline bool tap_missing(const char *programs, char *missing, size_t size)
{
	char words[256], command[300];

	snprintf(words, sizeof(words), "%s", programs);
	for (char *rest = words, *word; (word = strsep(&rest, " ")) != NULL;) {
		snprintf(command, sizeof(command), "command -v %s >/dev/null", word);
		if (system(command) == 0)
			continue;
		snprintf(missing, size, "%s", word);
		return true;
	}
	return false;
}

/* Whether a line of packages.txt, "package : program...", names this program; it ends after the package then. */
static inline bool tap_line_has(char *line, const char *program)
{
	char *programs;

	line[strcspn(line, "#\n")] = '\0';
	programs = strstr(line, " : ");
	line[strcspn(line, " ")] = '\0';
	if (!programs)
		return false;
	for (char *rest = programs + 3, *word; (word = strsep(&rest, " ")) != NULL;)
		if (strcmp(word, program) == 0)
			return true;
	return false;
}

/* Why these programs cannot be used: "sgdisk is missing (apt-get install gdisk)"; NULL when they can. */
static inline const char *tap_lacks(const char *programs)
{
	static char why[400];
	char missing[100], line[256];
	FILE *list;

	if (!tap_missing(programs, missing, sizeof(missing)))
		return NULL;
	snprintf(why, sizeof(why), "%s is missing", missing);
	list = fopen("packages.txt", "r"); /* tests/run runs tests at the top of the tree */
	while (list && fgets(line, sizeof(line), list)) {
		if (!tap_line_has(line, missing))
			continue;
		snprintf(why, sizeof(why), "%s is missing (apt-get install %s)", missing, line);
		break;
	}
	if (list)
		fclose(list);
	return why;
}

/* An assertion that cannot be tried here. */
static inline void skip(const char *what, const char *why)
{
	if (getenv("CI"))
		tap_result(false, __FILE__, __LINE__, "%s: %s, which CI must have", what, why);
	else
		printf("ok %d - %s # SKIP %s\n", ++tap_count, what, why);
}

/* Whether an assertion has these programs; without one it is skipped. */
static inline bool tap_has(const char *what, const char *programs)
{
	const char *why = tap_lacks(programs);

	if (why)
		skip(what, why);
	return !why;
}

/* None of the program's assertions can be tried here. */
static inline _Noreturn void skip_all(const char *why)
{
	if (getenv("CI"))
		printf("Bail out! %s, which CI must have\n", why);
	else
		printf("1..0 # SKIP %s\n", why);
	exit(getenv("CI") ? 1 : 0);
}

/* They are for another way to build or to run, in which CI runs them as well. */
static inline _Noreturn void skip_build(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

static inline void requires(const char *programs)
{
	const char *why = tap_lacks(programs);

	if (why)
		skip_all(why);
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures ? 1 : 0;
}

#endif
