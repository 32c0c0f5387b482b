/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ExitBootServices() (UEFI 2.10 7.4.6), with which the watch for the kernel's
 * entry begins, and the switch to virtual addresses (8.4).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/machine/machine.h"
#include "firmware/services/kernel.h"
#include "firmware/services/tables.h"
#include "uefi/protocols.h"

/* --- ExitBootServices() */

static void trace_exit(struct machine *m, efi_status status)
{
	char where[128];

	trace_begin(&m->trace, "exit-boot-services");
	trace_text(&m->trace, "status", efi_status_name(status));
	if (image_describe(m, cpu_get(m->cpu, CPU_LR), where, sizeof(where)))
		trace_text(&m->trace, "from", where);
	trace_end(&m->trace);
}

static void boot_services_end(struct machine *m, void *ctx)
{
	static const uint8_t gone[] = { ST_CON_IN_HANDLE, ST_CON_IN, ST_CON_OUT_HANDLE, ST_CON_OUT,
		ST_STD_ERR_HANDLE, ST_STD_ERR, ST_BOOT_SERVICES };

	(void)ctx;
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
		if (!guest_write64(m->ram, gaddr_add(m->system_table, gone[i]), 0))
			abort();
	service_table_crc(m, m->system_table);
	m->boot_services_gone = true;
	watchdog_set(m, 0);
	events_stop(m);
	trace_exit(m, EFI_SUCCESS);
	kernel_watch(m);
	cpu_return(m->cpu, EFI_SUCCESS);
}

/* The second half, when the functions that wanted to run before the map is final have run. */
static void exit_checked(struct machine *m, void *ctx)
{
	uint64_t key = *(uint64_t *)ctx;

	free(ctx);
	if (!pages_key_holds(&m->pages, key)) {
		trace_exit(m, EFI_INVALID_PARAMETER);
		call_return(m, EFI_INVALID_PARAMETER);
		return;
	}
	event_signal_group(m, &uefi_group_exit_boot_services);
	if (!events_run(m, boot_services_end, NULL))
		boot_services_end(m, NULL);
}

efi_status svc_exit_boot_services(struct machine *m, const struct call *c)
{
	uint64_t *key;

	if (!handle_of(m, call_addr(c, 0)))
		return EFI_INVALID_PARAMETER;
	key = xmemdup(&c->arg[1], sizeof(c->arg[1]));
	if (!m->exit_announced)
		event_signal_group(m, &uefi_group_before_exit_boot_services);
	m->exit_announced = true;
	if (!events_run(m, exit_checked, key))
		exit_checked(m, key);
	return CALL_DEFERRED;
}

/* --- virtual addresses */

#define MAP_ENTRIES_MAX 1024
#define D_PHYSICAL      8
#define D_VIRTUAL       16
#define D_PAGES         24

struct virtual_map {
	uint64_t size, step;
	uint8_t *entries;
};

/* The virtual address of a physical one, by the map that SetVirtualAddressMap() was given. */
static bool convert(const struct virtual_map *map, uint64_t *address)
{
	for (uint64_t at = 0; at + map->step <= map->size; at += map->step) {
		const uint8_t *d = map->entries + at;
		uint64_t start = le64(d + D_PHYSICAL), pages = le64(d + D_PAGES);

		if (*address >= start && (*address - start) / PAGE_SIZE < pages) {
			*address = *address - start + le64(d + D_VIRTUAL);
			return true;
		}
	}
	return false;
}

static void convert_place(struct machine *m, struct gaddr place)
{
	uint64_t v;

	if (guest_read64(m->ram, place, &v) && v && convert(m->virtual_map, &v) &&
		!guest_write64(m->ram, place, v))
		abort();
}

static void now_virtual(struct machine *m, void *ctx)
{
	(void)ctx;
	for (unsigned at = 24; at < 136; at += 8)
		convert_place(m, gaddr_add(m->runtime_services, at));
	service_table_crc(m, m->runtime_services);
	convert_place(m, gaddr_add(m->system_table, ST_VENDOR));
	convert_place(m, gaddr_add(m->system_table, ST_RUNTIME_SERVICES));
	convert_place(m, gaddr_add(m->system_table, ST_CONFIG_TABLE));
	service_table_crc(m, m->system_table);
	free(m->virtual_map->entries);
	free(m->virtual_map);
	m->virtual_map = NULL;
	cpu_return(m->cpu, EFI_SUCCESS);
}

efi_status svc_set_virtual_address_map(struct machine *m, const struct call *c)
{
	const uint8_t *p = guest_in(m->ram, call_addr(c, 3), c->arg[0]);

	if (!m->boot_services_gone || m->is_virtual)
		return EFI_UNSUPPORTED;
	if (call_u32(c, 2) != 1 || c->arg[1] < 40 || c->arg[0] % c->arg[1] ||
		c->arg[0] / c->arg[1] > MAP_ENTRIES_MAX || !p || !c->arg[0])
		return EFI_INVALID_PARAMETER;
	m->virtual_map = xcalloc(1, sizeof(*m->virtual_map));
	m->virtual_map->size = c->arg[0];
	m->virtual_map->step = c->arg[1];
	m->virtual_map->entries = xmemdup(p, c->arg[0]);
	m->is_virtual = true;
	event_signal_group(m, &uefi_group_virtual_address_change);
	if (!events_run(m, now_virtual, NULL))
		now_virtual(m, NULL);
	return CALL_DEFERRED;
}

efi_status svc_convert_pointer(struct machine *m, const struct call *c)
{
	uint64_t v;

	/* 8.4.2: only while SetVirtualAddressMap() is being served. */
	if (!m->virtual_map)
		return EFI_UNSUPPORTED;
	if (!c->arg[1] || !guest_read64(m->ram, call_addr(c, 1), &v))
		return EFI_INVALID_PARAMETER;
	if (!v)
		return c->arg[0] & 1 ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
	if (!convert(m->virtual_map, &v))
		return EFI_NOT_FOUND;
	return guest_write64(m->ram, call_addr(c, 1), v) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}
