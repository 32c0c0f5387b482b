/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table behind the text of device paths. See device_path_shapes.h. GUIDs
 * are written as they lie in a node.
 */
#include "uefi/device_path_shapes.h"

static const struct dp_words controllers = { "Primary", -1,
	{ { "Primary", 0 }, { "Secondary", 1 } } };
static const struct dp_words drives = { "Master", -1, { { "Master", 0 }, { "Slave", 1 } } };
static const struct dp_words protocols = { NULL, -1, { { "TCP", 6 }, { "UDP", 17 } } };
static const struct dp_words origins4 = { "Static", 0, { { "DHCP", 0 }, { "Static", 1 } } };
static const struct dp_words origins6 = { "StatefulAutoConfigure", 2,
	{ { "Static", 0 }, { "StatelessAutoConfigure", 1 } } };
static const struct dp_words parities = { "x", -1,
	{ { "D", 0 }, { "N", 1 }, { "E", 2 }, { "O", 3 }, { "M", 4 }, { "S", 5 } } };
static const struct dp_words stops = { "x", -1,
	{ { "D", 0 }, { "1", 1 }, { "1.5", 2 }, { "2", 3 } } };
static const struct dp_words flows = { NULL, 0,
	{ { "None", 0 }, { "Hardware", 1 }, { "XonXoff", 2 } } };
static const struct dp_words transports = { "reserved", 1, { { "TCP", 0 }, { "", 0 } } };
static const struct dp_words legacy = { NULL, -1,
	{ { "Floppy", 1 }, { "HD", 2 }, { "CDROM", 3 }, { "PCMCIA", 4 }, { "USB", 5 },
		{ "Network", 6 } } };

/* clang-format off */
#define LONG     DP_FIELD_LONG
#define OPTIONAL (DP_FIELD_LONG | DP_FIELD_OPTIONAL)
#define ONES     DP_FIELD_ONES
#define SHORTCUT DP_SHAPE_SHORTCUT
#define PARSED   DP_SHAPE_PARSED
#define NO_MARK  { 0 }

#define ACPI(name, id) { 2, 1, name, 8, 0, { 0, 4, { 0xd0, 0x41, (id) & 0xff, (id) >> 8 } }, \
	{ { &dp_hex, 4, 4, 0, NULL } }, NULL }

#define USB_CLASS(name, class) { 3, 15, name, 7, 0, { 4, 1, { class } }, \
	{ { &dp_hex, 0, 2, ONES, NULL }, { &dp_hex, 2, 2, ONES, NULL }, { &dp_hex, 5, 1, ONES, NULL }, { &dp_hex, 6, 1, ONES, NULL } }, NULL }
#define USB_SUBCLASS(name, subclass) { 3, 15, name, 7, 0, { 4, 2, { 0xfe, subclass } }, \
	{ { &dp_hex, 0, 2, ONES, NULL }, { &dp_hex, 2, 2, ONES, NULL }, { &dp_hex, 6, 1, ONES, NULL } }, NULL }

#define VENDOR(type, subtype, name) { type, subtype, name, 16, 0, NO_MARK, \
	{ { &dp_guid, 0, 16, 0, NULL }, { &dp_bytes, 16, 0, DP_FIELD_OPTIONAL, NULL } }, NULL }
#define VENDOR_NAME(name, ...) { 3, 10, name, 16, SHORTCUT, { 0, 16, { __VA_ARGS__ } }, { { NULL, 0, 0, 0, NULL } }, NULL }

#define RAM_DISK(name, ...) { 4, 9, name, 34, 0, { 16, 16, { __VA_ARGS__ } }, \
	{ { &dp_hex, 0, 8, 0, NULL }, { &dp_hex, 8, 8, 0, NULL }, { &dp_decimal, 32, 2, 0, NULL } }, NULL }

