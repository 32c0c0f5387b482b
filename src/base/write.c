/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing to open files. See write.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/write.h"

#define BLOCK ((size_t)4096)

int write_all(int fd, const void *bytes, size_t len, const char *what, struct err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)bytes + done, len - done);

		if (n < 0 && errno != EINTR)
			return err_sys(err, "%s", what);
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int write_at(int fd, uint64_t off, const void *bytes, size_t len, const char *what, struct err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, (const char *)bytes + done, len - done, (off_t)(off + done));

		if (n < 0 && errno != EINTR)
			return err_sys(err, "%s", what);
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

/* The length of the run of blocks at bytes that are zero or are not, as the first one is. */
static size_t run_length(uint64_t off, const uint8_t *bytes, size_t len, bool *zero)
{
	size_t at = 0;

	while (at < len) {
		size_t n = BLOCK - (off + at) % BLOCK;
		bool z;

		n = n < len - at ? n : len - at;
		z = is_zero(bytes + at, n);
		if (at && z != *zero)
			break;
		*zero = z;
		at += n;
	}
	return at;
}

int write_sparse(
	int fd, uint64_t off, const void *bytes, size_t len, const char *what, struct err *err)
{
	int ret = 0;

	for (size_t at = 0, n; ret == 0 && at < len; at += n) {
		bool zero = false;

		n = run_length(off + at, (const uint8_t *)bytes + at, len - at, &zero);
		if (!zero)
			ret = write_at(fd, off + at, (const char *)bytes + at, n, what, err);
	}
	return ret;
}
