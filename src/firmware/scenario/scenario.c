/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of scenarios. See scenario.h, and armvm-image-scenarios(7) for
 * which machines in the field are meant.
 */
#include <string.h>

#include "firmware/scenario/scenario.h"

#define ALONE "I"

const struct scenario scenarios[] = {
	{ .name = "first-boot", .policy = "stored", .disks = ALONE },
	{ .name = "dropped", .policy = "dropped", .disks = ALONE },
	{ .name = "refused-write-protected", .policy = "write-protected", .disks = ALONE },
	{ .name = "refused-unsupported", .policy = "unsupported", .disks = ALONE },
	{ .name = "full", .policy = "full", .disks = ALONE },
	{ .name = "no-variables", .policy = "all-unsupported", .disks = ALONE },
	{ .name = "wiped", .policy = "stored", .disks = ALONE, .again = AGAIN_WIPED },
	{ .name = "kept", .policy = "stored", .disks = ALONE, .again = AGAIN_KEPT },
	/* All that a guest can see of it are variables, so it costs nothing where none looks at boot options. */
	{ .name = "listed", .policy = "stored", .disks = ALONE, .keeps_options = true },
	{ .name = "stale", .policy = "stored", .disks = ALONE, .store = STORE_STALE },
	/* The disks of moved-3, so that one machine plays both as long as it can. */
	{ .name = "foreign-order", .policy = "stored", .disks = "uEIDc", .store = STORE_FOREIGN },
	/*
	 * The image first, last and between, each other fixed disk before it and behind it, the
	 * removable ones in either order and in every place.
	 */
	{ .name = "moved-1", .policy = "stored", .disks = "cuIDE" },
	{ .name = "moved-2", .policy = "stored", .disks = "DIEuc" },
	{ .name = "moved-3", .policy = "stored", .disks = "uEIDc" },
	{ .name = "moved-4", .policy = "stored", .disks = "cEDuI" },
	{ .name = "runtime-refused", .policy = "stored", .disks = ALONE, .runtime_refused = true },
	{ .name = "tpm", .policy = "stored", .disks = ALONE, .tpm = true },
	/* Without a reset there is nothing that a lost variable could lead round and round. */
	{ .name = "tpm-dropped", .policy = "dropped", .disks = ALONE, .tpm = true, .after = "tpm" },
	{ .name = "removable", .policy = "stored", .disks = ALONE, .removable = true },
	{ .name = "acpi", .policy = "stored", .disks = ALONE, .acpi = true },
	{ .name = "fdt", .policy = "stored", .disks = ALONE },
};

const size_t n_scenarios = ARRAY_SIZE(scenarios);

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < n_scenarios; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	return NULL;
}
