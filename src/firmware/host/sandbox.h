/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up everything that a hostile program in the guest could want, should
 * it ever break out: no new privileges, no exec, no opening of files, no
 * sockets, no new processes, no larger files, no core dumps, bounded memory.
 * What is open stays usable.
 */
#ifndef ARMVM_FIRMWARE_HOST_SANDBOX_H
#define ARMVM_FIRMWARE_HOST_SANDBOX_H

#include "base/err.h"

/*
 * address_space: bytes that the process may map in all; 0: as it is. There is
 * no way back. A forbidden system call ends the process with SIGSYS.
 */
int sandbox_enter(uint64_t address_space, struct err *err);

/*
 * The same, but for fork(): for whoever plays several scenarios in several
 * processes, which inherit it. sandbox_enter_alone() takes that away as well, and
 * ends the process when it can't.
 */
int sandbox_enter_forking(uint64_t address_space, struct err *err);
void sandbox_enter_alone(void);

#endif
