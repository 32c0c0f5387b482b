/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Test Anything Protocol for unit tests. A test program is a main() that
 * calls functions which say ok(), is_int(), is_str() ... and ends with
 * `return tap_done();`. One line is printed per assertion.
 */
#ifndef ARMVM_TESTS_TAP_H
#define ARMVM_TESTS_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
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

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures ? 1 : 0;
}

#endif
