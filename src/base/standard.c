/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard descriptors. See standard.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/standard.h"

bool standard_hold(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

bool standard_flush(void)
{
	/* What was too much for the buffer has failed before. */
	bool failed = ferror(stdout);

	if (fflush(stdout) != 0)
		return false;
	errno = failed ? EIO : 0;
	return !failed;
}
