/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot order from outside: what is made of its OpenFirmware paths must be
 * whole nodes. The input's first line is a pattern for loader entries, too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/bds/entries.h"
#include "firmware/bds/openfirmware.h"
#include "uefi/device_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_release) struct buf device = BUF_INIT;
	CLEANUP(xfree) char *text = xstrndup((const char *)data, size);
	const char *at = text;
	enum openfirmware r;
	bool stops;

	do {
		r = openfirmware_next(&at, &device);
		dp_add_end(&device);
		if (dp_length(buf_bytes(&device), device.len) != device.len)
			abort();
	} while (r == OPENFIRMWARE_PATH || r == OPENFIRMWARE_UNKNOWN);
	text[strcspn(text, "\n")] = '\0';
	(void)entries_match("a-name-with-aaaaaaa.conf", text, &stops);
	(void)entries_match(text, text, &stops);
	return 0;
}
