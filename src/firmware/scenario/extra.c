/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disks beside the image: about a megabyte each, with a GPT (UEFI 2.10 5.3)
 * of one partition, or a bare FAT12 file system. None has anything to boot.
 */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/scenario/extra.h"
#include "firmware/scenario/scenario.h"
#include "uefi/guids.h"

#define SECTOR        512u
#define ENTRIES       128u
#define ENTRY_SIZE    128u
#define ENTRY_SECTORS (ENTRIES * ENTRY_SIZE / SECTOR)
#define DISK_SECTORS  (EXTRA_PARTITION_LBA + EXTRA_PARTITION_BLOCKS + 64u)
#define LINUX_DATA    "0FC63DAF-8483-4772-8E79-3D69D8477DE4"

struct guid extra_partition(char letter)
{
	return (struct guid){ { 0x0d, 0x15, 0xc0, 0x00, 0, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 1,
		(uint8_t)letter } };
}

static void put_guid(uint8_t *p, struct guid g)
{
	memcpy(p, g.b, sizeof(g.b));
}

static void make_entry(uint8_t *p, char letter)
{
	struct guid type = { { 0 } };

	if (!guid_parse(letter == SCENARIO_ESP ? UEFI_PART_ESP : LINUX_DATA, &type))
		return;
	put_guid(p, type);
	put_guid(p + 16, extra_partition(letter));
	put_le64(p + 32, EXTRA_PARTITION_LBA);
	put_le64(p + 40, EXTRA_PARTITION_LBA + EXTRA_PARTITION_BLOCKS - 1);
}

static void make_header(
	uint8_t *p, char letter, uint64_t lba, uint64_t other, uint64_t entries, uint32_t crc)
{
	struct guid disk = extra_partition(letter);

	disk.b[0] ^= 0xff;
	memcpy(p, "EFI PART", 8);
	put_le32(p + 8, 0x00010000);
	put_le32(p + 12, 92);
	put_le64(p + 24, lba);
	put_le64(p + 32, other);
	put_le64(p + 40, 2 + ENTRY_SECTORS);
	put_le64(p + 48, DISK_SECTORS - 2 - ENTRY_SECTORS);
	put_guid(p + 56, disk);
	put_le64(p + 72, entries);
	put_le32(p + 80, ENTRIES);
	put_le32(p + 84, ENTRY_SIZE);
	put_le32(p + 88, crc);
	put_le32(p + 16, (uint32_t)crc32(0, p, 92));
}

/* An empty FAT12 file system of so many sectors, four to a cluster. */
static void make_fat(uint8_t *p, uint16_t sectors, const char *label)
{
	static const uint8_t jump[] = { 0xeb, 0x3c, 0x90 };

	memcpy(p, jump, sizeof(jump));
	memcpy(p + 3, "ARMVM   ", 8);
	put_le16(p + 11, SECTOR);
	p[13] = 4; /* sectors in a cluster */
	put_le16(p + 14, 1);
	p[16] = 2;            /* FATs */
	put_le16(p + 17, 64); /* entries of the root folder */
	put_le16(p + 19, sectors);
	p[21] = 0xf8;
	put_le16(p + 22, 2); /* sectors of a FAT */
	put_le16(p + 24, 32);
	put_le16(p + 26, 64);
	p[38] = 0x29;
	put_le32(p + 39, 0x0d15c000);
	memset(p + 43, ' ', 11);
	memcpy(p + 43, label, strlen(label));
	memcpy(p + 54, "FAT12   ", 8);
	put_le16(p + 510, 0xaa55);
	for (unsigned fat = 1; fat <= 3; fat += 2)
		memcpy(p + fat * SECTOR, "\xf8\xff\xff", 3);
	memcpy(p + 5 * SECTOR, p + 43, 11);
	p[5 * SECTOR + 11] = 0x08; /* a volume label */
}

static void make_gpt_disk(uint8_t *p, char letter)
{
	uint8_t *entries = p + 2 * SECTOR, *last = p + (DISK_SECTORS - 1) * SECTOR;
	uint64_t backup = DISK_SECTORS - 1 - ENTRY_SECTORS;
	uint32_t crc;

	p[446 + 2] = 2; /* start CHS 0/0/2 */
	p[446 + 4] = 0xee;
	memset(p + 446 + 5, 0xff, 3);
	put_le32(p + 446 + 8, 1);
	put_le32(p + 446 + 12, DISK_SECTORS - 1);
	put_le16(p + 510, 0xaa55);
	make_entry(entries, letter);
	crc = (uint32_t)crc32(0, entries, ENTRIES * ENTRY_SIZE);
	memcpy(p + backup * SECTOR, entries, ENTRIES * ENTRY_SIZE);
	make_header(p + SECTOR, letter, 1, DISK_SECTORS - 1, 2, crc);
	make_header(last, letter, DISK_SECTORS - 1, 1, backup, crc);
	if (letter == SCENARIO_ESP)
		make_fat(p + EXTRA_PARTITION_LBA * SECTOR, EXTRA_PARTITION_BLOCKS, "DATA");
}

void scenario_disk(char letter, struct buf *out)
{
	size_t size = DISK_SECTORS * SECTOR;
	/* What nobody writes to costs no memory. */
	uint8_t *p = xcalloc(size + 1, 1);

	buf_take(out, p, size);
	if (letter == SCENARIO_CONFIG)
		make_fat(p, DISK_SECTORS, "CONFIG-2");
	else if (letter != SCENARIO_UNFORMATTED)
		make_gpt_disk(p, letter);
}

bool scenario_disk_is_removable(char letter)
{
	return letter == SCENARIO_CONFIG || letter == SCENARIO_UNFORMATTED;
}
