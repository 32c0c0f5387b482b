/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing the image. See output.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/write.h"
#include "base/xalloc.h"
#include "build/output.h"
#include "disk/disk.h"
#include "disk/qcow2_write.h"

#define CHUNK   ((size_t)1 << 20)
#define WRITING "writing the image"
/* How much is copied between two progress reports and pushes to the disk. */
#define STRIDE  ((uint64_t)8 << 20)

struct output {
	int fd;
	struct qcow2_writer *qcow2; /* NULL: raw */
	uint64_t size;
	bool no_clone; /* the host has refused once */
	uint8_t *chunk;
	build_progress_fn *progress;
	void *progress_ctx;
};

int output_open(int fd, const struct build_options *opts, uint64_t size, struct output **out,
	struct err *err)
{
	struct output *o CLEANUP(output_close) = xcalloc(1, sizeof(*o));
	int ret;

	*o = (struct output){ .fd = fd,
		.size = size,
		.progress = opts->progress,
		.progress_ctx = opts->progress_ctx };
	if (opts->format == BUILD_QCOW2) {
		/* Where the input happens to have holes must not show in the bytes. */
		unsigned flags = QCOW2_WRITE_CANONICAL;

		if (opts->compress)
			flags |= QCOW2_WRITE_COMPRESS;
		ret = qcow2_writer_open(fd, size, flags, &o->qcow2, err);
		if (ret < 0)
			return ret;
	} else if (ftruncate(fd, (off_t)size) < 0) {
		return err_sys(err, "cannot make a file of %" PRIu64 " bytes", size);
	}
	o->chunk = xmalloc(CHUNK);
	*out = TAKE(o);
	return 0;
}

int output_put(struct output *o, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	if (o->qcow2)
		return qcow2_writer_put(o->qcow2, off, bytes, len, err);
	return write_at(o->fd, off, bytes, len, WRITING, err);
}

static int copy_range(
	struct output *o, uint64_t off, int fd, uint64_t src_off, uint64_t len, struct err *err)
{
	while (len) {
		ssize_t n = pread(fd, o->chunk, len < CHUNK ? len : CHUNK, (off_t)src_off);
		int ret;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "reading the file system");
		if (n == 0)
			return err_set(err, EIO, "the file system's file shrank while it was read");
		ret = write_sparse(o->fd, off, o->chunk, (size_t)n, WRITING, err);
		if (ret < 0)
			return ret;
		off += (uint64_t)n;
		src_off += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

/* Shares the extents of the source with the output where the host's file system does that. */
static bool clone_range(struct output *o, uint64_t off, int fd, uint64_t src_off, uint64_t len)
{
	struct file_clone_range range = {
		.src_fd = fd, .src_offset = src_off, .src_length = len, .dest_offset = off
	};

	if (o->no_clone)
		return false;
	if (ioctl(o->fd, FICLONERANGE, &range) == 0)
		return true;
	/* An odd length alone is EINVAL: that says nothing about the next range. */
	o->no_clone = errno != EINVAL;
	return false;
}

static int put_raw(
	struct output *o, uint64_t off, int fd, uint64_t src_off, uint64_t len, struct err *err)
{
	uint64_t at = src_off, end = src_off + len;

	while (at < end) {
		off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;
		uint64_t n;
		int ret = 0;

		if (data < 0 && errno == ENXIO)
			return 0; /* nothing but a hole up to the end */
		if (data < 0)
			data = (off_t)at; /* no such thing there: all is data */
		if ((uint64_t)data >= end)
			return 0;
		hole = lseek(fd, data, SEEK_HOLE);
		n = (hole < 0 || (uint64_t)hole > end ? end : (uint64_t)hole) - (uint64_t)data;
		if (!clone_range(o, off + ((uint64_t)data - src_off), fd, (uint64_t)data, n))
			ret = copy_range(
				o, off + ((uint64_t)data - src_off), fd, (uint64_t)data, n, err);
		if (ret < 0)
			return ret;
		at = (uint64_t)data + n;
	}
	return 0;
}

static void report_progress(struct output *o, const char *step, uint64_t done)
{
	/* Where the host cannot, the sync at the end does all of it. */
	sync_file_range(o->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (o->progress)
		o->progress(o->progress_ctx, step, done, o->size);
}

int output_put_file(struct output *o, uint64_t off, int fd, uint64_t src_off, uint64_t len,
	const char *step, struct err *err)
{
	while (len) {
		uint64_t n = len < STRIDE ? len : STRIDE;
		int ret = o->qcow2 ? qcow2_writer_put_fd(o->qcow2, off, fd, src_off, n, err)
				   : put_raw(o, off, fd, src_off, n, err);

		if (ret < 0)
			return ret;
		off += n;
		src_off += n;
		len -= n;
		report_progress(o, step, off);
	}
	return 0;
}

/* A run of blocks that the layer keeps itself. */
static int put_layer(struct output *o, uint64_t off, struct disk *overlay, uint64_t start,
	uint64_t len, struct err *err)
{
	while (len) {
		size_t n = len < CHUNK ? len : CHUNK;
		int ret = disk_read(overlay, start, o->chunk, n, err);

		if (ret == 0)
			ret = output_put(o, off + start, o->chunk, n, err);
		if (ret < 0)
			return ret;
		start += n;
		len -= n;
	}
	return 0;
}

int output_put_overlay(struct output *o, uint64_t off, struct disk *overlay, int fd,
	const char *step, struct err *err)
{
	uint64_t at = 0, size = disk_size(overlay), start, len;
	int ret;

	while (disk_overlay_next(overlay, at, &start, &len)) {
		ret = output_put_file(o, off + at, fd, at, start - at, step, err);
		if (ret == 0)
			ret = put_layer(o, off, overlay, start, len, err);
		if (ret < 0)
			return ret;
		at = start + len;
	}
	return output_put_file(o, off + at, fd, at, size - at, step, err);
}

int output_finish(struct output *o, struct err *err)
{
	return o->qcow2 ? qcow2_writer_finish(o->qcow2, err) : 0;
}

void output_close(struct output *o)
{
	if (o->qcow2)
		qcow2_writer_free(o->qcow2);
	free(o->chunk);
	free(o);
}
