/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output files that appear whole or not at all. See outfile.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/xalloc.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *dir_name(const char *path)
{
	const char *base = base_name(path);

	if (base == path)
		return xstrdup(".");
	if (base == path + 1)
		return xstrdup("/");
	return xstrndup(path, (size_t)(base - path) - 1);
}

static void remove_if_abandoned(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dirfd, name, 0);
	close(fd);
}

/* Removes what earlier runs left behind for the same name; failing is harmless. */
static void sweep(const char *dir, const char *base)
{
	char *prefix CLEANUP(xfree) = xasprintf(".%s.armvm-", base);
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0 &&
			strlen(e->d_name) == strlen(prefix) + 6)
			remove_if_abandoned(dirfd(d), e->d_name);
	closedir(d);
}

static int refuse_existing(const char *path, bool force, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: exists and is not a regular file", path);
	if (force)
		return 0;
	err_set(err, EEXIST, "%s: exists already", path);
	return err_hint(err, "choose another name with -o, or replace it with --force");
}

int outfile_open(struct outfile *out, const char *path, bool force, struct err *err)
{
	char *dir CLEANUP(xfree) = dir_name(path);
	const char *base = base_name(path);
	int ret;

	*out = (struct outfile){ .fd = -1, .force = force };
	if (!*base)
		return err_set(err, EINVAL, "%s: not a file name", path);
	ret = refuse_existing(path, force, err);
	if (ret < 0)
		return ret;
	sweep(dir, base);
	out->path = xstrdup(path);
	out->tmp = xasprintf("%s/.%s.armvm-XXXXXX", dir, base);
	out->fd = mkostemp(out->tmp, O_CLOEXEC);
	if (out->fd < 0) {
		ret = err_sys(err, "%s: cannot write in its folder", path);
		free(out->tmp);
		out->tmp = NULL;
		outfile_release(out);
		return ret;
	}
	flock(out->fd, LOCK_EX | LOCK_NB);
	return 0;
}

static int sync_dir(const char *path, struct err *err)
{
	char *dir CLEANUP(xfree) = dir_name(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return err_sys(err, "%s", dir);
	if (fsync(fd) < 0 && errno != EINVAL)
		ret = err_sys(err, "%s: fsync", dir);
	close(fd);
	return ret;
}

/* Without force the name may have been taken since outfile_open(): that must not be replaced. */
static int put_in_place(const struct outfile *out)
{
	if (!out->force) {
		if (renameat2(AT_FDCWD, out->tmp, AT_FDCWD, out->path, RENAME_NOREPLACE) == 0)
			return 0;
		/* Some file systems cannot promise that. */
		if (errno != EINVAL && errno != ENOSYS)
			return -1;
	}
	return rename(out->tmp, out->path);
}

int outfile_commit(struct outfile *out, struct err *err)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(out->fd, out->mode ? out->mode : 0666 & ~mask) < 0 || fsync(out->fd) < 0)
		return err_sys(err, "%s", out->tmp);
	if (put_in_place(out) < 0)
		return err_sys(err, "%s", out->path);
	free(out->tmp);
	out->tmp = NULL;
	return sync_dir(out->path, err);
}

void outfile_release(struct outfile *out)
{
	if (out->tmp)
		unlink(out->tmp);
	if (out->path && out->fd >= 0)
		close(out->fd);
	free(out->tmp);
	free(out->path);
	*out = (struct outfile){ .fd = -1 };
}
