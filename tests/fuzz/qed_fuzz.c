/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QED images. */
#include "container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return container_fuzz(data, size, 0, "QED", 4);
}
