/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of squashfs, which is libsquashfs behind ours, on a disk with any sectors.
 */
#include <stdlib.h>

#define SECTORS_DISK (UINT64_C(8) << 20)
#include "sectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	sectors_read("squashfs", bytes, len);
	return 0;
}
