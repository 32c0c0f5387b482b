/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device paths as bytes, and as text when the input is text: what is made of
 * text must be whole, and must have a text itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "uefi/device_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_release) struct text text = TEXT_INIT;
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	char *string = xstrndup((const char *)data, size);
	size_t len = dp_length(data, size);

	dp_to_text(data, size, DP_TEXT_SHORTCUTS, &text);
	if (len)
		(void)dp_is_multi(data, len);
	free(dp_file_path(data, size, 0));
	if (dp_from_text(string, &path)) {
		if (dp_length(buf_bytes(&path), path.len) != path.len)
			abort();
		dp_to_text(buf_bytes(&path), path.len, 0, &text);
	}
	free(string);
	return 0;
}
