/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EFI System Partition as a folder tree: that firmware can see a loader in
 * it (VM-2, VM-4 to VM-6), and that nothing of one machine is kept in it (VM-8,
 * VM-10). Its entry in the GPT is judged in gpt_partitions.c, its FAT in
 * esp_fat.c, the loaders themselves in loader.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "checks/fixes.h"
#include "checks/groups.h"
#include "disk/disk.h"
#include "esp/esp.h"
#include "image/image.h"
#include "part/part.h"

#define MIB              (1u << 20)
/* What an update of a loader writes beside the old one before it takes its place. */
#define ROOM_FOR_LOADERS (4u * MIB)

static char *esp_where(struct image *image, const char *path)
{
	const struct part *part;

	if (image_esp_part(image, &part, NULL) < 0)
		return xstrdup(path);
	return xasprintf("partition %u%s%s", part->index, *path ? ": " : "", path);
}

/* ---- the partition ---- */

/*
 * Opens the FAT of any partition. 1: it has none and why says what it has;
 * 0 with *fat and *window the caller's; or what reading the disk returned.
 */
static int open_part(struct image *image, const struct part *part, struct disk **window,
	struct fat **fat, struct err *why, struct err *err)
{
	struct disk *disk;
	int ret = image_disk(image, &disk, err);

	*window = NULL;
	*fat = NULL;
	if (ret < 0)
		return ret;
	ret = disk_window(disk, part->start, part->size, window, err);
	if (ret < 0)
		return ret;
	ret = fat_open(*window, fat, why);
	if (ret == -EMEDIUMTYPE || ret == -EUCLEAN)
		return 1;
	if (ret < 0 && err)
		*err = *why;
	return ret;
}

/* 1: the partition holds a fallback loader for Arm, 0: not. */
static int has_fallback(struct image *image, const struct part *part, struct err *err)
{
	static const char *const paths[] = { "\\EFI\\BOOT\\BOOTAA64.EFI",
		"\\EFI\\BOOT\\BOOTARM.EFI" };
	CLEANUP(disk_close) struct disk *window = NULL;
	CLEANUP(fat_close) struct fat *fat = NULL;
	struct fat_entry entry;
	struct err why;
	int ret;

	if (part->size == 0)
		return 0;
	ret = open_part(image, part, &window, &fat, &why, err);
	if (ret != 0)
		return ret < 0 ? ret : 0;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		ret = fat_lookup(fat, paths[i], &entry, &why);
		if (ret == 0)
			return !entry.is_dir;
		if (ret != -ENOENT && ret != -ENOTDIR && ret != -EUCLEAN) {
			if (err)
				*err = why;
			return ret;
		}
	}
	return 0;
}

static int run_partition_type(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	int ret = image_parts(image, &t, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < t->n_parts; i++) {
		char type[GUID_TEXT_LEN + 1], where[32], advice[128];
		const struct part *part = &t->parts[i];

		if (part_is_esp(part))
			continue;
		ret = has_fallback(image, part, err);
		if (ret < 0)
			return ret;
		if (ret == 0)
			continue;
		snprintf(where, sizeof(where), "partition %u", part->index);
		if (part_next_esp(t, NULL))
			snprintf(advice, sizeof(advice), "remove \\EFI\\BOOT from it");
		else
			snprintf(advice, sizeof(advice),
				"if it is the ESP, set its type: sgdisk --typecode=%u:ef00 IMAGE",
				part->index);
		finding_add(f, where, advice,
			"it has a loader in \\EFI\\BOOT, but its type is %s, not EFI System Partition",
			part_type_word(part->type, type));
	}
	return 0;
}

/* Firmware finds the loader on whichever ESP it is; what else is an ESP is reported, and loader.other-esps judges it. */
static int run_single(struct image *image, struct findings *f, struct err *err)
{
	const struct part *own, *esp = NULL;
	const struct part_table *t;
	int ret = image_parts(image, &t, err);

	if (ret == 0)
		ret = image_esp_part(image, &own, err);
	while (ret == 0 && (esp = part_next_esp(t, esp))) {
		char where[32];
		int found;
		bool may;

		if (esp == own)
			continue;
		ret = image_may_start(image, esp, &may, err);
		found = ret == 0 && !may ? has_fallback(image, esp, err) : 0;
		if (ret < 0 || found < 0)
			return ret < 0 ? ret : found;
		snprintf(where, sizeof(where), "partition %u", esp->index);
		if (may)
			finding_add(f, where,
				"keep one loader, and give the other partition another type",
				"it is an ESP with a loader, too; which of them is started is for the "
				"firmware to choose, and partition %u was judged",
				own->index);
		else
			finding_add(f, where, "give it another type, or remove it",
				"it is an ESP %s, which firmware passes over for partition %u; "
				"rust-hypervisor-firmware looks at the first ESP alone",
				found ? "whose loader is no program" : "without a loader",
				own->index);
	}
	return ret;
}

