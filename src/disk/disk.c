/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every kind of disk shares: range checks, names, opening by format; and
 * the two smallest kinds, memory and windows. See disk.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

void disk_set_clients(struct disk *d, unsigned n)
{
	if (d->ops->set_clients)
		d->ops->set_clients(d, n < DISK_CLIENTS_MAX ? n : DISK_CLIENTS_MAX);
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

/* Opening. */

int disk_open_file(const char *path, int *fd, struct err *err)
{
	/* O_NONBLOCK: a FIFO must not keep us waiting for a writer; it is refused later. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return *fd < 0 ? err_sys(err, "%s", path) : 0;
}

static void hint_for(const struct disk_problem *p, struct err *err)
{
	switch (p->kind) {
	case PROBLEM_COMPRESSED:
		err_hint(err, "unpack it first, then name the disk image inside");
		break;
	case PROBLEM_BACKING:
	case PROBLEM_EXTERNAL:
		err_hint(err, "if you trust the files that it refers to, make one image of them: "
			      "qemu-img convert -O qcow2 IMAGE WHOLE.qcow2");
		break;
	case PROBLEM_ENCRYPTED:
		err_hint(err, "decrypt it first: qemu-img convert can, with the secret");
		break;
	case PROBLEM_DIRTY:
	case PROBLEM_CORRUPT:
		err_hint(err,
			"shut down what uses it, or repair a copy: qemu-img check -r all COPY");
		break;
	case PROBLEM_AMBIGUOUS:
		err_hint(err,
			"convert it with its format named: qemu-img convert -f FORMAT -O qcow2");
		break;
	default:
		break;
	}
}

/* The first fatal problem as an error. */
static int refuse(const struct disk_facts *facts, const char *path, struct err *err)
{
	const struct disk_problem *p;

	for (size_t i = 0; i < facts->n_problems; i++) {
		p = &facts->problems[i];
		if (!p->fatal)
			continue;
		err_set(err, p->kind == PROBLEM_UNREADABLE ? ENOTSUP : EINVAL, "%s: %s", path,
			p->text);
		hint_for(p, err);
		return p->kind == PROBLEM_UNREADABLE ? -ENOTSUP : -EINVAL;
	}
	return 0;
}

int disk_open(const char *path, struct disk_facts *facts, struct disk **out, struct err *err)
{
	int fd, ret = disk_open_file(path, &fd, err);

	return ret < 0 ? ret : disk_open_fd(fd, path, facts, out, err);
}

int disk_open_fd(
	int take_fd, const char *name, struct disk_facts *facts, struct disk **out, struct err *err)
{
	struct disk_facts own CLEANUP(disk_facts_release) = { 0 };
	int ret;

	if (!facts)
		facts = &own;
	ret = disk_inspect(take_fd, facts, err);
	if (ret < 0)
		err_push(err, "%s", name);
	else
		ret = refuse(facts, name, err);
	if (ret < 0) {
		close(take_fd);
		return ret;
	}
	if (facts->format != FORMAT_RAW && facts->format != FORMAT_ISO)
		return nbd_open(take_fd, facts, name, out, err);
	*out = raw_open(take_fd, facts->file_size, name);
	return 0;
}

int disk_open_raw(const char *path, struct disk **out, struct err *err)
{
	uint64_t size;
	int fd, ret = disk_open_file(path, &fd, err);

	if (ret < 0)
		return ret;
	ret = raw_file_size(fd, &size, NULL, err);
	if (ret < 0) {
		close(fd);
		return err_push(err, "%s", path);
	}
	*out = raw_open(fd, size, path);
	return 0;
}
