/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of LVM's metadata, with the checksums around it made right.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "disk/disk.h"
#include "part/lvm.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static uint32_t lvm_crc(const uint8_t *p, size_t n)
{
	return ~(uint32_t)crc32(~UINT32_C(0xf597a6cf), p, (uInt)n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t pv[1 << 20];
	static const char id[] = "pv000000000000000000000000000000";
	struct disk *disk;
	struct lvm lvm = { 0 };
	uint8_t *p = pv + 512;

	if (len == 0 || len > 500000)
		return 0;
	memcpy(p, "LABELONE\1", 9);
	put_le32(p + 20, 32);
	memcpy(p + 24, "LVM2 001", 8);
	memcpy(p + 32, id, 32);
	put_le64(p + 72, 1 << 19); /* data */
	put_le64(p + 104, 4096);   /* metadata */
	put_le64(p + 112, 508 << 10);
	put_le32(p + 16, lvm_crc(p + 20, 492));
	p = pv + 4096;
	memcpy(p + 4, " LVM2 x[5A%r0N*>", 16);
	put_le64(p + 24, 4096);
	put_le64(p + 32, 508 << 10);
	put_le64(p + 40, 512);
	put_le64(p + 48, len);
	put_le32(p + 56, lvm_crc(bytes, len));
	put_le32(p, lvm_crc(p + 4, 508));
	memcpy(p + 512, bytes, len);
	disk = disk_from_memory(pv, sizeof(pv));
	if (lvm_read(&disk, 1, &lvm, NULL) == 0)
		lvm_release(&lvm);
	disk_close(disk);
	return 0;
}
