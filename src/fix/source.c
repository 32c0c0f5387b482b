/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input: held by a lock that a second fix respects, and refused while a
 * QEMU may write to it. QEMU shows by byte-range locks on the image file
 * (block/file-posix.c): byte 100 + n is locked by who uses permission n, byte
 * 200 + n by who does not share it; 1 is writing, 3 resizing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "fix/internal.h"

#define QEMU_USES   100
#define QEMU_WRITE  1
#define QEMU_RESIZE 3

static bool is_locked(int fd, off_t byte)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};

	/* A file that cannot be written to can be asked about all the same: this only looks. */
	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int refuse_busy(const struct source *s, struct err *err)
{
	if (is_locked(s->fd, QEMU_USES + QEMU_WRITE) || is_locked(s->fd, QEMU_USES + QEMU_RESIZE)) {
		err_set(err, EBUSY, "%s: a virtual machine has it open for writing", s->path);
		return err_hint(err, "shut the machine down first");
	}
	return 0;
}

/* Between opening and locking, another fix may have put its result in place. */
static bool was_replaced(const struct source *s)
{
	struct stat open_one, named;

	return fstat(s->fd, &open_one) < 0 || stat(s->path, &named) < 0 ||
	       open_one.st_ino != named.st_ino || open_one.st_dev != named.st_dev;
}

int source_open(struct source *s, const char *path, bool in_place, struct err *err)
{
	struct stat st;

	*s = (struct source){ .fd = -1, .path = realpath(path, NULL) };
	if (!s->path)
		return err_sys(err, "%s", path);
	s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return err_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", path);
	if (in_place && access(s->path, W_OK) < 0)
		return err_sys(err, "%s: cannot be replaced", path);
	/* Nothing hinders root, who means it all the same. */
	if (in_place && !(st.st_mode & 0222)) {
		err_set(err, EACCES, "%s: is read-only", path);
		return err_hint(err, "chmod u+w, or write another image with -o");
	}
	if (flock(s->fd, LOCK_EX | LOCK_NB) < 0 || was_replaced(s)) {
		err_set(err, EBUSY, "%s: is being changed by another process", path);
		return err_hint(err, "try again when it has finished");
	}
	return refuse_busy(s, err);
}

void source_release(struct source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	*s = (struct source){ .fd = -1 };
}
