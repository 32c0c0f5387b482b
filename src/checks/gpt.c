/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The partition table itself: the protective MBR and both copies of the GPT
 * (VM-1; UEFI 2.10 5.2, 5.3). part/ records what is wrong as bits; a check here
 * is a bit and the sentence that goes with it. Partitions are in
 * gpt_partitions.c.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "checks/fixes.h"
#include "checks/groups.h"
#include "image/image.h"
#include "part/part.h"

#define GPT_RULE  "UEFI 2.10 5.3.2"
#define PMBR_RULE "UEFI 2.10 5.2.3"

#define ADVICE_BACKUP "write the backup anew from the primary: sgdisk --move-second-header"
#define ADVICE_COPY   "write it anew from the other copy: gdisk, its recovery menu (r)"
#define ADVICE_TABLE  "have both copies of the table written anew: armvm-image fix"
#define ADVICE_PMBR   "make a new protective MBR: gdisk (where it asks, use the GPT), then x, n and w"

struct fault;

/* What a check looks at: a bit in one place, and how it is said. */
struct gpt_rule {
	enum {
		OF_TABLE,
		OF_MBR,
		OF_COPIES
	} of;
	unsigned bit;
	void (*say)(const struct fault *);
	const char *advice;
};

/* The bit, set in one place. */
struct fault {
	const struct gpt_rule *rule;
	const struct part_table *t;
	const struct part_gpt *g; /* NULL unless OF_COPIES */
	const char *where;
	struct findings *findings;
};

static void PRINTF_LIKE(2, 3) add(const struct fault *x, const char *format, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	finding_add(x->findings, x->where, x->rule->advice, "%s", text);
}

static const struct part_mbr_entry *protective(const struct part_table *t)
{
	return &t->mbr.entry[t->mbr.protective];
}

static void say_mbr_signature(const struct fault *x)
{
	add(x, "the first sector does not end in 55 AA");
}

static void say_no_protective(const struct fault *x)
{
	add(x, "no record has type 0xEE, so firmware does not look for the GPT");
}

static void say_mbr_first(const struct fault *x)
{
	add(x, "the protective record is number %d", x->t->mbr.protective + 1);
}

static void say_mbr_single(const struct fault *x)
{
	add(x, "more than one record has type 0xEE");
}

static void say_hybrid(const struct fault *x)
{
	char text[400] = "";
	size_t len = 0;

	for (int i = 0; i < 4 && len < sizeof(text); i++) {
		const struct part_mbr_entry *e = &x->t->mbr.entry[i];

		if (e->type != 0 && e->type != 0xee)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
				"%srecord %d has type 0x%02x, %" PRIu32 " sectors from LBA %" PRIu32
				" on",
				len ? "; " : "", i + 1, e->type, e->sectors, e->lba);
	}
	add(x, "%s", text);
}

static void say_boot_flag(const struct fault *x)
{
	for (int i = 0; i < 4; i++) {
		const struct part_mbr_entry *e = &x->t->mbr.entry[i];

		if (e->boot & 0x7f)
			add(x, "the boot flag of the MBR's record %d is 0x%02x", i + 1, e->boot);
	}
}

static void say_active(const struct fault *x)
{
	add(x, "the protective record's boot flag is 0x%02x", protective(x->t)->boot);
}

static void say_start_chs(const struct fault *x)
{
	const uint8_t *chs = protective(x->t)->first_chs;

	add(x, "the protective record starts at CHS %02x %02x %02x, not 00 02 00", chs[0], chs[1],
		chs[2]);
}

static void say_start_lba(const struct fault *x)
{
	add(x, "the protective record starts at LBA %" PRIu32 ", not 1", protective(x->t)->lba);
}

static void say_mbr_size(const struct fault *x)
{
	uint64_t want = x->t->last_lba < UINT32_MAX ? x->t->last_lba : UINT32_MAX;

	add(x, "the protective record covers %" PRIu32 " sectors, not %" PRIu64,
		protective(x->t)->sectors, want);
}

static void say_missing(const struct fault *x)
{
	add(x, "there is no GPT header in LBA %" PRIu64, x->g->lba);
}

static void say_revision(const struct fault *x)
{
	add(x, "the revision is %08" PRIx32 ", not 00010000", x->g->revision);
}

