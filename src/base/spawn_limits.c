/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program that reads hostile bytes is kept from, between fork() and exec: see
 * struct spawn_limits. Where the kernel has no landlock, files are not kept from it.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/filter.h"
#include "base/landlock.h"
#include "base/sanitizer.h"
#include "base/spawn.h"

static bool set_limit(int what, uint64_t value)
{
	struct rlimit r = { value, value }, old;

	if (getrlimit((__rlimit_resource_t)what, &old) == 0 && old.rlim_max < value)
		r.rlim_cur = r.rlim_max = old.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &r) == 0;
}

bool spawn_bound_self(void)
{
	const struct rlimit r = { SPAWN_SECONDS, SPAWN_SECONDS + 1 };

	return setrlimit(RLIMIT_CPU, &r) == 0 && set_limit(RLIMIT_CORE, 0);
}

/* Root that runs a program gets all capabilities of the bounding set: it shrinks to reading. */
static bool shrink_root(void)
{
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (i != CAP_DAC_READ_SEARCH && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 &&
			errno != EINVAL && errno != EPERM)
			return false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* QEMU's own list (-sandbox on), less exec, which is yet to come. */
static bool filter_calls_of_qemu(void)
{
	static const unsigned short denied[] = { SYS_reboot, SYS_swapon, SYS_swapoff, SYS_syslog,
		SYS_mount, SYS_umount2, SYS_kexec_load, SYS_setuid, SYS_setgid, SYS_setsid,
		SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid,
		SYS_setfsgid, SYS_setpriority, SYS_sched_setparam, SYS_sched_setscheduler,
		SYS_sched_setaffinity, SYS_ptrace, SYS_process_vm_writev, SYS_unshare, SYS_setns,
		SYS_pivot_root, SYS_chroot, SYS_bpf, SYS_userfaultfd, SYS_keyctl, SYS_add_key,
		SYS_request_key, SYS_perf_event_open, SYS_init_module, SYS_finit_module,
		SYS_delete_module, SYS_connect, SYS_bind, SYS_listen };
	struct filter f;

	filter_begin(&f);
	filter_calls(&f, denied, ARRAY_SIZE(denied), SECCOMP_RET_ERRNO | EPERM);
	return filter_install(&f, SECCOMP_RET_ALLOW) == 0;
}

bool spawn_leave_files_only(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_calls_of_qemu();
}

bool spawn_find_program(const char *name, char *path, size_t size)
{
	const char *p = getenv("PATH");

	if (strchr(name, '/'))
		return snprintf(path, size, "%s", name) < (int)size;
	for (p = p ? p : "/bin:/usr/bin"; *p; p += *p == ':') {
		size_t len = strcspn(p, ":");

		if (snprintf(path, size, "%.*s%s%s", (int)len, p, len ? "/" : "./", name) <
				(int)size &&
			access(path, X_OK) == 0)
			return true;
		p += len;
	}
	return false;
}

bool spawn_limit_self(const struct spawn_limits *limits, const char *program)
{
	char path[4096];
	/* The loader of programs is run, too, and lies with the libraries. */
	const struct landlock_path readable[] = {
		{ path, true },
		{ "/lib", true },
		{ "/lib64", true },
		{ "/usr/lib", true },
		{ "/usr/lib64", true },
		{ "/usr/local/lib", true },
		{ "/nix/store", true },
		{ "/gnu/store", true },
		{ "/etc", false },
		{ "/usr/share", false },
		{ "/dev/null", false },
		{ "/dev/urandom", false },
		{ "/proc/self", false },
		{ "/sys/devices/system", false },
	};
	/* Threads' stacks are as large as this one. */
	bool good = set_limit(RLIMIT_STACK, 1u << 20) && set_limit(RLIMIT_CORE, 0) &&
		    set_limit(RLIMIT_FSIZE, 0) &&
		    (UNDER_ASAN || set_limit(RLIMIT_AS, limits->memory)) &&
		    set_limit(RLIMIT_CPU, limits->cpu_seconds) && shrink_root();

	putenv((char[]){ "MALLOC_ARENA_MAX=2" });
	if (!good || !spawn_find_program(program, path, sizeof(path)))
		return good; /* not there: exec says so */
	return landlock_restrict(readable, ARRAY_SIZE(readable), limits->file) == 0 &&
	       filter_calls_of_qemu();
}
