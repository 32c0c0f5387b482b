/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seccomp filters, built call by call: what is named is allowed, and the rest
 * ends in what filter_install() is given. See seccomp(2).
 */
#ifndef ARMVM_BASE_FILTER_H
#define ARMVM_BASE_FILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/base.h"
#include "base/err.h"

#define FILTER_MAX 512

/* Starts with filter_begin(). */
struct filter {
	struct sock_filter code[FILTER_MAX];
	unsigned short n;
	bool full;
};

void filter_begin(struct filter *f);
/* What becomes of these calls: SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS ... */
void filter_calls(struct filter *f, const unsigned short *calls, size_t n, uint32_t action);
/* The call is allowed when its argument (from 0) is one of the values; all 32 bits of it count. */
void filter_argument(
	struct filter *f, unsigned short call, unsigned arg, const uint32_t *values, size_t n);
/* The call is allowed when none of these bits is set in its argument. */
void filter_without(struct filter *f, unsigned short call, unsigned arg, uint32_t bits);
/*
 * Begins to filter this thread, and all that it starts; it must have given up new
 * privileges. Other architectures' calls end the process. 0, or -1 and errno.
 * Where the kernel has no seccomp, as qemu-user has none, that is ENOSYS, unless the
 * environment has FILTER_WITHOUT: the caller goes on unfiltered.
 */
int filter_install(struct filter *f, uint32_t otherwise);
#define FILTER_WITHOUT "ARMVM_WITHOUT_SECCOMP"

/* Explains a filter_install() that failed, by errno, and what to do. */
int filter_failed(struct err *err);

#endif
