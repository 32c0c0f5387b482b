/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMware's images: a sparse one, an old sparse one, or a descriptor alone, as the last byte says.
 */
#include "container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const magics[] = { "KDMV", "COWD", "# Disk DescriptorFile\n" };
	const char *magic;

	if (!size--)
		return 0;
	magic = magics[data[size] % ARRAY_SIZE(magics)];
	return container_fuzz(data, size, 0, magic, strlen(magic));
}
