/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the guest what hardware there is: configuration tables made by hw/.
 */
#ifndef ARMVM_FIRMWARE_HARDWARE_H
#define ARMVM_FIRMWARE_HARDWARE_H

#include "base/err.h"

struct machine;

enum hardware_kind {
	HARDWARE_FDT,
	HARDWARE_ACPI,
};

/* Installs the device tree or the ACPI tables, and SMBIOS. */
int hardware_install(struct machine *m, enum hardware_kind kind, struct err *err);

#endif
