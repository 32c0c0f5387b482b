/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock by its system calls, which the C library has no functions for. See
 * landlock.h. Rights that the kernel's headers are too old to name are numbers of
 * the kernel's ABI here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/landlock.h"

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* All rights on files of ABI 1; then those that came with 2 (refer), 3 (truncate), 5 (ioctl). */
#define FS_1 ((1ull << 13) - 1)
#define FS_2 (1ull << 13)
#define FS_3 (1ull << 14)
#define FS_5 (1ull << 15)

/* Those that a file can have. */
#define FILE_OK (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE | FS_5)

/* struct landlock_ruleset_attr as of ABI 6: files, TCP, and what leaves the domain. */
struct ruleset {
	uint64_t fs, net, scoped;
};
#define NET_ALL    3ull /* bind, connect; ABI 4 */
#define SCOPED_ALL 3ull /* abstract sockets, signals; ABI 6 */

static struct ruleset rights_of(long abi)
{
	struct ruleset r = { .fs = FS_1 };

	if (abi >= 2)
		r.fs |= FS_2;
	if (abi >= 3)
		r.fs |= FS_3;
	if (abi >= 5)
		r.fs |= FS_5;
	if (abi >= 4)
		r.net = NET_ALL;
	if (abi >= 6)
		r.scoped = SCOPED_ALL;
	return r;
}

static size_t size_of(long abi)
{
	return abi >= 6   ? sizeof(struct ruleset)
	       : abi >= 4 ? 2 * sizeof(uint64_t)
			  : sizeof(uint64_t);
}

static int add(int ruleset, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FILE_OK;
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int add_path(int ruleset, const struct landlock_path *path)
{
	int fd = open(path->path, O_PATH | O_CLOEXEC), ret;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	ret = add(ruleset, fd, READS | (path->execute ? LANDLOCK_ACCESS_FS_EXECUTE : 0));
	close(fd);
	return ret;
}

int landlock_restrict(const struct landlock_path *paths, size_t n, int fd)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rights;
	int ruleset, ret = 0;

	if (abi < 1)
		return 0;
	rights = rights_of(abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, size_of(abi), 0);
	if (ruleset < 0)
		return -1;
	for (size_t i = 0; ret == 0 && i < n; i++)
		ret = add_path(ruleset, &paths[i]);
	if (ret == 0 && fd >= 0)
		/* Of a block device, its size is asked for so. */
		ret = add(ruleset, fd, READS | (rights.fs & FS_5));
	if (ret == 0)
		ret = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return ret;
}
