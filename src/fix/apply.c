/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying a plan out in a raw file: partition table by libfdisk, the files of
 * FAT volumes by mtools, those of ext file systems by libext2fs, all others by
 * libguestfs. Nothing else in the project changes an image.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "fix/internal.h"
#include "image/image.h"
#include "loader/volume.h"
#include "part/part.h"
#include "part/write.h"
#include "rootfs/staged.h"

/* ---- the partition table ---- */

static int apply_table(const struct plan_table *t, const struct work *w, struct err *err)
{
	CLEANUP(xfree) struct part_spec *specs = xcalloc(t->n, sizeof(*specs));
	const struct part_layout layout = {
		.disk_size = t->disk_size,
		.sector_size = t->sector_size,
		.disk_guid = t->disk_guid,
		.parts = specs,
		.n_parts = t->n,
	};
	struct stat st;

	for (size_t i = 0; i < t->n; i++)
		specs[i] = (struct part_spec){
			.number = t->parts[i].number,
			.type = t->parts[i].type,
			.guid = t->parts[i].guid,
			.name = t->parts[i].name,
			.first_lba = t->parts[i].first_lba,
			.sectors = t->parts[i].sectors,
			.attrs = t->parts[i].attrs,
		};
	if (fstat(w->fd, &st) < 0)
		return err_sys(err, "%s", w->path);
	if ((uint64_t)st.st_size < t->disk_size && ftruncate(w->fd, (off_t)t->disk_size) < 0)
		return err_sys(err, "making the disk larger");
	return part_write_fd(&layout, w->fd, err);
}

/* Where a partition is, by the table that the plan was made with. */
static int find_part(
	const struct plan *plan, unsigned number, const struct part **part, struct err *err)
{
	const struct part_table *t;
	int ret = image_parts(plan->image, &t, err);

	if (ret < 0)
		return ret;
	*part = part_find(t, number);
	return *part ? 0 : err_set(err, ENOENT, "there is no partition %u", number);
}

/* ---- files ---- */

/* Puts what a layer over the volume keeps into it. */
static int write_layer(struct disk *layer, struct disk *volume, struct err *err)
{
	uint64_t at = 0, start, len;
	uint8_t block[OVERLAY_BLOCK];

	while (disk_overlay_next(layer, at, &start, &len)) {
		for (uint64_t done = 0; done < len;) {
			size_t n = len - done < sizeof(block) ? (size_t)(len - done)
							      : sizeof(block);
			int ret = disk_read(layer, start + done, block, n, err);

			if (ret == 0)
				ret = disk_write(volume, start + done, block, n, err);
			if (ret < 0)
				return ret;
			done += n;
		}
		at = start + len;
	}
	return 0;
}

static int change_rootfs(
	const struct rootfs *staged, const struct rootfs_source *src, int64_t now, struct err *err)
{
	CLEANUP(rootfs_close) struct rootfs *fs = NULL;
	int ret = rootfs_open(&fs, src, err);

	if (ret == 0)
		ret = rootfs_staged_apply(staged, fs, now, err);
	return ret < 0 ? ret : rootfs_commit(fs, err);
}

static int apply_ext(const struct plan *plan, const struct plan_files *f, const struct work *w,
	struct rootfs_source *src, struct err *err)
{
	CLEANUP(disk_close) struct disk *whole = NULL;
	struct image_stack stack CLEANUP(image_stack_release) = { 0 };
	CLEANUP(disk_close) struct disk *layer = NULL;
	struct disk *volume;
	struct stat st;
	int ret;

	if (fstat(w->fd, &st) < 0)
		return err_sys(err, "%s", w->path);
	whole = disk_of_output(w->fd, (uint64_t)st.st_size, "writing the copy");
	ret = image_volume_on(plan->image, f->volume, whole, &stack, &volume, err);
	if (ret < 0)
		return ret;
	src->disk = layer = disk_overlay(volume);
	ret = change_rootfs(f->staged, src, src->now, err);
	return ret < 0 ? ret : write_layer(layer, volume, err);
}

static int apply_guestfs(const struct plan *plan, const struct plan_files *f,
	struct rootfs_source *src, struct err *err)
{
	struct image_lock lock;
	int ret = image_volume_lock(plan->image, f->volume, &lock, err);

	if (ret < 0)
		return ret;
	if (lock.secret) {
		src->locked = lock.device;
		src->secret = lock.secret;
	}
	return change_rootfs(f->staged, src, plan->now, err);
}

static int apply_fat_files(
	const struct plan *plan, const struct plan_files *f, const struct work *w, struct err *err)
{
	const struct part *part;
	int ret;

	if (!f->volume->number)
		return err_set(err, ENOTSUP, "a FAT that is not in a partition");
	ret = find_part(plan, f->volume->number, &part, err);
	return ret < 0 ? ret : apply_fat(f->staged, w, part->start, part->size, plan->now, err);
}

static int apply_files(
	const struct plan *plan, const struct plan_files *f, const struct work *w, struct err *err)
{
	struct rootfs_source src = {
		.type = f->volume->fstype,
		.path = w->path,
		.format = "raw",
		.partition = f->volume->number,
		.logical = f->volume->lvm_path,
		.writable = true,
		.now = plan->now,
	};
	char name[VOLUME_NAME_MAX];
	int ret;

	if (!rootfs_staged_count(f->staged))
		return 0;
	if (f->base)
		ret = apply_fat_files(plan, f, w, err);
	else if (strncmp(f->volume->fstype, "ext", 3) == 0)
		ret = apply_ext(plan, f, w, &src, err);
	else
		ret = apply_guestfs(plan, f, &src, err);
	if (ret == -ENOSPC)
		err_hint(err,
			"delete there what is not needed, old kernels first, or build the image "
			"again with more room");
	return ret < 0 ? err_push(err, "%s", volume_name(f->volume, name)) : 0;
}

/* Where a partition will be; those that the plan adds are in its own table alone. */
static int find_place(
	const struct plan *plan, unsigned number, uint64_t *start, uint64_t *size, struct err *err)
{
	const struct plan_part *wanted = plan->table ? plan_part(plan->table, number) : NULL;
	const struct part *part;
	int ret;

	if (wanted) {
		*start = wanted->first_lba * plan->table->sector_size;
		*size = wanted->sectors * plan->table->sector_size;
		return 0;
	}
	ret = find_part(plan, number, &part, err);
	if (ret == 0) {
		*start = part->start;
		*size = part->size;
	}
	return ret;
}

static int apply_works(const struct plan *plan, const struct work *w, const struct outfile *beside,
	struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < plan->n_works; i++) {
		uint64_t start, size;

		ret = find_place(plan, plan->works[i].partition, &start, &size, err);
		if (ret == 0)
			ret = apply_work(plan->works[i].what, w, start, size, beside, err);
		if (ret < 0)
			err_push(err, "partition %u", plan->works[i].partition);
	}
	return ret;
}

int apply_plan(const struct plan *plan, const struct work *w, const struct outfile *beside,
	struct err *err)
{
	int ret = plan->table_changed ? apply_table(plan->table, w, err) : 0;

	if (ret < 0)
		return err_push(err, "partition table");
	ret = apply_works(plan, w, beside, err);
	for (size_t i = 0; ret == 0 && i < plan->n_files; i++)
		ret = apply_files(plan, &plan->files[i], w, err);
	return ret;
}
