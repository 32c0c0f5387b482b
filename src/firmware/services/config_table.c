/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * InstallConfigurationTable(). See config_table.h. How many there are is known
 * to the host (machine.n_config); the guest's copy of the number is only written.
 */
#include "firmware/core/events.h"
#include "firmware/machine.h"
#include "firmware/services/config_table.h"
#include "firmware/services/service.h"

/* EFI_CONFIGURATION_TABLE */
#define ENTRY_GUID      0
#define ENTRY_TABLE     16
#define ENTRY_SIZE      24
/* EFI_SYSTEM_TABLE */
#define SYSTEM_N_TABLES 104
#define SYSTEM_TABLES   112

#define FIRST_CAPACITY 8
#define CAPACITY_MAX   256

static struct gaddr entry(const struct machine *m, unsigned i)
{
	return gaddr_add(m->config_table, (uint64_t)i * ENTRY_SIZE);
}

static bool find(struct machine *m, const struct guid *guid, unsigned *at)
{
	struct guid g;

	for (*at = 0; *at < m->n_config; (*at)++)
		if (guest_read_guid(&m->ram, gaddr_add(entry(m, *at), ENTRY_GUID), &g) &&
			guid_eq(g, *guid))
			return true;
	return false;
}

/* Room for one more. */
static efi_status grow(struct machine *m)
{
	unsigned cap = m->config_cap ? 2 * m->config_cap : FIRST_CAPACITY;
	struct gaddr old = m->config_table, fresh;
	const uint8_t *from;
	efi_status status;

	if (m->n_config < m->config_cap)
		return EFI_SUCCESS;
	if (cap > CAPACITY_MAX)
		return EFI_OUT_OF_RESOURCES;
	status = pool_allocate(m->pool, MEM_RUNTIME_DATA, (uint64_t)cap * ENTRY_SIZE, &fresh);
	if (status != EFI_SUCCESS)
		return status;
	from = guest_view(&m->ram, old, (uint64_t)m->n_config * ENTRY_SIZE);
	if (m->n_config &&
		(!from || !guest_write(&m->ram, fresh, from, (size_t)m->n_config * ENTRY_SIZE)))
		return EFI_OUT_OF_RESOURCES;
	if (old.v)
		pool_free(m->pool, old);
	m->config_table = fresh;
	m->config_cap = cap;
	return EFI_SUCCESS;
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

static bool remove_at(struct machine *m, unsigned at)
{
	uint8_t last[ENTRY_SIZE];

	m->n_config--;
	for (; at < m->n_config; at++)
		if (!guest_read(&m->ram, entry(m, at + 1), last, sizeof(last)) ||
			!guest_write(&m->ram, entry(m, at), last, sizeof(last)))
			return false;
	return true;
}

efi_status config_table_install(struct machine *m, const struct guid *guid, struct gaddr table)
{
	efi_status status;
	unsigned at;
	bool ok;

	if (find(m, guid, &at)) {
		ok = table.v ? guest_write64(&m->ram, gaddr_add(entry(m, at), ENTRY_TABLE), table.v)
			     : remove_at(m, at);
	} else {
		if (!table.v)
			return EFI_NOT_FOUND;
		status = grow(m);
		if (status != EFI_SUCCESS)
			return status;
		ok = guest_write_guid(&m->ram, entry(m, m->n_config), *guid) &&
		     guest_write64(&m->ram, gaddr_add(entry(m, m->n_config), ENTRY_TABLE), table.v);
		m->n_config += ok;
	}
	if (!ok || !publish(m))
		return EFI_OUT_OF_RESOURCES;
	event_signal_group(m, guid);
	return EFI_SUCCESS;
}

struct gaddr config_table_find(struct machine *m, const struct guid *guid)
{
	struct gaddr table = GADDR_NULL;
	unsigned at;

	if (!find(m, guid, &at) ||
		!guest_read_addr(&m->ram, gaddr_add(entry(m, at), ENTRY_TABLE), &table))
		return GADDR_NULL;
	return table;
}

efi_status svc_install_config_table(struct machine *m, const struct call *c)
{
	struct guid guid;

	if (!c->arg[0] || !guest_read_guid(&m->ram, call_addr(c, 0), &guid))
		return EFI_INVALID_PARAMETER;
	return config_table_install(m, &guid, call_addr(c, 1));
}
