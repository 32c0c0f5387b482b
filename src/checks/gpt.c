/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The partition table itself: the protective MBR and both copies of the GPT
 * (VM-1; UEFI 2.10 5.2, 5.3). part/ records what is wrong as bits; a check here
 * is a bit and the sentence that goes with it. Partitions are in
 * gpt_partitions.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/groups.h"
#include "image/image.h"
#include "part/part.h"

#define GPT_RULE  "UEFI 2.10 5.3.2"
#define PMBR_RULE "UEFI 2.10 5.2.3"

#define ADVICE_BACKUP "write the backup anew from the primary: sgdisk --move-second-header"
#define ADVICE_COPY   "write it anew from the other copy: gdisk, its recovery menu (r)"
#define ADVICE_TABLE  "write the table anew: gdisk, then v to verify and w to write"
#define ADVICE_PMBR   "make a new protective MBR: gdisk, then x, n and w"

/* What a check looks at: a bit in one place, and how it is said. */
struct rule {
	const char *id;
	enum {
		OF_TABLE,
		OF_MBR,
		OF_COPIES
	} of;
	unsigned bit;
	const char *advice;
	/* Formats what is wrong; g is NULL unless OF_COPIES. */
	void (*say)(const struct part_table *t, const struct part_gpt *g, char *text, size_t size);
};

/* Few sentences need both the table and the copy. */
#define UNUSED __attribute__((unused))
#define SAY(name)                                                                                  \
	static void name(const struct part_table *t UNUSED, const struct part_gpt *g UNUSED,       \
		char *text, size_t size)

static const struct part_mbr_entry *protective(const struct part_table *t)
{
	return &t->mbr.entry[t->mbr.protective];
}

SAY(say_mbr_signature)
{
	snprintf(text, size, "the first sector does not end in 55 AA");
}

SAY(say_no_protective)
{
	snprintf(text, size, "no record has type 0xEE, so firmware does not look for the GPT");
}

SAY(say_mbr_first)
{
	snprintf(text, size, "the protective record is number %d", t->mbr.protective + 1);
}

SAY(say_mbr_single)
{
	snprintf(text, size, "more than one record has type 0xEE");
}

SAY(say_hybrid)
{
	int len = 0;

	for (int i = 0; i < 4 && len < (int)size; i++) {
		const struct part_mbr_entry *e = &t->mbr.entry[i];

		if (e->type != 0 && e->type != 0xee)
			len += snprintf(text + len, size - (size_t)len,
				"%srecord %d has type 0x%02x, %" PRIu32 " sectors from LBA %" PRIu32
				" on",
				len ? "; " : "", i + 1, e->type, e->sectors, e->lba);
	}
}

SAY(say_boot_flag)
{
	snprintf(text, size, "the protective record's boot flag is 0x%02x", protective(t)->boot);
}

SAY(say_start_chs)
{
	const uint8_t *chs = protective(t)->first_chs;

	snprintf(text, size, "the protective record starts at CHS %02x %02x %02x, not 00 02 00",
		chs[0], chs[1], chs[2]);
}

SAY(say_start_lba)
{
	snprintf(text, size, "the protective record starts at LBA %" PRIu32 ", not 1",
		protective(t)->lba);
}

SAY(say_mbr_size)
{
	uint64_t want = t->last_lba < UINT32_MAX ? t->last_lba : UINT32_MAX;

	snprintf(text, size, "the protective record covers %" PRIu32 " sectors, not %" PRIu64,
		protective(t)->sectors, want);
}

SAY(say_missing)
{
	snprintf(text, size, "there is no GPT header in LBA %" PRIu64, g->lba);
}

SAY(say_revision)
{
	snprintf(text, size, "the revision is %08" PRIx32 ", not 00010000", g->revision);
}

SAY(say_header_size)
{
	snprintf(text, size, "the header's size is %" PRIu32 ", not 92 to %u", g->header_size,
		t->sector_size);
}

SAY(say_header_crc)
{
	snprintf(text, size, "the header says CRC %08" PRIx32 ", its bytes have %08" PRIx32,
		g->header_crc, g->header_crc_computed);
}

SAY(say_reserved)
{
	snprintf(text, size, "reserved bytes of the header's sector are not zero");
}

SAY(say_my_lba)
{
	snprintf(text, size, "the header in LBA %" PRIu64 " says it is in LBA %" PRIu64, g->lba,
		g->my_lba);
}

