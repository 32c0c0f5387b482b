/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox: a list of system calls that are allowed (base/filter.h), no files
 * (base/landlock.h), being nobody, and resource limits.
 * See sandbox.h.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/filter.h"
#include "base/landlock.h"
#include "base/sanitizer.h"
#include "firmware/host/sandbox.h"

/* The sanitizers look at /proc and more when they report: they get an error, and go on. */
#define FORBIDDEN (UNDER_ASAN ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_KILL_PROCESS)

/* Reading what is open, writing the trace, memory, signals, the end; talk with a qemu-nbd that runs. */
static const unsigned short allowed[] = {
	SYS_read,
	SYS_pread64,
	SYS_readv,
	SYS_lseek,
	SYS_fstat,
	SYS_write,
	SYS_writev,
	SYS_close,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_sched_yield,
	SYS_getrandom,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_restart_syscall,
	SYS_setitimer,
	SYS_clock_gettime,
	SYS_gettimeofday,
	SYS_getrusage,
	SYS_sysinfo, /* by qsort() */
	SYS_getpid,
	SYS_geteuid,
	SYS_gettid,
	SYS_recvfrom,
	SYS_sendto,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_exit,
	SYS_exit_group,
};

/* For a process that forks, and lets its children have fewer of these. */
static const unsigned short forking[] = {
	SYS_set_robust_list,
	SYS_seccomp,
};

#define NOBODY 65534

/* What the C library's fork() asks clone() for. */
#define FORK_FLAGS (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)

static int set_filter(bool forks)
{
	static const uint32_t fork_flags[] = { FORK_FLAGS };
	const uint32_t self[] = { (uint32_t)getpid() };
	struct filter f;

	filter_begin(&f);
	filter_calls(&f, allowed, ARRAY_SIZE(allowed), SECCOMP_RET_ALLOW);
	if (forks) {
		filter_calls(&f, forking, ARRAY_SIZE(forking), SECCOMP_RET_ALLOW);
		filter_argument(&f, SYS_clone, 0, fork_flags, ARRAY_SIZE(fork_flags));
	} else {
		/* abort() raises its signal so. A process that forks dies of that itself. */
		filter_argument(&f, SYS_tgkill, 0, self, ARRAY_SIZE(self));
	}
	return filter_install(&f, FORBIDDEN);
}

static int limit(int what, uint64_t value, struct err *err)
{
	struct rlimit r = { value, value }, old;

	if (getrlimit((__rlimit_resource_t)what, &old) == 0 && old.rlim_max < value)
		r.rlim_cur = r.rlim_max = old.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &r) < 0)
		return err_sys(err, "setting resource limits");
	return 0;
}

/*
 * Where nobody does not exist, in some user namespaces, the user stays who it
 * is, without any capability. A change of user takes away that it dies with its parent.
 */
static int drop_root(struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	int death = 0;

	prctl(PR_GET_PDEATHSIG, &death);
	if (geteuid() == 0 &&
		(setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			setresuid(NOBODY, NOBODY, NOBODY) < 0) &&
		errno != EINVAL && errno != EPERM)
		return err_sys(err, "becoming nobody");
	if (syscall(SYS_capset, &head, none) < 0 || prctl(PR_SET_PDEATHSIG, death) < 0)
		return err_sys(err, "giving up privileges");
	return 0;
}

static int enter(bool forks, uint64_t address_space, struct err *err)
{
	int r = limit(RLIMIT_CORE, 0, err);

	/* The C library would open the time zone's file with the first date. */
	setenv("TZ", "UTC0", 1);
	tzset();

	if (r == 0 && !forks)
		r = limit(RLIMIT_NPROC, 0, err);
	if (r == 0 && address_space && !UNDER_ASAN)
		r = limit(RLIMIT_AS, address_space, err);
	if (r == 0)
		r = drop_root(err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, "giving up privileges");
	if (landlock_restrict(NULL, 0, -1) < 0)
		return err_sys(err, "setting up landlock");
	return set_filter(forks) < 0 ? filter_failed(err) : 0;
}

int sandbox_enter(uint64_t address_space, struct err *err)
{
	return enter(false, address_space, err);
}

int sandbox_enter_forking(uint64_t address_space, struct err *err)
{
	return enter(true, address_space, err);
}

void sandbox_enter_alone(void)
{
	if (set_filter(false) < 0)
		_exit(EXIT_FAILURE);
}
