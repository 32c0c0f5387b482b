/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacking. See unpack.h. A child that has given up its rights reads the file and
 * sends what is in it through a pipe; what it cannot do, it reports by another. Only the parent
 * writes, and no more than it was allowed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/write.h"
#include "base/xalloc.h"
#include "glance/unpack.h"
#include "glance/unpack_archive.h"

#define BLOCK_BYTES ((size_t)256 * 1024)

/* ---- in the child ---- */

/* Sends what went wrong as its code, four bytes, and the text. */
static void run_child(int from, int out, int says, unpack_confine *confine)
{
	const int fds[] = { from, out, says };
	struct err err = { 0 };
	int32_t code = -confine(fds, ARRAY_SIZE(fds), &err);

	if (code == 0)
		code = -unpack_send_disk(from, out, &err);
	if (code == 0)
		_exit(EXIT_SUCCESS);
	if (write_all(says, &code, sizeof(code), "", NULL) == 0)
		write_all(says, err.text, strlen(err.text), "", NULL);
	_exit(EXIT_FAILURE);
}

/* ---- in the parent ---- */

struct unpacker {
	pid_t pid;
	int data, says;
};

static void unpacker_release(struct unpacker *u)
{
	if (u->data >= 0)
		close(u->data);
	if (u->says >= 0)
		close(u->says);
	if (u->pid > 0) {
		kill(u->pid, SIGKILL);
		while (waitpid(u->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}
DEFINE_RELEASE(struct unpacker, unpacker_release)

static int start(struct unpacker *u, int from, unpack_confine *confine, struct err *err)
{
	int data[2], says[2];

	if (pipe2(data, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	u->data = data[0];
	if (pipe2(says, O_CLOEXEC) < 0) {
		close(data[1]);
		return err_sys(err, "pipe");
	}
	u->says = says[0];
	u->pid = fork();
	if (u->pid == 0)
		run_child(from, data[1], says[1], confine);
	close(data[1]);
	close(says[1]);
	/* As large as it may be: it is but faster so. */
	fcntl(u->data, F_SETPIPE_SZ, (int)(4 * BLOCK_BYTES));
	return u->pid < 0 ? err_sys(err, "fork") : 0;
}

static ssize_t read_some(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Writes what comes. */
static int receive(const struct unpacker *u, int to, uint64_t max, struct err *err)
{
	CLEANUP(xfree) char *block = xmalloc(BLOCK_BYTES);
	uint64_t off = 0;
	ssize_t n;

	while ((n = read_some(u->data, block, BLOCK_BYTES)) > 0) {
		int ret;

		if ((uint64_t)n > max - off) {
			err_set(err, EFBIG, "unpacking: it has more than %llu bytes",
				(unsigned long long)max);
			return err_hint(err, "allow more by --max-size SIZE");
		}
		ret = write_sparse(to, off, block, (size_t)n, "writing what is unpacked", err);
		if (ret < 0)
			return ret;
		off += (uint64_t)n;
	}
	if (n < 0)
		return err_sys(err, "unpacking");
	return ftruncate(to, (off_t)off) < 0 ? err_sys(err, "writing what is unpacked") : 0;
}

/* What the child says in the end; only one that exits with success has done it all. */
static int conclude(struct unpacker *u, struct err *err)
{
	char said[512];
	size_t have = 0;
	int32_t code = 0;
	int status = -1;
	ssize_t n;

	while (have < sizeof(said) - 1 &&
		(n = read_some(u->says, said + have, sizeof(said) - 1 - have)) > 0)
		have += (size_t)n;
	said[have] = '\0';
	while (waitpid(u->pid, &status, 0) < 0 && errno == EINTR)
		;
	u->pid = 0;
	if (status == 0)
		return 0;
	if (have > sizeof(code))
		memcpy(&code, said, sizeof(code));
	if (code > 0 && code < 4096)
		return err_set(err, code, "%s", said + sizeof(code));
	return err_set(err, EUCLEAN, "unpacking: the process that does it did not come to its end");
}

int unpack_disk(int from, int to, uint64_t max, unpack_confine *confine, struct err *err)
{
	struct unpacker u CLEANUP(unpacker_release) = { .data = -1, .says = -1 };
	int ret = start(&u, from, confine, err);

	if (ret == 0)
		ret = receive(&u, to, max, err);
	return ret < 0 ? ret : conclude(&u, err);
}