static void say_header_size(const struct fault *x)
{
	add(x, "the header's size is %" PRIu32 ", not 92 to %u", x->g->header_size,
		x->t->sector_size);
}

static void say_header_crc(const struct fault *x)
{
	add(x, "the header says CRC %08" PRIx32 ", its bytes have %08" PRIx32, x->g->header_crc,
		x->g->header_crc_computed);
}

static void say_reserved(const struct fault *x)
{
	add(x, "reserved bytes of the header's sector are not zero");
}

static void say_my_lba(const struct fault *x)
{
	add(x, "the header in LBA %" PRIu64 " says it is in LBA %" PRIu64, x->g->lba, x->g->my_lba);
}

static void say_alternate(const struct fault *x)
{
	uint64_t other = x->g == &x->t->primary ? x->t->backup.lba : 1;

	add(x, "the header says that the other copy is in LBA %" PRIu64 ", not in LBA %" PRIu64,
		x->g->alternate_lba, other);
}

static void say_usable(const struct fault *x)
{
	add(x, "usable LBAs are %" PRIu64 " to %" PRIu64 " of a disk that ends at LBA %" PRIu64,
		x->g->first_usable, x->g->last_usable, x->t->last_lba);
}

static void say_disk_guid(const struct fault *x)
{
	add(x, "the disk's GUID is zero");
}

static void say_entries_place(const struct fault *x)
{
	add(x,
		"%" PRIu32 " entries of %" PRIu32 " bytes cannot be in LBA %" PRIu64
		": they would cover a header or leave the disk",
		x->g->entry_count, x->g->entry_size, x->g->entries_lba);
}

static void say_entry_count(const struct fault *x)
{
	add(x,
		"%" PRIu32 " entries of %" PRIu32
		" bytes: the array must have from 1 byte to %u KiB",
		x->g->entry_count, x->g->entry_size, PART_ENTRIES_MAX >> 10);
}

static void say_entry_size(const struct fault *x)
{
	add(x, "entries of %" PRIu32 " bytes: it must be 128 times a power of two",
		x->g->entry_size);
}

static void say_entries_crc(const struct fault *x)
{
	add(x, "the header says CRC %08" PRIx32 ", the entries have %08" PRIx32, x->g->entries_crc,
		x->g->entries_crc_computed);
}

static void say_entries_small(const struct fault *x)
{
	add(x, "from LBA %" PRIu64 " on there are less than 16 KiB for entries", x->g->entries_lba);
}

static void say_entries_overlap(const struct fault *x)
{
	add(x,
		"the header or its %" PRIu32 " entries from LBA %" PRIu64
		" on lie within the usable LBAs %" PRIu64 " to %" PRIu64,
		x->g->entry_count, x->g->entries_lba, x->g->first_usable, x->g->last_usable);
}

static void say_copies(const struct fault *x)
{
	add(x, "both copies are valid and differ in the %s", x->t->copies_differ_in);
}

static void say_backup_end(const struct fault *x)
{
	add(x, "the backup is in LBA %" PRIu64 ", the disk ends at LBA %" PRIu64, x->t->backup.lba,
		x->t->last_lba);
}

static void say_sector_size(const struct fault *x)
{
	add(x, "the table is laid out for sectors of %u bytes", x->t->sector_size);
}

static void say_odd_size(const struct fault *x)
{
	add(x, "the disk has %" PRIu64 " bytes, %" PRIu64 " more than whole sectors",
		x->t->disk_size, x->t->disk_size % x->t->sector_size);
}

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
		finding_skip_for(f, "gpt.present", "the disk has no GPT");
	return 0;
}

static int run_rule(struct image *image, struct findings *f, struct err *err)
{
	const struct gpt_rule *rule = finding_rule(f)->gpt;
	const struct part_table *t;
	int rc = gpt_of(image, &t, f, err);

	if (rc || !t)
		return rc;
	if (rule->of == OF_TABLE && (t->wrong & rule->bit))
		rule->say(&(struct fault){ rule, t, NULL, "", f });
	/* What a hybrid has beside its other records comes of them, and goes with them. */
	if (rule->of == OF_MBR &&
		(t->mbr.wrong & rule->bit & (PART_MBR_NOT_FIRST | PART_MBR_SIZE)) &&
		(t->mbr.wrong & PART_MBR_HYBRID))
		finding_skip_for(f, "gpt.hybrid-mbr", "the MBR is a hybrid");
	else if (rule->of == OF_MBR && (t->mbr.wrong & rule->bit))
		rule->say(&(struct fault){ rule, t, NULL, "MBR", f });
	if (rule->of == OF_COPIES && (t->primary.wrong & rule->bit))
		rule->say(&(struct fault){ rule, t, &t->primary, "primary GPT", f });
	if (rule->of == OF_COPIES && (t->backup.wrong & rule->bit))
		rule->say(&(struct fault){ rule, t, &t->backup, "backup GPT", f });
	return 0;
}

