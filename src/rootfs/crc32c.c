/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32C by libext2fs, which has a fast one for ext4's own checksums.
 */
#include "rootfs/crc32c.h"

#include <ext2fs/ext2fs.h>

uint32_t crc32c(uint32_t crc, const void *bytes, size_t len)
{
	return ext2fs_crc32c_le(crc, bytes, len);
}
