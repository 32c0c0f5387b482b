/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where firmware may start an image from. Boot managers go through the file
 * systems in the order of the partition table's entries and pass over what is no
 * program: edk2 and U-Boot alike a folder, an empty file and one without the
 * headers. A program for another machine or one that is cut short is none
 * that edk2 passes over: it fails, and so does the disk.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "image/private.h"

/* PE/COFF: where the DOS header has the place of the signature, and what is behind that. */
#define DOS_HEADER     64
#define DOS_LFANEW     0x3c
#define AT_MAGIC       24
#define AT_SUBSYSTEM   (AT_MAGIC + 68)
#define PE_HEADER_READ (AT_SUBSYSTEM + 2)
#define MAGIC_PE32     0x10b
#define MAGIC_PE32PLUS 0x20b

static bool is_program(struct fat *fat, const struct fat_entry *entry)
{
	uint8_t dos[DOS_HEADER], pe[PE_HEADER_READ];
	size_t got;

	if (fat_read(fat, entry, 0, dos, sizeof(dos), &got, NULL) < 0 || got != sizeof(dos) ||
		memcmp(dos, "MZ", 2) != 0)
		return false;
	if (fat_read(fat, entry, le32(dos + DOS_LFANEW), pe, sizeof(pe), &got, NULL) < 0 ||
		got != sizeof(pe) || memcmp(pe, "PE\0\0", 4) != 0)
		return false;
	return (le16(pe + AT_MAGIC) == MAGIC_PE32 || le16(pe + AT_MAGIC) == MAGIC_PE32PLUS) &&
	       le16(pe + AT_SUBSYSTEM) == PE_SUBSYSTEM_EFI_APPLICATION;
}

bool start_is_on(struct fat *fat)
{
	static const char *const paths[] = { "\\EFI\\BOOT\\BOOTAA64.EFI",
		"\\EFI\\BOOT\\BOOTARM.EFI" };
	struct fat_entry entry;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (fat_lookup(fat, paths[i], &entry, NULL) == 0 && !entry.is_dir &&
			is_program(fat, &entry))
			return true;
	return false;
}

int image_may_start(struct image *image, const struct part *part, bool *may, struct err *err)
{
	CLEANUP(disk_close) struct disk *window = NULL;
	CLEANUP(fat_close) struct fat *fat = NULL;
	struct disk *disk;
	struct err why;
	int ret = image_disk(image, &disk, err);

	*may = false;
	if (ret < 0 || !part->size)
		return ret;
	ret = disk_window(disk, part->start, part->size, &window, err);
	if (ret < 0)
		return ret;
	ret = fat_open(window, &fat, &why);
	/* No FAT, or none that anybody finds a file on. */
	if (ret == -EMEDIUMTYPE || ret == -EUCLEAN)
		return 0;
	if (ret < 0) {
		if (err)
			*err = why;
		return ret;
	}
	*may = start_is_on(fat);
	return 0;
}

int image_next_start(struct image *image, const struct part **part, struct err *err)
{
	const struct part_table *t;
	const struct part *own;
	int ret = image_parts(image, &t, err);

	if (ret == 0)
		ret = image_esp_part(image, &own, err);
	for (size_t i = ret == 0 && *part ? (size_t)(*part - t->parts) + 1 : 0;
		ret == 0 && i < t->n_parts; i++) {
		const struct part *p = &t->parts[i];
		bool may;

		if (p == own || (!part_is_esp(p) && p->index > own->index))
			continue;
		ret = image_may_start(image, p, &may, err);
		if (ret == 0 && may) {
			*part = p;
			return 1;
		}
	}
	return ret;
}

int image_started_from(
	struct image *image, const struct part *part, struct image **out, struct err *err)
{
	CLEANUP(image_close) struct image *other = NULL;
	int ret = image_have_gpt(image, err);

	if (ret < 0)
		return ret;
	other = xcalloc(1, sizeof(*other));
	other->path = xstrdup(image->path);
	other->of = image;
	other->options.keys = image->options.keys;
	other->header = image->header;
	other->disk = image->disk;
	other->disk_kept = image->disk_kept;
	other->parts = image->parts;
	other->parts_kept = image->parts_kept;
	other->esp_kept.asked = true;
	ret = image_open_esp(other, part, err);
	if (ret < 0)
		return ret;
	*out = TAKE(other);
	return 0;
}

bool image_is_started_from(const struct image *image)
{
	return image->of != NULL;
}
