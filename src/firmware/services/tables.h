/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services of the tables that are served in this room, and offsets in the
 * tables (UEFI 2.10 4.2 to 4.5).
 */
#ifndef ARMVM_FIRMWARE_SERVICES_TABLES_H
#define ARMVM_FIRMWARE_SERVICES_TABLES_H

#include "firmware/core/events.h"
#include "firmware/core/handles.h"
#include "firmware/core/image.h"
#include "firmware/services/service.h"

#define TABLE_SIGNATURE 0
#define TABLE_REVISION  8
#define TABLE_SIZE      12
#define TABLE_CRC       16

#define ST_VENDOR            24
#define ST_FIRMWARE_REVISION 32
#define ST_CON_IN_HANDLE     40
#define ST_CON_IN            48
#define ST_CON_OUT_HANDLE    56
#define ST_CON_OUT           64
#define ST_STD_ERR_HANDLE    72
#define ST_STD_ERR           80
#define ST_RUNTIME_SERVICES  88
#define ST_BOOT_SERVICES     96
#define ST_CONFIG_COUNT      104
#define ST_CONFIG_TABLE      112
#define ST_BYTES             120

/* attributes.c: installs the memory attributes table; brings it up to date. */
void memory_attributes_init(struct machine *m);
void memory_attributes_update(struct machine *m);

/*
 * variables.c: for the story of a boot, what it wanted to be there at the next one (name may be
 * NULL). Once each, and not without end.
 */
void variables_note_written(struct machine *m, const uint16_t *name, efi_status status);

/* memory.c */
call_handler svc_allocate_pages, svc_free_pages, svc_get_memory_map, svc_allocate_pool,
	svc_free_pool, svc_copy_mem, svc_set_mem, svc_calculate_crc32;
/* exit.c */
call_handler svc_exit_boot_services, svc_set_virtual_address_map, svc_convert_pointer;
/* runtime.c */
call_handler svc_get_time, svc_set_time, svc_get_wakeup_time, svc_set_wakeup_time, svc_reset_system,
	svc_monotonic_count, svc_high_monotonic_count, svc_set_watchdog, svc_update_capsule,
	svc_query_capsule;
/* variables.c */
call_handler svc_get_variable, svc_get_next_variable_name, svc_set_variable,
	svc_query_variable_info;

#endif
