/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repairs of the container: its content is what counts, and is written anew.
 */
#include <errno.h>
#include <string.h>

#include "checks/fixes.h"
#include "disk/disk.h"
#include "disk/format.h"
#include "image/image.h"
#include "part/part.h"
#include "plan/plan.h"

#define UNUSED __attribute__((unused))

int fix_container_rewrite(struct image *image, struct plan *plan, struct err *err)
{
	struct disk *disk;
	int ret = image_disk(image, &disk, err);

	if (ret < 0)
		return ret;
	plan_container(plan, PLAN_CONTAINER_REWRITE);
	plan_say(plan, "the content is written anew as %s",
		image_header(image)->format == FORMAT_QCOW2 ? "qcow2 without it" : "qcow2");
	return 0;
}

int fix_container_repair(struct image *image, struct plan *plan, struct err *err)
{
	const struct disk_facts *facts = image_header(image);

	if (facts->format != FORMAT_QCOW2)
		return err_set(err, ENOTSUP, "qemu-img repairs qcow2 alone");
	if (facts->qcow2.backing_file || facts->qcow2.data_file)
		return err_set(err, ENOTSUP, "it is damaged and refers to other files");
	plan_container(plan, PLAN_CONTAINER_REPAIR);
	plan_say(plan, "a copy is repaired by qemu-img check -r all, and written anew");
	return 0;
}

int fix_container_flatten(struct image *image, struct plan *plan, struct err *err)
{
	const struct disk_facts *facts = image_header(image);

	if (facts->format != FORMAT_QCOW2)
		return err_set(
			err, ENOTSUP, "only qcow2 is joined with the files that it refers to");
	plan_container(plan, PLAN_CONTAINER_FLATTEN);
	plan_say(plan, "it is written anew together with %s, which lies beside it",
		facts->qcow2.data_file ? facts->qcow2.data_file : facts->qcow2.backing_file);
	return 0;
}

int fix_container_size(struct image *image UNUSED, struct plan *plan, struct err *err)
{
	struct plan_table *t;
	int ret = plan_table(plan, &t, err);

	if (ret < 0)
		return ret;
	t->disk_size = (t->disk_size + (1u << 20) - 1) >> 20 << 20;
	plan->table_changed = true;
	plan_say(plan, "the disk grows to whole MiB");
	return 0;
}

/* Whether it is a CD that firmware boots from: El Torito 1.0, chapter 2.0. */
static int is_bootable_cd(struct disk *disk, bool *bootable, struct err *err)
{
	enum {
		FIRST = 16,
		LAST = 31,
		SECTOR = 2048
	};
	static const char boot_record[] = "\0CD001\1EL TORITO SPECIFICATION";
	uint8_t start[sizeof(boot_record) - 1];
	int ret = 0;

	*bootable = false;
	for (uint64_t i = FIRST; ret == 0 && i <= LAST && !*bootable; i++) {
		if ((i + 1) * SECTOR > disk_size(disk))
			break;
		ret = disk_read(disk, i * SECTOR, start, sizeof(start), err);
		*bootable = ret == 0 && memcmp(start, boot_record, sizeof(start)) == 0;
	}
	return ret;
}

/* What looks into a qcow2 sees no CD, and a virtual machine gets a disk. */
int fix_container_iso(struct image *image, struct plan *plan, struct err *err)
{
	const struct part_table *t;
	struct disk *disk;
	bool bootable = false;
	int ret = image_disk(image, &disk, err);

	if (ret == 0)
		ret = image_parts(image, &t, err);
	if (ret == 0)
		ret = is_bootable_cd(disk, &bootable, err);
	if (ret < 0)
		return ret;
	if (bootable)
		return err_set(err, ENOTSUP, "it is a CD to boot from, such as an installer's");
	if (!part_table_usable(t))
		return err_set(err, ENOTSUP, "it is a CD, and no disk with partitions");
	if (plan->keep_format)
		return err_set(err, ENOTSUP,
			"it would have to become qcow2: give it another name by -o NAME.qcow2");
	plan_container(plan, PLAN_CONTAINER_QCOW2);
	plan_say(plan, "it becomes qcow2, which nobody takes for a CD");
	return 0;
}
