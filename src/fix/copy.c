/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying an image's bytes: shared with the input where the host's file system
 * can, else read and written once, and holes stay holes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write.h"
#include "base/xalloc.h"
#include "disk/disk.h"
#include "fix/internal.h"

#define CHUNK   ((size_t)1 << 20)
#define WRITING "writing the copy"

static int copy_by_hand(
	int from, uint64_t from_off, int to, uint64_t to_off, uint64_t len, struct err *err)
{
	CLEANUP(xfree) uint8_t *chunk = xmalloc(CHUNK);
	int ret = 0;

	while (ret == 0 && len) {
		ssize_t n = pread(from, chunk, len < CHUNK ? len : CHUNK, (off_t)from_off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "reading the image");
		if (n == 0)
			return err_set(err, EIO, "the image shrank while it was read");
		ret = write_sparse(to, to_off, chunk, (size_t)n, WRITING, err);
		from_off += (uint64_t)n;
		to_off += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return ret;
}

/* Data without holes in it. The kernel copies where it can, which may share the blocks. */
static int copy_data(
	int from, uint64_t from_off, int to, uint64_t to_off, uint64_t len, struct err *err)
{
	off_t in = (off_t)from_off, out = (off_t)to_off;

	while (len) {
		ssize_t n = copy_file_range(from, &in, to, &out, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT))
			return err_sys(err, WRITING);
		if (n <= 0)
			return copy_by_hand(from, (uint64_t)in, to, (uint64_t)out, len, err);
		len -= (uint64_t)n;
	}
	return 0;
}

static int copy_extents(
	int from, uint64_t from_off, int to, uint64_t to_off, uint64_t len, struct err *err)
{
	uint64_t at = from_off, end = from_off + len;

	while (at < end) {
		off_t data = lseek(from, (off_t)at, SEEK_DATA), hole;
		uint64_t stop;
		int ret;

		if (data < 0 && errno == ENXIO)
			return 0;
		if (data < 0)
			data = (off_t)at; /* no such thing there: all is data */
		if ((uint64_t)data >= end)
			return 0;
		hole = lseek(from, data, SEEK_HOLE);
		stop = hole < 0 || (uint64_t)hole > end ? end : (uint64_t)hole;
		ret = copy_data(from, (uint64_t)data, to, to_off + ((uint64_t)data - from_off),
			stop - (uint64_t)data, err);
		if (ret < 0)
			return ret;
		at = stop;
	}
	return 0;
}

int copy_file(int from, int to, struct err *err)
{
	struct stat st;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (fstat(from, &st) < 0 || ftruncate(to, st.st_size) < 0)
		return err_sys(err, "making a copy");
	return copy_extents(from, 0, to, 0, (uint64_t)st.st_size, err);
}

int copy_piece(int from, uint64_t from_off, int to, uint64_t to_off, uint64_t len, struct err *err)
{
	if (fallocate(to, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)to_off, (off_t)len) <
		0) {
		CLEANUP(xfree) uint8_t *zeroes = xcalloc(1, CHUNK);

		for (uint64_t done = 0; done < len; done += CHUNK) {
			size_t n = len - done < CHUNK ? (size_t)(len - done) : CHUNK;
			int ret = write_at(to, to_off + done, zeroes, n, WRITING, err);

			if (ret < 0)
				return ret;
		}
	}
	return copy_extents(from, from_off, to, to_off, len, err);
}

int copy_disk(struct disk *from, int to, struct err *err)
{
	CLEANUP(xfree) uint8_t *chunk = xmalloc(CHUNK);
	uint64_t size = disk_size(from), off = 0, len;

	if (ftruncate(to, (off_t)size) < 0)
		return err_sys(err, "making a copy");
	for (; off < size; off += len) {
		bool data;
		int ret = disk_extent(from, off, &len, &data, err);

		if (ret < 0)
			return ret;
		if (!data)
			continue;
		len = len < CHUNK ? len : CHUNK;
		ret = disk_read(from, off, chunk, (size_t)len, err);
		if (ret == 0)
			ret = write_sparse(to, off, chunk, (size_t)len, WRITING, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}
