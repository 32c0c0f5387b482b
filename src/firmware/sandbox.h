/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up everything that a hostile program in the guest could want, should
 * it ever break out: no new privileges, no exec, no opening of files, no
 * sockets, no new processes, no larger files, no core dumps, bounded memory.
 * What is open stays usable.
 */
#ifndef ARMVM_FIRMWARE_SANDBOX_H
#define ARMVM_FIRMWARE_SANDBOX_H

#include "base/err.h"

/*
 * address_space: bytes that the process may map in all; 0: as it is. There is
 * no way back. A forbidden system call ends the process with SIGSYS.
 */
int sandbox_enter(uint64_t address_space, struct err *err);

/*
 * The same for whoever makes processes and waits for them (matrix.h). Its
 * children, which inherit it, come one step nearer to the above by
 * sandbox_enter_world(): they may still fork, as long as they play more than one
 * scenario, and all the way by sandbox_enter_alone(). These two end the process
 * when it can't be done.
 */
int sandbox_enter_coordinator(uint64_t address_space, struct err *err);
void sandbox_enter_world(void);
void sandbox_enter_alone(void);

#endif
