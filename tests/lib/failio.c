/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into a program and all that it runs: counts the calls that change files of one
 * file system, in all these processes together, and makes the FAILIO_AT-th go wrong: it fails
 * with ENOSPC or EIO, or the program that was started first is killed there, as by a
 * loss of power.
 *
 *	FAILIO_FILE	holds the count, eight bytes, and the first program's process id, four
 *	FAILIO_AT	which call; 0: none, they are only counted
 *	FAILIO_HOW	kill, ENOSPC, EIO
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct shared {
	uint64_t count;
	int32_t first;
};

static struct shared *shared;
static dev_t device;
static uint64_t at;
static const char *how = "";

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAILIO_FILE"), *number = getenv("FAILIO_AT");
	struct stat st;
	int fd;

	if (!path || (fd = open(path, O_RDWR | O_CLOEXEC)) < 0 || fstat(fd, &st) < 0)
		return;
	device = st.st_dev;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared == MAP_FAILED)
		abort();
	at = number ? strtoull(number, NULL, 10) : 0;
	how = getenv("FAILIO_HOW") ? getenv("FAILIO_HOW") : "";
	if (!shared->first)
		shared->first = (int32_t)getpid();
}

/* Whether this call is the one; then errno is set, or nobody is left. */
static int goes_wrong(int fd)
{
	struct stat st;

	if (!shared ||
		(fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_dev != device)))
		return 0;
	if (__atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST) != at)
		return 0;
	if (strcmp(how, "kill") == 0) {
		kill(shared->first, SIGKILL);
		kill(getpid(), SIGKILL);
	}
	errno = strcmp(how, "EIO") == 0 ? EIO : ENOSPC;
	return 1;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t n)
{
	return goes_wrong(fd) ? -1 : REAL(write)(fd, bytes, n);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t off)
{
	return goes_wrong(fd) ? -1 : REAL(pwrite)(fd, bytes, n, off);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t off)
{
	return goes_wrong(fd) ? -1 : REAL(pwrite64)(fd, bytes, n, off);
}

ssize_t copy_file_range(
	int in, off64_t *in_off, int out, off64_t *out_off, size_t n, unsigned flags)
{
	return goes_wrong(out) ? -1 : REAL(copy_file_range)(in, in_off, out, out_off, n, flags);
}

int ftruncate(int fd, off_t n)
{
	return goes_wrong(fd) ? -1 : REAL(ftruncate)(fd, n);
}

int ftruncate64(int fd, off64_t n)
{
	return goes_wrong(fd) ? -1 : REAL(ftruncate64)(fd, n);
}

int fsync(int fd)
{
	return goes_wrong(fd) ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return goes_wrong(-1) ? -1 : REAL(rename)(from, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return goes_wrong(-1) ? -1 : REAL(renameat2)(from_dir, from, to_dir, to, flags);
}
