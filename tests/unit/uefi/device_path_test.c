/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device paths: text as edk2 prints it, there and back, and bytes that are cut.
 */
#include "base/bytes.h"
#include "base/xalloc.h"
#include "tap.h"
#include "uefi/device_path.h"

/* Texts that come back the same. */
static const char *const same[] = {
	"PciRoot(0x0)/Pci(0x2,0x0)",
	"PciRoot(0x0)/Pci(0x1,0x3)/HD(1,GPT,6F0E2B34-0F4B-4E9C-9C0A-0123456789AB,0x800,0x40000)",
	"PciRoot(0x0)/Pci(0x1,0x0)/HD(2,MBR,0x1234ABCD,0x800,0x40000)/\\EFI\\BOOT\\BOOTAA64.EFI",
	"PciRoot(0x0)/Pci(0x1,0x0)/Scsi(0x0,0x1)/CDROM(0x1,0x21,0x1680)",
	"VenMedia(5568E427-68FC-4F3D-AC74-CA555231CC68)",
	"VenHw(D3987D4B-971A-435F-8CAF-4967EB627241,0102FF)",
	"VenHw(D3987D4B-971A-435F-8CAF-4967EB627241)/Uart(38400,8,N,1)/VenVt100()",
	"MemoryMapped(0xB,0x40000000,0x4FFFFFFF)",
	"Acpi(PNP0C0F,0x3)/AcpiAdr(0x80010100)",
	"Acpi(0x12345678,0x3)",
	"PciRoot(0x0)/Pci(0x3,0x0)/MAC(525400123456,0x1)/Vlan(7)",
	"Uri(https://example.org/a?b=c)",
	"PciRoot(0x0)/Pci(0x4,0x0)/NVMe(0x1,00-11-22-33-44-55-66-77)",
	"PciRoot(0x0)/Pci(0x4,0x0)/Sata(0x1,0xFFFF,0x0)/Ata(Secondary,Slave,0x2)",
	"PciRoot(0x0)/USB(0x1,0x2)/Unit(0x3)/UsbWwid(0x1,0x2,0x3,\"ab\")",
	"VirtualDisk(0x40000000,0x407FFFFF,0)",
	"Fv(7CB8BDC9-F8EB-4F34-AAEA-3EE4AF6516A1)/FvFile(7C04A583-9E3E-4F1C-AD65-E05268D0B4D1)",
	"PciRoot(0x0),PciRoot(0x1)/Pci(0x1,0x0)",
	"Offset(0x200,0x400)",
	"MediaPath(77,00FF)",
	"Path(9,1)",
	"BMC(0x3,0xFEDCBA9876543210)/PcCard(0x2)/Ctrl(0x7)",
	"AcpiEx(PNP0A03,PNP0A08,0x5,hid,cid,uid)/AcpiEx(ABC1234,@@@0000,0x0,,,)",
	"AcpiExp(PNP0A03,0,one)/AcpiExp(PNP0A03,PNP0A08,two)",
	"AcpiAdr(0x80010100,0x2,0x3)",
	"Fibre(0x1234,0x5)/FibreEx(0x0001020304050607,0x08090A0B0C0D0E0F)",
	"I1394(00AA00BB00CC00DD)/I2O(0x9)/UFS(0x1,0x2)/SD(0x3)/eMMC(0x4)",
	"Infiniband(0x3,6F0E2B34-0F4B-4E9C-9C0A-0123456789AB,0x1,0x2,0x3)",
	"DebugPort()/UartFlowCtrl(None)/UartFlowCtrl(Hardware)/UartFlowCtrl(XonXoff)",
	"SAS(0x50,0x1,0x2,NoTopology,0,0,0,0x0)/SAS(0x50,0x1,0x2,SATA,External,Expanded,0x100,0x9)",
	"SAS(0x50,0x1,0x2,SAS,Internal,Direct,0,0x0)/SAS(0x50,0x1,0x2,0x83,0,0,0,0x0)",
	"SasEx(0x0011223344556677,0x0000000000000001,0x2,SAS,Internal,Direct,0x1)",
	"IPv4(192.0.2.1,TCP,Static,192.0.2.2,192.0.2.3,255.255.255.0)",
	"IPv4(192.0.2.1,0x1,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)",
	"IPv6(2001:0DB8:0000:0000:0000:0000:0000:0001,UDP,Static,FE80:0000:0000:0000:0000:0000:0000:0002,"
	"0x40,0000:0000:0000:0000:0000:0000:0000:0000)",
	"IPv6(2001:0DB8:0000:0000:0000:0000:0000:0001,0x7,StatefulAutoConfigure,"
	"FE80:0000:0000:0000:0000:0000:0000:0002,0x0,0000:0000:0000:0000:0000:0000:0000:0000)",
	"Uart(115200,8,D,D)",
	"UsbClass(0x1,0x2,0x5,0x4,0x5)/UsbAudio(0x1,0x2,0x3,0x4)/UsbWireless(0xFFFF,0xFFFF,0xFF,0xFF)",
	"UsbDeviceFirmwareUpdate(0x1,0x2,0x3)/UsbIrdaBridge(0x1,0x2,0x3)/UsbTestAndMeasurement(0x1,0x2,0x3)",
	"iSCSI(iqn.2026-11.example:disk one,0x1,0x0000000000000004,CRC32C,None,CHAP_UNI,TCP)",
	"iSCSI(,0x0,0x0000000000000000,None,CRC32C,CHAP_BI,reserved)",
	"Bluetooth(001122334455)/BluetoothLE(001122334455,0x01)/Wi-Fi(my net)",
	"Dns(192.0.2.1,192.0.2.2)/Dns(2001:0DB8:0000:0000:0000:0000:0000:0001)",
	"Media(6F0E2B34-0F4B-4E9C-9C0A-0123456789AB)",
	"VirtualCD(0x1,0x2,3)/PersistentVirtualDisk(0x1,0x2,3)/PersistentVirtualCD(0x1,0x2,3)",
	"RamDisk(0x1,0x2,3,6F0E2B34-0F4B-4E9C-9C0A-0123456789AB)",
	"BBS(HD,a disk,0x1)/BBS(0x80,,0x0)",
	"\\EFI\\debian\\shimaa64.efi",
};

