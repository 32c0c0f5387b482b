/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files without a name. See scratch.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "build/scratch.h"

/* For file systems without O_TMPFILE: named like the output's, for its sweep to find. */
static int open_and_unlink(const struct outfile *beside)
{
	char *name CLEANUP(xfree) = xstrdup(beside->tmp);
	int fd;

	memset(name + strlen(name) - 6, 'X', 6);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

int scratch_open(struct scratch *s, const struct outfile *beside, struct err *err)
{
	char *dir CLEANUP(xfree) = xstrdup(beside->tmp);

	/* outfile.h: tmp is in the output's folder and has a '/' in it. */
	strrchr(dir, '/')[1] = '\0';
	s->path = NULL;
	s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		s->fd = open_and_unlink(beside);
	if (s->fd < 0)
		return err_sys(err, "%s: cannot make a temporary file there", dir);
	/* By our process id: a program that we run does not inherit the descriptor. */
	s->path = xasprintf("/proc/%d/fd/%d", (int)getpid(), s->fd);
	return 0;
}

void scratch_release(struct scratch *s)
{
	if (s->path)
		close(s->fd);
	free(s->path);
	*s = (struct scratch)SCRATCH_INIT;
}
