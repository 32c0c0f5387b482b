/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a GPT's entries say: places, GUIDs, attributes, the ESP among them
 * (VM-4; UEFI 2.10 5.3.3; DPS), and whether other tools read the same table.
 * They are read from the copy that firmware would use.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checks/fixes.h"
#include "checks/groups.h"
#include "image/image.h"
#include "part/opinion.h"
#include "part/part.h"
#include "uefi/guids.h"

#define ENTRY_RULE "UEFI 2.10 5.3.3"
#define FEW        16 /* entries that rust-hypervisor-firmware reads */
#define WHERE_MAX  160
#define ADVICE_MAX 120

/* "partition 2 (root-arm64)" */
static const char *where_of(const struct part *p, char where[WHERE_MAX])
{
	char text[GUID_TEXT_LEN + 1];

	snprintf(where, WHERE_MAX, "partition %u (%s)", p->index, part_type_word(p->type, text));
	return where;
}

/* What to do, with the partition's number in it. */
static const char *PRINTF_LIKE(2, 3) advise(char advice[ADVICE_MAX], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(advice, ADVICE_MAX, format, ap);
	va_end(ap);
	return advice;
}

static enum uefi_part_role role_of(const struct part *p)
{
	const struct uefi_part_type *type = uefi_part_type(p->type);

	return type ? type->role : UEFI_ROLE_OTHER;
}

/* A partition with something wrong in its entry. */
struct fault {
	const struct part_table *t;
	const struct part *p;
	const char *where;
	struct findings *findings;
};

struct part_rule {
	unsigned bit; /* of part.wrong */
	void (*say)(const struct fault *);
};

static int run_wrong(struct image *image, struct findings *f, struct err *err)
{
	const struct part_rule *rule = finding_rule(f)->part;
	const struct part_table *t;
	char where[WHERE_MAX];
	int rc = image_parts(image, &t, err);

	for (size_t i = 0; !rc && i < t->n_parts; i++)
		if (t->parts[i].wrong & rule->bit)
			rule->say(&(struct fault){
				t, &t->parts[i], where_of(&t->parts[i], where), f });
	return rc;
}

static void say_order(const struct fault *x)
{
	char advice[ADVICE_MAX];

	advise(advice, "delete the entry and make it anew: sgdisk --delete=%u", x->p->index);
	finding_add(x->findings, x->where, advice,
		"it starts at LBA %" PRIu64 " and ends before that, at LBA %" PRIu64,
		x->p->first_lba, x->p->last_lba);
}

static void say_on_disk(const struct fault *x)
{
	finding_add(x->findings, x->where, "the image was cut short: make or fetch it again",
		"it ends at LBA %" PRIu64 ", the disk at LBA %" PRIu64, x->p->last_lba,
		x->t->last_lba);
}

static void say_usable(const struct fault *x)
{
	/* What is wrong in itself has a finding of its own. */
	if (x->p->wrong & (PART_ORDER | PART_OUTSIDE_DISK))
		return;
	finding_add(x->findings, x->where, "make the partition smaller, or move it",
		"LBAs %" PRIu64 " to %" PRIu64 " are not all usable: those are %" PRIu64
		" to %" PRIu64,
		x->p->first_lba, x->p->last_lba, x->t->used->first_usable, x->t->used->last_usable);
}

static void say_overlap(const struct fault *x)
{
	const struct part *other = part_find(x->t, x->p->overlaps);

	/* Each pair once. */
	if (!other || (other->overlaps == x->p->index && other->index < x->p->index))
		return;
	finding_add(x->findings, x->where,
		"find out which of the two holds what it should, and delete the other",
		"it shares LBAs with partition %u (%" PRIu64 " to %" PRIu64 ", %" PRIu64
		" to %" PRIu64 ")",
		x->p->overlaps, x->p->first_lba, x->p->last_lba, other->first_lba, other->last_lba);
}

static void say_align_4k(const struct fault *x)
{
	finding_add(x->findings, x->where, "move it to a multiple of 1 MiB",
		"it starts at LBA %" PRIu64 ", which is no multiple of 4 KiB", x->p->first_lba);
}

static void say_align_1m(const struct fault *x)
{
	if (!(x->p->wrong & PART_UNALIGNED_4K))
		finding_add(x->findings, x->where, "move it to a multiple of 1 MiB",
			"it starts at LBA %" PRIu64 ", which is no multiple of 1 MiB",
			x->p->first_lba);
}

static void say_guid_zero(const struct fault *x)
{
	char advice[ADVICE_MAX];

	finding_add(x->findings, x->where,
		advise(advice, "give it one: sgdisk --partition-guid=%u:R", x->p->index),
		"its GUID is zero");
}

