/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox of a worker. See confine.h. The lists of calls are what libext2fs,
 * libblkid, libparted, libnbd, gnutls, the decompressors and the C library need on files
 * that are open. What is forbidden and has no reason to happen ends the process; the
 * rest, opening files above all, is an error, as libraries try such things and can do
 * without.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/filter.h"
#include "base/landlock.h"
#include "base/sanitizer.h"
#include "worker/confine.h"

#define NOBODY    65534
#define FDS_MAX   16
/* Descriptors for what the supervisor hands over later. */
#define FILES_MAX 64

static const unsigned short allowed[] = {
	SYS_read,
	SYS_pread64,
	SYS_readv,
	SYS_preadv,
	SYS_lseek,
	SYS_fstat,
	SYS_write,
	SYS_writev,
	SYS_close,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_getrandom,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_rt_sigtimedwait,
	SYS_sigaltstack,
	SYS_restart_syscall,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_gettimeofday,
	SYS_getrusage,
	SYS_sysinfo, /* by qsort() */
	SYS_uname,
	SYS_getpid,
	SYS_getppid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_recvfrom,
	SYS_sendto,
	SYS_recvmsg,
	SYS_sendmsg,
	SYS_getsockopt,
	SYS_shutdown,
	SYS_fadvise64,
	SYS_ppoll,
	SYS_set_robust_list,
#ifdef SYS_rseq
	SYS_rseq,
#endif
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_exit,
	SYS_exit_group,
};

/* What only an attacker asks for. */
static const unsigned short deadly[] = {
	SYS_execve,
	SYS_execveat,
	SYS_ptrace,
	SYS_process_vm_writev,
	SYS_socket,
	SYS_socketpair,
	SYS_connect,
	SYS_bind,
	SYS_listen,
	SYS_kill,
	SYS_tkill,
	SYS_rt_sigqueueinfo,
	SYS_pidfd_send_signal,
	SYS_mount,
	SYS_unshare,
	SYS_setns,
	SYS_bpf,
	SYS_io_uring_setup,
	SYS_userfaultfd,
	SYS_keyctl,
	SYS_setuid,
	SYS_setresuid,
#ifdef SYS_fork
	SYS_fork,
	SYS_vfork,
#endif
};

/* What the C library's pthread_create() asks clone() for. */
#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD |        \
		CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

static void add_arguments(struct filter *f)
{
	static const uint32_t fcntls[] = { F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD_CLOEXEC };
	static const uint32_t threads[] = { THREAD_FLAGS }, empty[] = { AT_EMPTY_PATH };
	const uint32_t self[] = { (uint32_t)getpid() };

	filter_argument(f, SYS_fcntl, 1, fcntls, ARRAY_SIZE(fcntls));
	filter_argument(f, SYS_clone, 0, threads, ARRAY_SIZE(threads));
	/* abort() raises its signal so. */
	filter_argument(f, SYS_tgkill, 0, self, 1);
	/* fstat() is this call. */
	filter_argument(f, SYS_newfstatat, 3, empty, 1);
	filter_without(f, SYS_mmap, 2, PROT_EXEC);
	filter_without(f, SYS_mprotect, 2, PROT_EXEC);
}

static int set_filter(struct err *err)
{
	/* Its arguments cannot be looked at; pthread_create() then takes clone(). */
	static const unsigned short absent[] = { SYS_clone3 };
	struct filter f;

	filter_begin(&f);
	filter_calls(&f, allowed, ARRAY_SIZE(allowed), SECCOMP_RET_ALLOW);
	add_arguments(&f);
	filter_calls(&f, absent, ARRAY_SIZE(absent), SECCOMP_RET_ERRNO | ENOSYS);
	if (!UNDER_ASAN)
		filter_calls(&f, deadly, ARRAY_SIZE(deadly), SECCOMP_RET_KILL_PROCESS);
	return filter_install(&f, SECCOMP_RET_ERRNO | EPERM) < 0 ? filter_failed(err) : 0;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int worker_keep_only(const int *fds, size_t n, struct err *err)
{
	int sorted[FDS_MAX], next = 3, null;

	if (n > FDS_MAX)
		return err_set(err, E2BIG, "a worker with %zu descriptors", n);
	for (size_t i = 0; i < n; i++)
		sorted[i] = fds[i];
	qsort(sorted, n, sizeof(*sorted), by_number);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return err_sys(err, "/dev/null");
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || (!UNDER_ASAN && dup2(null, 2) < 0))
		return err_sys(err, "/dev/null");
	for (size_t i = 0; i < n; i++) {
		if (sorted[i] > next && close_range((unsigned)next, (unsigned)sorted[i] - 1, 0) < 0)
			return err_sys(err, "closing descriptors");
		next = sorted[i] < next ? next : sorted[i] + 1;
	}
	return close_range((unsigned)next, ~0u, 0) < 0 ? err_sys(err, "closing descriptors") : 0;
}

/* grace: by how much the hard limit lies above. */
static int limit(int what, uint64_t value, uint64_t grace, struct err *err)
{
	struct rlimit r = { value, value + grace }, old;

	if (getrlimit((__rlimit_resource_t)what, &old) == 0 && old.rlim_max < r.rlim_max) {
		r.rlim_max = old.rlim_max;
		r.rlim_cur = value < r.rlim_max ? value : r.rlim_max;
	}
	if (setrlimit((__rlimit_resource_t)what, &r) < 0)
		return err_sys(err, "setting resource limits");
	return 0;
}

static int set_limits(const struct worker_limits *limits, struct err *err)
{
	int ret = limit(RLIMIT_CORE, 0, 0, err);

	if (ret == 0)
		ret = limit(RLIMIT_FSIZE, 0, 0, err);
	if (ret == 0)
		ret = limit(RLIMIT_NOFILE, FILES_MAX, 0, err);
	if (ret == 0 && limits->cpu_seconds)
		/* At the soft limit comes SIGXCPU, which says why; at the hard one SIGKILL. */
		ret = limit(RLIMIT_CPU, limits->cpu_seconds, 1, err);
	if (ret == 0 && limits->memory && !UNDER_ASAN)
		ret = limit(RLIMIT_AS, limits->memory, 0, err);
	return ret;
}

/*
 * Where nobody does not exist, in some user namespaces, the user stays who it
 * is, without any capability.
 */
static int drop_root(struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (geteuid() == 0 &&
		(setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			setresuid(NOBODY, NOBODY, NOBODY) < 0) &&
		errno != EINVAL && errno != EPERM)
		return err_sys(err, "becoming nobody");
	if (syscall(SYS_capset, &head, none) < 0)
		return err_sys(err, "giving up capabilities");
	/* A change of user has taken this away. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, "giving up privileges");
	return 0;
}

int worker_confine(const struct worker_limits *limits, struct err *err)
{
	int ret;

	/* The C library would open the time zone's file with the first date. */
	setenv("TZ", "UTC0", 1);
	tzset();
	ret = set_limits(limits, err);
	if (ret == 0)
		ret = drop_root(err);
	if (ret == 0 && landlock_restrict(NULL, 0, -1) < 0)
		ret = err_sys(err, "setting up landlock");
	return ret < 0 ? ret : set_filter(err);
}
