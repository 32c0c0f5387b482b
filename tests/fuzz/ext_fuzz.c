/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libext2fs, as it is used here, on a disk with any sectors.
 */
#include <stdlib.h>

#define SECTORS_DISK (UINT64_C(4) << 20)

#include "sectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	sectors_read("ext4", bytes, len);
	return 0;
}
