/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The partition table of a plan: what the image's GPT says, or what an MBR says
 * as a GPT (UEFI 2.10 5.2, 5.3).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "image/image.h"
#include "part/part.h"
#include "plan/plan.h"
#include "uefi/guids.h"

#define MIB          ((uint64_t)1 << 20)
/* A header and 16 KiB of entries behind the MBR, the same without it at the end. */
#define HEAD_SECTORS 34
#define TAIL_SECTORS 33

void plan_table_free(struct plan_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->parts[i].name);
	free(table->parts);
	free(table->because);
	free(table);
}

DEFINE_CLEANUP(struct plan_table, plan_table_free)

struct plan_part *plan_part(struct plan_table *table, unsigned number)
{
	for (size_t i = 0; i < table->n; i++)
		if (table->parts[i].number == number)
			return &table->parts[i];
	return NULL;
}

int plan_new_guid(struct guid *guid, struct err *err)
{
	uint8_t random[16];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(err, "getrandom");
	*guid = guid_from_bytes(random);
	return 0;
}

static struct plan_part *add(struct plan_table *t)
{
	t->parts = xreallocarray(t->parts, t->n + 1, sizeof(*t->parts));
	t->parts[t->n] = (struct plan_part){ 0 };
	return &t->parts[t->n++];
}

/* The disk as it is, in whole sectors. */
static struct plan_table *new_table(const struct part_table *from, struct disk *disk)
{
	struct plan_table *t = xcalloc(1, sizeof(*t));

	t->sector_size = disk_sector_size(disk);
	t->disk_size = (from->disk_size + t->sector_size - 1) / t->sector_size * t->sector_size;
	return t;
}

/* Copies the used copy's entries; scale: sectors of the disk in one of the table's. */
static int take_parts(
	struct plan_table *t, const struct part_table *from, unsigned scale, struct err *err)
{
	for (size_t i = 0; i < from->n_parts; i++) {
		const struct part *p = &from->parts[i];
		struct plan_part *to;

		if (!p->size)
			return err_set(err, ENOTSUP,
				"partition %u does not lie on the disk; what it should be, nothing tells",
				p->index);
		if (p->overlaps)
			return err_set(err, ENOTSUP,
				"partitions %u and %u overlap; which one is right, nothing tells",
				p->index, p->overlaps);
		to = add(t);
		*to = (struct plan_part){
			.number = p->index,
			.type = p->type,
			.guid = p->guid,
			.name = xstrdup(p->name),
			.first_lba = p->first_lba * scale,
			.sectors = (p->last_lba - p->first_lba + 1) * scale,
			.attrs = p->attrs,
		};
	}
	return 0;
}

static bool fits(const struct plan_table *t, const struct plan_part *p)
{
	uint64_t end = t->disk_size / t->sector_size;
	uint64_t head = t->sector_size == 512 ? HEAD_SECTORS : 6;
	uint64_t tail = t->sector_size == 512 ? TAIL_SECTORS : 5;

	return p->first_lba >= head && p->first_lba + p->sectors <= end - tail;
}

/* A last partition that reaches into the backup's place: the disk grows. */
static int make_room(struct plan_table *t, struct err *err)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct plan_part *p = &t->parts[i];
		uint64_t end = (p->first_lba + p->sectors) * t->sector_size;

		if (fits(t, p))
			continue;
		if (p->first_lba < (t->sector_size == 512 ? HEAD_SECTORS : 6))
			return err_set(err, ENOTSUP,
				"partition %u begins at LBA %" PRIu64
				", where the partition table needs room",
				p->number, p->first_lba);
		t->disk_size = (end + 2 * MIB - 1) / MIB * MIB;
	}
	return 0;
}

/* Both copies are good and differ: which one is believed, and why. */
static int choose_copy(
	const struct plan *plan, const struct part_table *from, char **because, struct err *err)
{
	if (!(from->wrong & PART_TABLE_COPIES_DIFFER))
		return 0;
	if (!plan->force) {
		err_set(err, ENOTSUP,
			"the two copies of the GPT are both intact and differ in %s; the primary "
			"would be believed, which firmware and Linux read first",
			from->copies_differ_in);
		return err_hint(err, "--force takes the primary");
	}
	*because = xasprintf("the primary GPT is believed: firmware and Linux read it first "
			     "(the backup differs in %s)",
		from->copies_differ_in);
	return 0;
}