static void say_guid_twice(const struct fault *x)
{
	char text[GUID_TEXT_LEN + 1], advice[ADVICE_MAX];

	guid_format(x->p->guid, text);
	advise(advice, "give it another: sgdisk --partition-guid=%u:R", x->p->index);
	finding_add(x->findings, x->where, advice, "partition %u has the same GUID, %s",
		x->p->same_guid, text);
}

static void say_attributes(const struct fault *x)
{
	char advice[ADVICE_MAX];

	advise(advice, "clear them: sgdisk --attributes=%u:nand:0000FFFFFFFFFFF8", x->p->index);
	finding_add(x->findings, x->where, advice,
		"attributes %016" PRIx64 " have reserved bits set", x->p->attrs);
}

static void say_name(const struct fault *x)
{
	char advice[ADVICE_MAX];

	advise(advice, "shorten it: sgdisk --change-name=%u:NAME", x->p->index);
	finding_add(x->findings, x->where, advice,
		"its name fills all 36 characters, so the NUL that ends it is missing");
}

static int run_esp(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	int rc = image_parts(image, &t, err);

	if (rc || part_next_esp(t, NULL))
		return rc;
	finding_add(f, "",
		"set the type of the partition that has EFI/BOOT: sgdisk --typecode=N:ef00",
		"none of %zu partitions has the ESP's type " UEFI_PART_ESP, t->n_parts);
	return 0;
}

static int run_esp_block_io(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	const struct part *p = NULL;
	char where[WHERE_MAX], advice[ADVICE_MAX];
	int rc = image_parts(image, &t, err);

	while (!rc && (p = part_next_esp(t, p)))
		if (p->attrs & PART_ATTR_NO_BLOCK_IO)
			finding_add(f, where_of(p, where),
				advise(advice, "clear it: sgdisk --attributes=%u:clear:1",
					p->index),
				"attribute bit 1 tells firmware to make no block device of it");
	return rc;
}

static int run_esp_early(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	const struct part *p;
	char where[WHERE_MAX], advice[ADVICE_MAX];
	int rc = image_parts(image, &t, err);

	p = rc ? NULL : part_next_esp(t, NULL);
	if (p && p->index > FEW)
		finding_add(f, where_of(p, where),
			advise(advice,
				"have it change places with another: sgdisk --transpose=1:%u",
				p->index),
			"rust-hypervisor-firmware reads %d entries only, and finds no ESP in them",
			FEW);
	return rc;
}

static int run_few(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	int rc = image_parts(image, &t, err);

	if (!rc && t->n_parts > 0 && t->parts[t->n_parts - 1].index > FEW)
		finding_add(f, "", "use fewer partitions, or lower numbers: sgdisk --sort",
			"entry %u is used; rust-hypervisor-firmware reads %d entries only",
			t->parts[t->n_parts - 1].index, FEW);
	return rc;
}

static int run_legacy_boot(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	char where[WHERE_MAX], advice[ADVICE_MAX];
	int rc = image_parts(image, &t, err);

	for (size_t i = 0; !rc && i < t->n_parts; i++)
		if (t->parts[i].attrs & PART_ATTR_LEGACY_BOOT)
			finding_add(f, where_of(&t->parts[i], where),
				advise(advice, "clear it: sgdisk --attributes=%u:clear:2",
					t->parts[i].index),
				"it is marked bootable for a legacy BIOS, which no ARM machine has, "
				"and U-Boot searches it for boot scripts");
	return rc;
}

static int run_foreign_root(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	const struct part *foreign = NULL;
	char where[WHERE_MAX], advice[ADVICE_MAX];
	int rc = image_parts(image, &t, err);

	for (size_t i = 0; !rc && i < t->n_parts; i++) {
		const struct uefi_part_type *type = uefi_part_type(t->parts[i].type);

		if (!type || (type->role != UEFI_ROLE_ROOT && type->role != UEFI_ROLE_USR))
			continue;
		if (strcmp(type->arch, "aarch64") == 0 || strcmp(type->arch, "arm") == 0)
			return 0;
		foreign = &t->parts[i];
	}
	if (foreign)
		finding_add(f, where_of(foreign, where),
			advise(advice, "if it is AArch64's: sgdisk --typecode=%u:8305",
				foreign->index),
			"its type is that of another architecture, and no partition has ARM's");
	return rc;
}

static int run_firmware(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	char where[WHERE_MAX], advice[ADVICE_MAX];
	int rc = image_parts(image, &t, err);

	for (size_t i = 0; !rc && i < t->n_parts; i++)
		if (role_of(&t->parts[i]) == UEFI_ROLE_FIRMWARE)
			finding_add(f, where_of(&t->parts[i], where),
				advise(advice, "delete it: sgdisk --delete=%u", t->parts[i].index),
				"its type says that it holds one machine's firmware variables");
	return rc;
}

