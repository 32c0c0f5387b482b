/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report/style: wrapping, and that nothing from an image can steer a terminal.
 */
#include <stdlib.h>

#include "report/style.h"
#include "tap.h"

static void safe(const char *text, const char *want, const char *what)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;

	report_safe(&out, text);
	is_str(text_str(&out), want, what);
}

static void wrap(const char *text, unsigned width, const char *want, const char *what)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;

	style_wrap(&out, text, 2, 2, width);
	is_str(text_str(&out), want, what);
}

static void size(uint64_t bytes, const char *want)
{
	char text[16];

	is_str(report_size(bytes, text), want, want);
}

int main(void)
{
	safe("a\033[31mb\r\n", "a?[31mb??", "escape, carriage return and newline");
	safe("\xc2\x9b"
	     "31m \xc3\xa9",
		"?31m \xc3\xa9", "a C1 control character; other UTF-8 stays");
	wrap("one two three", 9, "one two\n  three\n", "a break where the width ends");
	wrap("abcdefghijkl mn", 6, "abcdefghijkl\n  mn\n", "a word that is too long stands alone");
	wrap("", 10, "\n", "no words");
	size(0, "0 B");
	size(1023, "1023 B");
	size(1024, "1.0 KiB");
	size(UINT64_C(2) << 30, "2.0 GiB");
	size(UINT64_MAX, "16.0 EiB");
	return tap_done();
}
