/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that reads the header of a disk image before QEMU does: qcow2 and
 * its tables first of all, and the other formats by their magic numbers.
 */
#include "disk/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk_facts facts;

	disk_inspect_memory(data, size, &facts);
	disk_facts_release(&facts);
	return 0;
}
