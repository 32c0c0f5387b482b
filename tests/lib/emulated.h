/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this program runs in qemu-user: it has no seccomp, ignores limits of memory, and so
 * cannot confine anything. Its own translations count as memory that the program takes.
 */
#ifndef ARMVM_TESTS_EMULATED_H
#define ARMVM_TESTS_EMULATED_H

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline bool is_emulated(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 && errno == ENOSYS;
}

#endif
