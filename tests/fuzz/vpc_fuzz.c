/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Microsoft's older images: the footer is the input's end, the rest stands before it. The first byte says
 * whether the checksum is made right.
 */
#include "container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(xfree) uint8_t *bytes = NULL;
	uint8_t *footer;
	uint32_t sum = 0;

	if (!size--)
		return 0;
	bytes = xcalloc(1, size + 1024);
	memcpy(bytes, data + 1, size);
	size += 512 - size % 512;
	footer = bytes + size - 512;
	memcpy(footer, "conectix", 8);
	for (size_t i = 0; i < 512; i++)
		if (i < 64 || i >= 68)
			sum += footer[i];
	if (data[0] & 1)
		for (unsigned i = 0; i < 4; i++)
			footer[64 + i] = (uint8_t)(~sum >> (24 - 8 * i));
	container_inspect(bytes, size);
	return 0;
}
