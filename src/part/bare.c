/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks that have no table because a file system, or what holds one, begins in
 * their first sector. A row per signature; only to say what was found instead
 * of a GPT: part/opinion.h asks libblkid, which knows far more.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "part/tables.h"

static const struct {
	uint32_t offset;
	uint8_t len;
	const char *magic;
	const char *name;
} signatures[] = {
	{ 1080, 2, "\x53\xef", "ext" },
	{ 0, 4, "XFSB", "xfs" },
	{ 65600, 8, "_BHRfS_M", "btrfs" },
	{ 3, 8, "EXFAT   ", "exfat" },
	{ 3, 8, "NTFS    ", "ntfs" },
	{ 0, 4, "hsqs", "squashfs" },
	{ 1024, 4, "\xe2\xe1\xf5\xe0", "erofs" },
	{ 1024, 4, "\x10\x20\xf5\xf2", "f2fs" },
	{ 32769, 5, "CD001", "iso9660" },
	{ 512, 8, "LABELONE", "LVM2_member" },
	{ 0, 6, "LUKS\xba\xbe", "crypto_LUKS" },
};

/* A BIOS parameter block, by the fields that every FAT has (UEFI 2.10 13.3). */
static bool looks_like_fat(const uint8_t *p)
{
	uint16_t sector = le16(p + 11);
	uint8_t cluster = p[13];

	if (p[0] != 0xe9 && !(p[0] == 0xeb && p[2] == 0x90))
		return false;
	if (sector < 512 || sector > 4096 || (sector & (sector - 1)))
		return false;
	if (cluster == 0 || (cluster & (cluster - 1)))
		return false;
	return le16(p + 14) > 0 && p[16] > 0 && p[21] >= 0xf0;
}

int bare_filesystem(struct disk *disk, const char **name, struct err *err)
{
	uint8_t bytes[MBR_SIZE];
	int rc;

	*name = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++) {
		if (!range_within(signatures[i].offset, signatures[i].len, disk_size(disk)))
			continue;
		rc = disk_read(disk, signatures[i].offset, bytes, signatures[i].len, err);
		if (rc)
			return rc;
		if (memcmp(bytes, signatures[i].magic, signatures[i].len) == 0) {
			*name = signatures[i].name;
			return 0;
		}
	}
	if (disk_size(disk) < sizeof(bytes))
		return 0;
	rc = disk_read(disk, 0, bytes, sizeof(bytes), err);
	if (rc)
		return rc;
	if (looks_like_fat(bytes))
		*name = "vfat";
	return 0;
}
