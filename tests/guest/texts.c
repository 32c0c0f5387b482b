/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every kind of node as text, and back (UEFI 2.10 10.6): with all its
 * parameters, with some missing or malformed, and in the short form.
 */
#include "test.h"

static struct path_to_text *to_text;
static struct path_from_text *from_text;
static struct path_utilities *util;

#define GUID_TEXT u"5A6F8AD6-3D1F-4F52-937B-11405E2C7701"

struct text_row {
	const char *name;
	const char16 *text, *read; /* NULL: as the text */
};

static const struct text_row rows[] = {
	{ "PC card", u"PcCard(0x2)", NULL },
	{ "BMC", u"BMC(0x3,0xFEDCBA9876543210)", NULL },
	{ "AcpiEx", u"AcpiEx(PNP0A03,PNP0A08,0x5,hid,cid,uid)", NULL },
	{ "AcpiEx, no strings", u"AcpiEx(ABC1234,@@@0000,0x0,,,)", NULL },
	{ "AcpiExp", u"AcpiExp(PNP0A03,0,one)", NULL },
	{ "AcpiExp, a CID", u"AcpiExp(PNP0A03,PNP0A08,two)", NULL },
	{ "AcpiAdr, three", u"AcpiAdr(0x80010100,0x2,0x3)", NULL },
	{ "roots", u"PcieRoot(0x1)/Floppy(0x2)/Keyboard(0x3)/Serial(0x4)/ParallelPort(0x5)", NULL },
	{ "ATA", u"Ata(Secondary,Slave,0x2)", NULL },
	{ "Fibre", u"Fibre(0x1234,0x5)", NULL },
	{ "FibreEx", u"FibreEx(0x0001020304050607,0x08090A0B0C0D0E0F)", NULL },
	{ "1394", u"I1394(00AA00BB00CC00DD)", NULL },
	{ "small ones", u"I2O(0x9)/UFS(0x1,0x2)/SD(0x3)/eMMC(0x4)/Unit(0x5)/Vlan(7)", NULL },
	{ "Infiniband", u"Infiniband(0x3," GUID_TEXT u",0x1,0x2,0x3)", NULL },
	{ "debug port", u"DebugPort()", NULL },
	{ "terminals", u"VenPcAnsi()/VenVt100()/VenVt100Plus()/VenUtf8()", NULL },
	{ "flow control", u"UartFlowCtrl(None)/UartFlowCtrl(Hardware)/UartFlowCtrl(XonXoff)",
		NULL },
	{ "SAS, no topology", u"SAS(0x50,0x1,0x2,NoTopology,0,0,0,0x0)", NULL },
	{ "SAS, a bay", u"SAS(0x50,0x1,0x2,SATA,External,Expanded,0x20,0x9)", NULL },
	{ "SAS, no bay", u"SAS(0x50,0x1,0x2,SAS,Internal,Direct,0,0x0)", NULL },
	{ "SAS, a number", u"SAS(0x50,0x1,0x2,0x83,0,0,0,0x0)", NULL },
	{ "SasEx", u"SasEx(0x0011223344556677,0x0000000000000001,0x2,SAS,Internal,Direct,0x1)",
		NULL },
	{ "IPv4, static", u"IPv4(192.0.2.1,TCP,Static,192.0.2.2,192.0.2.3,255.255.255.0)", NULL },
	{ "IPv4, DHCP", u"IPv4(192.0.2.1,0x1,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)", NULL },
	{ "IPv6",
		u"IPv6(2001:0DB8:0000:0000:0000:0000:0000:0001,UDP,Static,"
		u"FE80:0000:0000:0000:0000:0000:0000:0002,0x40,"
		u"0000:0000:0000:0000:0000:0000:0000:0003)",
		NULL },
	{ "IPv6, stateful",
		u"IPv6(2001:0DB8:0000:0000:0000:0000:0000:0001,0x7,StatefulAutoConfigure,"
		u"FE80:0000:0000:0000:0000:0000:0000:0002,0x0,"
		u"0000:0000:0000:0000:0000:0000:0000:0000)",
		NULL },
	{ "UART", u"Uart(115200,8,D,D)/Uart(9600,7,E,1.5)/Uart(1,5,M,2)/Uart(1,5,S,1)", NULL },
	{ "USB class", u"UsbClass(0x1,0x2,0x5,0x4,0x5)", NULL },
	{ "USB classes",
		u"UsbAudio(0x1,0x2,0x3,0x4)/UsbCDCControl(0x1,0x2,0x3,0x4)/UsbHID(0x1,0x2,0x3,0x4)/"
		u"UsbImage(0x1,0x2,0x3,0x4)/UsbPrinter(0x1,0x2,0x3,0x4)/"
		u"UsbMassStorage(0x1,0x2,0x3,0x4)",
		NULL },
	{ "more USB classes",
		u"UsbHub(0x1,0x2,0x3,0x4)/UsbCDCData(0x1,0x2,0x3,0x4)/UsbSmartCard(0x1,0x2,0x3,0x4)/"
		u"UsbVideo(0x1,0x2,0x3,0x4)/UsbDiagnostic(0x1,0x2,0x3,0x4)/"
		u"UsbWireless(0x1,0x2,0x3,0x4)",
		NULL },
	{ "USB subclasses",
		u"UsbDeviceFirmwareUpdate(0x1,0x2,0x3)/UsbIrdaBridge(0x1,0x2,0x3)/"
		u"UsbTestAndMeasurement(0x1,0x2,0x3)",
		NULL },
	{ "USB WWID", u"UsbWwid(0x1,0x2,0x3,\"a serial\")", NULL },
	{ "iSCSI",
		u"iSCSI(iqn.2026-11.example:disk one,0x1,0x0000000000000004,CRC32C,None,CHAP_UNI,TCP)",
		NULL },
	{ "iSCSI, no name", u"iSCSI(,0x0,0x0000000000000000,None,CRC32C,CHAP_BI,reserved)", NULL },
	{ "URI", u"Uri(https://example.org/a?b=c)", NULL },
	{ "wireless", u"Bluetooth(001122334455)/BluetoothLE(001122334455,0x01)/Wi-Fi(my net)",
		NULL },
	{ "DNS", u"Dns(192.0.2.1,192.0.2.2)/Dns(2001:0DB8:0000:0000:0000:0000:0000:0001)", NULL },
	{ "media", u"Media(" GUID_TEXT u")/Offset(0x200,0x400)", NULL },
	{ "RAM disks",
		u"VirtualDisk(0x1,0x2,3)/VirtualCD(0x1,0x2,3)/PersistentVirtualDisk(0x1,0x2,3)/"
		u"PersistentVirtualCD(0x1,0x2,3)",
		NULL },
	{ "RAM disk", u"RamDisk(0x1,0x2,3," GUID_TEXT u")", NULL },
	{ "BBS", u"BBS(HD,a disk,0x1)/BBS(Network,,0x2)/BBS(0x80,x,0x0)", NULL },
	{ "other types",
		u"HardwarePath(9)/AcpiPath(9,00)/Msg(99,0011)/MediaPath(77,00FF)/BbsPath(9,AB)",
		NULL },

	{ "parameter missing", u"Pci(0x1)", u"Pci(0x1,0x0)" },
	{ "parameters missing", u"Pci()", u"Pci(0x0,0x0)" },
	{ "parameters to spare", u"Pci(0x1,0x2,0x3)/Ctrl(9)", u"Pci(0x1,0x2)/Ctrl(0x9)" },
	{ "numbers too large", u"Pci(0x102,  3x)", u"Pci(0x2,0x3)" },
	{ "lower case", u"pci(0x1,0x2)", NULL },
	{ "no GUID", u"HD(1,GPT,nothing,0x1,0x2)",
		u"HD(1,GPT,00000000-0000-0000-0000-000000000000,0x1,0x2)" },
	{ "another signature", u"HD(1,7,nothing)", u"HD(1,7,0,0x0,0x0)" },
	{ "odd digits", u"VenHw(" GUID_TEXT u",012)", u"VenHw(" GUID_TEXT u",0000)" },
	{ "no digits", u"MAC(zz,0x1)", u"MAC(000000000000,0x1)" },
	{ "a subtype too large", u"MediaPath(300)", u"MediaPath(44)" },
	{ "IPv6, shortened", u"IPv6(::1,TCP,StatelessAutoConfigure,fe80::2:3,64,1::)",
		u"IPv6(0000:0000:0000:0000:0000:0000:0000:0001,TCP,StatelessAutoConfigure,"
		u"FE80:0000:0000:0000:0000:0000:0002:0003,0x40,"
		u"0001:0000:0000:0000:0000:0000:0000:0000)" },
	{ "no USB class", u"UsbClass()", u"UsbClass(0xFFFF,0xFFFF,0xFF,0xFF,0xFF)" },
	{ "UART, default", u"Uart(DEFAULT,DEFAULT,N,1)", u"Uart(115200,8,N,1)" },
	{ "UART, numbers", u"Uart(1,2,2,3)", u"Uart(1,2,E,2)" },
	{ "nothing between", u"/(),Ctrl(1)//Ctrl(2)", u"Ctrl(0x1)/Ctrl(0x2)" },
	{ "no parenthesis", u"Ctrl(1)/Pci(2", u"Ctrl(0x1)" },
	{ "no servers", u"Dns()/Ctrl(1)", u"Ctrl(0x1)" },
};

