/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading file contents: chains are followed in the table and neighbouring
 * clusters are read together.
 */
#include <errno.h>

#include "disk/disk.h"
#include "base/activity.h"
#include "fat/internal.h"

/* The cluster that holds byte index * cluster_size of a file. */
static int seek_to(struct fat *fat, const struct fat_entry *file, uint32_t index, uint32_t *out,
	struct err *err)
{
	uint32_t at = 0, cluster = file->cluster;

	if (fat->seek_first == file->cluster && fat->seek_index <= index) {
		at = fat->seek_index;
		cluster = fat->seek_cluster;
	}
	if (!fat_cluster_valid(fat, cluster))
		return err_set(err, EUCLEAN,
			"%s begins at cluster %u, which the volume does not "
			"have",
			file->name, cluster);
	for (; at < index; at++) {
		uint32_t value;
		enum fat_link link;
		int r = fat_table_get(fat, cluster, &value, err);

		if (r < 0)
			return r;
		link = fat_table_link(fat, value);
		if (link == LINK_END)
			return err_set(
				err, EUCLEAN, "%s: its chain ends before its size", file->name);
		if (link != LINK_NEXT)
			return err_set(err, EUCLEAN, "%s: its chain runs into %s after cluster %u",
				file->name, fat_link_text(link), cluster);
		cluster = value;
	}
	fat->seek_first = file->cluster;
	fat->seek_index = index;
	fat->seek_cluster = cluster;
	*out = cluster;
	return 0;
}

/*
 * How many bytes from off on stand side by side on the disk, at most max; *at
 * is where. A chain that breaks later is met when that part is read.
 */
static int find_run(struct fat *fat, const struct fat_entry *file, uint64_t off, uint64_t max,
	uint64_t *at, uint64_t *run, struct err *err)
{
	uint32_t size = fat->facts.cluster_size, cluster = 0, value;
	uint32_t index = (uint32_t)(off / size);
	int r;

	r = seek_to(fat, file, index, &cluster, err);
	if (r < 0)
		return r;
	*at = fat_cluster_offset(fat, cluster) + off % size;
	*run = size - off % size;
	while (*run < max) {
		r = fat_table_get(fat, cluster, &value, err);
		if (r < 0)
			return r;
		if (value != cluster + 1 || fat_table_link(fat, value) != LINK_NEXT)
			break;
		cluster = value;
		index++;
		*run += size;
	}
	fat->seek_index = index;
	fat->seek_cluster = cluster;
	if (*run > max)
		*run = max;
	return 0;
}

int fat_read(struct fat *fat, const struct fat_entry *file, uint64_t off, void *buf, size_t len,
	size_t *got, struct err *err)
{
	uint8_t *out = buf;
	uint64_t at, run;
	int r;

	*got = 0;
	if (file->is_dir)
		return err_set(err, EISDIR, "%s is a folder", file->name);
	if (off >= file->size)
		return 0;
	if (len > file->size - off)
		len = (size_t)(file->size - off);
	while (*got < len) {
		r = find_run(fat, file, off + *got, len - *got, &at, &run, err);
		if (r == 0)
			r = disk_read(fat->disk, at, out + *got, (size_t)run, err);
		if (r < 0)
			return r;
		*got += (size_t)run;
	}
	return 0;
}

int fat_read_all(struct fat *fat, const struct fat_entry *file, uint64_t max, struct buf *out,
	struct err *err)
{
	size_t got;
	int r;

	if (!file->is_dir && file->size > max)
		return err_set(err, EFBIG, "%s has %u bytes, more than the %llu expected",
			file->name, file->size, (unsigned long long)max);
	if (file->size > (uint64_t)fat->facts.clusters * fat->facts.cluster_size)
		return err_set(err, EUCLEAN, "%s has %u bytes, more than its volume", file->name,
			file->size);
	r = fat_read(fat, file, 0, buf_reserve(out, file->size), file->size, &got, err);
	if (r < 0)
		return r;
	buf_added(out, got);
	return 0;
}

int fat_read_path(struct fat *fat, const char *path, uint64_t max, struct buf *out, struct err *err)
{
	struct fat_entry file;
	int r;

	activity_file(path);
	r = fat_lookup(fat, path, &file, err);
	if (r < 0)
		return r;
	r = fat_read_all(fat, &file, max, out, err);
	if (r < 0)
		err_push(err, "%s", path);
	return r;
}