static int run_grow(struct image *image, struct findings *f, struct err *err)
{
	static const enum uefi_part_role growable[] = { UEFI_ROLE_ROOT, UEFI_ROLE_LINUX,
		UEFI_ROLE_USR, UEFI_ROLE_LVM, UEFI_ROLE_CRYPT, UEFI_ROLE_HOME, UEFI_ROLE_VAR,
		UEFI_ROLE_SRV, UEFI_ROLE_BASIC_DATA, UEFI_ROLE_OTHER };
	const struct part_table *t;
	const struct part *last = NULL;
	char where[WHERE_MAX];
	int rc = image_parts(image, &t, err);

	for (size_t i = 0; !rc && i < t->n_parts; i++)
		if (!last || t->parts[i].last_lba > last->last_lba)
			last = &t->parts[i];
	if (!last)
		return rc;
	for (size_t i = 0; i < ARRAY_SIZE(growable); i++)
		if (role_of(last) == growable[i])
			return 0;
	finding_add(f, where_of(last, where), "put the root partition last",
		"it is the last on the disk, so the guest's file systems cannot grow with the disk");
	return 0;
}

/* Linux, and libblkid with it, reads a GPT with entries of 128 bytes and no other. */
static int run_linux_entries(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	int rc = image_parts(image, &t, err);

	if (!rc && t->used->entry_size != 128)
		finding_add(f, "", "make the table anew with entries of 128 bytes",
			"the entries have %" PRIu32 " bytes; Linux takes no other size than 128",
			t->used->entry_size);
	return rc;
}

static void compare_parted(
	const struct part_table *t, const struct part_parted *theirs, struct findings *f)
{
	static const char advice[] = "compare with: parted IMAGE unit s print";
	size_t i = 0;

	for (size_t c = 0; c < theirs->complaints.n; c++)
		finding_add(f, "libparted", advice, "%s", theirs->complaints.v[c]);
	if (strcmp(theirs->label, "gpt") != 0) {
		finding_add(f, "libparted", advice, "it sees %s where there is a GPT",
			*theirs->label ? theirs->label : "no partition table");
		return;
	}
	if (theirs->n_parts != t->n_parts) {
		finding_add(f, "libparted", advice, "it sees %zu partitions, we see %zu",
			theirs->n_parts, t->n_parts);
		return;
	}
	for (; i < t->n_parts; i++) {
		const struct part_parted_entry *e = NULL;
		const struct part *p = &t->parts[i];

		/* libparted lists them by their place on the disk. */
		for (size_t j = 0; j < theirs->n_parts && !e; j++)
			if (theirs->parts[j].index == p->index)
				e = &theirs->parts[j];
		if (!e || e->first_lba != p->first_lba ||
			e->sectors != p->last_lba - p->first_lba + 1 ||
			e->esp != (role_of(p) == UEFI_ROLE_ESP))
			finding_add(f, "libparted", advice,
				"it sees another partition %u than we do", p->index);
	}
}

static void compare_blkid(struct image *image, const struct part_blkid *theirs, struct findings *f)
{
	char label[IMAGE_CD_LABEL];

	if (image_cd(image, label))
		finding_skip_for(f, "container.iso", "the disk is a CD as well");
	else if (theirs->ambivalent)
		finding_add(f, "libblkid", "erase what is left over: wipefs IMAGE lists it",
			"the whole disk has signatures of several formats, so it takes it for none");
	else if (*theirs->type)
		finding_add(f, "libblkid", "erase what is left over: wipefs IMAGE lists it",
			"the whole disk has the signature of %s besides its partition table",
			theirs->type);
	else if (strcmp(theirs->table, "gpt") != 0)
		finding_add(f, "libblkid", "compare with: blkid -p IMAGE",
			"it sees %s where there is a GPT",
			*theirs->table ? theirs->table : "no partition table");
}

/* Whether anything is wrong that another reader may stumble over. */
static bool has_faults(const struct part_table *t)
{
	unsigned wrong = t->wrong | t->primary.wrong | t->backup.wrong |
			 (t->mbr.wrong & ~(unsigned)PART_MBR_ACTIVE);

	for (size_t i = 0; i < t->n_parts; i++)
		wrong |= t->parts[i].wrong & (PART_ORDER | PART_OUTSIDE_DISK | PART_OUTSIDE_USABLE |
						     PART_OVERLAP | PART_GUID_ZERO);
	return wrong || t->used->entry_size != 128;
}

static int run_second_opinion(struct image *image, struct findings *f, struct err *err)
{
	CLEANUP(part_parted_release) struct part_parted parted = { .label = "" };
	struct part_blkid blkid;
	const struct part_table *t;
	struct disk *disk;
	int rc = image_parts(image, &t, err);

	if (!rc)
		rc = image_disk(image, &disk, err);
	if (rc)
		return rc;
	if (has_faults(t)) {
		finding_skip_for(f, "gpt", "the table has faults of its own");
		return 0;
	}
	rc = part_parted_disk(disk, t->sector_size, &parted, err);
	if (!rc)
		rc = part_blkid_disk(disk, &blkid, err);
	if (rc)
		return rc;
	compare_parted(t, &parted, f);
	compare_blkid(image, &blkid, f);
	return 0;
}

