/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One copy of a GPT: header and array of entries (UEFI 2.10 5.3.2, 5.3.3), and
 * the partitions that a valid copy describes. What is compared between both
 * copies is in read.c.
 */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/utf16.h"
#include "base/xalloc.h"
#include "part/tables.h"

#define GPT_HDR_REVISION     8
#define GPT_HDR_SIZE         12
#define GPT_HDR_CRC          16
#define GPT_HDR_RESERVED     20
#define GPT_HDR_MY_LBA       24
#define GPT_HDR_ALTERNATE    32
#define GPT_HDR_FIRST_USABLE 40
#define GPT_HDR_LAST_USABLE  48
#define GPT_HDR_DISK_GUID    56
#define GPT_HDR_ENTRIES_LBA  72
#define GPT_HDR_ENTRY_COUNT  80
#define GPT_HDR_ENTRY_SIZE   84
#define GPT_HDR_ENTRIES_CRC  88
#define GPT_HDR_MIN          92

#define GPT_REVISION_1_0 0x00010000u

#define ENTRY_TYPE  0
#define ENTRY_GUID  16
#define ENTRY_FIRST 32
#define ENTRY_LAST  40
#define ENTRY_ATTRS 48
#define ENTRY_NAME  56
#define ENTRY_UNITS 36
#define ENTRY_MIN   128

#define ENTRIES_RESERVED 16384 /* UEFI 2.10 5.3.1 */
#define ALIGN_PHYSICAL   4096
#define ALIGN_USUAL      (1024 * 1024)

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static void parse_header(uint8_t *p, unsigned sector_size, struct part_gpt *g)
{
	g->revision = le32(p + GPT_HDR_REVISION);
	g->header_size = le32(p + GPT_HDR_SIZE);
	g->header_crc = le32(p + GPT_HDR_CRC);
	g->my_lba = le64(p + GPT_HDR_MY_LBA);
	g->alternate_lba = le64(p + GPT_HDR_ALTERNATE);
	g->first_usable = le64(p + GPT_HDR_FIRST_USABLE);
	g->last_usable = le64(p + GPT_HDR_LAST_USABLE);
	g->disk_guid = guid_load(p + GPT_HDR_DISK_GUID);
	g->entries_lba = le64(p + GPT_HDR_ENTRIES_LBA);
	g->entry_count = le32(p + GPT_HDR_ENTRY_COUNT);
	g->entry_size = le32(p + GPT_HDR_ENTRY_SIZE);
	g->entries_crc = le32(p + GPT_HDR_ENTRIES_CRC);

	if (!all_zero(p + GPT_HDR_RESERVED, 4))
		g->wrong |= PART_GPT_RESERVED;
	if (g->header_size < GPT_HDR_MIN || g->header_size > sector_size) {
		g->wrong |= PART_GPT_HEADER_SIZE;
		return;
	}
	if (!all_zero(p + g->header_size, sector_size - g->header_size))
		g->wrong |= PART_GPT_RESERVED;
	memset(p + GPT_HDR_CRC, 0, 4);
	g->header_crc_computed = (uint32_t)crc32(0, p, g->header_size);
	if (g->header_crc_computed != g->header_crc)
		g->wrong |= PART_GPT_HEADER_CRC;
}

/* Whether [a, a + n) and [first, last] share an LBA. */
static bool lbas_meet(uint64_t a, uint64_t n, uint64_t first, uint64_t last)
{
	return n > 0 && a <= last && (a >= first || first - a < n);
}

static void judge_header(struct part_gpt *g, uint64_t last_lba)
{
	if (g->revision != GPT_REVISION_1_0)
		g->wrong |= PART_GPT_REVISION;
	if (g->my_lba != g->lba)
		g->wrong |= PART_GPT_MY_LBA;
	if (guid_is_zero(g->disk_guid))
		g->wrong |= PART_GPT_DISK_GUID;
	if (g->first_usable > g->last_usable || g->last_usable > last_lba)
		g->wrong |= PART_GPT_USABLE;
	if (lbas_meet(g->lba, 1, g->first_usable, g->last_usable))
		g->wrong |= PART_GPT_ENTRIES_OVERLAP;
}

