/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Describes the hardware to the guest: configuration tables made by hw/.
 */
#ifndef ARMVM_FIRMWARE_HW_INSTALL_H
#define ARMVM_FIRMWARE_HW_INSTALL_H

#include "base/err.h"

struct machine;

/*
 * Installs SMBIOS, and a device tree; ACPI tables are there in its place when
 * the platform has them (services/config_table.h).
 */
int hardware_install(struct machine *m, struct err *err);

#endif