static int run_fat(struct image *image, struct findings *f, struct err *err)
{
	const struct part_table *t;
	const struct part *esp = NULL;
	char where[32];
	int ret = image_parts(image, &t, err);

	if (ret < 0)
		return ret;
	if (!part_next_esp(t, NULL))
		finding_skip_for(f, "gpt.esp", "there is no EFI System Partition");
	while ((esp = part_next_esp(t, esp))) {
		CLEANUP(disk_close) struct disk *window = NULL;
		CLEANUP(fat_close) struct fat *fat = NULL;
		struct err why = { 0 };

		ret = open_part(image, esp, &window, &fat, &why, err);
		if (ret < 0)
			return ret;
		if (ret == 0)
			continue;
		snprintf(where, sizeof(where), "partition %u", esp->index);
		finding_add(f, where, "format it: mkfs.fat -F 32, and install the loader again",
			"%s", why.text);
	}
	return 0;
}

/* ---- loaders ---- */

/* The part of the fallback's path that is not what it must be; NULL: none, it is not there. */
static const char *wrong_kind(struct image *image)
{
	static const char *const paths[] = { "\\EFI", "\\EFI\\BOOT", "\\EFI\\BOOT\\BOOTAA64.EFI" };
	struct fat_entry entry;
	struct fat *fat;

	if (image_esp(image, &fat, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (fat_lookup(fat, paths[i], &entry, NULL) == 0 && entry.is_dir != (i < 2))
			return paths[i];
	return NULL;
}

/* What stands where the fallback should: the best hint at what went wrong. */
static void say_no_fallback(
	struct image *image, const struct esp_inventory *inv, struct findings *f)
{
	CLEANUP(xfree) char *where = esp_where(image, "\\EFI\\BOOT\\BOOTAA64.EFI");
	const struct esp_file *other = esp_find(inv, ESP_FALLBACK, ESP_ARCH_NONE);
	const struct esp_file *vendor = NULL;
	const char *wrong = wrong_kind(image);
	char advice[512];

	if (wrong) {
		bool folder = strlen(wrong) > strlen("\\EFI\\BOOT");

		snprintf(advice, sizeof(advice),
			"delete the %s, and install a loader at that path: grub-install "
			"--removable, or bootctl --no-variables install",
			folder ? "folder" : "file");
		finding_add(f, where, advice, "%s is a %s, where %s", wrong,
			folder ? "folder" : "file",
			folder ? "the loader should be" : "a folder should be");
		return;
	}
	for (size_t i = 0; i < inv->n && !vendor; i++)
		if (inv->files[i].role == ESP_SHIM || inv->files[i].role == ESP_WINDOWS)
			vendor = &inv->files[i];
	if (!vendor)
		vendor = esp_find(inv, ESP_GRUB, ESP_AA64);
	if (!vendor)
		vendor = esp_find(inv, ESP_SYSTEMD_BOOT, ESP_AA64);
	if (vendor) {
		snprintf(advice, sizeof(advice),
			"install it there as well: grub-install --removable, bootctl --no-variables install, or copy %s "
			"and what it loads to \\EFI\\BOOT",
			vendor->path);
		finding_add(f, where, advice,
			"it is missing; the loader is only at %s, where firmware finds it by a boot "
			"variable alone",
			vendor->path);
	} else if (other) {
		finding_add(f, where, "install a loader for Arm", "it is missing; there is only %s",
			other->path);
	} else {
		finding_add(f, where,
			"install a loader there: grub-install --removable, or bootctl --no-variables install",
			inv->has_efi_boot ? "it is missing" : "there is no folder \\EFI\\BOOT");
	}
}

static int run_fallback(struct image *image, struct findings *f, struct err *err)
{
	const struct esp_inventory *inv;
	bool found = false;
	int ret = image_esp_inventory(image, &inv, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < inv->n; i++) {
		const struct esp_file *file = &inv->files[i];
		CLEANUP(xfree) char *where = NULL;

		if (file->role != ESP_FALLBACK || (file->arch != ESP_AA64 && file->arch != ESP_ARM))
			continue;
		found = true;
		if (file->entry.size > 0)
			continue;
		where = esp_where(image, file->path);
		finding_add(f, where, "install the loader again", "it is empty");
	}
	if (!found)
		say_no_fallback(image, inv, f);
	return 0;
}

static int run_startup(struct image *image, struct findings *f, struct err *err)
{
	const struct esp_inventory *inv;
	const struct esp_file *script;
	CLEANUP(xfree) char *where = NULL;
	int ret = image_esp_inventory(image, &inv, err);

	if (ret < 0)
		return ret;
	script = esp_find(inv, ESP_STARTUP_NSH, ESP_ARCH_NONE);
	if (!script || esp_find(inv, ESP_FALLBACK, ESP_AA64) ||
		esp_find(inv, ESP_FALLBACK, ESP_ARM))
		return 0;
	where = esp_where(image, script->path);
	finding_add(f, where, "install the loader that it starts as \\EFI\\BOOT\\BOOTAA64.EFI",
		"it is the only way to boot, and only firmware with the UEFI Shell in it reads it");
	return 0;
}

/* ---- what must not be there ---- */

static int report_role(struct image *image, enum esp_role role, const char *what,
	const char *advice, struct findings *f, struct err *err)
{
	const struct esp_inventory *inv;
	int ret = image_esp_inventory(image, &inv, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < inv->n; i++) {
		CLEANUP(xfree) char *where = NULL;

		if (inv->files[i].role != role)
			continue;
		where = esp_where(image, inv->files[i].path);
		finding_add(f, where, advice, "%s", what);
	}
	if (!inv->probed)
		return err_set(err, EFBIG, "the ESP holds more files than are looked into");
	return 0;
}

static int run_variables(struct image *image, struct findings *f, struct err *err)
{
	return report_role(
		image, ESP_VARIABLES, "it holds one machine's UEFI variables", "delete it", f, err);
}

static int run_firmware(struct image *image, struct findings *f, struct err *err)
{
	return report_role(image, ESP_FIRMWARE, "it is firmware, which belongs to the machine",
		"delete it; the host brings its own", f, err);
}

/* ---- room ---- */

/* The bytes of one kernel with its initrd as they stand on the ESP; 0: none do. */
static uint64_t kernel_bytes(const struct esp_inventory *inv)
{
	uint64_t known = 0, entries = 0, uki = 0;

	for (size_t i = 0; i < inv->n; i++) {
		const struct esp_file *file = &inv->files[i];

		known += file->entry.size;
		if (file->role == ESP_BLS_ENTRY)
			entries++;
		if (file->role == ESP_UKI && file->entry.size > uki)
			uki = file->entry.size;
	}
	/* Kernels and initrds have no role of their own: they are the rest. */
	if (entries && (inv->file_bytes - known) / entries > uki)
		return (inv->file_bytes - known) / entries;
	return uki;
}

static int run_room(struct image *image, struct findings *f, struct err *err)
{
	const struct esp_inventory *inv;
	const struct fat_report *report;
	CLEANUP(xfree) char *where = NULL;
	uint64_t left, wanted;
	struct fat *fat;
	int ret = image_esp(image, &fat, err);

	if (ret == 0)
		ret = image_esp_inventory(image, &inv, err);
	if (ret == 0)
		ret = image_esp_report(image, &report, err);
	if (ret < 0)
		return ret;
	if (!report->complete && report->free_clusters == 0)
		return err_set(err, EFBIG, "the ESP is too large to be looked at whole");
	left = (uint64_t)report->free_clusters * fat_facts(fat)->cluster_size;
	wanted = kernel_bytes(inv) + ROOM_FOR_LOADERS;
	if (left >= wanted)
		return 0;
	where = esp_where(image, "");
	finding_add(f, where, "make the ESP larger: armvm-image build --esp-size",
		"%.1f MiB are free; an update needs %.1f MiB beside what is there",
		(double)left / MIB, (double)wanted / MIB);
	return 0;
}

static const struct check checks[] = {
	{ "esp.partition-type", SEV_WARNING, "VM-4; UEFI 2.10 3.5.1.1",
		"no other partition can be taken for the ESP", NEED_GPT, run_partition_type },
	{ "esp.single", SEV_NOTE, "VM-2; UEFI 2.10 3.5.1.1", "there is one ESP", NEED_ESP,
		run_single },
	{ "esp.fat", SEV_ERROR, "VM-5; UEFI 2.10 13.3", "the ESP has a FAT file system", NEED_GPT,
		run_fat },
	{ "esp.fallback-loader", SEV_ERROR, "VM-2; VM-6; UEFI 2.10 3.5.1.1",
		"there is a loader at the removable media path", NEED_ESP, run_fallback,
		.fix = fix_fallback },
	{ "esp.startup-nsh", SEV_ERROR, "VM-2; UEFI 2.10 3.5.1.1",
		"no shell script is the only way to boot", NEED_ESP, run_startup,
		.fix = fix_fallback },
	{ "esp.variable-store", SEV_ERROR, "VM-8", "the ESP holds no machine's variables", NEED_ESP,
		run_variables, .fix = fix_esp_variables },
	{ "esp.firmware", SEV_WARNING, "VM-10", "the ESP holds no firmware", NEED_ESP, run_firmware,
		.fix = fix_esp_firmware },
	{ "esp.room", SEV_WARNING, "VM-9", "the ESP has room for an update", NEED_ESP, run_room },
};

const struct check_group esp_checks = CHECK_GROUP(checks);
