/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware that programs use without the firmware, as the device tree and ACPI
 * announce it: the serial port, a PL011, and PSCI.
 */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_DEVICES_H
#define ARMVM_FIRMWARE_LIFECYCLE_DEVICES_H

#include "firmware/machine/machine.h"

int devices_attach(struct machine *m, struct err *err);
/* What the serial port was given and not yet shown, for want of a line's end. */
void devices_flush(struct machine *m);

/*
 * Serves a call by HVC or SMC (Arm DEN 0022, Power State Coordination Interface), by its registers; false when
 * it is none that this machine knows.
 */
bool psci_call(struct machine *m, bool hvc);

/* What the tables announce at an address where this machine has nothing; NULL: nothing. */
const char *device_announced(uint64_t address);

#endif