/*
 * Where the array is: judges place and shape, and returns its length in bytes,
 * 0 when it cannot be read.
 */
static size_t judge_array(struct part_gpt *g, unsigned sector_size, uint64_t last_lba)
{
	uint64_t len = (uint64_t)g->entry_count * g->entry_size;
	uint64_t sectors, room;

	if (g->entry_size < ENTRY_MIN || (g->entry_size & (g->entry_size - 1)))
		g->wrong |= PART_GPT_ENTRY_SIZE;
	if (len == 0 || len > PART_ENTRIES_MAX)
		g->wrong |= PART_GPT_ENTRY_COUNT;
	if (g->wrong & (PART_GPT_ENTRY_SIZE | PART_GPT_ENTRY_COUNT))
		return 0;
	sectors = (len + sector_size - 1) / sector_size;
	if (g->entries_lba < 2 || !range_within(g->entries_lba, sectors, last_lba + 1)) {
		g->wrong |= PART_GPT_ENTRIES_LBA;
		return 0;
	}
	if (lbas_meet(g->entries_lba, sectors, g->lba, g->lba))
		g->wrong |= PART_GPT_ENTRIES_LBA;
	if (lbas_meet(g->entries_lba, sectors, g->first_usable, g->last_usable))
		g->wrong |= PART_GPT_ENTRIES_OVERLAP;
	/* The room ends where the partitions, or for a backup its header, begin. */
	room = g->lba > g->entries_lba ? g->lba : g->first_usable;
	if (room > g->entries_lba && room - g->entries_lba < ENTRIES_RESERVED / sector_size)
		g->wrong |= PART_GPT_ENTRIES_SMALL;
	return (size_t)len;
}

int gpt_read(struct disk *disk, unsigned sector_size, uint64_t last_lba, uint64_t lba,
	struct part_gpt *g, struct err *err)
{
	CLEANUP(xfree) uint8_t *sector = NULL;
	size_t len;
	int rc;

	g->lba = lba;
	if (lba == 0 || lba > last_lba) {
		g->wrong = PART_GPT_MISSING;
		return 0;
	}
	sector = xmalloc(sector_size);
	rc = disk_read(disk, lba * sector_size, sector, sector_size, err);
	if (rc)
		return err_push(err, "LBA %llu", (unsigned long long)lba);
	if (memcmp(sector, "EFI PART", 8) != 0) {
		g->wrong = PART_GPT_MISSING;
		return 0;
	}
	parse_header(sector, sector_size, g);
	judge_header(g, last_lba);
	len = judge_array(g, sector_size, last_lba);
	if (len == 0)
		return 0;
	g->entries = xmalloc(len);
	rc = disk_read(disk, g->entries_lba * sector_size, g->entries, len, err);
	if (rc)
		return err_push(err, "entries at LBA %llu", (unsigned long long)g->entries_lba);
	g->entries_crc_computed = (uint32_t)crc32(0, g->entries, (uInt)len);
	if (g->entries_crc_computed != g->entries_crc)
		g->wrong |= PART_GPT_ENTRIES_CRC;
	g->valid = !(g->wrong & (PART_GPT_HEADER_SIZE | PART_GPT_HEADER_CRC | PART_GPT_MY_LBA |
					PART_GPT_ENTRIES_CRC));
	return 0;
}

