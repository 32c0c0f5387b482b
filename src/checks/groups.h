/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of each source file, for the registry.
 */
#ifndef ARMVM_CHECKS_GROUPS_H
#define ARMVM_CHECKS_GROUPS_H

#include "checks/check.h"

extern const struct check_group container_checks;
extern const struct check_group gpt_checks;
extern const struct check_group gpt_partition_checks;
extern const struct check_group esp_checks;
extern const struct check_group esp_fat_checks;
extern const struct check_group loader_checks;
extern const struct check_group loader_starts_checks;
extern const struct check_group loader_updates_checks;
extern const struct check_group loader_pe_checks;
extern const struct check_group nvram_checks;
extern const struct check_group guest_checks;
extern const struct check_group guest_mounts_checks;
extern const struct check_group guest_drivers_checks;
extern const struct check_group guest_fs_drivers_checks;
extern const struct check_group guest_volumes_checks;
extern const struct check_group guest_verity_checks;
extern const struct check_group guest_names_checks;
extern const struct check_group guest_waits_checks;
extern const struct check_group guest_stops_checks;
extern const struct check_group guest_update_checks;
extern const struct check_group guest_config_checks;
extern const struct check_group guest_state_checks;
extern const struct check_group boot_emulator_checks;
extern const struct check_group boot_settle_checks;
extern const struct check_group boot_scenario_checks;
extern const struct check_group boot_checks;

#endif
