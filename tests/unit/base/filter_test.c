/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seccomp filters: what a kernel without them is recognised by, and what the environment allows then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/filter.h"
#include "tap.h"

/* From now on this process's kernel answers seccomp() as one without it does. */
static bool without_seccomp(void)
{
	static const unsigned short seccomp[] = { SYS_seccomp };
	struct filter f;

	filter_begin(&f);
	filter_calls(&f, seccomp, 1, SECCOMP_RET_ERRNO | ENOSYS);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       (filter_install(&f, SECCOMP_RET_ALLOW) == 0 || errno == ENOSYS);
}

/* A filter that lets everything pass but getppid(): 0 it works, 1 it isn't there, else errno. */
static int filters(void)
{
	static const unsigned short calls[] = { SYS_getppid };
	struct filter f;

	filter_begin(&f);
	filter_calls(&f, calls, 1, SECCOMP_RET_ERRNO | EXDEV);
	if (filter_install(&f, SECCOMP_RET_ALLOW) < 0)
		return errno;
	return syscall(SYS_getppid) == -1 && errno == EXDEV ? 0 : 1;
}

static int in_child(bool seccomp, const char *environment)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		unsetenv(FILTER_WITHOUT);
		if (environment)
			setenv(FILTER_WITHOUT, environment, 1);
		if (!(seccomp ? prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 : without_seccomp()))
			_exit(EXIT_FAILURE);
		_exit(filters());
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	struct err err = { 0 };
	bool there = in_child(true, NULL) != ENOSYS;

	if (there) {
		is_int(in_child(true, NULL), 0, "calls are filtered");
		is_int(in_child(true, "1"), 0,
			"where there is seccomp, whatever the environment has");
	}
	is_int(in_child(false, NULL), ENOSYS, "without seccomp it fails");
	is_int(in_child(false, "1"), 1, "unless the environment allows that");
	errno = ENOSYS;
	is_int(filter_failed(&err), -ENOSYS, "which is told");
	ok(strstr(err.hint, "ARMVM_WITHOUT_SECCOMP=1") != NULL, "with what to do");
	errno = EINVAL;
	is_int(filter_failed(&err), -EINVAL, "other failures are told");
	is_str(err.hint, "", "without that");
	return tap_done();
}
