/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * InstallConfigurationTable(). See config_table.h. How many there are is known
 * to the host (machine.n_config); the guest's copy of the number is only written.
 */
#include <string.h>

#include "base/bytes.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
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

/* The host's own way to the page, past the watch over it. */
static uint8_t *page(const struct machine *m)
{
	return m->ram.host + (m->config_table.v - RAM_BASE);
}

static uint8_t *entry(const struct machine *m, unsigned i)
{
	return page(m) + (size_t)i * ENTRY_SIZE;
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
	memcpy(entry(m, at) + ENTRY_GUID, guid->b, sizeof(guid->b));
	put_le64(entry(m, at) + ENTRY_TABLE, table.v);
}

static bool publish(struct machine *m)
{
	bool ok = guest_write64(
			  &m->ram, gaddr_add(m->system_table, SYSTEM_N_TABLES), m->n_config) &&
		  guest_write64(
			  &m->ram, gaddr_add(m->system_table, SYSTEM_TABLES), m->config_table.v);

	if (ok)
		service_table_crc(m, m->system_table);
	return ok;
}

/* ---- what scenarios differ in, until somebody looks ---- */

static bool is_hardware(const struct guid *guid)
{
	return guid_eq(*guid, uefi_table_fdt) || guid_eq(*guid, uefi_table_acpi20);
}

/* ACPI tables or a device tree: the array says so. */
static void settle_array(struct machine *m)
{
	unsigned at;

	if (m->array_settled)
		return;
	m->array_settled = true;
	if (m->acpi_tables.v && m->lanes && lanes_are(m->lanes, LANE_ACPI) &&
		find(m, &uefi_table_fdt, &at))
		put_entry(m, at, &uefi_table_acpi20, m->acpi_tables);
}

void config_table_settle_runtime(struct machine *m)
{
	if (m->runtime_settled)
		return;
	m->runtime_settled = true;
	if (m->lanes && lanes_are(m->lanes, LANE_RUNTIME_REFUSED))
		m->runtime_services_left &= ~EFI_RT_SUPPORTED_SET_VARIABLE;
	put_le32(page(m) + RT_PLACE + RT_SERVICES, m->runtime_services_left);
}

void config_table_offer_acpi(struct machine *m, struct gaddr tables)
{
	m->acpi_tables = tables;
}

static void on_touch(void *ctx, unsigned number)
{
	struct machine *m = ctx;

	if (number == CONFIG_PAGES - 1 && m->ram.looked)
		m->ram.looked(m, 0, PAGE_SIZE);
	else if (number)
		config_table_settle_runtime(ctx);
	else
		settle_array(ctx);
}

void config_table_init(struct machine *m, struct gaddr take_pages)
{
	m->config_table = take_pages;
	m->runtime_services_left = EFI_RT_SUPPORTED_ALL;
	put_le16(page(m) + RT_PLACE + RT_VERSION, 1);
	put_le16(page(m) + RT_PLACE + RT_LENGTH, RT_BYTES);
	put_le32(page(m) + RT_PLACE + RT_SERVICES, EFI_RT_SUPPORTED_ALL);
	put_entry(
		m, m->n_config++, &uefi_table_rt_properties, gaddr_add(m->config_table, RT_PLACE));
	m->ram.watched = take_pages;
	m->ram.touched = on_touch;
	m->ram.touched_ctx = m;
}

/* ---- the service ---- */

efi_status config_table_install(struct machine *m, const struct guid *guid, struct gaddr table)
{
	unsigned at;

	if (find(m, guid, &at) && !table.v) {
		m->n_config--;
		memmove(entry(m, at), entry(m, at + 1), (size_t)(m->n_config - at) * ENTRY_SIZE);
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

	if (!c->arg[0] || !guest_read_guid(&m->ram, call_addr(c, 0), &guid))
		return EFI_INVALID_PARAMETER;
	/* Whether it is there already is what scenarios differ in. */
	if (is_hardware(&guid))
		settle_array(m);
	return config_table_install(m, &guid, call_addr(c, 1));
}
