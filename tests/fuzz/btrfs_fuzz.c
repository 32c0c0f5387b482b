/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of btrfs, on a disk with any sectors. In fuzz mode every checksum is right.
 */
#include <stdlib.h>

#include "sectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	sectors_read("btrfs", bytes, len);
	return 0;
}
