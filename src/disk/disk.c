/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every kind of disk shares: names, range checks and the way to its ops;
 * and the two smallest kinds, memory and windows. See disk.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "disk/ops.h"

#define DEFAULT_SECTOR 512

void disk_init(struct disk *d, const struct disk_ops *ops, uint64_t size, const char *name)
{
	d->ops = ops;
	d->size = size;
	d->sector_size = DEFAULT_SECTOR;
	d->name = xstrdup(name);
}

void disk_close(struct disk *d)
{
	if (!d)
		return;
	free(d->name);
	d->ops->close(d);
}

uint64_t disk_size(const struct disk *d)
{
	return d->size;
}

unsigned disk_sector_size(const struct disk *d)
{
	return d->sector_size;
}

void disk_set_sector_size(struct disk *d, unsigned bytes)
{
	d->sector_size = bytes;
}

const char *disk_name(const struct disk *d)
{
	return d->name;
}

static int out_of_range(const struct disk *d, uint64_t off, uint64_t len, struct err *err)
{
	return err_set(err, ERANGE,
		"%s: offset %" PRIu64 ", %" PRIu64 " bytes: beyond the end (%" PRIu64 " bytes)",
		d->name, off, len, d->size);
}

int disk_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	if (!range_within(off, len, d->size))
		return out_of_range(d, off, len, err);
	return len ? d->ops->read(d, off, buf, len, err) : 0;
}

int disk_write(struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	if (!d->ops->write)
		return err_set(err, EROFS, "%s: read-only", d->name);
	if (!range_within(off, len, d->size))
		return out_of_range(d, off, len, err);
	return len ? d->ops->write(d, off, bytes, len, err) : 0;
}

int disk_extent(struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err)
{
	int ret = 0;

	if (off >= d->size)
		return out_of_range(d, off, 1, err);
	*len = d->size - off;
	*is_data = true;
	if (d->ops->extent)
		ret = d->ops->extent(d, off, len, is_data, err);
	if (ret == 0 && *len > d->size - off)
		*len = d->size - off;
	return ret;
}

int disk_raw_fd(const struct disk *d, uint64_t *off)
{
	*off = 0;
	return d->ops->raw_fd ? d->ops->raw_fd(d, off) : -1;
}

void disk_use_client(struct disk *d, unsigned number)
{
	if (d->ops->use_client)
		d->ops->use_client(d, number);
}

/* Memory. */

struct memory_disk {
	struct disk disk;
	const uint8_t *bytes;
};

static int memory_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	(void)err;
	memcpy(buf, ((struct memory_disk *)d)->bytes + off, len);
	return 0;
}

static void memory_close(struct disk *d)
{
	free(d);
}

static const struct disk_ops memory_ops = {
	.read = memory_read,
	.close = memory_close,
};

struct disk *disk_from_memory(const void *bytes, size_t len)
{
	struct memory_disk *m = xcalloc(1, sizeof(*m));

	disk_init(&m->disk, &memory_ops, len, "memory");
	m->bytes = bytes;
	return &m->disk;
}

/* Windows. */

struct window {
	struct disk disk;
	struct disk *parent;
	uint64_t start;
};

static int window_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	struct window *w = (struct window *)d;

	return disk_read(w->parent, w->start + off, buf, len, err);
}

static int window_write(
	struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	struct window *w = (struct window *)d;

	return disk_write(w->parent, w->start + off, bytes, len, err);
}

static int window_extent(
	struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err)
{
	struct window *w = (struct window *)d;

	return disk_extent(w->parent, w->start + off, len, is_data, err);
}

static int window_raw_fd(const struct disk *d, uint64_t *off)
{
	const struct window *w = (const struct window *)d;
	int fd = disk_raw_fd(w->parent, off);

	*off += w->start;
	return fd;
}

static void window_close(struct disk *d)
{
	free(d);
}

static const struct disk_ops window_ops = {
	.read = window_read,
	.write = window_write,
	.extent = window_extent,
	.raw_fd = window_raw_fd,
	.close = window_close,
};

int disk_window(struct disk *parent, uint64_t off, uint64_t len, struct disk **out, struct err *err)
{
	struct window *w;

	if (!range_within(off, len, parent->size))
		return out_of_range(parent, off, len, err);
	w = xcalloc(1, sizeof(*w));
	disk_init(&w->disk, &window_ops, len, parent->name);
	w->disk.sector_size = parent->sector_size;
	w->parent = parent;
	w->start = off;
	*out = &w->disk;
	return 0;
}
