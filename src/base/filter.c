/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seccomp filters: a BPF program of comparisons, one behind the other. See filter.h.
 */
#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/filter.h"

#if defined(__x86_64__)
#define HOST_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define HOST_ARCH AUDIT_ARCH_AARCH64
#endif

static void put(struct filter *f, struct sock_filter instruction)
{
	if (f->n < FILTER_MAX)
		f->code[f->n++] = instruction;
	else
		f->full = true;
}

static void load(struct filter *f, size_t offset)
{
	put(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Goes on behind the next `skip` instructions unless what was loaded is `value`. */
static void unless(struct filter *f, uint32_t value, unsigned skip)
{
	put(f, (struct sock_filter)BPF_JUMP(
		       BPF_JMP | BPF_JEQ | BPF_K, value, 0, (unsigned char)skip));
}

static void answer(struct filter *f, uint32_t action)
{
	put(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Both architectures are little-endian: the low half comes first. */
static size_t place_of(unsigned arg)
{
	return offsetof(struct seccomp_data, args) + arg * sizeof(uint64_t);
}

void filter_begin(struct filter *f)
{
	f->n = 0;
	f->full = false;
#ifdef HOST_ARCH
	load(f, offsetof(struct seccomp_data, arch));
	put(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOST_ARCH, 1, 0));
	answer(f, SECCOMP_RET_KILL_PROCESS);
#endif
	load(f, offsetof(struct seccomp_data, nr));
}

void filter_calls(struct filter *f, const unsigned short *calls, size_t n, uint32_t action)
{
	for (size_t i = 0; i < n; i++) {
		unless(f, calls[i], 1);
		answer(f, action);
	}
}

void filter_argument(
	struct filter *f, unsigned short call, unsigned arg, const uint32_t *values, size_t n)
{
	/* What follows finds the call's number loaded again. */
	unless(f, call, 2 + 2 * (unsigned)n);
	load(f, place_of(arg));
	for (size_t i = 0; i < n; i++) {
		unless(f, values[i], 1);
		answer(f, SECCOMP_RET_ALLOW);
	}
	load(f, offsetof(struct seccomp_data, nr));
}

void filter_without(struct filter *f, unsigned short call, unsigned arg, uint32_t bits)
{
	unless(f, call, 4);
	load(f, place_of(arg));
	put(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
	answer(f, SECCOMP_RET_ALLOW);
	load(f, offsetof(struct seccomp_data, nr));
}

int filter_install(struct filter *f, uint32_t otherwise)
{
#ifndef HOST_ARCH
	(void)otherwise;
	errno = ENOSYS;
	return -1;
#else
	struct sock_fprog program = { .filter = f->code };

	answer(f, otherwise);
	if (f->full) {
		errno = E2BIG;
		return -1;
	}
	program.len = f->n;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return 0;
	return errno == ENOSYS && getenv(FILTER_WITHOUT) ? 0 : -1;
#endif
}

int filter_failed(struct err *err)
{
	if (errno != ENOSYS)
		return err_sys(err, "setting the seccomp filter");
	err_set(err, ENOSYS,
		"hostile code cannot be confined: this kernel, or emulator, has no seccomp");
	return err_hint(err, "with images that you trust, set " FILTER_WITHOUT "=1");
}