SAY(say_alternate)
{
	uint64_t other = g == &t->primary ? t->backup.lba : 1;

	snprintf(text, size,
		"the header says that the other copy is in LBA %" PRIu64 ", not in LBA %" PRIu64,
		g->alternate_lba, other);
}

SAY(say_usable)
{
	snprintf(text, size,
		"usable LBAs are %" PRIu64 " to %" PRIu64 " of a disk that ends at LBA %" PRIu64,
		g->first_usable, g->last_usable, t->last_lba);
}

SAY(say_disk_guid)
{
	snprintf(text, size, "the disk's GUID is zero");
}

SAY(say_entries_place)
{
	snprintf(text, size,
		"%" PRIu32 " entries of %" PRIu32 " bytes cannot be in LBA %" PRIu64
		": they would cover a header or leave the disk",
		g->entry_count, g->entry_size, g->entries_lba);
}

SAY(say_entry_count)
{
	snprintf(text, size,
		"%" PRIu32 " entries of %" PRIu32
		" bytes: the array must have from 1 byte to %u KiB",
		g->entry_count, g->entry_size, PART_ENTRIES_MAX >> 10);
}

SAY(say_entry_size)
{
	snprintf(text, size, "entries of %" PRIu32 " bytes: it must be 128 times a power of two",
		g->entry_size);
}

SAY(say_entries_crc)
{
	snprintf(text, size, "the header says CRC %08" PRIx32 ", the entries have %08" PRIx32,
		g->entries_crc, g->entries_crc_computed);
}

SAY(say_entries_small)
{
	snprintf(text, size, "from LBA %" PRIu64 " on there are less than 16 KiB for entries",
		g->entries_lba);
}

SAY(say_entries_overlap)
{
	snprintf(text, size,
		"the header or its %" PRIu32 " entries from LBA %" PRIu64
		" on lie within the usable LBAs %" PRIu64 " to %" PRIu64,
		g->entry_count, g->entries_lba, g->first_usable, g->last_usable);
}

SAY(say_copies)
{
	snprintf(text, size, "both copies are valid and differ in the %s", t->copies_differ_in);
}

SAY(say_backup_end)
{
	snprintf(text, size, "the backup is in LBA %" PRIu64 ", the disk ends at LBA %" PRIu64,
		t->backup.lba, t->last_lba);
}

SAY(say_sector_size)
{
	snprintf(text, size, "the table is laid out for sectors of %u bytes", t->sector_size);
}

SAY(say_odd_size)
{
	snprintf(text, size, "the disk has %" PRIu64 " bytes, %" PRIu64 " more than whole sectors",
		t->disk_size, t->disk_size % t->sector_size);
}

