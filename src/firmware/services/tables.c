/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system table and the tables of boot and runtime services (UEFI 2.10 4.3
 * to 4.5), all in runtime services data since the kernel keeps the first and
 * the last.
 */
#include <stdlib.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/utf16.h"
#include "firmware/machine/machine.h"
#include "firmware/services/config_table.h"
#include "firmware/services/tables.h"
#include "uefi/rt_supported.h"

#define REVISION_2_10 (2u << 16 | 100)

static const struct service boot_rows[] = {
	{ 24, "RaiseTPL", svc_raise_tpl, { ARG_U64 }, SERVICE_QUIET },
	{ 32, "RestoreTPL", svc_restore_tpl, { ARG_U64 }, SERVICE_QUIET },
	{ 40, "AllocatePages", svc_allocate_pages, { ARG_U32, ARG_U32, ARG_U64, ARG_INOUT64 },
		SERVICE_APART },
	{ 48, "FreePages", svc_free_pages, { ARG_U64, ARG_U64 }, SERVICE_APART },
	{ 56, "GetMemoryMap", svc_get_memory_map,
		{ ARG_INOUT64, ARG_ROOM(0), ARG_OUT(8), ARG_OUT(8), ARG_OUT(4) }, SERVICE_APART },
	{ 64, "AllocatePool", svc_allocate_pool, { ARG_U32, ARG_U64, ARG_OUT(8) },
		SERVICE_QUIET | SERVICE_APART },
	{ 72, "FreePool", svc_free_pool, { ARG_U64 }, SERVICE_QUIET | SERVICE_APART },
	{ 80, "CreateEvent", svc_create_event, { ARG_U32, ARG_U64, ARG_FN, ARG_U64, ARG_OUT(8) },
		0 },
	{ 88, "SetTimer", svc_set_timer, { ARG_EVENT, ARG_U32, ARG_U64 }, SERVICE_QUIET },
	{ 96, "WaitForEvent", svc_wait_for_event, { ARG_U64, ARG_IN_BY(0, 8), ARG_OUT(8) },
		SERVICE_QUIET },
	{ 104, "SignalEvent", svc_signal_event, { ARG_EVENT }, SERVICE_QUIET },
	{ 112, "CloseEvent", svc_close_event, { ARG_EVENT }, 0 },
	{ 120, "CheckEvent", svc_check_event, { ARG_EVENT }, SERVICE_QUIET },
	{ 128, "InstallProtocolInterface", svc_install_protocol,
		{ ARG_INOUT64, ARG_GUID, ARG_U32, ARG_U64 }, 0 },
	{ 136, "ReinstallProtocolInterface", svc_reinstall_protocol,
		{ ARG_HANDLE, ARG_GUID, ARG_U64, ARG_U64 }, 0 },
	{ 144, "UninstallProtocolInterface", svc_uninstall_protocol,
		{ ARG_HANDLE, ARG_GUID, ARG_U64 }, 0 },
	{ 152, "HandleProtocol", svc_handle_protocol, { ARG_HANDLE, ARG_GUID, ARG_OUT(8) }, 0 },
	{ 168, "RegisterProtocolNotify", svc_register_notify, { ARG_GUID, ARG_EVENT, ARG_OUT(8) },
		0 },
	{ 176, "LocateHandle", svc_locate_handle,
		{ ARG_U32, ARG_GUID, ARG_U64, ARG_INOUT64, ARG_ROOM(3) }, SERVICE_APART },
	{ 184, "LocateDevicePath", svc_locate_device_path, { ARG_GUID, ARG_INOUT64, ARG_OUT(8) }, 0,
		"the device path whose address the second one leads to" },
	{ 192, "InstallConfigurationTable", svc_install_config_table, { ARG_GUID, ARG_U64 }, 0 },
	{ 200, "LoadImage", svc_load_image,
		{ ARG_BOOL, ARG_HANDLE, ARG_PATH, ARG_IN_BY(4, 1), ARG_U64, ARG_OUT(8) }, 0 },
	{ 208, "StartImage", svc_start_image, { ARG_HANDLE, ARG_OUT(8), ARG_OUT(8) }, 0 },
	{ 216, "Exit", svc_exit, { ARG_HANDLE, ARG_U64, ARG_U64, ARG_KEPT }, 0 },
	{ 224, "UnloadImage", svc_unload_image, { ARG_HANDLE }, 0 },
	{ 232, "ExitBootServices", svc_exit_boot_services, { ARG_HANDLE, ARG_U64 }, 0 },
	{ 240, "GetNextMonotonicCount", svc_monotonic_count, { ARG_OUT(8) }, 0 },
	{ 248, "Stall", svc_stall, { ARG_U64 }, SERVICE_QUIET },
	{ 256, "SetWatchdogTimer", svc_set_watchdog, { ARG_U64, ARG_U64, ARG_U64, ARG_STR16 }, 0 },
	{ 264, "ConnectController", svc_connect, { ARG_HANDLE, ARG_KEPT, ARG_PATH, ARG_BOOL }, 0,
		"the list of drivers, up to NULL" },
	{ 272, "DisconnectController", svc_disconnect, { ARG_HANDLE, ARG_HANDLE, ARG_HANDLE }, 0 },
	{ 280, "OpenProtocol", svc_open_protocol,
		{ ARG_HANDLE, ARG_GUID, ARG_OUT(8), ARG_HANDLE, ARG_HANDLE, ARG_U32 }, 0 },
	{ 288, "CloseProtocol", svc_close_protocol,
		{ ARG_HANDLE, ARG_GUID, ARG_HANDLE, ARG_HANDLE }, 0 },
	{ 296, "OpenProtocolInformation", svc_open_information,
		{ ARG_HANDLE, ARG_GUID, ARG_OUT(8), ARG_OUT(8) }, 0 },
	{ 304, "ProtocolsPerHandle", svc_protocols_per_handle,
		{ ARG_HANDLE, ARG_OUT(8), ARG_OUT(8) }, 0 },
	{ 312, "LocateHandleBuffer", svc_locate_handle_buffer,
		{ ARG_U32, ARG_GUID, ARG_U64, ARG_OUT(8), ARG_OUT(8) }, 0 },
	{ 320, "LocateProtocol", svc_locate_protocol, { ARG_GUID, ARG_U64, ARG_OUT(8) }, 0 },
	/* The rest of the arguments of these two are read by their handlers. */
	{ 328, "InstallMultipleProtocolInterfaces", svc_install_multiple,
		{ ARG_INOUT64, ARG_GUID, ARG_U64 }, 0,
		"GUIDs and interfaces by turns, up to NULL" },
	{ 336, "UninstallMultipleProtocolInterfaces", svc_uninstall_multiple,
		{ ARG_HANDLE, ARG_GUID, ARG_U64 }, 0, "GUIDs and interfaces by turns, up to NULL" },
	{ 344, "CalculateCrc32", svc_calculate_crc32, { ARG_IN_BY(1, 1), ARG_U64, ARG_OUT(4) },
		SERVICE_APART },
	{ 352, "CopyMem", svc_copy_mem, { ARG_OUT_BY(2, 1), ARG_IN_BY(2, 1), ARG_U64 },
		SERVICE_QUIET | SERVICE_APART | SERVICE_FAULT },
	{ 360, "SetMem", svc_set_mem, { ARG_OUT_BY(1, 1), ARG_U64, ARG_U32 },
		SERVICE_QUIET | SERVICE_APART | SERVICE_FAULT },
	{ 368, "CreateEventEx", svc_create_event_ex,
		{ ARG_U32, ARG_U64, ARG_FN, ARG_U64, ARG_GUID, ARG_OUT(8) }, 0 },
};
#define BOOT_SIZE 376
_Static_assert(ARRAY_SIZE(boot_rows) == (BOOT_SIZE - 24) / 8 - 1,
	"every boot service but the reserved place has a row");