const struct dp_shape dp_shapes[] = {
	{ 1, 1, "Pci", 2, 0, NO_MARK, { { &dp_hex, 1, 1, 0, NULL }, { &dp_hex, 0, 1, 0, NULL } }, NULL },
	{ 1, 2, "PcCard", 1, 0, NO_MARK, { { &dp_hex, 0, 1, 0, NULL } }, NULL },
	{ 1, 3, "MemoryMapped", 20, 0, NO_MARK, { { &dp_hex, 0, 4, 0, NULL }, { &dp_hex, 4, 8, 0, NULL }, { &dp_hex, 12, 8, 0, NULL } }, NULL },
	VENDOR(1, 4, "VenHw"),
	{ 1, 5, "Ctrl", 4, 0, NO_MARK, { { &dp_hex, 0, 4, 0, NULL } }, NULL },
	{ 1, 6, "BMC", 9, 0, NO_MARK, { { &dp_hex, 0, 1, 0, NULL }, { &dp_hex, 1, 8, 0, NULL } }, NULL },

	ACPI("PciRoot", 0x0a03),
	ACPI("PcieRoot", 0x0a08),
	ACPI("Floppy", 0x0604),
	ACPI("Keyboard", 0x0301),
	ACPI("Serial", 0x0501),
	ACPI("ParallelPort", 0x0401),
	{ 2, 1, "Acpi", 8, 0, NO_MARK, { { &dp_hid, 0, 4, 0, NULL }, { &dp_hex, 4, 4, 0, NULL } }, NULL },
	{ 2, 2, "AcpiExp", 12, PARSED, NO_MARK, { { &dp_eisa, 0, 4, 0, NULL }, { &dp_eisa, 8, 4, 0, NULL }, { &dp_acpi_uid, 12, 0, 0, NULL } }, NULL },
	{ 2, 2, "AcpiEx", 12, 0, NO_MARK, { { &dp_eisa, 0, 4, 0, NULL }, { &dp_eisa, 8, 4, 0, NULL }, { &dp_hex, 4, 4, 0, NULL }, { &dp_acpi_strings, 12, 0, 0, NULL } }, dp_put_acpi_ex },
	{ 2, 3, "AcpiAdr", 0, 0, NO_MARK, { { &dp_list32, 0, 0, 0, NULL } }, NULL },

	{ 3, 1, "Ata", 4, 0, NO_MARK, { { &dp_word, 0, 1, LONG, &controllers }, { &dp_word, 1, 1, LONG, &drives }, { &dp_hex, 2, 2, 0, NULL } }, NULL },
	{ 3, 2, "Scsi", 4, 0, NO_MARK, { { &dp_hex, 0, 2, 0, NULL }, { &dp_hex, 2, 2, 0, NULL } }, NULL },
	{ 3, 3, "Fibre", 20, 0, NO_MARK, { { &dp_hex, 4, 8, 0, NULL }, { &dp_hex, 12, 8, 0, NULL } }, NULL },
	{ 3, 4, "I1394", 12, 0, NO_MARK, { { &dp_digits, 4, 8, 0, NULL } }, NULL },
	{ 3, 5, "USB", 2, 0, NO_MARK, { { &dp_hex, 0, 1, 0, NULL }, { &dp_hex, 1, 1, 0, NULL } }, NULL },
	{ 3, 6, "I2O", 4, 0, NO_MARK, { { &dp_hex, 0, 4, 0, NULL } }, NULL },
	{ 3, 9, "Infiniband", 44, 0, NO_MARK, { { &dp_hex, 0, 4, 0, NULL }, { &dp_guid, 4, 16, 0, NULL }, { &dp_hex, 20, 8, 0, NULL }, { &dp_hex, 28, 8, 0, NULL }, { &dp_hex, 36, 8, 0, NULL } }, NULL },

	VENDOR_NAME("VenPcAnsi", 0x53, 0x47, 0xc1, 0xe0, 0xbe, 0xf9, 0xd2, 0x11, 0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d),
	VENDOR_NAME("VenVt100", 0x65, 0x60, 0xa6, 0xdf, 0x19, 0xb4, 0xd3, 0x11, 0x9a, 0x2d, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d),
	VENDOR_NAME("VenVt100Plus", 0x0b, 0xc7, 0xae, 0x7b, 0xe0, 0x57, 0x76, 0x4c, 0x8e, 0x87, 0x2f, 0x9e, 0x28, 0x08, 0x83, 0x43),
	VENDOR_NAME("VenUtf8", 0xd6, 0xa0, 0x15, 0xad, 0xec, 0x8b, 0xcf, 0x4a, 0xa0, 0x73, 0xd0, 0x1d, 0xe7, 0x7e, 0x2d, 0x88),
	VENDOR_NAME("DebugPort", 0xd2, 0xe8, 0xa4, 0xeb, 0x58, 0x38, 0xec, 0x41, 0xa2, 0x81, 0x26, 0x47, 0xba, 0x96, 0x60, 0xd0),
	{ 3, 10, "UartFlowCtrl", 20, SHORTCUT, { 0, 16, { 0x9d, 0x9a, 0x49, 0x37, 0x2f, 0x54, 0x89, 0x4c, 0xa0, 0x26, 0x35, 0xda, 0x14, 0x20, 0x94, 0xe4 } },
		{ { &dp_word, 16, 4, 0, &flows } }, NULL },
	{ 3, 10, "SAS", 40, SHORTCUT, { 0, 16, { 0xb4, 0xdd, 0x87, 0xd4, 0x8b, 0x00, 0xd9, 0x11, 0xaf, 0xdc, 0x00, 0x10, 0x83, 0xff, 0xca, 0x4d } },
		{ { &dp_hex, 20, 8, 0, NULL }, { &dp_hex, 28, 8, 0, NULL }, { &dp_hex, 38, 2, 0, NULL }, { &dp_topology, 36, 2, 0, NULL }, { &dp_hex, 16, 4, 0, NULL } }, NULL },
	VENDOR(3, 10, "VenMsg"),

	{ 3, 11, "MAC", 33, 0, NO_MARK, { { &dp_mac, 0, 33, 0, NULL } }, NULL },
	{ 3, 12, "IPv4", 23, 0, NO_MARK, { { &dp_ip4, 4, 4, 0, NULL }, { &dp_word, 12, 2, LONG, &protocols }, { &dp_word, 14, 1, LONG, &origins4 },
		{ &dp_ip4, 0, 4, LONG, NULL }, { &dp_ip4, 15, 4, OPTIONAL, NULL }, { &dp_ip4, 19, 4, OPTIONAL, NULL } }, NULL },
	{ 3, 13, "IPv6", 56, 0, NO_MARK, { { &dp_ip6, 16, 16, 0, NULL }, { &dp_word, 36, 2, LONG, &protocols }, { &dp_word, 38, 1, LONG, &origins6 },
		{ &dp_ip6, 0, 16, LONG, NULL }, { &dp_hex, 39, 1, OPTIONAL, NULL }, { &dp_ip6, 40, 16, OPTIONAL, NULL } }, NULL },
	{ 3, 14, "Uart", 15, 0, NO_MARK, { { &dp_decimal, 4, 8, 0, "115200" }, { &dp_decimal, 12, 1, 0, "8" }, { &dp_word, 13, 1, 0, &parities }, { &dp_word, 14, 1, 0, &stops } }, NULL },

	USB_CLASS("UsbAudio", 1),
	USB_CLASS("UsbCDCControl", 2),
	USB_CLASS("UsbHID", 3),
	USB_CLASS("UsbImage", 6),
	USB_CLASS("UsbPrinter", 7),
	USB_CLASS("UsbMassStorage", 8),
	USB_CLASS("UsbHub", 9),
	USB_CLASS("UsbCDCData", 10),
	USB_CLASS("UsbSmartCard", 11),
	USB_CLASS("UsbVideo", 14),
	USB_CLASS("UsbDiagnostic", 220),
	USB_CLASS("UsbWireless", 224),
	USB_SUBCLASS("UsbDeviceFirmwareUpdate", 1),
	USB_SUBCLASS("UsbIrdaBridge", 2),
	USB_SUBCLASS("UsbTestAndMeasurement", 3),
	{ 3, 15, "UsbClass", 7, 0, NO_MARK, { { &dp_hex, 0, 2, ONES, NULL }, { &dp_hex, 2, 2, ONES, NULL }, { &dp_hex, 4, 1, ONES, NULL },
		{ &dp_hex, 5, 1, ONES, NULL }, { &dp_hex, 6, 1, ONES, NULL } }, NULL },
	{ 3, 16, "UsbWwid", 6, 0, NO_MARK, { { &dp_hex, 2, 2, 0, NULL }, { &dp_hex, 4, 2, 0, NULL }, { &dp_hex, 0, 2, 0, NULL }, { &dp_text16, 6, 0, 0, NULL } }, NULL },
	{ 3, 17, "Unit", 1, 0, NO_MARK, { { &dp_hex, 0, 1, 0, NULL } }, NULL },
	{ 3, 18, "Sata", 6, 0, NO_MARK, { { &dp_hex, 0, 2, 0, NULL }, { &dp_hex, 2, 2, 0, NULL }, { &dp_hex, 4, 2, 0, NULL } }, NULL },
	{ 3, 19, "iSCSI", 14, 0, NO_MARK, { { &dp_text8, 14, 0, 0, "NUL" }, { &dp_hex, 12, 2, 0, NULL }, { &dp_big, 4, 8, 0, NULL }, { &dp_login, 2, 2, 0, NULL },
		{ &dp_word, 0, 2, 0, &transports } }, NULL },
	{ 3, 20, "Vlan", 2, 0, NO_MARK, { { &dp_decimal, 0, 2, 0, NULL } }, NULL },
	{ 3, 21, "FibreEx", 20, 0, NO_MARK, { { &dp_big, 4, 8, 0, NULL }, { &dp_big, 12, 8, 0, NULL } }, NULL },
	{ 3, 22, "SasEx", 20, 0, NO_MARK, { { &dp_big, 0, 8, 0, NULL }, { &dp_big, 8, 8, 0, NULL }, { &dp_hex, 18, 2, 0, NULL }, { &dp_topology, 16, 2, 0, NULL } }, NULL },
	{ 3, 23, "NVMe", 12, 0, NO_MARK, { { &dp_hex, 0, 4, 0, NULL }, { &dp_uuid8, 4, 8, 0, NULL } }, NULL },
	{ 3, 24, "Uri", 0, 0, NO_MARK, { { &dp_text8, 0, 0, 0, NULL } }, NULL },
	{ 3, 25, "UFS", 2, 0, NO_MARK, { { &dp_hex, 0, 1, 0, NULL }, { &dp_hex, 1, 1, 0, NULL } }, NULL },
	{ 3, 26, "SD", 1, 0, NO_MARK, { { &dp_hex, 0, 1, 0, NULL } }, NULL },
	{ 3, 27, "Bluetooth", 6, 0, NO_MARK, { { &dp_bytes, 0, 6, 0, NULL } }, NULL },
	{ 3, 28, "Wi-Fi", 32, 0, NO_MARK, { { &dp_text8, 0, 32, 0, NULL } }, NULL },
	{ 3, 29, "eMMC", 1, 0, NO_MARK, { { &dp_hex, 0, 1, 0, NULL } }, NULL },
	{ 3, 30, "BluetoothLE", 7, 0, NO_MARK, { { &dp_bytes, 0, 6, 0, NULL }, { &dp_hex_padded, 6, 1, 0, NULL } }, NULL },
	{ 3, 31, "Dns", 0, DP_SHAPE_FILLED, NO_MARK, { { &dp_list_ip, 0, 0, 0, NULL } }, NULL },

	{ 4, 1, "HD", 38, 0, NO_MARK, { { &dp_decimal, 0, 4, 0, NULL }, { &dp_signature, 20, 18, 0, NULL }, { &dp_hex, 4, 8, 0, NULL }, { &dp_hex, 12, 8, 0, NULL } }, NULL },
	{ 4, 2, "CDROM", 20, 0, NO_MARK, { { &dp_hex, 0, 4, 0, NULL }, { &dp_hex, 4, 8, LONG, NULL }, { &dp_hex, 12, 8, LONG, NULL } }, NULL },
	VENDOR(4, 3, "VenMedia"),
	{ 4, 5, "Media", 16, 0, NO_MARK, { { &dp_guid, 0, 16, 0, NULL } }, NULL },
	{ 4, 6, "FvFile", 16, 0, NO_MARK, { { &dp_guid, 0, 16, 0, NULL } }, NULL },
	{ 4, 7, "Fv", 16, 0, NO_MARK, { { &dp_guid, 0, 16, 0, NULL } }, NULL },
	{ 4, 8, "Offset", 20, 0, NO_MARK, { { &dp_hex, 4, 8, 0, NULL }, { &dp_hex, 12, 8, 0, NULL } }, NULL },
	RAM_DISK("VirtualDisk", 0x5a, 0x53, 0xab, 0x77, 0xfc, 0x45, 0x4b, 0x62, 0x55, 0x60, 0xf7, 0xb2, 0x81, 0xd1, 0xf9, 0x6e),
	RAM_DISK("VirtualCD", 0x30, 0xbd, 0x5a, 0x3d, 0x75, 0x41, 0xce, 0x87, 0x6d, 0x64, 0xd2, 0xad, 0xe5, 0x23, 0xc4, 0xbb),
	RAM_DISK("PersistentVirtualDisk", 0xc9, 0x02, 0xea, 0x5c, 0x07, 0x4d, 0xd3, 0x69, 0x26, 0x9f, 0x44, 0x96, 0xfb, 0xe0, 0x96, 0xf9),
	RAM_DISK("PersistentVirtualCD", 0x88, 0x81, 0x01, 0x08, 0xcd, 0x42, 0x48, 0xbb, 0x10, 0x0f, 0x53, 0x87, 0xd5, 0x3d, 0xed, 0x3d),
	{ 4, 9, "RamDisk", 34, 0, NO_MARK, { { &dp_hex, 0, 8, 0, NULL }, { &dp_hex, 8, 8, 0, NULL }, { &dp_decimal, 32, 2, 0, NULL }, { &dp_guid, 16, 16, 0, NULL } }, NULL },

	{ 5, 1, "BBS", 4, 0, NO_MARK, { { &dp_word, 0, 2, 0, &legacy }, { &dp_text8, 4, 0, 0, "NUL" }, { &dp_hex, 2, 2, LONG, NULL } }, NULL },
};
const size_t dp_n_shapes = ARRAY_SIZE(dp_shapes);

const char *const dp_generic[6] = {
	NULL, "HardwarePath", "AcpiPath", "Msg", "MediaPath", "BbsPath",
};
/* clang-format on */