/* id, severity, source, title; where to look, bit, sentence, advice. */
#define RULES(DO)                                                                                  \
	DO("gpt.mbr-signature", SEV_ERROR, PMBR_RULE, "the first sector has an MBR's signature",   \
		OF_MBR, PART_MBR_SIGNATURE, say_mbr_signature, ADVICE_PMBR)                        \
	DO("gpt.protective-mbr", SEV_ERROR, PMBR_RULE, "the MBR has a protective record", OF_MBR,  \
		PART_MBR_NO_PROTECTIVE, say_no_protective, ADVICE_PMBR)                            \
	DO("gpt.mbr-first", SEV_ERROR, "oslo.utils format_inspector",                              \
		"the protective record is the MBR's first", OF_MBR, PART_MBR_NOT_FIRST,            \
		say_mbr_first, ADVICE_PMBR)                                                        \
	DO("gpt.mbr-single", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,                 \
		"the MBR has one protective record", OF_MBR, PART_MBR_SEVERAL, say_mbr_single,     \
		ADVICE_PMBR)                                                                       \
	DO("gpt.hybrid-mbr", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,                 \
		"the MBR is not a hybrid", OF_MBR, PART_MBR_HYBRID, say_hybrid, ADVICE_PMBR)       \
	DO("gpt.mbr-boot-flag", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,              \
		"the protective record's boot flag is one", OF_MBR, PART_MBR_BOOT_FLAG,            \
		say_boot_flag, ADVICE_PMBR)                                                        \
	DO("gpt.mbr-active", SEV_NOTE, PMBR_RULE, "the protective record is not active", OF_MBR,   \
		PART_MBR_ACTIVE, say_boot_flag, ADVICE_PMBR)                                       \
	DO("gpt.mbr-start-chs", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,              \
		"the protective record starts at CHS 00 02 00", OF_MBR, PART_MBR_START_CHS,        \
		say_start_chs, ADVICE_PMBR)                                                        \
	DO("gpt.mbr-start-lba", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,              \
		"the protective record starts at LBA 1", OF_MBR, PART_MBR_START_LBA,               \
		say_start_lba, ADVICE_PMBR)                                                        \
	DO("gpt.mbr-size", SEV_WARNING, PMBR_RULE, "the protective record covers the disk",        \
		OF_MBR, PART_MBR_SIZE, say_mbr_size, ADVICE_PMBR)                                  \
	DO("gpt.sector-size", SEV_ERROR, "VM-1; UEFI 2.10 5.3.1",                                  \
		"the GPT is laid out for the disk's sectors", OF_TABLE, PART_TABLE_SECTOR_SIZE,    \
		say_sector_size, "partition the disk for sectors of 512 bytes")                    \
	DO("gpt.whole-sectors", SEV_WARNING, "UEFI 2.10 5.3.1", "the disk ends with a sector",     \
		OF_TABLE, PART_TABLE_ODD_SIZE, say_odd_size,                                       \
		"cut the surplus off: truncate, after a look at what it is")                       \
	DO("gpt.header", SEV_ERROR, GPT_RULE, "both copies of the GPT exist", OF_COPIES,           \
		PART_GPT_MISSING, say_missing, ADVICE_COPY)                                        \
	DO("gpt.revision", SEV_ERROR, GPT_RULE, "the headers are of revision 1.0", OF_COPIES,      \
		PART_GPT_REVISION, say_revision, ADVICE_TABLE)                                     \
	DO("gpt.header-size", SEV_ERROR, GPT_RULE, "the headers have a possible size", OF_COPIES,  \
		PART_GPT_HEADER_SIZE, say_header_size, ADVICE_TABLE)                               \
	DO("gpt.header-crc", SEV_ERROR, GPT_RULE, "the headers' checksums are right", OF_COPIES,   \
		PART_GPT_HEADER_CRC, say_header_crc, ADVICE_TABLE)                                 \
	DO("gpt.header-reserved", SEV_WARNING, GPT_RULE, "the headers' reserved bytes are zero",   \
		OF_COPIES, PART_GPT_RESERVED, say_reserved, ADVICE_TABLE)                          \
	DO("gpt.my-lba", SEV_ERROR, GPT_RULE, "the headers know where they are", OF_COPIES,        \
		PART_GPT_MY_LBA, say_my_lba, ADVICE_TABLE)                                         \
	DO("gpt.alternate-lba", SEV_ERROR, GPT_RULE, "the headers know where the other is",        \
		OF_COPIES, PART_GPT_ALTERNATE_LBA, say_alternate, ADVICE_BACKUP)                   \
	DO("gpt.usable-lbas", SEV_ERROR, GPT_RULE, "the usable LBAs are on the disk", OF_COPIES,   \
		PART_GPT_USABLE, say_usable, ADVICE_TABLE)                                         \
	DO("gpt.disk-guid", SEV_WARNING, GPT_RULE, "the disk has a GUID", OF_COPIES,               \
		PART_GPT_DISK_GUID, say_disk_guid, "give it one: sgdisk --disk-guid=R")            \
	DO("gpt.entries-place", SEV_ERROR, GPT_RULE, "the entries have a place of their own",      \
		OF_COPIES, PART_GPT_ENTRIES_LBA, say_entries_place, ADVICE_TABLE)                  \
	DO("gpt.entry-count", SEV_ERROR, GPT_RULE, "the number of entries is possible", OF_COPIES, \
		PART_GPT_ENTRY_COUNT, say_entry_count, ADVICE_TABLE)                               \
	DO("gpt.entry-size", SEV_ERROR, GPT_RULE, "the size of entries is possible", OF_COPIES,    \
		PART_GPT_ENTRY_SIZE, say_entry_size, ADVICE_TABLE)                                 \
	DO("gpt.entries-crc", SEV_ERROR, GPT_RULE, "the entries' checksums are right", OF_COPIES,  \
		PART_GPT_ENTRIES_CRC, say_entries_crc, ADVICE_TABLE)                               \
	DO("gpt.entries-room", SEV_WARNING, "UEFI 2.10 5.3.1", "there are 16 KiB for entries",     \
		OF_COPIES, PART_GPT_ENTRIES_SMALL, say_entries_small, ADVICE_TABLE)                \
	DO("gpt.entries-apart", SEV_ERROR, "UEFI 2.10 5.3.1",                                      \
		"headers and entries are outside the usable LBAs", OF_COPIES,                      \
		PART_GPT_ENTRIES_OVERLAP, say_entries_overlap, ADVICE_TABLE)                       \
	DO("gpt.copies-agree", SEV_ERROR, "UEFI 2.10 5.3.1", "both copies say the same", OF_TABLE, \
		PART_TABLE_COPIES_DIFFER, say_copies, ADVICE_BACKUP)                               \
	DO("gpt.backup-at-end", SEV_WARNING, "UEFI 2.10 5.3.1",                                    \
		"the backup is at the end of the disk", OF_TABLE, PART_TABLE_BACKUP_NOT_END,       \
		say_backup_end, ADVICE_BACKUP)