static const struct service runtime_rows[] = {
	{ 24, "GetTime", svc_get_time, { ARG_OUT(16), ARG_OUT(12) }, 0 },
	{ 32, "SetTime", svc_set_time, { ARG_IN(16) }, 0 },
	{ 40, "GetWakeupTime", svc_get_wakeup_time, { ARG_OUT(1), ARG_OUT(1), ARG_OUT(16) }, 0 },
	{ 48, "SetWakeupTime", svc_set_wakeup_time, { ARG_BOOL, ARG_IN(16) }, 0 },
	{ 56, "SetVirtualAddressMap", svc_set_virtual_address_map,
		{ ARG_U64, ARG_U64, ARG_U32, ARG_IN_BY(0, 1) }, 0 },
	{ 64, "ConvertPointer", svc_convert_pointer, { ARG_U64, ARG_INOUT64 }, 0 },
	{ 72, "GetVariable", svc_get_variable,
		{ ARG_STR16, ARG_GUID, ARG_OUT(4), ARG_INOUT64, ARG_ROOM(3) }, SERVICE_APART },
	{ 80, "GetNextVariableName", svc_get_next_variable_name,
		{ ARG_INOUT64, ARG_STR16_BOTH, ARG_GUID_BOTH }, SERVICE_QUIET | SERVICE_APART },
	{ 88, "SetVariable", svc_set_variable,
		{ ARG_STR16, ARG_GUID, ARG_U32, ARG_U64, ARG_IN_BY(3, 1) }, SERVICE_APART },
	{ 96, "GetNextHighMonotonicCount", svc_high_monotonic_count, { ARG_OUT(4) }, 0 },
	{ 104, "ResetSystem", svc_reset_system, { ARG_U32, ARG_U64, ARG_U64, ARG_IN_BY(2, 1) }, 0 },
	{ 112, "UpdateCapsule", svc_update_capsule, { ARG_IN_BY(1, 8), ARG_U64, ARG_U64 }, 0 },
	{ 120, "QueryCapsuleCapabilities", svc_query_capsule,
		{ ARG_IN_BY(1, 8), ARG_U64, ARG_OUT(8), ARG_OUT(4) }, 0 },
	{ 128, "QueryVariableInfo", svc_query_variable_info,
		{ ARG_U32, ARG_OUT(8), ARG_OUT(8), ARG_OUT(8) }, SERVICE_APART },
};
#define RUNTIME_SIZE 136
_Static_assert(
	ARRAY_SIZE(runtime_rows) == (RUNTIME_SIZE - 24) / 8, "every runtime service has a row");