static int run_present(struct image *image, struct findings *f, struct err *err)
{
	static const char advice[] =
		"partition the disk with GPT (sgdisk), or make a new image of the "
		"root file system: armvm-image build";
	const struct part_table *t;
	char label[IMAGE_CD_LABEL];
	int rc = image_parts(image, &t, err);

	if (rc)
		return rc;
	if (t->scheme != PART_SCHEME_GPT && image_cd(image, label)) {
		finding_add(f, "",
			"boot it as a CD, install a system from it, and publish the disk that it "
			"installs",
			"it is a CD (ISO 9660)%s%s, such as an installer comes on, and no disk "
			"with GPT",
			*label ? " called " : "", label);
		return 0;
	}
	switch (t->scheme) {
	case PART_SCHEME_GPT:
		break;
	case PART_SCHEME_MBR:
		finding_add(f, "",
			"convert it: sgdisk --mbrtogpt, after making room at the end; name by "
			"UUID= what names its partitions by PARTUUID=, which becomes another",
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
		run_present, .fix = fix_gpt_from_mbr },
	{ "gpt.mbr-signature", SEV_ERROR, PMBR_RULE, "the first sector has an MBR's signature",
		NEED_DISK, run_rule,
		RULE(gpt, OF_MBR, PART_MBR_SIGNATURE, say_mbr_signature, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.protective-mbr", SEV_ERROR, PMBR_RULE, "the MBR has a protective record", NEED_DISK,
		run_rule, RULE(gpt, OF_MBR, PART_MBR_NO_PROTECTIVE, say_no_protective, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.mbr-first", SEV_ERROR, "oslo.utils format_inspector",
		"the protective record is the MBR's first", NEED_DISK, run_rule,
		RULE(gpt, OF_MBR, PART_MBR_NOT_FIRST, say_mbr_first, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.mbr-single", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,
		"the MBR has one protective record", NEED_DISK, run_rule,
		RULE(gpt, OF_MBR, PART_MBR_SEVERAL, say_mbr_single, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.hybrid-mbr", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,
		"the MBR is not a hybrid", NEED_DISK, run_rule,
		RULE(gpt, OF_MBR, PART_MBR_HYBRID, say_hybrid, ADVICE_PMBR), .fix = fix_gpt_table },
	{ "gpt.mbr-boot-flag", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,
		"every record of the MBR has a boot flag of 00 or 80", NEED_DISK, run_rule,
		RULE(gpt, OF_MBR, PART_MBR_BOOT_FLAG, say_boot_flag, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.mbr-active", SEV_NOTE, PMBR_RULE, "the protective record is not active", NEED_DISK,
		run_rule, RULE(gpt, OF_MBR, PART_MBR_ACTIVE, say_active, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.mbr-start-chs", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,
		"the protective record starts at CHS 00 02 00", NEED_DISK, run_rule,
		RULE(gpt, OF_MBR, PART_MBR_START_CHS, say_start_chs, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.mbr-start-lba", SEV_ERROR, "oslo.utils format_inspector; " PMBR_RULE,
		"the protective record starts at LBA 1", NEED_DISK, run_rule,
		RULE(gpt, OF_MBR, PART_MBR_START_LBA, say_start_lba, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.mbr-size", SEV_WARNING, PMBR_RULE, "the protective record covers the disk",
		NEED_DISK, run_rule, RULE(gpt, OF_MBR, PART_MBR_SIZE, say_mbr_size, ADVICE_PMBR),
		.fix = fix_gpt_table },
	{ "gpt.sector-size", SEV_ERROR, "VM-1; UEFI 2.10 5.3.1",
		"the GPT is laid out for the disk's sectors", NEED_DISK, run_rule,
		RULE(gpt, OF_TABLE, PART_TABLE_SECTOR_SIZE, say_sector_size,
			"partition the disk for sectors of 512 bytes"),
		.fix = fix_gpt_table },
	{ "gpt.whole-sectors", SEV_WARNING, "UEFI 2.10 5.3.1", "the disk ends with a sector",
		NEED_DISK, run_rule,
		RULE(gpt, OF_TABLE, PART_TABLE_ODD_SIZE, say_odd_size,
			"cut the surplus off: truncate, after a look at what it is"),
		.fix = fix_gpt_table },
	{ "gpt.header", SEV_ERROR, GPT_RULE, "both copies of the GPT exist", NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_MISSING, say_missing, ADVICE_COPY),
		.fix = fix_gpt_table },
	{ "gpt.revision", SEV_ERROR, GPT_RULE, "the headers are of revision 1.0", NEED_DISK,
		run_rule, RULE(gpt, OF_COPIES, PART_GPT_REVISION, say_revision, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.header-size", SEV_ERROR, GPT_RULE, "the headers have a possible size", NEED_DISK,
		run_rule, RULE(gpt, OF_COPIES, PART_GPT_HEADER_SIZE, say_header_size, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.header-crc", SEV_ERROR, GPT_RULE, "the headers' checksums are right", NEED_DISK,
		run_rule, RULE(gpt, OF_COPIES, PART_GPT_HEADER_CRC, say_header_crc, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.header-reserved", SEV_WARNING, GPT_RULE, "the headers' reserved bytes are zero",
		NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_RESERVED, say_reserved, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.my-lba", SEV_ERROR, GPT_RULE, "the headers know where they are", NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_MY_LBA, say_my_lba, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.alternate-lba", SEV_ERROR, GPT_RULE, "the headers know where the other is",
		NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_ALTERNATE_LBA, say_alternate, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.usable-lbas", SEV_ERROR, GPT_RULE, "the usable LBAs are on the disk", NEED_DISK,
		run_rule, RULE(gpt, OF_COPIES, PART_GPT_USABLE, say_usable, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.disk-guid", SEV_WARNING, GPT_RULE, "the disk has a GUID", NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_DISK_GUID, say_disk_guid,
			"give it one: sgdisk --disk-guid=R"),
		.fix = fix_gpt_table },
	{ "gpt.entries-place", SEV_ERROR, GPT_RULE, "the entries have a place of their own",
		NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_ENTRIES_LBA, say_entries_place, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.entry-count", SEV_ERROR, GPT_RULE, "the number of entries is possible", NEED_DISK,
		run_rule, RULE(gpt, OF_COPIES, PART_GPT_ENTRY_COUNT, say_entry_count, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.entry-size", SEV_ERROR, GPT_RULE, "the size of entries is possible", NEED_DISK,
		run_rule, RULE(gpt, OF_COPIES, PART_GPT_ENTRY_SIZE, say_entry_size, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.entries-crc", SEV_ERROR, GPT_RULE, "the entries' checksums are right", NEED_DISK,
		run_rule, RULE(gpt, OF_COPIES, PART_GPT_ENTRIES_CRC, say_entries_crc, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.entries-room", SEV_WARNING, "UEFI 2.10 5.3.1", "there are 16 KiB for entries",
		NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_ENTRIES_SMALL, say_entries_small, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.entries-apart", SEV_ERROR, "UEFI 2.10 5.3.1",
		"headers and entries are outside the usable LBAs", NEED_DISK, run_rule,
		RULE(gpt, OF_COPIES, PART_GPT_ENTRIES_OVERLAP, say_entries_overlap, ADVICE_TABLE),
		.fix = fix_gpt_table },
	{ "gpt.copies-agree", SEV_ERROR, "UEFI 2.10 5.3.1", "both copies say the same", NEED_DISK,
		run_rule, RULE(gpt, OF_TABLE, PART_TABLE_COPIES_DIFFER, say_copies, ADVICE_BACKUP),
		.fix = fix_gpt_table },
	{ "gpt.backup-at-end", SEV_WARNING, "UEFI 2.10 5.3.1",
		"the backup is at the end of the disk", NEED_DISK, run_rule,
		RULE(gpt, OF_TABLE, PART_TABLE_BACKUP_NOT_END, say_backup_end, ADVICE_BACKUP),
		.fix = fix_gpt_table },
};

const struct check_group gpt_checks = CHECK_GROUP(rows);
