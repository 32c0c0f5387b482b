/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second opinions, libblkid's and libparted's, on a disk with any sectors.
 */
#include <stdlib.h>

#define SECTORS_DISK (UINT64_C(256) << 10)

#include "part/opinion.h"
#include "sectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct disk *disk = sectors_disk(bytes, len);
	struct part_blkid blkid;
	CLEANUP(part_parted_release) struct part_parted parted = { 0 };

	part_blkid_disk(disk, &blkid, NULL);
	part_parted_disk(disk, 512, &parted, NULL);
	sectors_close(disk, bytes, len);
	return 0;
}
