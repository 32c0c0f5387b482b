/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * InstallConfigurationTable(). See config_table.h. How many there are is known
 * to the host (machine.n_config); the guest's copy of the number is only written.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/platform.h"
#include "firmware/mem/watch.h"
#include "firmware/services/config_table.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"
#include "uefi/rt_supported.h"

/* EFI_CONFIGURATION_TABLE */
#define ENTRY_GUID      0
#define ENTRY_TABLE     16
#define ENTRY_SIZE      24
/* EFI_SYSTEM_TABLE */
#define SYSTEM_N_TABLES 104
#define SYSTEM_TABLES   112

/* EFI_RT_PROPERTIES_TABLE, in a page of its own (UEFI 2.10 4.6.2) */
#define RT_VERSION  0
#define RT_LENGTH   2
#define RT_SERVICES 4
#define RT_BYTES    8
#define RT_PLACE    PAGE_SIZE

#define CAPACITY (PAGE_SIZE / ENTRY_SIZE)

/* Entries are resolved by this file: it goes past the watch over the page. */
static const uint8_t *entry(const struct machine *m, unsigned i)
{
	return guest_in_unwatched(m->ram, gaddr_add(m->config_table, i * ENTRY_SIZE), ENTRY_SIZE);
}

static void put(const struct machine *m, uint64_t at, const void *bytes, size_t len)
{
	memcpy(guest_out_unwatched(m->ram, gaddr_add(m->config_table, at), len), bytes, len);
}

static bool find(const struct machine *m, const struct guid *guid, unsigned *at)
{
	for (*at = 0; *at < m->n_config; (*at)++)
		if (guid_eq(guid_load(entry(m, *at) + ENTRY_GUID), *guid))
			return true;
	return false;
}

static void put_entry(struct machine *m, unsigned at, const struct guid *guid, struct gaddr table)
{
	uint8_t bytes[ENTRY_SIZE];

	memcpy(bytes + ENTRY_GUID, guid->b, sizeof(guid->b));
	put_le64(bytes + ENTRY_TABLE, table.v);
	put(m, at * ENTRY_SIZE, bytes, sizeof(bytes));
}

/* Those behind it move up. */
static void drop_entry(struct machine *m, unsigned at)
{
	for (m->n_config--; at < m->n_config; at++)
		put(m, at * ENTRY_SIZE, entry(m, at + 1), ENTRY_SIZE);
}

static void put_runtime_services(struct machine *m)
{
	uint8_t bytes[RT_BYTES];

	put_le16(bytes + RT_VERSION, 1);
	put_le16(bytes + RT_LENGTH, RT_BYTES);
	put_le32(bytes + RT_SERVICES, m->runtime_services_left);
	put(m, RT_PLACE, bytes, sizeof(bytes));
}

static bool publish(struct machine *m)
{
	bool ok = guest_write64(m->ram, gaddr_add(m->system_table, SYSTEM_N_TABLES), m->n_config) &&
		  guest_write64(
			  m->ram, gaddr_add(m->system_table, SYSTEM_TABLES), m->config_table.v);

	if (ok)
		service_table_crc(m, m->system_table);
	return ok;
}

/* ---- what machines differ in, until somebody looks ---- */

static bool is_hardware(const struct guid *guid)
{
	return guid_eq(*guid, uefi_table_fdt) || guid_eq(*guid, uefi_table_acpi20);
}

/* ACPI tables or a device tree: the array says so. */
static void resolve_array(struct machine *m)
{
	unsigned at;

	if (m->array_resolved)
		return;
	m->array_resolved = true;
	if (m->acpi_tables.v && platform_has(m->platform, PLATFORM_ACPI) &&
		find(m, &uefi_table_fdt, &at))
		put_entry(m, at, &uefi_table_acpi20, m->acpi_tables);
}

void config_table_resolve_runtime(struct machine *m)
{
	if (m->runtime_resolved)
		return;
	m->runtime_resolved = true;
	if (platform_has(m->platform, PLATFORM_RUNTIME_REFUSED))
		m->runtime_services_left &= ~EFI_RT_SUPPORTED_SET_VARIABLE;
	put_runtime_services(m);
}

void config_table_offer_acpi(struct machine *m, struct gaddr tables)
{
	m->acpi_tables = tables;
}

static void on_touch(void *ctx, unsigned number)
{
	if (number)
		config_table_resolve_runtime(ctx);
	else
		resolve_array(ctx);
}

void config_table_init(struct machine *m, struct gaddr take_pages)
{
	m->config_table = take_pages;
	m->runtime_services_left = EFI_RT_SUPPORTED_ALL;
	put_runtime_services(m);
	put_entry(
		m, m->n_config++, &uefi_table_rt_properties, gaddr_add(m->config_table, RT_PLACE));
	guest_on_touch(m->ram, on_touch);
}

/* ---- the service ---- */

efi_status config_table_install(struct machine *m, const struct guid *guid, struct gaddr table)
{
	unsigned at;

	if (find(m, guid, &at) && !table.v) {
		drop_entry(m, at);
	} else if (!table.v) {
		return EFI_NOT_FOUND;
	} else if (at == CAPACITY) {
		return EFI_OUT_OF_RESOURCES;
	} else {
		put_entry(m, at, guid, table);
		m->n_config += at == m->n_config;
	}
	if (!publish(m))
		return EFI_OUT_OF_RESOURCES;
	event_signal_group(m, guid);
	return EFI_SUCCESS;
}

struct gaddr config_table_find(struct machine *m, const struct guid *guid)
{
	unsigned at;

	return find(m, guid, &at) ? gaddr(le64(entry(m, at) + ENTRY_TABLE)) : GADDR_NULL;
}

efi_status svc_install_config_table(struct machine *m, const struct call *c)
{
	struct guid guid;

	if (!c->arg[0] || !guest_read_guid(m->ram, call_addr(c, 0), &guid))
		return EFI_INVALID_PARAMETER;
	/* Whether it is there already is what machines differ in. */
	if (is_hardware(&guid))
		resolve_array(m);
	return config_table_install(m, &guid, call_addr(c, 1));
}
