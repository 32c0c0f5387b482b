/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes part_read(). The first byte of the input chooses sectors of 4096 bytes
 * (bit 0) and whether the checksums of both copies are made right first (bit 1),
 * since no mutation would ever get past them; the rest is the disk.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "part/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_checksums(uint8_t *disk, size_t size, size_t lba, size_t ss)
{
	uint8_t *h = disk + lba * ss;
	uint64_t first = le64(h + 72), length = (uint64_t)le32(h + 80) * le32(h + 84);

	if (first < size / ss && length <= size - first * ss)
		put_le32(h + 88, (uint32_t)crc32(0, disk + first * ss, (uInt)length));
	put_le32(h + 16, 0);
	if (le32(h + 12) <= ss)
		put_le32(h + 16, (uint32_t)crc32(0, h, le32(h + 12)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(part_table_free) struct part_table *t = NULL;
	CLEANUP(disk_close) struct disk *disk = NULL;
	struct err err = { 0 };
	uint8_t *bytes;
	size_t ss;

	if (size < 1)
		return 0;
	ss = data[0] & 1 ? 4096 : 512;
	size--;
	bytes = malloc(size ? size : 1);
	if (!bytes)
		abort();
	memcpy(bytes, data + 1, size);
	if ((data[0] & 2) && size >= 3 * ss) {
		fix_checksums(bytes, size, 1, ss);
		fix_checksums(bytes, size, size / ss - 1, ss);
	}
	disk = disk_from_memory(bytes, size);
	disk_set_sector_size(disk, (unsigned)ss);
	/* A disk in memory cannot fail: whatever stands in it, there is a table. */
	if (part_read(disk, &t, &err) != 0)
		abort();
	for (const struct part *p = NULL; (p = part_next_esp(t, p));) {
		if (part_find(t, p->index) != p)
			abort();
		if (p->start + p->size > size)
			abort();
	}
	free(bytes);
	return 0;
}
