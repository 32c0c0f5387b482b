/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VirtualBox's images. */
#include "container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return container_fuzz(data, size, 64, "\x7f\x10\xda\xbe", 4);
}
