/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dm-verity's superblock, at the start of the input and with its magic, and the top of the tree behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "part/verity.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t magic[] = { 'v', 'e', 'r', 'i', 't', 'y', 0, 0, 1, 0, 0, 0 };
	CLEANUP(xfree) uint8_t *copy = xmalloc(len + 1);
	struct disk *disk CLEANUP(disk_close) = NULL;
	char hex[VERITY_HEX];
	struct verity v;

	if (len < sizeof(magic))
		return 0;
	memcpy(copy, bytes, len);
	memcpy(copy, magic, sizeof(magic));
	disk = disk_from_memory(copy, len);
	if (verity_read(disk, 0, &v, NULL) == 0)
		(void)!verity_root(&v, disk, disk, hex, NULL);
	return 0;
}
