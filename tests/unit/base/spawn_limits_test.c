/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program that reads hostile bytes is kept from: each thing is tried by one. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "base/spawn.h"
#include "emulated.h"
#include "tap.h"

static char own[] = "/tmp/armvm-limits.XXXXXX", other[] = "/tmp/armvm-limits.XXXXXX";

/* The exit status of a program that may read `own`. */
static int run(const char *const argv[])
{
	struct spawn_limits limits = { .memory = UINT64_C(256) << 20, .cpu_seconds = 5 };
	struct child child;
	struct err err = { 0 };
	int ret;

	limits.file = open(own, O_RDONLY | O_CLOEXEC);
	ret = spawn_server(argv, NULL, 0, -1, &limits, &child, &err);
	close(limits.file);
	return ret < 0 ? ret : child_wait(&child);
}

int main(void)
{
	const char *const reads_own[] = { "cat", own, NULL };
	const char *const reads_other[] = { "cat", other, NULL };
	const char *const writes[] = { "cp", "/dev/null", "/tmp/armvm-limits-new", NULL };
	const char *const runs[] = { "env", "cat", own, NULL };
	const char *const eats[] = { "head", "-c", "1", "/dev/null", NULL };
	const char *const hog[] = { "tail", "-c", "500000000", "/dev/zero", NULL };
	bool landlock = syscall(SYS_landlock_create_ruleset, NULL, 0,
				LANDLOCK_CREATE_RULESET_VERSION) >= 1;

	close(mkstemp(own));
	close(mkstemp(other));
	is_int(run(reads_own), 0, "it reads the file that it is for");
	is_int(run(eats), 0, "it runs");
	if (landlock) {
		ok(run(reads_other) != 0, "it reads no other file");
		ok(run(writes) != 0 && access("/tmp/armvm-limits-new", F_OK) < 0,
			"it makes no file");
		ok(run(runs) != 0, "it runs no other program");
	}
	/* It keeps what it may have to repeat, until there is no more memory, or time. */
	if (!is_emulated())
		ok(run(hog) != 0, "memory is limited");
	unlink(own);
	unlink(other);
	return tap_done();
}