int plan_table(struct plan *plan, struct plan_table **table, struct err *err)
{
	CLEANUP(plan_table_free) struct plan_table *t = NULL;
	const struct part_table *from;
	struct disk *disk;
	int ret = image_parts(plan->image, &from, err);

	if (plan->table) {
		*table = plan->table;
		return 0;
	}
	if (ret == 0)
		ret = image_disk(plan->image, &disk, err);
	if (ret == 0)
		ret = image_have_gpt(plan->image, err);
	if (ret < 0)
		return ret == -ENOENT ? -ENOTSUP : ret;
	t = new_table(from, disk);
	if (from->sector_size % t->sector_size)
		return err_set(err, ENOTSUP, "the table is laid out for sectors of %u bytes",
			from->sector_size);
	ret = choose_copy(plan, from, &t->because, err);
	if (ret == 0)
		ret = take_parts(t, from, from->sector_size / t->sector_size, err);
	if (ret == 0 && !t->n)
		ret = err_set(err, ENOTSUP, "there is no partition");
	if (ret == 0)
		ret = make_room(t, err);
	if (ret < 0)
		return ret;
	if (!t->because && from->primary.valid != from->backup.valid)
		t->because = xasprintf("the %s GPT is believed: the %s one fails its checksums or "
				       "is not there",
			from->primary.valid ? "primary" : "backup",
			from->primary.valid ? "backup" : "primary");
	t->disk_guid = from->used->disk_guid;
	if (guid_is_zero(t->disk_guid))
		ret = plan_new_guid(&t->disk_guid, err);
	if (ret == 0)
		*table = plan->table = TAKE(t);
	return ret;
}

/* ---- from an MBR ---- */

static const char *type_of(uint8_t mbr)
{
	static const struct {
		uint8_t mbr;
		const char *guid;
	} types[] = {
		{ 0xef, UEFI_PART_ESP },
		{ 0x82, "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f" },
		{ 0x8e, "e6d6d379-f507-44c2-a23c-238f2a3df928" },
		{ 0xfd, "a19d880f-05fc-4d3b-a006-743f0f84911e" },
		{ 0x07, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" },
		{ 0x0b, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" },
		{ 0x0c, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" },
		{ 0x0e, "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].mbr == mbr)
			return types[i].guid;
	return UEFI_PART_LINUX;
}

static int take_record(struct plan_table *t, const struct part_mbr_entry *e, unsigned number,
	uint64_t disk_size, struct err *err)
{
	struct plan_part *p;
	int ret;

	if (e->type == 0x05 || e->type == 0x0f || e->type == 0x85) {
		err_set(err, ENOTSUP, "the MBR has an extended partition");
		return err_hint(
			err, "sgdisk --mbrtogpt makes a GPT of such, too; then mend the rest");
	}
	if (!e->sectors || ((uint64_t)e->lba + e->sectors) * t->sector_size > disk_size)
		return err_set(
			err, ENOTSUP, "partition %u of the MBR does not lie on the disk", number);
	for (size_t i = 0; i < t->n; i++)
		if (e->lba < t->parts[i].first_lba + t->parts[i].sectors &&
			t->parts[i].first_lba < (uint64_t)e->lba + e->sectors)
			return err_set(err, ENOTSUP, "partitions %u and %u of the MBR overlap",
				t->parts[i].number, number);
	p = add(t);
	*p = (struct plan_part){
		.number = number, .name = xstrdup(""), .first_lba = e->lba, .sectors = e->sectors
	};
	ret = plan_new_guid(&p->guid, err);
	if (!guid_parse(type_of(e->type), &p->type))
		abort();
	return ret;
}

int plan_table_of_mbr(struct plan *plan, struct plan_table **table, struct err *err)
{
	CLEANUP(plan_table_free) struct plan_table *t = NULL;
	const struct part_table *from;
	struct disk *disk;
	int ret = image_parts(plan->image, &from, err);

	if (ret == 0)
		ret = image_disk(plan->image, &disk, err);
	if (ret < 0)
		return ret;
	if (from->scheme != PART_SCHEME_MBR)
		return err_set(err, ENOTSUP, "there is no MBR with partitions either");
	t = new_table(from, disk);
	for (unsigned i = 0; ret == 0 && i < 4; i++)
		if (from->mbr.entry[i].type)
			ret = take_record(t, &from->mbr.entry[i], i + 1, from->disk_size, err);
	if (ret == 0)
		ret = make_room(t, err);
	if (ret == 0)
		ret = plan_new_guid(&t->disk_guid, err);
	if (ret == 0)
		*table = plan->table = TAKE(t);
	return ret;
}
