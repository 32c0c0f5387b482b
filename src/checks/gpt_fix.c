/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs of the partition table. Whatever is wrong with a copy, the repair is
 * the same: the partitions as a good copy has them, in tables made anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "fat/fat.h"
#include "image/image.h"
#include "loader/volume.h"
#include "part/part.h"
#include "plan/plan.h"
#include "uefi/guids.h"

#define UNUSED __attribute__((unused))

#define MIB      ((uint64_t)1 << 20)
#define ESP_SIZE (256 * MIB)

static int change(struct plan *plan, struct plan_table **t, struct err *err)
{
	int ret = plan_table(plan, t, err);

	if (ret == 0)
		plan->table_changed = true;
	return ret;
}

int fix_gpt_table(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	struct plan_table *t;
	int ret = change(plan, &t, err);

	if (ret < 0)
		return ret;
	plan_say(plan, "the protective MBR and both copies of the GPT are written anew%s%s",
		t->because ? "; " : "", t->because ? t->because : "");
	return 0;
}

int fix_gpt_from_mbr(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	struct plan_table *t;
	int ret = plan_table_of_mbr(plan, &t, err);

	if (ret < 0)
		return ret;
	plan->table_changed = true;
	plan_say(plan, "the MBR's %zu partition%s become those of a GPT, where they are", t->n,
		t->n == 1 ? "" : "s");
	return 0;
}

/* ---- entries ---- */

static bool is_taken(const struct plan_table *t, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (guid_eq(t->parts[k].guid, t->parts[i].guid))
			return true;
	return false;
}

int fix_gpt_guids(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	struct plan_table *t;
	int ret = change(plan, &t, err);

	for (size_t i = 0; ret == 0 && i < t->n; i++) {
		if (!guid_is_zero(t->parts[i].guid) && !is_taken(t, i))
			continue;
		ret = plan_new_guid(&t->parts[i].guid, err);
		if (ret == 0)
			plan_say(plan, "partition %u gets a GUID of its own", t->parts[i].number);
	}
	return ret;
}

static int clear_attributes(struct plan *plan, uint64_t bits, bool of_esp, struct err *err)
{
	struct plan_table *t;
	int ret = change(plan, &t, err);

	for (size_t i = 0; ret == 0 && i < t->n; i++) {
		struct plan_part *p = &t->parts[i];
		const struct uefi_part_type *type = uefi_part_type(p->type);

		if (!(p->attrs & bits) || (of_esp && (!type || type->role != UEFI_ROLE_ESP)))
			continue;
		p->attrs &= ~bits;
		plan_say(plan, "the attribute of partition %u is cleared", p->number);
	}
	return ret;
}

int fix_gpt_attributes(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	return clear_attributes(plan, PART_ATTR_RESERVED, false, err);
}

int fix_gpt_legacy_boot(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	return clear_attributes(plan, PART_ATTR_LEGACY_BOOT, false, err);
}

int fix_gpt_esp_block_io(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	return clear_attributes(plan, PART_ATTR_NO_BLOCK_IO, true, err);
}

/* 35 units and a NUL: what is beyond goes. */
int fix_gpt_names(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	struct plan_table *t;
	int ret = change(plan, &t, err);

	for (size_t i = 0; ret == 0 && i < t->n; i++) {
		char *name = t->parts[i].name;
		size_t units = 0, at = 0;

		for (; name[at]; at++) {
			unsigned char c = (unsigned char)name[at];

			units += (c & 0xc0) != 0x80 ? c >= 0xf0 ? 2 : 1 : 0;
			if (units > 35)
				break;
		}
		if (!name[at])
			continue;
		name[at] = '\0';
		plan_say(plan, "the name of partition %u is cut to 35 characters",
			t->parts[i].number);
	}
	return ret;
}

