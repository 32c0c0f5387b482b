/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FAT file system of the ESP (VM-5; UEFI 2.10 13.3, which refers to
 * Microsoft's FAT specification). fat/ reports what is wrong as coded problems;
 * a check here is a set of codes and what to do about them.
 */
#include <errno.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "fat/fat.h"
#include "image/image.h"
#include "part/part.h"

#define FAT_RULE "UEFI 2.10 13.3; Microsoft FAT 1.03"

#define ADVICE_FORMAT "format it anew (mkfs.fat -F 32) and copy its files back"
#define ADVICE_REPAIR "repair it with fsck.fat, then compare its files with their sources"

#define BIT(code) (UINT64_C(1) << (code))

/* Those that only fat_verify() finds. */
#define VERIFIED (~(BIT(FAT_DIRTY) * 2 - 1))

struct fat_rule {
	uint64_t codes;
	const char *advice;
};

static int partition_where(struct image *image, char *where, size_t size, struct err *err)
{
	const struct part *part;
	int ret = image_esp_part(image, &part, err);

	if (ret < 0)
		return ret;
	snprintf(where, size, "partition %u", part->index);
	return 0;
}

static void report(const struct fat_rule *rule, const struct fat_problems *p, const char *partition,
	struct findings *f)
{
	uint64_t all = 0, added = 0;

	for (unsigned code = 0; code < FAT_PROBLEM_COUNT; code++)
		if (rule->codes & BIT(code))
			all += p->count[code];
	for (size_t i = 0; i < p->n; i++) {
		const char *path = p->v[i].path;
		CLEANUP(xfree) char *where = NULL;

		if (!(rule->codes & BIT(p->v[i].code)))
			continue;
		where = xasprintf("%s%s%s", partition, path ? ": " : "", path ? path : "");
		finding_add(f, where, rule->advice, "%s", p->v[i].text);
		added++;
	}
	if (all > added)
		finding_add(f, partition, rule->advice, "%llu more of the kind",
			(unsigned long long)(all - added));
}

/* What kept fat_verify() from looking at everything. */
static const char *limit_text(const struct fat_problems *p)
{
	const struct fat_problem *limit = fat_problems_find(p, FAT_LIMIT);

	if (!limit)
		limit = fat_problems_find(p, FAT_TOO_DEEP);
	return limit ? limit->text : "not all of it was looked at";
}

static int run_rule(struct image *image, struct findings *f, struct err *err)
{
	const struct fat_rule *rule = finding_rule(f)->fat;
	const struct fat_report *verified;
	char partition[32];
	struct fat *fat;
	uint64_t found = 0;
	int ret = image_esp(image, &fat, err);

	if (ret == 0)
		ret = partition_where(image, partition, sizeof(partition), err);
	if (ret < 0)
		return ret;
	report(rule, fat_problems(fat), partition, f);
	if (!(rule->codes & VERIFIED))
		return 0;
	ret = image_esp_report(image, &verified, err);
	if (ret < 0)
		return ret;
	report(rule, &verified->problems, partition, f);
	for (unsigned code = 0; code < FAT_PROBLEM_COUNT; code++)
		if (rule->codes & BIT(code))
			found += verified->problems.count[code];
	/* Not to have looked everywhere is no pass. */
	if (!found && !verified->complete)
		return err_set(err, EFBIG, "the ESP: %s", limit_text(&verified->problems));
	return 0;
}

static int run_fat32(struct image *image, struct findings *f, struct err *err)
{
	char partition[32];
	struct fat *fat;
	int ret = image_esp(image, &fat, err);

	if (ret == 0)
		ret = partition_where(image, partition, sizeof(partition), err);
	if (ret == 0 && fat_facts(fat)->type != 32)
		finding_add(f, partition, ADVICE_FORMAT, "it is FAT%u with %u clusters",
			fat_facts(fat)->type, fat_facts(fat)->clusters);
	return ret;
}

static int run_sector_size(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	char partition[32];
	struct fat *fat;
	int ret = image_esp(image, &fat, err);

	if (ret == 0)
		ret = image_parts(image, &t, err);
	if (ret == 0)
		ret = partition_where(image, partition, sizeof(partition), err);
	if (ret == 0 && fat_facts(fat)->sector_size != t->sector_size)
		finding_add(f, partition, "format it anew for the disk: mkfs.fat -F 32 -S 512",
			"its sectors have %u bytes, the disk's %u", fat_facts(fat)->sector_size,
			t->sector_size);
	return ret;
}

/* Where what follows the partition begins: another one, or the table's end of the disk. */
static uint64_t free_until(const struct part_table *t, const struct part *part)
{
	const struct part_gpt *gpt = t->primary.valid ? &t->primary : &t->backup;
	uint64_t until = (gpt->last_usable + 1) * t->sector_size;

	for (size_t i = 0; i < t->n_parts; i++)
		if (t->parts[i].start >= part->start + part->size && t->parts[i].start < until)
			until = t->parts[i].start;
	return until;
}

static int run_volume_size(struct image *image, struct findings *f, struct err *err)
{
	static const struct fat_rule enlarge = { BIT(FAT_BEYOND_DISK),
		"enlarge the partition to what it was, or format it anew" };
	static const struct fat_rule format = { BIT(FAT_BEYOND_DISK),
		ADVICE_FORMAT ": the partition cannot be enlarged, what follows it begins before "
			      "the volume's end" };
	const struct part_table *t;
	const struct part *part;
	char partition[32];
	struct fat *fat;
	uint64_t end;
	int ret = image_esp(image, &fat, err);

	if (ret == 0)
		ret = image_parts(image, &t, err);
	if (ret == 0)
		ret = image_esp_part(image, &part, err);
	if (ret == 0)
		ret = partition_where(image, partition, sizeof(partition), err);
	if (ret < 0)
		return ret;
	end = part->start + (uint64_t)fat_facts(fat)->total_sectors * fat_facts(fat)->sector_size;
	report(end <= free_until(t, part) ? &enlarge : &format, fat_problems(fat), partition, f);
	return 0;
}

static const struct check checks[] = {
	{ "esp.fat32", SEV_ERROR, "VM-5", "the ESP is FAT32", NEED_ESP, run_fat32,
		.fix = fix_esp_fat32 },
	{ "esp.sector-size", SEV_ERROR, FAT_RULE, "FAT and disk have the same sectors", NEED_ESP,
		run_sector_size, .fix = fix_esp_fat32 },
	{ "esp.clusters", SEV_WARNING, "VM-5; Microsoft FAT 1.03",
		"clusters are of a number and a size that FAT32 has", NEED_ESP, run_rule,
		RULE(fat, BIT(FAT_CLUSTER_COUNT) | BIT(FAT_CLUSTER_SIZE),
			"format it anew with another cluster size: mkfs.fat -F 32"),
		.fix = fix_esp_fat32 },
	{ "esp.type-string", SEV_WARNING, "VM-5; Microsoft FAT 1.03",
		"the boot sector names the FAT type that it is", NEED_ESP, run_rule,
		RULE(fat, BIT(FAT_TYPE_STRING), ADVICE_FORMAT), .fix = fix_esp_fat32 },
	{ "esp.volume-size", SEV_ERROR, FAT_RULE, "the volume ends within its partition", NEED_ESP,
		run_volume_size, .fix = fix_esp_fat32 },
	{ "esp.boot-sector", SEV_ERROR, FAT_RULE, "the boot sector is a FAT32 boot sector",
		NEED_ESP, run_rule,
		RULE(fat,
			BIT(FAT_NO_SIGNATURE) | BIT(FAT_NO_JUMP) | BIT(FAT_MEDIA) |
				BIT(FAT_FIELDS) | BIT(FAT_VERSION) | BIT(FAT_ROOT_CLUSTER),
			ADVICE_FORMAT),
		.fix = fix_esp_fat32 },
	{ "esp.fat-copies", SEV_WARNING, FAT_RULE, "there are two FATs, both in use", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_COPIES) | BIT(FAT_NOT_MIRRORED), ADVICE_FORMAT),
		.fix = fix_esp_fat32 },
	{ "esp.fat-size", SEV_ERROR, FAT_RULE, "the FAT has an entry for each cluster", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_TOO_SMALL), ADVICE_FORMAT), .fix = fix_esp_fat32 },
	{ "esp.fsinfo", SEV_WARNING, FAT_RULE, "the FSInfo sector is there", NEED_ESP, run_rule,
		RULE(fat, BIT(FAT_FSINFO),
			"run fsck.fat -r on the partition, and have it create one"),
		.fix = fix_esp_fat32 },
	{ "esp.backup-boot-sector", SEV_WARNING, FAT_RULE,
		"the backup boot sector equals the first", NEED_ESP, run_rule,
		RULE(fat, BIT(FAT_BACKUP),
			"run fsck.fat -r on the partition, and have it copy the original to the backup"),
		.fix = fix_esp_fat32 },
	{ "esp.clean", SEV_WARNING, FAT_RULE, "the ESP was cleanly unmounted", NEED_ESP, run_rule,
		RULE(fat, BIT(FAT_DIRTY),
			"shut the guest down before its disk is copied; clear the flag: fsck.fat -a"),
		.fix = fix_esp_fsck },
	{ "esp.disk-errors", SEV_WARNING, FAT_RULE, "no driver has met errors on the ESP", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_HARD_ERROR), ADVICE_FORMAT), .fix = fix_esp_fat32 },
	{ "esp.fats-equal", SEV_ERROR, FAT_RULE, "the copies of the FAT are equal", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_COPIES_DIFFER), ADVICE_REPAIR), .fix = fix_esp_fsck },
	{ "esp.chains", SEV_ERROR, FAT_RULE, "every cluster chain ends properly", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_CYCLE) | BIT(FAT_BROKEN_CHAIN), ADVICE_REPAIR),
		.fix = fix_esp_fsck },
	{ "esp.cross-links", SEV_ERROR, FAT_RULE, "no two files share a cluster", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_CROSS_LINK), ADVICE_REPAIR), .fix = fix_esp_fsck },
	{ "esp.file-sizes", SEV_ERROR, FAT_RULE, "sizes and cluster chains agree", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_SHORT_CHAIN) | BIT(FAT_LONG_CHAIN), ADVICE_REPAIR),
		.fix = fix_esp_fsck },
	{ "esp.folders", SEV_ERROR, FAT_RULE, "the folders are sound", NEED_ESP, run_rule,
		RULE(fat, BIT(FAT_BAD_ENTRY) | BIT(FAT_DUPLICATE) | BIT(FAT_DOTS), ADVICE_REPAIR),
		.fix = fix_esp_fsck },
	{ "esp.names", SEV_WARNING, FAT_RULE, "every name is one that FAT allows", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_BAD_NAME) | BIT(FAT_ORPHAN_LFN), ADVICE_REPAIR),
		.fix = fix_esp_fsck },
	{ "esp.lost-clusters", SEV_NOTE, FAT_RULE, "every cluster in use belongs to a file",
		NEED_ESP, run_rule,
		RULE(fat, BIT(FAT_LOST), "run fsck.fat -a on the partition, which frees them"),
		.fix = fix_esp_fsck },
	{ "esp.free-count", SEV_NOTE, FAT_RULE, "FSInfo counts the free clusters rightly", NEED_ESP,
		run_rule, RULE(fat, BIT(FAT_FREE_COUNT), "run fsck.fat -a on the partition"),
		.fix = fix_esp_fsck },
};

const struct check_group esp_fat_checks = CHECK_GROUP(checks);
