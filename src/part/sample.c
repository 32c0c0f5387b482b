/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sparse file in memory that stands in for a disk. See sample.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "part/opinion.h"
#include "part/sample.h"

#define CHUNK (256u << 10)

static int put_all(int fd, const uint8_t *bytes, size_t len, uint64_t off, struct err *err)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, bytes, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "copying to memory");
		bytes += n;
		len -= (size_t)n;
		off += (uint64_t)n;
	}
	return 0;
}

static int copy_range(struct disk *disk, int fd, uint64_t off, uint64_t end, struct err *err)
{
	CLEANUP(xfree) uint8_t *chunk = xmalloc(CHUNK);

	while (off < end) {
		uint64_t len;
		bool is_data;
		int rc = disk_extent(disk, off, &len, &is_data, err);

		if (rc)
			return rc;
		if (len > end - off)
			len = end - off;
		if (is_data) {
			if (len > CHUNK)
				len = CHUNK;
			rc = disk_read(disk, off, chunk, (size_t)len, err);
			if (!rc)
				rc = put_all(fd, chunk, (size_t)len, off, err);
			if (rc)
				return rc;
		}
		off += len;
	}
	return 0;
}

int part_sample(struct disk *disk, int *out, struct err *err)
{
	uint64_t size = disk_size(disk), head = size, tail = size;
	int fd = memfd_create("disk", MFD_CLOEXEC), rc = 0;

	if (fd < 0)
		return err_sys(err, "making a file in memory");
	if (ftruncate(fd, (off_t)size) < 0)
		rc = err_sys(err, "making a sparse file of %" PRIu64 " bytes in memory", size);
	if (size > 2 * PART_SAMPLE) {
		head = PART_SAMPLE;
		tail = size - PART_SAMPLE;
	}
	if (!rc)
		rc = copy_range(disk, fd, 0, head, err);
	if (!rc)
		rc = copy_range(disk, fd, tail, size, err);
	if (rc)
		close(fd);
	else
		*out = fd;
	return rc;
}
