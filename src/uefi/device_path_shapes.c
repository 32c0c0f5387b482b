/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables behind the text of device paths. See device_path_shapes.h.
 */
#include "uefi/device_path_shapes.h"
#include "uefi/protocols.h"

/* clang-format off */
const struct dp_shape dp_shapes[] = {
	{ 1, 1, "Pci", "bb", "10" },
	{ 1, 2, "PcCard", "b", NULL },
	{ 1, 3, "MemoryMapped", "dqq", NULL },
	{ 1, 4, "VenHw", "g*", NULL },
	{ 1, 5, "Ctrl", "d", NULL },
	{ 1, 6, "BMC", "bq", NULL },
	{ 2, 3, "AcpiAdr", "d", NULL },
	{ 3, 2, "Scsi", "ww", NULL },
	{ 3, 3, "Fibre", "rqq", NULL },
	{ 3, 4, "I1394", "rQ", NULL },
	{ 3, 5, "USB", "bb", NULL },
	{ 3, 6, "I2O", "d", NULL },
	{ 3, 10, "VenMsg", "g*", NULL },
	{ 3, 15, "UsbClass", "wwbbb", NULL },
	{ 3, 16, "UsbWwid", "wwws", "1203" },
	{ 3, 17, "Unit", "b", NULL },
	{ 3, 18, "Sata", "www", NULL },
	{ 3, 20, "Vlan", "D", NULL },
	{ 3, 24, "Uri", "a", NULL },
	{ 3, 25, "UFS", "bb", NULL },
	{ 3, 26, "SD", "b", NULL },
	{ 3, 29, "eMMC", "b", NULL },
	{ 4, 2, "CDROM", "dqq", NULL },
	{ 4, 3, "VenMedia", "g*", NULL },
	{ 4, 5, "Media", "g", NULL },
	{ 4, 6, "FvFile", "g", NULL },
	{ 4, 7, "Fv", "g", NULL },
	{ 4, 8, "Offset", "rqq", NULL },
};
const size_t dp_n_shapes = ARRAY_SIZE(dp_shapes);

const char *const dp_generic[6] = {
	NULL, "HardwarePath", "AcpiPath", "Msg", "MediaPath", "BbsPath",
};

const struct dp_acpi_name dp_acpi_names[] = {
	{ 0x0a03, "PciRoot" },
	{ 0x0a08, "PcieRoot" },
	{ 0x0604, "Floppy" },
	{ 0x0301, "Keyboard" },
	{ 0x0501, "Serial" },
	{ 0x0401, "ParallelPort" },
};
const size_t dp_n_acpi_names = ARRAY_SIZE(dp_acpi_names);

const struct dp_vendor_name dp_vendor_names[] = {
	{ UEFI_GUID(0xe0c14753, 0xf9be, 0x11d2, 0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d), "VenPcAnsi" },
	{ UEFI_GUID(0xdfa66065, 0xb419, 0x11d3, 0x9a, 0x2d, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d), "VenVt100" },
	{ UEFI_GUID(0x7baec70b, 0x57e0, 0x4c76, 0x8e, 0x87, 0x2f, 0x9e, 0x28, 0x08, 0x83, 0x43), "VenVt100Plus" },
	{ UEFI_GUID(0xad15a0d6, 0x8bec, 0x4acf, 0xa0, 0x73, 0xd0, 0x1d, 0xe7, 0x7e, 0x2d, 0x88), "VenUtf8" },
};
const size_t dp_n_vendor_names = ARRAY_SIZE(dp_vendor_names);

const struct dp_vendor_name dp_ram_disks[] = {
	{ UEFI_GUID(0x77ab535a, 0x45fc, 0x624b, 0x55, 0x60, 0xf7, 0xb2, 0x81, 0xd1, 0xf9, 0x6e), "VirtualDisk" },
	{ UEFI_GUID(0x3d5abd30, 0x4175, 0x87ce, 0x6d, 0x64, 0xd2, 0xad, 0xe5, 0x23, 0xc4, 0xbb), "VirtualCD" },
	{ UEFI_GUID(0x5cea02c9, 0x4d07, 0x69d3, 0x26, 0x9f, 0x44, 0x96, 0xfb, 0xe0, 0x96, 0xf9), "PersistentVirtualDisk" },
	{ UEFI_GUID(0x08018188, 0x42cd, 0xbb48, 0x10, 0x0f, 0x53, 0x87, 0xd5, 0x3d, 0xed, 0x3d), "PersistentVirtualCD" },
};
const size_t dp_n_ram_disks = ARRAY_SIZE(dp_ram_disks);
/* clang-format on */
