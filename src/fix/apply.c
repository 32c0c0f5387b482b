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

/* ---- files ---- */

/* Puts what a layer over the volume keeps into the file. */
static int write_layer(
	struct disk *layer, const struct work *w, const struct place *place, struct err *err)
{
	uint64_t at = 0, start, len;
	uint8_t block[OVERLAY_BLOCK];

	while (disk_overlay_next(layer, at, &start, &len)) {
		for (uint64_t done = 0; done < len;) {
			size_t n = len - done < sizeof(block) ? (size_t)(len - done)
							      : sizeof(block);
			int ret = disk_read(layer, start + done, block, n, err);

			if (ret == 0)
				ret = place_write(place, w, start + done, block, n, err);
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

static int apply_ext(const struct rootfs *staged, const struct work *w, const struct place *place,
	struct rootfs_source *src, struct err *err)
{
	CLEANUP(disk_close) struct disk *whole = NULL;
	CLEANUP(disk_close) struct disk *volume = NULL;
	CLEANUP(disk_close) struct disk *layer = NULL;
	int ret = disk_open_raw(w->path, &whole, err);

	if (ret == 0)
		ret = place_open(place, whole, &volume, err);
	if (ret < 0)
		return ret;
	src->disk = layer = disk_overlay(volume);
	ret = change_rootfs(staged, src, src->now, err);
	return ret < 0 ? ret : write_layer(layer, w, place, err);
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
	struct place place CLEANUP(place_release) = { 0 };
	char name[VOLUME_NAME_MAX];
	int ret;

	if (!rootfs_staged_count(f->staged))
		return 0;
	ret = place_of(plan, f->volume, w, &place, err);
	if (ret == 0 && f->base)
		ret = place.n == 1 ? apply_fat(f->staged, w, place.v[0].start, place.v[0].size,
					     plan->now, err)
				   : err_set(err, ENOTSUP, "a FAT in a logical volume");
	else if (ret == 0 && strncmp(f->volume->fstype, "ext", 3) == 0)
		ret = apply_ext(f->staged, w, &place, &src, err);
	else if (ret == 0)
		ret = change_rootfs(f->staged, &src, plan->now, err);
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
	ret = place_part(plan, number, &part, err);
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
