/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_RT_PROPERTIES_TABLE (UEFI 2.10 4.6.2): which runtime services are left
 * after ExitBootServices(). A firmware that has them all does without, as edk2
 * does.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "firmware/machine.h"
#include "firmware/services/config_table.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"
#include "uefi/rt_supported.h"

#define RT_VERSION  0
#define RT_LENGTH   2
#define RT_SERVICES 4
#define RT_BYTES    8

void runtime_services_leave(struct machine *m, uint32_t left)
{
	uint8_t table[RT_BYTES];
	struct gaddr a;

	m->runtime_services_left = left & EFI_RT_SUPPORTED_ALL;
	if (m->runtime_services_left == EFI_RT_SUPPORTED_ALL)
		return;
	put_le16(table + RT_VERSION, 1);
	put_le16(table + RT_LENGTH, RT_BYTES);
	put_le32(table + RT_SERVICES, m->runtime_services_left);
	a = machine_data(m, MEM_RUNTIME_DATA, RT_BYTES);
	if (!guest_write(&m->ram, a, table, sizeof(table)) ||
		config_table_install(m, &uefi_table_rt_properties, a) != EFI_SUCCESS)
		abort();
}
