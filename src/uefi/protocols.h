/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GUIDs of protocols, event groups, configuration tables and variables, as
 * bytes (UEFI 2.10; the source is named where it is another one).
 */
#ifndef ARMVM_UEFI_PROTOCOLS_H
#define ARMVM_UEFI_PROTOCOLS_H

#include "base/guid.h"

/* Written as the specification does; a constant expression. */
#define UEFI_GUID(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7)                                         \
	{                                                                                          \
		{                                                                                  \
			(uint8_t)((a)&0xff), (uint8_t)((a) >> 8 & 0xff),                           \
				(uint8_t)((a) >> 16 & 0xff), (uint8_t)((a) >> 24 & 0xff),          \
				(uint8_t)((b)&0xff), (uint8_t)((b) >> 8), (uint8_t)((c)&0xff),     \
				(uint8_t)((c) >> 8), d0, d1, d2, d3, d4, d5, d6, d7                \
		}                                                                                  \
	}

/* Protocols */
extern const struct guid uefi_loaded_image, uefi_loaded_image_device_path, uefi_device_path,
	uefi_device_path_to_text, uefi_device_path_from_text, uefi_device_path_utilities,
	uefi_driver_binding, uefi_component_name2, uefi_bus_specific_override,
	uefi_platform_override, uefi_driver_family_override;
extern const struct guid uefi_block_io, uefi_block_io2, uefi_disk_io, uefi_disk_io2,
	uefi_simple_file_system, uefi_load_file, uefi_load_file2, uefi_file_info,
	uefi_file_system_info, uefi_file_system_volume_label;
extern const struct guid uefi_text_in, uefi_text_in_ex, uefi_simple_pointer, uefi_absolute_pointer,
	uefi_text_out, uefi_gop, uefi_edid_active, uefi_edid_discovered, uefi_rng,
	uefi_unicode_collation2, uefi_memory_attribute, uefi_serial_io, uefi_tcg2,
	uefi_shell_parameters, uefi_hii_database, uefi_hii_package_list, uefi_hii_watcher,
	uefi_decompress, uefi_partition_info, uefi_reset_notification, uefi_hii_font,
	uefi_hii_string, uefi_hii_config_routing, uefi_hii_config_access, uefi_simple_network,
	uefi_security2_arch, uefi_security_arch;

/* Event groups (7.1) */
extern const struct guid uefi_group_exit_boot_services, uefi_group_before_exit_boot_services,
	uefi_group_virtual_address_change, uefi_group_memory_map_change, uefi_group_ready_to_boot,
	uefi_group_after_ready_to_boot, uefi_group_reset_system, uefi_group_keyboard_layout;

/* Configuration tables (4.6), and vendors of variables */
extern const struct guid uefi_table_fdt, uefi_table_acpi20, uefi_table_smbios3,
	uefi_table_memory_attributes, uefi_table_rt_properties;
extern const struct guid uefi_global_variable, uefi_image_security_database;
/* The vendor of edk2's CustomMode. */
extern const struct guid uefi_custom_mode;
/* The kind of a signature: PKCS #7 (8.2.2, 32.2.4). */
extern const struct guid uefi_cert_type_pkcs7;
/* The media device path of an initrd that the kernel's stub asks for (Linux's own). */
extern const struct guid uefi_linux_initrd_media;

/* "LoadedImage", for traces; NULL when it is not one of these. */
const char *uefi_protocol_name(struct guid guid);

#endif
