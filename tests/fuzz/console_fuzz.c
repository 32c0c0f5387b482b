/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A console's bytes, which the guest chooses: lines, their meaning, and the bounds that console.h promises. */
#include <stdlib.h>
#include <string.h>

#include "verify/console.h"
#include "verify/signs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_line(void *ctx, const char *line)
{
	(void)ctx;
	for (const char *p = line; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			abort();
	sign_in(line, true, BOOT_FIRMWARE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct console c CLEANUP(console_release) = { 0 };
	struct text tail CLEANUP(text_release) = TEXT_INIT;

	console_feed(&c, data, size, on_line, NULL);
	sign_in(text_str(&c.line), false, BOOT_INIT);
	console_tail(&c, 12, &tail);
	if (c.text.len > CONSOLE_TEXT_MAX || c.line.len > CONSOLE_LINE_MAX ||
		c.column > c.line.len || strlen(text_str(&tail)) != tail.len)
		abort();
	return 0;
}