/* The rows' bits in the properties table, which has them in another order. */
static const uint16_t runtime_bits[] = {
	EFI_RT_SUPPORTED_GET_TIME,
	EFI_RT_SUPPORTED_SET_TIME,
	EFI_RT_SUPPORTED_GET_WAKEUP_TIME,
	EFI_RT_SUPPORTED_SET_WAKEUP_TIME,
	EFI_RT_SUPPORTED_SET_VIRTUAL_ADDRESS_MAP,
	EFI_RT_SUPPORTED_CONVERT_POINTER,
	EFI_RT_SUPPORTED_GET_VARIABLE,
	EFI_RT_SUPPORTED_GET_NEXT_VARIABLE_NAME,
	EFI_RT_SUPPORTED_SET_VARIABLE,
	EFI_RT_SUPPORTED_GET_NEXT_HIGH_MONOTONIC_COUNT,
	EFI_RT_SUPPORTED_RESET_SYSTEM,
	EFI_RT_SUPPORTED_UPDATE_CAPSULE,
	EFI_RT_SUPPORTED_QUERY_CAPSULE_CAPABILITIES,
	EFI_RT_SUPPORTED_QUERY_VARIABLE_INFO,
};
_Static_assert(ARRAY_SIZE(runtime_bits) == ARRAY_SIZE(runtime_rows), "a bit for every row");

bool service_is_gone(struct machine *m, const struct service *s)
{
	for (size_t i = 0; m->boot_services_gone && i < ARRAY_SIZE(runtime_rows); i++) {
		if (s != &runtime_rows[i])
			continue;
		config_table_resolve_runtime(m);
		return !(m->runtime_services_left & runtime_bits[i]);
	}
	return false;
}

static void put64(struct machine *m, struct gaddr table, unsigned offset, uint64_t v)
{
	if (!guest_write64(m->ram, gaddr_add(table, offset), v))
		abort();
}

static void put32(struct machine *m, struct gaddr table, unsigned offset, uint32_t v)
{
	if (!guest_write32(m->ram, gaddr_add(table, offset), v))
		abort();
}

static struct gaddr make_table(struct machine *m, uint64_t signature, uint32_t size)
{
	struct gaddr table = machine_data(m, MEM_RUNTIME_DATA, size);

	put64(m, table, TABLE_SIGNATURE, signature);
	put32(m, table, TABLE_REVISION, REVISION_2_10);
	put32(m, table, TABLE_SIZE, size);
	return table;
}

void service_table_crc(struct machine *m, struct gaddr table)
{
	const uint8_t *p;
	uint32_t size = 0;

	/* The guest may have written there: a table that makes no sense stays as it is. */
	if (!guest_read32(m->ram, gaddr_add(table, TABLE_SIZE), &size) || size < 24 || size > 4096)
		return;
	put32(m, table, TABLE_CRC, 0);
	p = guest_in(m->ram, table, size);
	if (p)
		put32(m, table, TABLE_CRC, (uint32_t)crc32(0, p, size));
}

static void name_vendor(struct machine *m)
{
	uint8_t text[64] = { 0 };
	struct gaddr a = machine_data(m, MEM_RUNTIME_DATA, sizeof(text));

	if (utf8_to_utf16le("armvm-firmware", text, 31) < 0 ||
		!guest_write(m->ram, a, text, sizeof(text)))
		abort();
	put64(m, m->system_table, ST_VENDOR, a.v);
}

void services_init(struct machine *m)
{
	m->boot_services = make_table(m, UINT64_C(0x56524553544f4f42), BOOT_SIZE);
	service_install(m, m->boot_services, boot_rows, ARRAY_SIZE(boot_rows));
	m->runtime_services = make_table(m, UINT64_C(0x56524553544e5552), RUNTIME_SIZE);
	service_install(m, m->runtime_services, runtime_rows, ARRAY_SIZE(runtime_rows));
	m->system_table = make_table(m, UINT64_C(0x5453595320494249), ST_BYTES);
	name_vendor(m);
	put32(m, m->system_table, ST_FIRMWARE_REVISION, 0x10000);
	put64(m, m->system_table, ST_RUNTIME_SERVICES, m->runtime_services.v);
	put64(m, m->system_table, ST_BOOT_SERVICES, m->boot_services.v);
	service_table_crc(m, m->boot_services);
	service_table_crc(m, m->runtime_services);
	service_table_crc(m, m->system_table);
	memory_attributes_init(m);
}
