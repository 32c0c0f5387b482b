/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests of whole files, by GnuTLS. See digest.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "glance/digest.h"

#define BLOCK_BYTES ((size_t)256 * 1024)
#define TICK        200 /* milliseconds */

static gnutls_digest_algorithm_t algorithm_of(const char *name)
{
	static const struct {
		const char *name;
		gnutls_digest_algorithm_t algorithm;
	} table[] = { { "md5", GNUTLS_DIG_MD5 }, { "sha1", GNUTLS_DIG_SHA1 },
		{ "sha256", GNUTLS_DIG_SHA256 }, { "sha384", GNUTLS_DIG_SHA384 },
		{ "sha512", GNUTLS_DIG_SHA512 } };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].algorithm;
	return GNUTLS_DIG_UNKNOWN;
}

/* A hash that grows, and who may end that. */
struct hashing {
	gnutls_hash_hd_t hash;
	const volatile int *stop; /* NULL: nobody */
};

static int add(const struct hashing *h, const void *bytes, size_t n, struct err *err)
{
	if (h->stop && *h->stop)
		return err_set(err, EINTR, "computing its hash: interrupted");
	if (gnutls_hash(h->hash, bytes, n) < 0)
		return err_set(err, EIO, "computing its hash: GnuTLS failed");
	return 0;
}

static int add_zeros(const struct hashing *h, uint64_t n, struct err *err)
{
	static const uint8_t zeros[BLOCK_BYTES];
	int ret = 0;

	while (n && ret == 0) {
		size_t piece = n < sizeof(zeros) ? (size_t)n : sizeof(zeros);

		ret = add(h, zeros, piece, err);
		n -= piece;
	}
	return ret;
}

/* The next bytes at or after off that are no hole; *end == *data: there are none, and that is the file's end. */
static void next_data(int fd, uint64_t off, uint64_t *data, uint64_t *end)
{
	off_t at = lseek(fd, (off_t)off, SEEK_DATA);
	struct stat st;

	*data = off;
	*end = UINT64_MAX;
	if (at < 0 && errno == ENXIO && fstat(fd, &st) == 0) {
		*data = *end = (uint64_t)st.st_size > off ? (uint64_t)st.st_size : off;
	} else if (at >= 0) {
		*data = (uint64_t)at;
		at = lseek(fd, at, SEEK_HOLE);
		*end = at < 0 ? UINT64_MAX : (uint64_t)at;
	}
}

/* Up to end, or the file's end. */
static int add_data(const struct hashing *h, int fd, uint64_t *at, uint64_t *end, struct err *err)
{
	CLEANUP(xfree) uint8_t *block = xmalloc(BLOCK_BYTES);
	int ret = 0;

	while (*at < *end && ret == 0) {
		size_t piece = *end - *at < BLOCK_BYTES ? (size_t)(*end - *at) : BLOCK_BYTES;
		ssize_t n = pread(fd, block, piece, (off_t)*at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "computing its hash");
		if (n == 0)
			*end = *at;
		ret = add(h, block, (size_t)n, err);
		*at += (uint64_t)n;
	}
	return ret;
}

/* Holes are not read: they would only fill the page cache with zeros. */
static int hash_all(const struct hashing *h, int fd, uint64_t *size, struct err *err)
{
	uint64_t data, end;
	int ret = 0;

	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	for (*size = 0; ret == 0; *size = end) {
		next_data(fd, *size, &data, &end);
		ret = add_zeros(h, data - *size, err);
		*size = data;
		if (ret == 0 && data == end)
			return 0;
		if (ret == 0)
			ret = add_data(h, fd, &data, &end, err);
		if (data == *size)
			return ret;
	}
	return ret;
}

int digest_file(int fd, const char *algorithm, const volatile int *stop, char hex[DIGEST_HEX_MAX],
	uint64_t *size, struct err *err)
{
	struct hashing h = { .stop = stop };
	gnutls_digest_algorithm_t which = algorithm_of(algorithm);
	uint8_t bytes[(DIGEST_HEX_MAX - 1) / 2];
	int ret;

	if (which == GNUTLS_DIG_UNKNOWN || gnutls_hash_init(&h.hash, which) < 0)
		return err_set(err, ENOTSUP, "the hash %s is not known here", algorithm);
	ret = hash_all(&h, fd, size, err);
	gnutls_hash_deinit(h.hash, bytes);
	for (unsigned i = 0; i < gnutls_hash_get_len(which); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return ret;
}

/* ---- in a process of its own ---- */

static void run_task(int out, const char *path, const char *algorithm)
{
	char hex[DIGEST_HEX_MAX];
	uint64_t size;
	int fd;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(EXIT_FAILURE);
	/* Whoever else holds an end of our parent's sockets is to see them closed with it. */
	closefrom(STDERR_FILENO + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || digest_file(fd, algorithm, NULL, hex, &size, NULL) < 0 ||
		write(STDOUT_FILENO, hex, strlen(hex)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

int digest_task_start(
	struct digest_task *t, const char *path, const char *algorithm, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "pipe");
	t->pid = fork();
	if (t->pid == 0)
		run_task(ends[1], path, algorithm);
	close(ends[1]);
	t->fd = ends[0];
	if (t->pid > 0)
		return 0;
	t->pid = 0;
	close(ends[0]);
	return err_sys(err, "fork");
}

/* False: it was stopped before anything came. */
static bool wait_for(int fd, const volatile int *stop)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (!(stop && *stop))
		if (poll(&p, 1, TICK) > 0)
			return true;
	return false;
}

bool digest_task_end(struct digest_task *t, const volatile int *stop, char hex[DIGEST_HEX_MAX])
{
	size_t have = 0;
	ssize_t n = 1;
	int status = -1;

	if (!t->pid)
		return false;
	if (!wait_for(t->fd, stop))
		kill(t->pid, SIGKILL);
	while (have < DIGEST_HEX_MAX - 1 && n != 0) {
		n = read(t->fd, hex + have, DIGEST_HEX_MAX - 1 - have);
		if (n < 0 && errno != EINTR)
			break;
		have += n > 0 ? (size_t)n : 0;
	}
	hex[have] = '\0';
	close(t->fd);
	while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
		;
	t->pid = 0;
	return status == 0 && have;
}

void digest_task_release(struct digest_task *t)
{
	char hex[DIGEST_HEX_MAX];

	if (t->pid)
		kill(t->pid, SIGKILL);
	digest_task_end(t, NULL, hex);
}
