/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system table's configuration tables (UEFI 2.10 4.6, 7.5.6): a GUID and
 * an address each. The array is in runtime services data and moves as it grows.
 */
#ifndef ARMVM_FIRMWARE_SERVICES_CONFIG_TABLE_H
#define ARMVM_FIRMWARE_SERVICES_CONFIG_TABLE_H

#include "firmware/cpu/call.h"

/*
 * Adds, replaces, or (table 0) removes. EFI_NOT_FOUND when there is none to
 * remove, EFI_OUT_OF_RESOURCES. Signals the event group of the GUID.
 */
efi_status config_table_install(struct machine *m, const struct guid *guid, struct gaddr table);
/* 0 when there is none. */
struct gaddr config_table_find(struct machine *m, const struct guid *guid);

call_handler svc_install_config_table;

#endif