/* What it is read as, that its bytes are the same again, and the same ones in both firmwares. */
static void test_row(const struct text_row *row)
{
	struct device_path *path = from_text->path(row->text), *again;
	char16 *out = path ? to_text->path(path, false, true) : NULL;
	uint32_t crc = 0;

	is_string(out, row->read ? row->read : row->text, row->name);
	if (!out)
		return;
	bs->calculate_crc32(path, util->size(path), &crc);
	value(row->name, crc);
	again = from_text->path(out);
	ok(again && util->size(again) == util->size(path) && same(again, path, util->size(path)),
		"and back to the same bytes");
	bs->free_pool(path);
	bs->free_pool(out);
}

static void test_display(void)
{
	static const struct text_row shown[] = {
		{ "short: ATA", u"Ata(Secondary,Slave,0x2)", u"Ata(0x2)" },
		{ "short: CD", u"CDROM(0x1,0x21,0x1680)", u"CDROM(0x1)" },
		{ "short: IPv4", u"IPv4(192.0.2.1,TCP,Static,192.0.2.2,192.0.2.3,255.255.255.0)",
			u"IPv4(192.0.2.1)" },
		{ "short: IPv6", u"IPv6(::1,TCP,Static,::2,0,::)",
			u"IPv6(0000:0000:0000:0000:0000:0000:0000:0001)" },
		{ "short: BBS", u"BBS(HD,a disk,0x1)", u"BBS(HD,a disk)" },
		{ "short: PCI Express", u"AcpiEx(@@@0000,PNP0A08,0x0,h,c,u)", u"PcieRoot(u)" },
		{ "short: AcpiEx", u"AcpiEx(@@@0000,@@@0000,0x0,h,c,u)", u"AcpiEx(h,c,u)" },
	};

	for (unsigned i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		struct device_path *path = from_text->path(shown[i].text);

		is_string(path ? to_text->path(path, true, true) : NULL, shown[i].read,
			shown[i].name);
	}
}

void subject(void)
{
	struct device_path *node;
	void *at = NULL;

	bs->locate_protocol(&guid_path_to_text, NULL, &at);
	to_text = at;
	bs->locate_protocol(&guid_path_from_text, NULL, &at);
	from_text = at;
	bs->locate_protocol(&guid_path_utilities, NULL, &at);
	util = at;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	test_display();
	ok(from_text->path(STR16("")) == NULL, "no text, no path");
	ok(from_text->node(STR16("")) == NULL, "no text, no node");
	ok(from_text->node(STR16("Dns()")) == NULL, "no servers, no node");
	node = from_text->node(STR16("Ctrl(1)/Ctrl(2)"));
	is_string(node ? to_text->node(node, false, false) : NULL, STR16("Ctrl(0x1)"),
		"one node of several");
}
