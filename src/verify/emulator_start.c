/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting armvm-firmware: see emulator.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/xalloc.h"
#include "verify/emulator.h"

#define PROGRAM "armvm-firmware"

/* Beside our own program, as in the build tree and in an installation; else by PATH. */
static char *find_program(void)
{
	char self[4096], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - sizeof(PROGRAM) - 1);

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash) {
			memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
			if (access(self, X_OK) == 0)
				return xstrdup(self);
		}
	}
	return xstrdup(PROGRAM);
}

bool emulator_find(char *path, size_t size)
{
	char *program CLEANUP(xfree) = find_program();

	return spawn_find_program(program, path, size);
}

int emulator_start(
	const struct emulator_launch *launch, int fd, struct child *child, struct err *err)
{
	char *program CLEANUP(xfree) = find_program();
	/* Without FD_CLOEXEC on purpose: the emulator gets it by its number. */
	int inherited = fcntl(fd, F_DUPFD, 10), ret;
	char disk[16], seconds[16];
	const char *argv[16];
	size_t n = 0;

	*child = (struct child){ .pid = -1, .out = -1, .in = -1 };
	if (inherited < 0)
		return err_sys(err, "the image");
	snprintf(disk, sizeof(disk), "%d", inherited);
	snprintf(seconds, sizeof(seconds), "%u", launch->seconds);
	argv[n++] = program;
	if (launch->seconds) {
		argv[n++] = "--max-wall";
		argv[n++] = seconds;
	}
	argv[n++] = "--scenario";
	argv[n++] = launch->scenario;
	if (launch->quirks) {
		argv[n++] = "--quirks";
		argv[n++] = launch->quirks;
	}
	if (launch->console)
		argv[n++] = "--console";
	if (launch->trace)
		argv[n++] = "--trace";
	if (launch->verify_reuse)
		argv[n++] = "--verify-reuse";
	if (launch->screenshot) {
		argv[n++] = "--screenshot";
		argv[n++] = launch->screenshot;
		argv[n++] = "--gop";
	}
	argv[n++] = "--disk";
	argv[n++] = disk;
	argv[n] = NULL;
	ret = spawn_start(argv, NULL, SPAWN_PIPE_OUT, child, err);
	close(inherited);
	if (ret == -ENOENT)
		err_hint(err, "it is built together with armvm-image and belongs beside it");
	return ret;
}
