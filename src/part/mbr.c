/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The master boot record, protective or not (UEFI 2.10 5.2.1 to 5.2.3).
 * Extended partitions are left out: no disk of ours may have them.
 */
#include "base/bytes.h"
#include "part/tables.h"

#define MBR_RECORDS     446
#define MBR_RECORD_SIZE 16
#define MBR_SIGNATURE   510
#define RECORD_BOOT     0
#define RECORD_FIRST    1
#define RECORD_TYPE     4
#define RECORD_LAST     5
#define RECORD_LBA      8
#define RECORD_SECTORS  12

#define TYPE_PROTECTIVE 0xee

static void parse_record(const uint8_t *p, struct part_mbr_entry *e)
{
	e->boot = p[RECORD_BOOT];
	e->type = p[RECORD_TYPE];
	for (int i = 0; i < 3; i++) {
		e->first_chs[i] = p[RECORD_FIRST + i];
		e->last_chs[i] = p[RECORD_LAST + i];
	}
	e->lba = le32(p + RECORD_LBA);
	e->sectors = le32(p + RECORD_SECTORS);
}

static unsigned protective_wrong(const struct part_mbr_entry *e, uint64_t last_lba)
{
	uint64_t size = last_lba < UINT32_MAX ? last_lba : UINT32_MAX;
	unsigned wrong = 0;

	if (e->boot == 0x80)
		wrong |= PART_MBR_ACTIVE;
	if (e->first_chs[0] != 0 || e->first_chs[1] != 2 || e->first_chs[2] != 0)
		wrong |= PART_MBR_START_CHS;
	if (e->lba != 1)
		wrong |= PART_MBR_START_LBA;
	if (e->sectors != size)
		wrong |= PART_MBR_SIZE;
	return wrong;
}

void mbr_parse(const uint8_t *sector, uint64_t last_lba, struct part_mbr *mbr)
{
	int protective = 0, others = 0;

	*mbr = (struct part_mbr){ .protective = -1 };
	if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa)
		mbr->wrong |= PART_MBR_SIGNATURE;
	for (int i = 0; i < 4; i++) {
		struct part_mbr_entry *e = &mbr->entry[i];

		parse_record(sector + MBR_RECORDS + i * MBR_RECORD_SIZE, e);
		if (e->type == TYPE_PROTECTIVE) {
			if (protective++ == 0)
				mbr->protective = i;
		} else if (e->type != 0) {
			others++;
		}
		if (e->boot & 0x7f)
			mbr->wrong |= PART_MBR_BOOT_FLAG;
	}
	if (protective == 0) {
		mbr->wrong |= PART_MBR_NO_PROTECTIVE;
		return;
	}
	if (mbr->protective != 0)
		mbr->wrong |= PART_MBR_NOT_FIRST;
	if (protective > 1)
		mbr->wrong |= PART_MBR_SEVERAL;
	if (others > 0)
		mbr->wrong |= PART_MBR_HYBRID;
	mbr->wrong |= protective_wrong(&mbr->entry[mbr->protective], last_lba);
}

bool mbr_has_partitions(const struct part_mbr *mbr)
{
	bool any = false;

	if (mbr->wrong & PART_MBR_SIGNATURE)
		return false;
	for (int i = 0; i < 4; i++) {
		const struct part_mbr_entry *e = &mbr->entry[i];

		/* Boot code of a file system that stands where the records would be. */
		if (e->boot & 0x7f)
			return false;
		if (e->type != 0 && e->type != TYPE_PROTECTIVE && e->lba > 0 && e->sectors > 0)
			any = true;
	}
	return any;
}