static void there_and_back(const char *text)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	CLEANUP(text_release) struct text back = TEXT_INIT;

	ok(dp_from_text(text, &bytes), "%s can be read", text);
	is_int(dp_length(buf_bytes(&bytes), bytes.len), bytes.len, "it is whole");
	dp_to_text(buf_bytes(&bytes), bytes.len, DP_TEXT_SHORTCUTS, &back);
	is_str(text_str(&back), text, "it comes back");
}

/* As in edk2, nothing that is missing or malformed makes a path fail: it counts as zero. */
static void test_malformed(void)
{
	static const struct {
		const char *text, *read;
	} rows[] = {
		{ "Pci(0x1)", "Pci(0x1,0x0)" },
		{ "Pci()", "Pci(0x0,0x0)" },
		{ "Pci(0x1,0x2,0x3)/Ctrl(9)", "Pci(0x1,0x2)/Ctrl(0x9)" },
		{ "Pci(0x102,  3x)", "Pci(0x2,0x3)" },
		{ "Ctrl(0xFFFFFFFFFFFFFFFFFFFFF)", "Ctrl(0xFFFFFFFF)" },
		{ "pci(0x1,0x2)", "pci(0x1,0x2)" },
		{ "HD(1,GPT,nothing,0x1,0x2)",
			"HD(1,GPT,00000000-0000-0000-0000-000000000000,0x1,0x2)" },
		{ "HD(1,7,nothing)", "HD(1,7,0,0x0,0x0)" },
		{ "VenHw(D3987D4B-971A-435F-8CAF-4967EB627241,012)",
			"VenHw(D3987D4B-971A-435F-8CAF-4967EB627241,0000)" },
		{ "MediaPath(300)", "MediaPath(44)" },
		{ "Path(127,255)/Ctrl(1)", "Ctrl(0x1)" },
		{ "MAC(zz,0x1)", "MAC(000000000000,0x1)" },
		{ "IPv4(1.2.3)", "IPv4(0.0.0.0,0x0,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)" },
		{ "IPv6(::1,TCP,StatelessAutoConfigure,fe80::2:3,64,1::)",
			"IPv6(0000:0000:0000:0000:0000:0000:0000:0001,TCP,StatelessAutoConfigure,"
			"FE80:0000:0000:0000:0000:0000:0002:0003,0x40,"
			"0001:0000:0000:0000:0000:0000:0000:0000)" },
		{ "IPv6(1:2)",
			"IPv6(0000:0000:0000:0000:0000:0000:0000:0000,0x0,StatefulAutoConfigure,"
			"0000:0000:0000:0000:0000:0000:0000:0000,0x0,"
			"0000:0000:0000:0000:0000:0000:0000:0000)" },
		{ "UsbClass()", "UsbClass(0xFFFF,0xFFFF,0xFF,0xFF,0xFF)" },
		{ "Wi-Fi(0123456789abcdef0123456789abcdefTOO LONG)",
			"Wi-Fi(0123456789abcdef0123456789abcdef)" },
		{ "Dns()/Ctrl(1)", "Ctrl(0x1)" },
		{ "Uart(DEFAULT,DEFAULT,N,1)", "Uart(115200,8,N,1)" },
		{ "Uart(1,2,9,9)", "Uart(1,2,x,x)" },
		{ "/(),Ctrl(1)//Ctrl(2)", "Ctrl(0x1)/Ctrl(0x2)" },
		{ "Ctrl(1)/Pci(2", "Ctrl(0x1)" },
		{ "AcpiEx(P)", "AcpiEx(@@@0000,@@@0000,0x0,,,)" },
	};
	CLEANUP(buf_release) struct buf none = BUF_INIT;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CLEANUP(buf_release) struct buf bytes = BUF_INIT;
		CLEANUP(text_release) struct text text = TEXT_INIT;

		ok(dp_from_text(rows[i].text, &bytes), "%s gives a path", rows[i].text);
		dp_to_text(buf_bytes(&bytes), bytes.len, DP_TEXT_SHORTCUTS, &text);
		is_str(text_str(&text), rows[i].read, "it is what can be read of it");
	}
	ok(!dp_from_text("", &none), "there is no path without text");
	ok(!dp_node_from_text("Path(127,255)", &none), "an end is no node");
	ok(!dp_node_from_text("Dns()", &none), "nor are no servers");
}

