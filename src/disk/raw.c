/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A raw file or block device by its descriptor. Holes are found by SEEK_DATA
 * and SEEK_HOLE; where the file system has neither, all is data.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write.h"
#include "base/xalloc.h"
#include "disk/ops.h"

struct raw_disk {
	struct disk disk;
	int fd;
	bool borrowed;
};

static int raw_read(struct disk *d, uint64_t off, void *buf, size_t len, struct err *err)
{
	uint8_t *to = buf;
	ssize_t n;

	while (len) {
		n = pread(((struct raw_disk *)d)->fd, to, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "%s: offset %" PRIu64, d->name, off);
		if (n == 0)
			return err_set(err, EIO,
				"%s: offset %" PRIu64
				": short read: it has shrunk since it was opened",
				d->name, off);
		to += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int raw_extent(struct disk *d, uint64_t off, uint64_t *len, bool *is_data, struct err *err)
{
	int fd = ((struct raw_disk *)d)->fd;
	off_t data = lseek(fd, (off_t)off, SEEK_DATA), hole;

	(void)err;
	if (data < 0 && errno == ENXIO) {
		*is_data = false;
		return 0;
	}
	if (data < 0)
		return 0;
	*is_data = (uint64_t)data == off;
	if (!*is_data) {
		*len = (uint64_t)data - off;
		return 0;
	}
	hole = lseek(fd, (off_t)off, SEEK_HOLE);
	if (hole > data)
		*len = (uint64_t)hole - off;
	return 0;
}

static int raw_fd(const struct disk *d, uint64_t *off)
{
	*off = 0;
	return ((const struct raw_disk *)d)->fd;
}

static void raw_close(struct disk *d)
{
	struct raw_disk *r = (struct raw_disk *)d;

	if (!r->borrowed)
		close(r->fd);
	free(r);
}

static const struct disk_ops raw_ops = {
	.read = raw_read,
	.extent = raw_extent,
	.raw_fd = raw_fd,
	.close = raw_close,
};

static int output_write(
	struct disk *d, uint64_t off, const void *bytes, size_t len, struct err *err)
{
	return write_at(((struct raw_disk *)d)->fd, off, bytes, len, d->name, err);
}

static const struct disk_ops output_ops = {
	.read = raw_read,
	.write = output_write,
	.extent = raw_extent,
	.close = raw_close,
};

struct disk *disk_of_output(int fd, uint64_t size, const char *name)
{
	struct raw_disk *r = xcalloc(1, sizeof(*r));

	disk_init(&r->disk, &output_ops, size, name);
	r->fd = fd;
	r->borrowed = true;
	return &r->disk;
}

struct disk *raw_open(int take_fd, uint64_t size, const char *name)
{
	struct raw_disk *r = xcalloc(1, sizeof(*r));

	disk_init(&r->disk, &raw_ops, size, name);
	r->fd = take_fd;
	return &r->disk;
}

struct disk *raw_borrow(int fd, uint64_t size)
{
	struct disk *d = raw_open(fd, size, "file");

	((struct raw_disk *)d)->borrowed = true;
	return d;
}

int raw_file_size(int fd, uint64_t *size, uint64_t *stored, struct err *err)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat");
	if (S_ISDIR(st.st_mode))
		return err_set(err, EISDIR, "is a directory");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, EINVAL, "neither a regular file nor a block device");
	end = S_ISREG(st.st_mode) ? st.st_size : lseek(fd, 0, SEEK_END);
	if (end < 0)
		return err_sys(err, "lseek");
	*size = (uint64_t)end;
	if (stored)
		*stored = S_ISREG(st.st_mode) ? (uint64_t)st.st_blocks * 512 : (uint64_t)end;
	return 0;
}
