/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device tree in an image: whose it is. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "uefi/devicetree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(xfree) char *name = devicetree_compatible(data, size);

	if (name && (!*name || !devicetree_valid(data, size) || strlen(name) > size))
		abort();
	return 0;
}
