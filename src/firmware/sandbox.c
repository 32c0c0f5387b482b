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
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "firmware/sandbox.h"

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

#define HEAD 3

static int set_filter(struct err *err)
{
#ifndef HOST_ARCH
	return err_set(err, ENOSYS, "there is no seccomp filter for this kind of host");
#else
	struct sock_filter code[HEAD + 1 + 2 * ARRAY_SIZE(allowed) + 1];
	struct sock_fprog program = { .filter = code };
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_ARCH, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, FORBIDDEN);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, "giving up privileges");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return err_sys(err, "setting the seccomp filter");
	return 0;
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

int sandbox_enter(uint64_t address_space, struct err *err)
{
	int r = limit(RLIMIT_CORE, 0, err);

	/* The C library would open the time zone's file with the first date. */
	setenv("TZ", "UTC0", 1);
	tzset();

	if (r == 0)
		r = limit(RLIMIT_NPROC, 0, err);
#if !defined(__SANITIZE_ADDRESS__)
	/* The sanitizers map terabytes of shadow. */
	if (r == 0 && address_space)
		r = limit(RLIMIT_AS, address_space, err);
#endif
	(void)address_space;
	return r < 0 ? r : set_filter(err);
}
