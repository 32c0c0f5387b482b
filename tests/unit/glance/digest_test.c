/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glance/digest: the digests of files, holes included, here and in a process of its own.
 * What they must be is coreutils' word.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "glance/digest.h"
#include "tap.h"

#define PATH_MAX_HERE 64

static char folder[] = "/tmp/armvm-digest-test.XXXXXX";

/* What `sha512sum FILE` and its likes say. */
static void oracle(const char *program, const char *path, char hex[DIGEST_HEX_MAX])
{
	char command[2 * PATH_MAX_HERE];
	FILE *p;

	snprintf(command, sizeof(command), "%s %s", program, path);
	p = popen(command, "r");
	if (!p || fscanf(p, "%128[0-9a-f]", hex) != 1)
		strcpy(hex, "no answer");
	if (p)
		pclose(p);
}

static void same(const char *path, const char *algorithm, const char *program, off_t size)
{
	char want[DIGEST_HEX_MAX], got[DIGEST_HEX_MAX] = "";
	struct digest_task task = { 0 };
	struct err err = { 0 };
	uint64_t bytes = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	oracle(program, path, want);
	ok(digest_file(fd, algorithm, NULL, got, &bytes, &err) == 0, "%s is computed", algorithm);
	is_str(got, want, "as coreutils compute it");
	is_int((int64_t)bytes, size, "of all bytes");
	close(fd);
	ok(digest_task_start(&task, path, algorithm, &err) == 0, "a process is started for it");
	ok(digest_task_end(&task, NULL, got), "it answers");
	is_str(got, want, "the same");
}

/* A file of this size with three bytes at each of two places, the rest holes; at < 0: none. */
static void try(off_t size, off_t first, off_t second)
{
	char path[PATH_MAX_HERE];
	int fd;

	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, size) < 0 || (first >= 0 && pwrite(fd, "abc", 3, first) != 3) ||
		(second >= 0 && pwrite(fd, "xyz", 3, second) != 3))
		exit(1);
	close(fd);
	same(path, "sha512", "sha512sum", size);
	same(path, "sha256", "sha256sum", size);
	unlink(path);
}

int main(void)
{
	struct digest_task task = { 0 };
	struct err err = { 0 };
	char hex[DIGEST_HEX_MAX];
	uint64_t bytes;

	if (!mkdtemp(folder))
		return 1;
	try(0, -1, -1);
	try(3, 0, -1);
	try(3000001, -1, -1);
	try(3000001, 0, -1);
	try(3000001, 2999998, -1);
	try(9000000, 1500000, 5000001);
	ok(digest_file(0, "crc32", NULL, hex, &bytes, &err) < 0,
		"an algorithm that is none is said");
	ok(!digest_task_end(&task, NULL, hex), "what was not started does not answer");
	ok(digest_task_start(&task, "/nonexistent", "sha256", &err) == 0,
		"a file that is not there");
	ok(!digest_task_end(&task, NULL, hex), "has no digest");
	ok(digest_task_start(&task, "/dev/zero", "sha256", &err) == 0, "one without an end");
	digest_task_release(&task);
	is_int(task.pid, 0, "can be left");
	rmdir(folder);
	return tap_done();
}
