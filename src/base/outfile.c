/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output files that appear whole or not at all. See outfile.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <signal.h>
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

/* What a signal that ends the process takes along; a few are written at a time. */
#define OPEN_MAX_FILES 16
static struct {
	const char *volatile tmp;
	pid_t pid; /* whose: a child that runs a program has the handler no more, a worker has */
} open_files[OPEN_MAX_FILES];

static void remember(const char *tmp)
{
	for (size_t i = 0; i < OPEN_MAX_FILES; i++)
		if (!open_files[i].tmp) {
			open_files[i].pid = getpid();
			open_files[i].tmp = tmp;
			return;
		}
}

void outfile_forget(const char *tmp)
{
	for (size_t i = 0; i < OPEN_MAX_FILES; i++)
		if (open_files[i].tmp == tmp)
			open_files[i].tmp = NULL;
}

static void on_signal(int number)
{
	for (size_t i = 0; i < OPEN_MAX_FILES; i++)
		if (open_files[i].tmp && open_files[i].pid == getpid())
			unlink(open_files[i].tmp);
	/* The handler was for once. */
	raise(number);
}

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT };

int outfile_make(char *tmp)
{
	sigset_t held, before;
	int fd, error;

	/* A signal that came before the file is remembered would leave it. */
	sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		sigaddset(&held, ending[i]);
	sigprocmask(SIG_BLOCK, &held, &before);
	fd = mkostemp(tmp, O_CLOEXEC);
	error = errno;
	if (fd >= 0)
		remember(tmp);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return fd;
}

void outfile_clean_up_on_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal,
		.sa_flags = (int)SA_RESETHAND | SA_NODEFER };

	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		struct sigaction before;

		if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(ending[i], &action, NULL);
	}
	/* A file beyond the limit is an error that can be reported. */
	signal(SIGXFSZ, SIG_IGN);
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
	out->fd = outfile_make(out->tmp);
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

/*
 * Without force the name may have been taken since outfile_open(): that must not be replaced.
 * With force the old file stays, under the temporary name, until the folder is synced.
 */
static int put_in_place(const struct outfile *out, bool *kept)
{
	unsigned how = out->force ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	*kept = false;
	if (renameat2(AT_FDCWD, out->tmp, AT_FDCWD, out->path, how) == 0) {
		*kept = out->force;
		return 0;
	}
	/* There is none to be replaced; or some file systems cannot promise that. */
	if (errno != EINVAL && errno != ENOSYS && !(out->force && errno == ENOENT))
		return -1;
	return rename(out->tmp, out->path);
}

/* The folder does not answer for the new file: the old one comes back, or there is none. */
static void take_back(struct outfile *out, bool kept)
{
	if (!kept)
		unlink(out->path);
	else if (renameat2(AT_FDCWD, out->tmp, AT_FDCWD, out->path, RENAME_EXCHANGE) == 0)
		return;
	outfile_forget(out->tmp);
	free(TAKE(out->tmp));
}

int outfile_commit(struct outfile *out, struct err *err)
{
	mode_t mask = umask(0);
	bool kept;
	int ret;

	umask(mask);
	if (fchmod(out->fd, out->mode ? out->mode : 0666 & ~mask) < 0 || fsync(out->fd) < 0)
		return err_sys(err, "%s", out->tmp);
	if (put_in_place(out, &kept) < 0)
		return err_sys(err, "%s", out->path);
	ret = sync_dir(out->path, err);
	if (ret < 0) {
		take_back(out, kept);
		return ret;
	}
	if (kept)
		unlink(out->tmp);
	outfile_forget(out->tmp);
	free(TAKE(out->tmp));
	return 0;
}

void outfile_release(struct outfile *out)
{
	if (out->tmp)
		unlink(out->tmp);
	if (out->tmp)
		outfile_forget(out->tmp);
	if (out->path && out->fd >= 0)
		close(out->fd);
	free(out->tmp);
	free(out->path);
	*out = (struct outfile){ .fd = -1 };
}
