/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocols that belong to no disk, in the order in which they come up.
 */
#include <stdlib.h>

#include "firmware/machine/machine.h"
#include "firmware/proto/console.h"
#include "firmware/proto/registers.h"
#include "firmware/services/service.h"

struct gaddr protocol_install(struct machine *m, struct handle *h, const struct guid *guid,
	size_t size, const struct service *rows, size_t n, void *host)
{
	struct gaddr interface = machine_data(m, MEM_BOOT_DATA, size);

	service_install(m, interface, rows, n);
	if (handle_install(m, h, guid, interface, host) != EFI_SUCCESS)
		abort();
	return interface;
}

static protocol_register *const registers[] = {
	console_init,
	decompress_register,
	device_path_register,
	gop_register,
	hii_register,
	memory_attribute_register,
	reset_notification_register,
	rng_register,
	security_register,
	tcg2_register,
	unicode_collation_register,
};

void protocols_init(struct machine *m, const struct protocols_config *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		registers[i](m, config);
	service_table_crc(m, m->system_table);
}
