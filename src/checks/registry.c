/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every check there is, in the order of the report. A check is a row in the
 * array of its family's file; a new file of checks is a row here and a line in
 * groups.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "checks/findings.h"
#include "checks/groups.h"

static const struct check_group *const groups[] = {
	&container_checks,
	&gpt_checks,
	&gpt_partition_checks,
	&esp_checks,
	&esp_fat_checks,
	&loader_checks,
	&loader_starts_checks,
	&loader_updates_checks,
	&loader_pe_checks,
	&nvram_checks,
	&guest_checks,
	&guest_mounts_checks,
	&guest_drivers_checks,
	&guest_fs_drivers_checks,
	&guest_volumes_checks,
	&guest_verity_checks,
	&guest_names_checks,
	&guest_waits_checks,
	&guest_stops_checks,
	&guest_update_checks,
	&guest_config_checks,
	&guest_state_checks,
	&boot_emulator_checks,
	&boot_settle_checks,
	&boot_scenario_checks,
	&boot_checks,
};

static const char *const families[] = { "container", "gpt", "esp", "loader", "nvram", "guest",
	"boot" };

size_t check_count(void)
{
	size_t count = 0;

	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		count += groups[g]->n;
	return count;
}

const struct check *check_at(size_t i)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
		if (i < groups[g]->n)
			return &groups[g]->checks[i];
		i -= groups[g]->n;
	}
	abort();
}

const char *check_family(const struct check *check)
{
	size_t len = strcspn(check->id, ".");

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strncmp(families[i], check->id, len) == 0 && !families[i][len])
			return families[i];
	abort();
}

const struct check *check_by_id(const char *id)
{
	for (size_t i = 0; i < check_count(); i++)
		if (strcmp(check_at(i)->id, id) == 0)
			return check_at(i);
	return NULL;
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = { "pass", "finding", "skipped", "inconclusive" };

	return names[outcome];
}
