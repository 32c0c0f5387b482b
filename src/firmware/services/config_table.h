/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system table's configuration tables (UEFI 2.10 4.6, 7.5.6): a GUID and
 * an address each, in a page of runtime services data, and a page behind it with
 * EFI_RT_PROPERTIES_TABLE (4.6.2).
 *
 * Whether there is a device tree or ACPI, and which runtime services will be
 * left, the platform says (machine/platform.h). So both pages
 * are watched, and the questions are asked when they are first looked at.
 */
#ifndef ARMVM_FIRMWARE_SERVICES_CONFIG_TABLE_H
#define ARMVM_FIRMWARE_SERVICES_CONFIG_TABLE_H

#include "firmware/core/call.h"

/* Makes the pages, the last ones of RAM, an array with the properties table alone, and that. */
#define CONFIG_PAGES 16 /* 64 KiB, as runtime memory comes; the last one is guest_exact() */
void config_table_init(struct machine *m, struct gaddr take_pages);
/* ACPI tables that are named instead of the device tree where the platform has ACPI. */
void config_table_offer_acpi(struct machine *m, struct gaddr tables);
/* Answers the question of runtime services, if it is open still. */
void config_table_resolve_runtime(struct machine *m);

/*
 * Adds, replaces, or (table 0) removes. EFI_NOT_FOUND when there is none to
 * remove, EFI_OUT_OF_RESOURCES. Signals the event group of the GUID.
 */
efi_status config_table_install(struct machine *m, const struct guid *guid, struct gaddr table);
/* 0 when there is none. */
struct gaddr config_table_find(struct machine *m, const struct guid *guid);

call_handler svc_install_config_table;

#endif
