/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware tables into guest memory. See hardware.h. They lie in memory of the
 * types that UEFI 2.10 2.3.6.2 and the Embedded Base Boot Requirements ask for.
 */
#include <errno.h>
#include <string.h>

#include "firmware/hardware.h"
#include "firmware/hw/hw.h"
#include "firmware/machine.h"
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

static int put(struct machine *m, const char *what, const struct guid *guid, uint64_t addr,
	const struct buf *bytes, struct err *err)
{
	if (!addr || !guest_write(&m->ram, gaddr(addr), bytes->data, bytes->len) ||
		config_table_install(m, guid, gaddr(addr)) != EFI_SUCCESS)
		return err_set(err, ENOMEM, "%s: no guest memory for it", what);
	return 0;
}

int hardware_install(struct machine *m, enum hardware_kind kind, struct err *err)
{
	const struct hw_config config = {
		.ram_base = RAM_BASE, .ram_size = m->ram.size, .cpus = 1
	};
	CLEANUP(buf_release) struct buf bytes = BUF_INIT, smbios = BUF_INIT;
	uint64_t addr;
	int r;

	if (kind == HARDWARE_ACPI) {
		addr = room(m, MEM_ACPI_RECLAIM, HW_ACPI_SIZE_MAX);
		hw_acpi(&config, addr, &bytes);
		r = put(m, "ACPI", &uefi_table_acpi20, addr, &bytes, err);
	} else {
		r = hw_fdt(&config, &bytes, err);
		if (r < 0)
			return r;
		addr = room(m, MEM_ACPI_RECLAIM, bytes.len);
		r = put(m, "the device tree", &uefi_table_fdt, addr, &bytes, err);
	}
	if (r < 0)
		return r;
	addr = room(m, MEM_RUNTIME_DATA, HW_SMBIOS_SIZE_MAX);
	hw_smbios(&config, addr, &smbios);
	return put(m, "SMBIOS", &uefi_table_smbios3, addr, &smbios, err);
}
