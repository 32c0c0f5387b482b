/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of quirks. See quirks.h. What is known of each: of edk2 as
 * ArmVirtQemu has it, of U-Boot from 2024.01 on (which saves options in its
 * boot manager; seen in 2025.01, while 2023.01 knows system partitions alone), of rust-hypervisor-firmware 0.4 and later.
 */
#include <string.h>

#include "firmware/bds/quirks.h"
#include "firmware/bds/saved.h"

const struct bds_quirks bds_quirks[] = {
	{ .name = "none", .title = "the specification's behaviour" },
	{
		.name = "edk2",
		.title = "edk2 on QEMU's virt machine",
		.any_partition = true,
		.saving = &bds_saving_edk2,
		.has_setup = true,
		.drops_indications = true,
		.platform_recovery = true,
		.has_shell = true,
		.repairs_gpt = true,
	},
	{
		.name = "u-boot",
		.title = "U-Boot on QEMU's virt machine",
		.any_partition = true,
		.next_must_be_active = true,
		.saving = &bds_saving_u_boot,
		.no_outside_order = true,
		.no_consoles = true,
		.runtime_set_refused = true,
		.any_program = true,
		.scans = true,
	},
	{
		.name = "rust-hypervisor-firmware",
		.title = "rust-hypervisor-firmware on Cloud Hypervisor",
		.no_consoles = true,
		.own_way = true,
	},
	{ .name = NULL },
};

const struct bds_quirks *bds_quirks_find(const char *name)
{
	for (const struct bds_quirks *q = bds_quirks; q->name; q++)
		if (strcmp(q->name, name) == 0)
			return q;
	return NULL;
}
