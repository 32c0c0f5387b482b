/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VHDX: the input's first 256 bytes are its header, the next 1024 the region table, the rest the
 * metadata region. Their magic numbers stand. In fuzz mode every checksum is right.
 */
#include "container.h"

#define HEADER   (64u << 10)
#define REGIONS  (192u << 10)
#define METADATA (256u << 10)
#define SIZE     (METADATA + (64u << 10))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies at most max bytes of the input, and zeroes behind them. */
static void put(uint8_t *to, size_t max, const uint8_t **data, size_t *size)
{
	size_t n = *size < max ? *size : max;

	memcpy(to, *data, n);
	memset(to + n, 0, max - n);
	*data += n;
	*size -= n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[SIZE];

	memcpy(bytes, "vhdxfile", 8);
	put(bytes + HEADER, 256, &data, &size);
	memcpy(bytes + HEADER, "head", 4);
	put(bytes + REGIONS, 1024, &data, &size);
	memcpy(bytes + REGIONS, "regi", 4);
	put(bytes + METADATA, 64u << 10, &data, &size);
	memcpy(bytes + METADATA, "metadata", 8);
	container_inspect(bytes, sizeof(bytes));
	return 0;
}
