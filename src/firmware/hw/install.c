/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware tables into guest memory. See install.h. They lie in memory of the
 * types that UEFI 2.10 2.3.6.2 and the Embedded Base Boot Requirements ask for.
 */
#include <errno.h>
#include <string.h>

#include "firmware/hw/install.h"
#include "firmware/hw/hw.h"
#include "firmware/machine/machine.h"
#include "firmware/services/config_table.h"
#include "uefi/protocols.h"

/* Pages for size bytes; 0 when there are none. */
static uint64_t room(struct machine *m, uint32_t type, uint64_t size)
{
	uint64_t addr = 0;

	if (pages_allocate(&m->pages, ALLOCATE_ANY, type, (size + PAGE_SIZE - 1) / PAGE_SIZE,
		    &addr) != EFI_SUCCESS)
		return 0;
	return addr;
}

static int no_memory(const char *what, struct err *err)
{
	return err_set(err, ENOMEM, "%s: no guest memory for it", what);
}

static int put(struct machine *m, const char *what, uint64_t addr, const struct buf *bytes,
	struct err *err)
{
	return addr && guest_write(m->ram, gaddr(addr), buf_bytes(bytes), bytes->len)
		       ? 0
		       : no_memory(what, err);
}

static int name(struct machine *m, const char *what, const struct guid *guid, uint64_t addr,
	struct err *err)
{
	return config_table_install(m, guid, gaddr(addr)) == EFI_SUCCESS ? 0 : no_memory(what, err);
}

int hardware_install(struct machine *m, struct err *err)
{
	const struct hw_config config = { .ram_base = RAM_BASE, .ram_size = guest_size(m->ram) };
	CLEANUP(buf_release) struct buf fdt = BUF_INIT, acpi = BUF_INIT, smbios = BUF_INIT;
	uint64_t addr;
	int r = hw_fdt(&config, &fdt, err);

	if (r < 0)
		return r;
	addr = room(m, MEM_ACPI_RECLAIM, fdt.len);
	r = put(m, "the device tree", addr, &fdt, err);
	if (r == 0)
		r = name(m, "the device tree", &uefi_table_fdt, addr, err);
	if (r < 0)
		return r;
	addr = room(m, MEM_ACPI_RECLAIM, HW_ACPI_SIZE_MAX);
	hw_acpi(addr, &acpi);
	r = put(m, "ACPI", addr, &acpi, err);
	if (r < 0)
		return r;
	config_table_offer_acpi(m, gaddr(addr));
	addr = room(m, MEM_RUNTIME_DATA, HW_SMBIOS_SIZE_MAX);
	hw_smbios(&config, addr, &smbios);
	r = put(m, "SMBIOS", addr, &smbios, err);
	return r < 0 ? r : name(m, "SMBIOS", &uefi_table_smbios3, addr, err);
}
