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

int start_is_on(struct fat *fat, bool *is, struct err *err)
{
	static const char *const paths[] = { "\\EFI\\BOOT\\BOOTAA64.EFI",
		"\\EFI\\BOOT\\BOOTARM.EFI" };
	struct fat_entry entry;
	int ret = 0;

	*is = false;
	for (size_t i = 0; ret == 0 && !*is && i < ARRAY_SIZE(paths); i++) {
		struct fat_file file = { fat, &entry };
		struct pe_source source;

		if (fat_lookup(fat, paths[i], &entry, NULL) < 0 || entry.is_dir)
			continue;
		source = fat_file_source(&file);
		ret = pe_is_program(&source, true, is, err);
		/* A boot manager cannot read it, either. */
		if (ret == -EUCLEAN)
			ret = 0;
	}
	return ret;
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
	return start_is_on(fat, may, err);
}

/*
 * The next place behind *part (NULL: the first) that firmware may start the image from instead of its ESP. 1: it is
 * *part; 0: there is none.
 */
static int next_start(struct image *image, const struct part **part, struct err *err)
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

/* The image as one that has the partition for its ESP. */
static int started_from(
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

int image_each_start(struct image *image, image_start_fn *fn, void *arg, struct err *err)
{
	const struct part *part = NULL;
	int ret;

	while ((ret = next_start(image, &part, err)) > 0) {
		CLEANUP(image_close) struct image *other = NULL;

		ret = started_from(image, part, &other, err);
		if (ret == 0)
			ret = fn(arg, part, other, err);
		if (ret < 0)
			break;
	}
	return ret;
}

bool image_is_started_from(const struct image *image)
{
	return image->of != NULL;
}
