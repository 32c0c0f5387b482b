/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UEFI's compression: what malformed bytes are unpacked to stays within its size. */
#include <stdlib.h>

#include "base/xalloc.h"
#include "uefi/decompress.h"

#define LIMIT (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t n;

	if (compressed_size(data, size, &n) && n <= LIMIT) {
		uint8_t *to = xmalloc(n ? n : 1);

		(void)decompress(data, size, to);
		free(to);
	}
	return 0;
}
