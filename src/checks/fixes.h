/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The repairs that rows of checks name as their fix (see struct check). Each
 * adds to a plan what mends all that its check reports. Private to checks/.
 */
#ifndef ARMVM_CHECKS_FIXES_H
#define ARMVM_CHECKS_FIXES_H

#include "checks/check.h"

typedef int fix_fn(struct image *image, struct plan *plan, struct err *err);

/* container_fix.c */
fix_fn fix_container_rewrite, fix_container_repair, fix_container_flatten, fix_container_size,
	fix_container_iso;

/* gpt_fix.c */
fix_fn fix_gpt_table; /* both copies and the protective MBR anew */
fix_fn fix_gpt_from_mbr, fix_gpt_guids, fix_gpt_attributes, fix_gpt_names, fix_gpt_legacy_boot;
fix_fn fix_gpt_esp, fix_gpt_esp_block_io, fix_gpt_esp_number, fix_gpt_root_type;

/* esp_fix.c */
fix_fn fix_esp_fsck, fix_esp_fat32, fix_esp_variables, fix_esp_firmware;

/* loader_fix.c */
fix_fn fix_fallback; /* \EFI\BOOT filled from what the image holds */
fix_fn fix_programs; /* the same, for programs that are damaged */
fix_fn fix_shim_fallback, fix_grub_search, fix_grub_menu, fix_default_entry, fix_menu_wait,
	fix_config_copies, fix_updates_reach;

/* guest_fix.c */
fix_fn fix_fstab_devices, fix_fstab_missing, fix_fstab_esp, fix_fstab_efivarfs, fix_grub_uuid,
	fix_machine_id, fix_lvm_devices, fix_root_fsck;

/* cmdline_fix.c */
fix_fn fix_root_name, fix_next_root_name, fix_hardware_words, fix_console;

#endif