/* The forms that are for people alone. */
static void test_display(void)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "Ata(Secondary,Slave,0x2)", "Ata(0x2)" },
		{ "CDROM(0x1,0x21,0x1680)", "CDROM(0x1)" },
		{ "IPv4(192.0.2.1,TCP,Static,192.0.2.2,192.0.2.3,255.255.255.0)",
			"IPv4(192.0.2.1)" },
		{ "IPv6(::1,TCP,Static,::2,0,::)",
			"IPv6(0000:0000:0000:0000:0000:0000:0000:0001)" },
		{ "BBS(HD,a disk,0x1)", "BBS(HD,a disk)" },
		{ "AcpiEx(PNP0A03,0,0x5,,c,)", "PciRoot(0x5)" },
		{ "AcpiEx(ABC1234,PNP0A08,0x5,h,c,u)", "PcieRoot(u)" },
		{ "AcpiEx(ABC1234,PNP0001,0x5,h,c,u)", "AcpiEx(h,c,u)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CLEANUP(buf_release) struct buf bytes = BUF_INIT;
		CLEANUP(text_release) struct text text = TEXT_INIT;

		ok(dp_from_text(rows[i].text, &bytes), "%s can be read", rows[i].text);
		dp_to_text(buf_bytes(&bytes), bytes.len, DP_TEXT_DISPLAY, &text);
		is_str(text_str(&text), rows[i].shown, "its short form");
	}
}

static void test_cut(void)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	unsigned whole = 0;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		buf_reset(&bytes);
		if (!dp_from_text(same[i], &bytes))
			continue;
		for (size_t len = 0; len < bytes.len; len++) {
			uint8_t *cut = xmemdup(buf_text(&bytes), len ? len : 1);
			CLEANUP(text_release) struct text text = TEXT_INIT;

			whole += dp_length(cut, len) != 0;
			dp_to_text(cut, len, DP_TEXT_SHORTCUTS, &text);
			free(dp_file_path(cut, len, 0));
			free(cut);
		}
	}
	is_int(whole, 0, "a path that is cut anywhere is not whole");
}

/* Every node with every size, so that short ones are seen. */
static void test_short_nodes(void)
{
	uint8_t *node = xcalloc(1, 64);
	unsigned texts = 0;

	for (unsigned type = 0; type < 256; type++)
		for (unsigned sub = 0; sub < 64; sub++)
			for (unsigned size = 0; size < 48; size++) {
				CLEANUP(text_release) struct text text = TEXT_INIT;
				uint8_t *exact = xcalloc(1, size + DP_HEADER);

				exact[0] = (uint8_t)type;
				exact[1] = (uint8_t)sub;
				put_le16(exact + 2, (uint16_t)(size + DP_HEADER));
				dp_to_text(exact, size + DP_HEADER, DP_TEXT_SHORTCUTS, &text);
				texts += text.len != 0;
				free(exact);
			}
	free(node);
	ok(texts > 700000, "%u nodes have a text", texts);
}

static void test_hd(void)
{
	CLEANUP(buf_release) struct buf a = BUF_INIT;
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct dp_node node;
	struct dp_hd x, y;
	size_t pos = 0;

	ok(dp_from_text("HD(1,GPT,6F0E2B34-0F4B-4E9C-9C0A-0123456789AB,0x800,0x40000)", &a) &&
			dp_from_text(
				"HD(1,GPT,6F0E2B34-0F4B-4E9C-9C0A-0123456789AB,0x900,0x1)", &b),
		"two partitions");
	ok(dp_next(buf_bytes(&a), a.len, &pos, &node) && dp_hd(&node, &x), "one");
	is_int(x.start, 0x800, "its start");
	pos = 0;
	ok(dp_next(buf_bytes(&b), b.len, &pos, &node) && dp_hd(&node, &y), "the other");
	ok(dp_hd_same(&x, &y), "are the same although moved");
	y.signature.b[3] ^= 1;
	ok(!dp_hd_same(&x, &y), "not with another GUID");
}

static void test_file(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	char *path;

	ok(dp_add_file(&b, "/EFI/BOOT") && dp_add_file(&b, "grub.efi"), "two nodes");
	dp_add_end(&b);
	path = dp_file_path(buf_bytes(&b), b.len, 0);
	is_str(path, "\\EFI\\BOOT\\grub.efi", "name one file");
	free(path);
	buf_reset(&b);
	dp_add_pci(&b, 1, 0);
	dp_add_end(&b);
	ok(!dp_file_path(buf_bytes(&b), b.len, 0), "another node is no file");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		there_and_back(same[i]);
	test_malformed();
	test_display();
	test_cut();
	test_short_nodes();
	test_hd();
	test_file();
	return tap_done();
}
