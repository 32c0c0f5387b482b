/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs of the ESP: its file system, and what must not be on it.
 */
#include <errno.h>
#include <stdlib.h>

#include "checks/fixes.h"
#include "esp/esp.h"
#include "fat/mtools.h"
#include "image/image.h"
#include "loader/volume.h"
#include "part/part.h"
#include "plan/plan.h"
#include "rootfs/rootfs.h"

int fix_esp_fsck(struct image *image, struct plan *plan, struct err *err)
{
	const struct part *part;
	int ret = image_esp_part(image, &part, err);

	if (ret < 0)
		return ret;
	plan_whole(plan, PLAN_FSCK_FAT, part->index);
	plan_say(plan, "fsck.fat repairs it");
	return 0;
}

int fix_esp_fat32(struct image *image, struct plan *plan, struct err *err)
{
	const struct part *part;
	int ret = image_esp_part(image, &part, err);

	if (ret < 0)
		return ret;
	if (part->size < mtools_min_size(512))
		return err_set(err, ENOTSUP,
			"a partition of less than %u MiB has no room for FAT32",
			(unsigned)((mtools_min_size(512) + 0xfffff) >> 20));
	plan_whole(plan, PLAN_FAT32, part->index);
	plan_say(plan, "it is made anew as FAT32, with the same files in it");
	return 0;
}

static int remove_role(struct image *image, struct plan *plan, enum esp_role role, struct err *err)
{
	const struct esp_inventory *inventory;
	struct rootfs *esp;
	int ret = image_esp_inventory(image, &inventory, err);

	if (ret == 0)
		ret = plan_esp(plan, &esp, err);
	for (size_t i = 0; ret == 0 && i < inventory->n; i++) {
		const struct esp_file *file = &inventory->files[i];
		char *path = NULL;

		if (file->role != role)
			continue;
		path = path_clean(file->path);
		ret = rootfs_remove(esp, path, err);
		if (ret == 0)
			plan_say(plan, "%s is deleted", file->path);
		free(path);
	}
	return ret;
}

int fix_esp_variables(struct image *image, struct plan *plan, struct err *err)
{
	return remove_role(image, plan, ESP_VARIABLES, err);
}

int fix_esp_firmware(struct image *image, struct plan *plan, struct err *err)
{
	return remove_role(image, plan, ESP_FIRMWARE, err);
}
