/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a disk's tables: which copies there are, what binds them together,
 * and what the disk is when there are none. See part.h.
 */
#include <string.h>

#include "base/xalloc.h"
#include "part/tables.h"

static void forget_copies(struct part_table *t)
{
	free(t->primary.entries);
	free(t->backup.entries);
	t->primary = (struct part_gpt){ .wrong = PART_GPT_MISSING };
	t->backup = (struct part_gpt){ .wrong = PART_GPT_MISSING };
}

static int read_copy(struct disk *disk, const struct part_table *t, uint64_t lba,
	struct part_gpt *g, struct err *err)
{
	free(g->entries);
	*g = (struct part_gpt){ 0 };
	return gpt_read(disk, t->sector_size, t->last_lba, lba, g, err);
}

/* Both copies, for sectors of t->sector_size. */
static int read_copies(struct disk *disk, struct part_table *t, struct err *err)
{
	const unsigned unreadable = PART_GPT_MISSING | PART_GPT_HEADER_SIZE | PART_GPT_HEADER_CRC;
	uint64_t sectors = t->disk_size / t->sector_size, place;

	forget_copies(t);
	t->last_lba = sectors > 1 ? sectors - 1 : 0;
	if (t->last_lba < 2)
		return 0;
	if (read_copy(disk, t, 1, &t->primary, err))
		return err_push(err, "reading the primary GPT");
	place = t->last_lba;
	if (!(t->primary.wrong & unreadable) && t->primary.alternate_lba > 1 &&
		t->primary.alternate_lba < t->last_lba)
		place = t->primary.alternate_lba;
	if (read_copy(disk, t, place, &t->backup, err))
		return err_push(err, "reading the backup GPT");
	if (place != t->last_lba && (t->backup.wrong & PART_GPT_MISSING) &&
		read_copy(disk, t, t->last_lba, &t->backup, err))
		return err_push(err, "reading the backup GPT");
	return 0;
}

static bool has_signature(const struct part_table *t)
{
	return !(t->primary.wrong & PART_GPT_MISSING) || !(t->backup.wrong & PART_GPT_MISSING);
}

static int read_gpt(struct disk *disk, struct part_table *t, struct err *err)
{
	static const unsigned sizes[] = { 512, 4096 };
	unsigned own = t->sector_size;
	int rc = read_copies(disk, t, err);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(sizes) && !has_signature(t); i++) {
		if (sizes[i] == own)
			continue;
		t->sector_size = sizes[i];
		rc = read_copies(disk, t, err);
		if (!rc && has_signature(t)) {
			t->wrong |= PART_TABLE_SECTOR_SIZE;
			return 0;
		}
	}
	if (!rc && !has_signature(t) && t->sector_size != own) {
		t->sector_size = own;
		rc = read_copies(disk, t, err);
	}
	return rc;
}

static const char *first_difference(const struct part_gpt *a, const struct part_gpt *b)
{
	if (a->revision != b->revision)
		return "revision";
	if (a->header_size != b->header_size)
		return "header size";
	if (!guid_eq(a->disk_guid, b->disk_guid))
		return "disk GUID";
	if (a->first_usable != b->first_usable)
		return "first usable LBA";
	if (a->last_usable != b->last_usable)
		return "last usable LBA";
	if (a->entry_count != b->entry_count)
		return "number of entries";
	if (a->entry_size != b->entry_size)
		return "size of entries";
	if (memcmp(a->entries, b->entries, (size_t)a->entry_count * a->entry_size) != 0)
		return "entries";
	return NULL;
}

static void judge_copies(struct part_table *t)
{
	struct part_gpt *p = &t->primary, *b = &t->backup;

	if (!(p->wrong & PART_GPT_MISSING) && p->alternate_lba != b->lba)
		p->wrong |= PART_GPT_ALTERNATE_LBA;
	if (!(b->wrong & PART_GPT_MISSING)) {
		if (b->alternate_lba != 1)
			b->wrong |= PART_GPT_ALTERNATE_LBA;
		if (b->lba != t->last_lba)
			t->wrong |= PART_TABLE_BACKUP_NOT_END;
	}
	if (p->valid && b->valid) {
		t->copies_differ_in = first_difference(p, b);
		if (t->copies_differ_in)
			t->wrong |= PART_TABLE_COPIES_DIFFER;
	}
	t->used = p->valid ? p : b->valid ? b : NULL;
}

/* A backup alone says little on a disk that an MBR has been written to since. */
static int determine_scheme(struct disk *disk, struct part_table *t, struct err *err)
{
	int rc;

	if (!(t->primary.wrong & PART_GPT_MISSING) ||
		(t->mbr.protective >= 0 && !(t->mbr.wrong & PART_MBR_SIGNATURE))) {
		t->scheme = PART_SCHEME_GPT;
		return 0;
	}
	if (mbr_has_partitions(&t->mbr)) {
		t->scheme = PART_SCHEME_MBR;
		return 0;
	}
	rc = bare_filesystem(disk, &t->bare, err);
	if (rc)
		return err_push(err, "looking for a file system without a partition table");
	if (t->bare)
		t->scheme = PART_SCHEME_BARE;
	else if (!(t->backup.wrong & PART_GPT_MISSING))
		t->scheme = PART_SCHEME_GPT;
	return 0;
}

int part_read(struct disk *disk, struct part_table **out, struct err *err)
{
	CLEANUP(part_table_free) struct part_table *t = xcalloc(1, sizeof(*t));
	uint8_t sector[MBR_SIZE] = { 0 };
	size_t len;
	int rc;

	t->disk_size = disk_size(disk);
	t->sector_size = disk_sector_size(disk);
	if (t->disk_size % t->sector_size)
		t->wrong |= PART_TABLE_ODD_SIZE;
	len = t->disk_size < sizeof(sector) ? (size_t)t->disk_size : sizeof(sector);
	if (disk_read(disk, 0, sector, len, err))
		return err_push(err, "reading the MBR");
	rc = read_gpt(disk, t, err);
	if (rc)
		return rc;
	mbr_parse(sector, t->last_lba, &t->mbr);
	judge_copies(t);
	rc = determine_scheme(disk, t, err);
	if (rc)
		return rc;
	if (t->scheme != PART_SCHEME_GPT)
		t->used = NULL;
	if (t->used)
		gpt_list_parts(t);
	*out = TAKE(t);
	return 0;
}