static const struct rule rules[] = {
#define RULE(id, severity, source, title, of, bit, say, advice) { id, of, bit, advice, say },
	RULES(RULE)
#undef RULE
};

/* The table of a disk with a GPT, however bad; otherwise *t is NULL and the check skipped. */
static int gpt_of(
	struct image *image, const struct part_table **t, struct findings *f, struct err *err)
{
	const struct part_table *table;
	int rc = image_parts(image, &table, err);

	*t = NULL;
	if (rc)
		return rc;
	if (table->scheme == PART_SCHEME_GPT)
		*t = table;
	else
		finding_skip(f, "the disk has no GPT");
	return 0;
}

static void report(const struct rule *rule, const struct part_table *t, const struct part_gpt *g,
	const char *where, struct findings *f)
{
	char text[400];

	rule->say(t, g, text, sizeof(text));
	finding_add(f, where, rule->advice, "%s", text);
}

static const struct rule *rule_of(const struct check *check)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (strcmp(rules[i].id, check->id) == 0)
			return &rules[i];
	abort();
}

static int run_rule(
	const struct check *check, struct image *image, struct findings *f, struct err *err)
{
	const struct rule *rule = rule_of(check);
	const struct part_table *t;
	int rc = gpt_of(image, &t, f, err);

	if (rc || !t)
		return rc;
	if (rule->of == OF_TABLE && (t->wrong & rule->bit))
		report(rule, t, NULL, "", f);
	if (rule->of == OF_MBR && (t->mbr.wrong & rule->bit))
		report(rule, t, NULL, "MBR", f);
	if (rule->of == OF_COPIES && (t->primary.wrong & rule->bit))
		report(rule, t, &t->primary, "primary GPT", f);
	if (rule->of == OF_COPIES && (t->backup.wrong & rule->bit))
		report(rule, t, &t->backup, "backup GPT", f);
	return 0;
}

static int run_present(
	const struct check *check UNUSED, struct image *image, struct findings *f, struct err *err)
{
	static const char advice[] =
		"partition the disk with GPT (sgdisk), or make a new image of the "
		"root file system: armvm-image build";
	const struct part_table *t;
	int rc = image_parts(image, &t, err);

	if (rc)
		return rc;
	switch (t->scheme) {
	case PART_SCHEME_GPT:
		break;
	case PART_SCHEME_MBR:
		finding_add(f, "", "convert it: sgdisk --mbrtogpt, after making room at the end",
			"the disk is partitioned with an MBR");
		break;
	case PART_SCHEME_BARE:
		finding_add(f, "", advice, "the disk is one bare file system (%s)", t->bare);
		break;
	case PART_SCHEME_NONE:
		finding_add(f, "", advice, "the disk has no partition table");
		break;
	}
	return 0;
}

static const struct check rows[] = {
	{ "gpt.present", SEV_ERROR, "VM-1", "the disk is partitioned with GPT", NEED_DISK,
		run_present },
#define ROW(id, severity, source, title, of, bit, say, advice)                                     \
	{ id, severity, source, title, NEED_DISK, run_rule },
	RULES(ROW)
#undef ROW
};

const struct check_group gpt_checks = CHECK_GROUP(rows);
