/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files without a name. See scratch.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "base/scratch.h"

/* Named like the output's own, for its sweep to find: locked while in use (base/outfile.h). */
static char *open_named(const struct outfile *beside, int *fd)
{
	char *name CLEANUP(xfree) = xstrdup(beside->tmp);

	memset(name + strlen(name) - 6, 'X', 6);
	*fd = outfile_make(name);
	if (*fd < 0)
		return NULL;
	flock(*fd, LOCK_EX | LOCK_NB);
	return TAKE(name);
}

/* By our process id: a program that we run does not inherit the descriptor. */
static char *fd_path(int fd)
{
	return xasprintf("/proc/%d/fd/%d", (int)getpid(), fd);
}

int scratch_open(struct scratch *s, const struct outfile *beside, struct err *err)
{
	char *dir CLEANUP(xfree) = xstrdup(beside->tmp);
	int ret;

	/* outfile.h: tmp is in the output's folder and has a '/' in it. */
	strrchr(dir, '/')[1] = '\0';
	*s = (struct scratch)SCRATCH_INIT;
	s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd >= 0) {
		s->path = fd_path(s->fd);
		return 0;
	}
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return err_sys(err, "%s: cannot make a temporary file there", dir);
	/* A file system without O_TMPFILE. */
	ret = scratch_open_named(s, beside, err);
	scratch_unname(s);
	return ret;
}

int scratch_open_named(struct scratch *s, const struct outfile *beside, struct err *err)
{
	*s = (struct scratch)SCRATCH_INIT;
	s->path = open_named(beside, &s->fd);
	if (!s->path)
		return err_sys(err, "%s: cannot make a temporary file beside it", beside->path);
	s->named = true;
	return 0;
}

void scratch_unname(struct scratch *s)
{
	if (!s->named)
		return;
	unlink(s->path);
	outfile_forget(s->path);
	free(s->path);
	s->path = fd_path(s->fd);
	s->named = false;
}

void scratch_release(struct scratch *s)
{
	scratch_unname(s);
	if (s->path)
		close(s->fd);
	free(s->path);
	*s = (struct scratch)SCRATCH_INIT;
}
