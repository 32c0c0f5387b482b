/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bootconfigs: the input is the end of an initrd, and a text. */
#include "loader/bootconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_release) struct text out = TEXT_INIT;
	const char *text;
	size_t len;

	bootconfig_cmdline((const char *)data, size, &out);
	if (bootconfig_find(data, size, &text, &len))
		bootconfig_cmdline(text, len, &out);
	return 0;
}
