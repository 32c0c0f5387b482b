/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox: a list of system calls that are allowed, as a seccomp filter
 * written here (a BPF program of one comparison each), and resource limits.
 * See sandbox.h.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "firmware/host/sandbox.h"

#if defined(__x86_64__)
#define HOST_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define HOST_ARCH AUDIT_ARCH_AARCH64
#endif

/* The sanitizers look at /proc and more when they report: they get an error, and go on. */
#if defined(__SANITIZE_ADDRESS__)
#define FORBIDDEN (SECCOMP_RET_ERRNO | EPERM)
#else
#define FORBIDDEN SECCOMP_RET_KILL_PROCESS
#endif

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
	SYS_gettid,
	SYS_tgkill,
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
	SYS_clone, /* with the arguments of fork() alone, see below */
	SYS_set_robust_list,
	SYS_seccomp,
};

/* What the C library's fork() asks clone() for. */
#define FORK_FLAGS (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD)

struct filter {
	struct sock_filter code[2 * (ARRAY_SIZE(allowed) + ARRAY_SIZE(forking)) + 16];
	unsigned short n;
};

static void put(struct filter *f, struct sock_filter instruction)
{
	f->code[f->n++] = instruction;
}

static void load(struct filter *f, size_t offset)
{
	put(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Goes on behind the next instruction unless what was loaded is `value`. */
static void unless(struct filter *f, uint32_t value)
{
	put(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
}

static void end(struct filter *f, uint32_t action)
{
	put(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void allow(struct filter *f, const unsigned short *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unless(f, calls[i]);
		end(f, SECCOMP_RET_ALLOW);
	}
}

#ifdef HOST_ARCH
static void make_filter(struct filter *f, bool forks)
{
	load(f, offsetof(struct seccomp_data, arch));
	put(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_ARCH, 1, 0));
	end(f, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
	allow(f, allowed, ARRAY_SIZE(allowed));
	if (forks) {
		allow(f, forking + 1, ARRAY_SIZE(forking) - 1);
		put(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, forking[0], 0, 3));
		load(f, offsetof(struct seccomp_data, args));
		unless(f, FORK_FLAGS);
		end(f, SECCOMP_RET_ALLOW);
	}
	end(f, FORBIDDEN);
}
#endif

static int set_filter(bool forks)
{
#ifndef HOST_ARCH
	(void)forks;
	errno = ENOSYS;
	return -1;
#else
	struct filter f = { .n = 0 };
	struct sock_fprog program = { .filter = f.code };

	make_filter(&f, forks);
	program.len = f.n;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
#endif
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

static int enter(bool forks, uint64_t address_space, struct err *err)
{
	int r = limit(RLIMIT_CORE, 0, err);

	/* The C library would open the time zone's file with the first date. */
	setenv("TZ", "UTC0", 1);
	tzset();

	if (r == 0 && !forks)
		r = limit(RLIMIT_NPROC, 0, err);
#if !defined(__SANITIZE_ADDRESS__)
	/* The sanitizers map terabytes of shadow. */
	if (r == 0 && address_space)
		r = limit(RLIMIT_AS, address_space, err);
#endif
	(void)address_space;
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, "giving up privileges");
	return set_filter(forks) < 0 ? err_sys(err, "setting the seccomp filter") : 0;
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