static int by_number(const void *a, const void *b)
{
	const struct plan_part *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* The lowest number that is free; GUIDs stay, and with them PARTUUID=. */
int fix_gpt_esp_number(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	struct plan_table *t;
	int ret = change(plan, &t, err);

	for (size_t i = 0; ret == 0 && i < t->n; i++) {
		const struct uefi_part_type *type = uefi_part_type(t->parts[i].type);
		unsigned number = 1;

		if (!type || type->role != UEFI_ROLE_ESP || t->parts[i].number <= 16)
			continue;
		while (plan_part(t, number))
			number++;
		if (number > 16)
			return err_set(err, ENOTSUP, "the first 16 entries are in use");
		plan_say(plan, "partition %u, the ESP, becomes partition %u", t->parts[i].number,
			number);
		t->parts[i].number = number;
	}
	if (ret == 0)
		qsort(t->parts, t->n, sizeof(*t->parts), by_number);
	return ret;
}

static void set_type(struct plan_part *p, const char *guid)
{
	if (!guid_parse(guid, &p->type))
		abort();
}

int fix_gpt_root_type(struct image *image, struct plan *plan, struct err *err)
{
	const struct volume *root = image_root_volume(image);
	struct plan_table *t;
	struct plan_part *p;
	int ret;

	if (!root)
		return err_set(err, ENOTSUP, "which partition is the root, nothing tells");
	ret = change(plan, &t, err);
	p = ret < 0 ? NULL : plan_part(t, root->number);
	if (!p)
		return ret < 0 ? ret : err_set(err, ENOTSUP, "the root is no partition");
	set_type(p, UEFI_PART_ROOT_ARM64);
	plan_say(plan, "the type of partition %u, the root, becomes root-arm64", p->number);
	return 0;
}

/* ---- the ESP ---- */

/* Whether a volume is an ESP but for its type. */
static bool looks_like_esp(struct image *image, const struct volume *v)
{
	struct rootfs *root;
	struct fat_entry entry;
	struct fat *fat;

	image_volume_files(image, v, &fat, &root);
	return fat && fat_lookup(fat, "/EFI", &entry, NULL) == 0 && entry.is_dir;
}

/* Behind everything else, on a disk that grows for it: nothing is shrunk or moved. */
static int add_esp(struct plan *plan, struct plan_table *t, struct err *err)
{
	struct plan_part p = { .number = 1,
		.name = xstrdup("EFI System Partition"),
		.sectors = ESP_SIZE / t->sector_size };
	uint64_t end = 0;
	int ret = plan_new_guid(&p.guid, err);

	while (plan_part(t, p.number))
		p.number++;
	for (size_t i = 0; i < t->n; i++)
		if (end < t->parts[i].first_lba + t->parts[i].sectors)
			end = t->parts[i].first_lba + t->parts[i].sectors;
	end = (end * t->sector_size + MIB - 1) / MIB * MIB;
	if (ret < 0 || p.number > 16) {
		free(p.name);
		return ret < 0 ? ret : err_set(err, ENOTSUP, "the first 16 entries are in use");
	}
	p.first_lba = end / t->sector_size;
	set_type(&p, UEFI_PART_ESP);
	if (t->disk_size < end + ESP_SIZE + MIB)
		t->disk_size = end + ESP_SIZE + MIB;
	t->parts = xreallocarray(t->parts, t->n + 1, sizeof(*t->parts));
	t->parts[t->n++] = p;
	qsort(t->parts, t->n, sizeof(*t->parts), by_number);
	plan_whole(plan, PLAN_NEW_FAT32, p.number);
	plan_say(plan, "an ESP of 256 MiB is added behind the last partition, as partition %u",
		p.number);
	return 0;
}

int fix_gpt_esp(struct image *image, struct plan *plan, struct err *err)
{
	const struct volume *candidate = NULL;
	const struct chain_view *view;
	struct plan_table *t;
	int ret = image_volumes(image, &view, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < view->n; i++) {
		if (!looks_like_esp(image, &view->volumes[i]))
			continue;
		if (candidate)
			return err_set(err, ENOTSUP,
				"partitions %u and %u both have a folder \\EFI: which one is the ESP, "
				"nothing tells",
				candidate->number, view->volumes[i].number);
		candidate = &view->volumes[i];
	}
	ret = change(plan, &t, err);
	if (ret < 0)
		return ret;
	if (!candidate)
		return add_esp(plan, t, err);
	set_type(plan_part(t, candidate->number), UEFI_PART_ESP);
	plan_say(plan, "the type of partition %u, which has a folder \\EFI, becomes that of an ESP",
		candidate->number);
	return 0;
}