static const struct check rows[] = {
	{ "gpt.partition-order", SEV_ERROR, ENTRY_RULE, "partitions end after they start", NEED_GPT,
		run_wrong, RULE(part, PART_ORDER, say_order) },
	{ "gpt.partition-on-disk", SEV_ERROR, ENTRY_RULE, "partitions end before the disk does",
		NEED_GPT, run_wrong, RULE(part, PART_OUTSIDE_DISK, say_on_disk) },
	{ "gpt.partition-usable", SEV_ERROR, ENTRY_RULE, "partitions lie within the usable LBAs",
		NEED_GPT, run_wrong, RULE(part, PART_OUTSIDE_USABLE, say_usable),
		.fix = fix_gpt_table },
	{ "gpt.partition-overlap", SEV_ERROR, ENTRY_RULE, "partitions do not overlap", NEED_GPT,
		run_wrong, RULE(part, PART_OVERLAP, say_overlap) },
	{ "gpt.partition-4k", SEV_WARNING, "UEFI 2.10 5.3.1",
		"partitions start on physical sectors of 4 KiB", NEED_GPT, run_wrong,
		RULE(part, PART_UNALIGNED_4K, say_align_4k) },
	{ "gpt.partition-1m", SEV_NOTE, "DPS", "partitions start on 1 MiB", NEED_GPT, run_wrong,
		RULE(part, PART_UNALIGNED_1M, say_align_1m) },
	{ "gpt.partition-guid", SEV_ERROR, ENTRY_RULE, "partitions have a GUID", NEED_GPT,
		run_wrong, RULE(part, PART_GUID_ZERO, say_guid_zero), .fix = fix_gpt_guids },
	{ "gpt.partition-guid-unique", SEV_ERROR, ENTRY_RULE, "no two partitions share a GUID",
		NEED_GPT, run_wrong, RULE(part, PART_GUID_TWICE, say_guid_twice),
		.fix = fix_gpt_guids },
	{ "gpt.partition-attributes", SEV_WARNING, ENTRY_RULE, "reserved attributes are clear",
		NEED_GPT, run_wrong, RULE(part, PART_ATTRS_RESERVED, say_attributes),
		.fix = fix_gpt_attributes },
	{ "gpt.partition-name", SEV_NOTE, ENTRY_RULE, "partitions' names end with a NUL", NEED_GPT,
		run_wrong, RULE(part, PART_NAME_NO_NUL, say_name), .fix = fix_gpt_names },
	{ "gpt.esp", SEV_ERROR, "VM-4", "there is an EFI System Partition", NEED_GPT, run_esp,
		.fix = fix_gpt_esp },
	{ "gpt.esp-block-io", SEV_ERROR, ENTRY_RULE, "firmware may make a block device of the ESP",
		NEED_GPT, run_esp_block_io, .fix = fix_gpt_esp_block_io },
	{ "gpt.esp-early", SEV_WARNING, "VM-2; rust-hypervisor-firmware",
		"the ESP is among the first 16 entries", NEED_GPT, run_esp_early,
		.fix = fix_gpt_esp_number },
	{ "gpt.few-entries", SEV_NOTE, "rust-hypervisor-firmware", "no entry beyond 16 is used",
		NEED_GPT, run_few },
	{ "gpt.legacy-boot", SEV_NOTE, ENTRY_RULE, "no partition is marked for a legacy BIOS",
		NEED_GPT, run_legacy_boot, .fix = fix_gpt_legacy_boot },
	{ "gpt.foreign-root", SEV_WARNING, "DPS", "the root partition's type is ARM's", NEED_GPT,
		run_foreign_root, .fix = fix_gpt_root_type },
	{ "gpt.firmware-partition", SEV_WARNING, "VM-8; VM-10",
		"no partition is for firmware's variables", NEED_GPT, run_firmware },
	{ "gpt.grow", SEV_NOTE, "DPS", "the last partition is one that grows", NEED_GPT, run_grow },
	{ "gpt.linux-entries", SEV_ERROR, "VM-1; Linux block/partitions/efi.c",
		"the entries have the size that Linux reads", NEED_GPT, run_linux_entries,
		.fix = fix_gpt_table },
	{ "gpt.second-opinion", SEV_WARNING, "VM-1", "libparted and libblkid see the same table",
		NEED_GPT, run_second_opinion },
};

const struct check_group gpt_partition_checks = CHECK_GROUP(rows);