static void parse_entry(const struct part_table *t, const uint8_t *p, struct part *part)
{
	const struct part_gpt *g = t->used;
	uint64_t ss = t->sector_size;

	part->type = guid_load(p + ENTRY_TYPE);
	part->guid = guid_load(p + ENTRY_GUID);
	part->first_lba = le64(p + ENTRY_FIRST);
	part->last_lba = le64(p + ENTRY_LAST);
	part->attrs = le64(p + ENTRY_ATTRS);
	part->name = utf16le_to_utf8(p + ENTRY_NAME, ENTRY_UNITS);

	if (part->last_lba < part->first_lba) {
		part->wrong |= PART_ORDER;
	} else if (part->last_lba > t->last_lba) {
		part->wrong |= PART_OUTSIDE_DISK;
	} else {
		part->start = part->first_lba * ss;
		part->size = (part->last_lba - part->first_lba + 1) * ss;
	}
	if (part->first_lba < g->first_usable || part->last_lba > g->last_usable)
		part->wrong |= PART_OUTSIDE_USABLE;
	if (part->first_lba % (ss < ALIGN_PHYSICAL ? ALIGN_PHYSICAL / ss : 1))
		part->wrong |= PART_UNALIGNED_4K;
	if (part->first_lba % (ALIGN_USUAL / ss))
		part->wrong |= PART_UNALIGNED_1M;
	if (guid_is_zero(part->guid))
		part->wrong |= PART_GUID_ZERO;
	if (part->attrs & PART_ATTR_RESERVED)
		part->wrong |= PART_ATTRS_RESERVED;
	part->wrong |= PART_NAME_NO_NUL;
	for (int i = 0; i < ENTRY_UNITS; i++)
		if (le16(p + ENTRY_NAME + 2 * i) == 0)
			part->wrong &= ~(unsigned)PART_NAME_NO_NUL;
}

static int by_start(const void *pa, const void *pb)
{
	const struct part *a = *(struct part *const *)pa, *b = *(struct part *const *)pb;

	if (a->first_lba != b->first_lba)
		return a->first_lba < b->first_lba ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static int by_guid(const void *pa, const void *pb)
{
	const struct part *a = *(struct part *const *)pa, *b = *(struct part *const *)pb;
	int order = memcmp(a->guid.b, b->guid.b, sizeof(a->guid.b));

	return order ? order : a->index < b->index ? -1 : 1;
}

/* In the order of starts, one that overlaps any before it overlaps the one that reaches farthest. */
static void mark_overlaps(struct part **sorted, size_t n)
{
	struct part *farthest = NULL;

	qsort(sorted, n, sizeof(*sorted), by_start);
	for (size_t i = 0; i < n; i++) {
		struct part *p = sorted[i];

		if (p->wrong & PART_ORDER)
			continue;
		if (farthest && p->first_lba <= farthest->last_lba) {
			p->wrong |= PART_OVERLAP;
			p->overlaps = farthest->index;
			farthest->wrong |= PART_OVERLAP;
			if (!farthest->overlaps)
				farthest->overlaps = p->index;
		}
		if (!farthest || p->last_lba > farthest->last_lba)
			farthest = p;
	}
}

static void mark_same_guids(struct part **sorted, size_t n)
{
	qsort(sorted, n, sizeof(*sorted), by_guid);
	for (size_t i = 1; i < n; i++) {
		if ((sorted[i]->wrong & PART_GUID_ZERO) ||
			!guid_eq(sorted[i - 1]->guid, sorted[i]->guid))
			continue;
		sorted[i]->wrong |= PART_GUID_TWICE;
		sorted[i]->same_guid = sorted[i - 1]->index;
	}
}

void gpt_list_parts(struct part_table *t)
{
	const struct part_gpt *g = t->used;
	CLEANUP(xfree) struct part **sorted = NULL;
	size_t n = 0;

	for (uint32_t i = 0; i < g->entry_count; i++)
		n += !all_zero(g->entries + (size_t)i * g->entry_size + ENTRY_TYPE, 16);
	t->parts = xcalloc(n + 1, sizeof(*t->parts));
	sorted = xcalloc(n + 1, sizeof(struct part *));
	for (uint32_t i = 0; i < g->entry_count; i++) {
		const uint8_t *p = g->entries + (size_t)i * g->entry_size;

		if (all_zero(p + ENTRY_TYPE, 16))
			continue;
		sorted[t->n_parts] = &t->parts[t->n_parts];
		t->parts[t->n_parts].index = i + 1;
		parse_entry(t, p, &t->parts[t->n_parts++]);
	}
	mark_overlaps(sorted, t->n_parts);
	mark_same_guids(sorted, t->n_parts);
}
