/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device paths: text, utilities, and finding devices by them (UEFI 2.10 10, 7.3.9). */
#include "test.h"

static struct path_to_text *to_text;
static struct path_from_text *from_text;
static struct path_utilities *util;

/* Through text and back: the text is the same, and so are the bytes. */
static void there_and_back(const char16 *text, const char *name)
{
	struct device_path *path = from_text->path(text), *again;
	char16 *out;

	if (!path) {
		ok(false, name);
		return;
	}
	out = to_text->path(path, false, false);
	is_string(out, text, name);
	again = out ? from_text->path(out) : NULL;
	ok(again && util->size(again) == util->size(path) && same(again, path, util->size(path)),
		"text: and back to the same bytes");
	bs->free_pool(path);
}

static void test_text(void)
{
	static const struct {
		const char16 *text;
		const char *name;
	} paths[] = {
		{ u"PciRoot(0x0)/Pci(0x2,0x0)", "text: PCI" },
		{ u"PciRoot(0x0)/Pci(0x2,0x0)/HD(1,GPT,5A3AB1E0-0000-4000-8000-0000000000B1,"
		  u"0x800,0x12000)",
			"text: a GPT partition" },
		{ u"HD(2,MBR,0x12345678,0x800,0x12000)", "text: an MBR partition" },
		{ u"HD(1,GPT,5A3AB1E0-0000-4000-8000-0000000000B1,0x800,0x12000)/"
		  u"\\EFI\\BOOT\\BOOTAA64.EFI",
			"text: a file on a partition" },
		{ u"VenHw(5A6F8AD6-3D1F-4F52-937B-11405E2C7701)", "text: a vendor's hardware" },
		{ u"VenHw(5A6F8AD6-3D1F-4F52-937B-11405E2C7701,0102AB)",
			"text: a vendor's hardware with data" },
		{ u"VenMedia(5568E427-68FC-4F3D-AC74-CA555231CC68)", "text: a vendor's medium" },
		{ u"VenMsg(5A6F8AD6-3D1F-4F52-937B-11405E2C7701)", "text: a vendor's message" },
		{ u"PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)", "text: SATA" },
		{ u"PciRoot(0x0)/Pci(0x1,0x0)/Scsi(0x1,0x2)", "text: SCSI" },
		{ u"PciRoot(0x0)/Pci(0x1,0x0)/NVMe(0x1,00-11-22-33-44-55-66-77)", "text: NVMe" },
		{ u"PciRoot(0x0)/Pci(0x1,0x0)/USB(0x3,0x0)", "text: USB" },
		{ u"PciRoot(0x0)/Pci(0x1,0x0)/MAC(525400123456,0x1)", "text: MAC" },
		{ u"PciRoot(0x0)/Pci(0x1,0x0)/MAC(525400123456,0x1)/"
		  u"IPv4(0.0.0.0,0x0,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)",
			"text: IPv4" },
		{ u"CDROM(0x0,0x20,0x1000)", "text: CD" },
		{ u"MemoryMapped(0xB,0x40000000,0x40000FFF)", "text: memory" },
		{ u"Fv(5A6F8AD6-3D1F-4F52-937B-11405E2C7701)", "text: a firmware volume" },
		{ u"FvFile(5A6F8AD6-3D1F-4F52-937B-11405E2C7701)", "text: a file of one" },
		{ u"Acpi(PNP0C02,0x1)", "text: ACPI" },
		{ u"Path(9,200,0102)", "text: a node that nobody knows" },
		{ u"Ctrl(0x7)", "text: controller" },
		{ u"Uart(115200,8,N,1)", "text: serial" },
		{ u"Offset(0x100,0x200)", "text: offsets" },
	};
	struct device_path *node, *path;

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		there_and_back(paths[i].text, paths[i].name);
	node = from_text->node(STR16("Pci(0x3,0x1)"));
	ok(node && node->type == 1 && node->subtype == 1 && ((uint8_t *)node)[5] == 3 &&
			((uint8_t *)node)[4] == 1,
		"text: one node");
	is_string(to_text->node(node, false, false), STR16("Pci(0x3,0x1)"), "text: of a node");
	ok(to_text->node(NULL, false, false) == NULL, "text: of no node");
	ok(to_text->path(NULL, false, false) == NULL, "text: of no path");
	ok(from_text->path(NULL) == NULL, "text: none to read");
	ok(from_text->node(NULL) == NULL, "text: none to read as a node");
	path = from_text->path(STR16("PciRoot(0x0),PciRoot(0x1)"));
	ok(path && util->is_multi_instance(path), "text: two instances");
	value_string("text: of two instances", path ? to_text->path(path, false, false) : NULL);
	path = from_text->path(STR16("\\EFI\\BOOT"));
	ok(path && path->type == 4 && path->subtype == 4, "text: a bare name is a file");
}

static void test_utilities(void)
{
	struct device_path *a = from_text->path(STR16("PciRoot(0x0)/Pci(0x2,0x0)"));
	struct device_path *b = from_text->path(STR16("Ctrl(0x1)"));
	struct device_path *node = from_text->node(STR16("Ctrl(0x2)")), *made, *at, *first;
	uint64_t size = 9;

	is(util->size(a), 12 + 6 + 4, "size: of two nodes");
	is(util->size(NULL), 0, "size: of nothing");
	made = util->duplicate(a);
	ok(made && made != a && same(made, a, util->size(a)), "duplicate: the same bytes");
	ok(util->duplicate(NULL) == NULL, "duplicate: nothing");
	is_string(to_text->path(util->append(a, b), false, false),
		STR16("PciRoot(0x0)/Pci(0x2,0x0)/Ctrl(0x1)"), "append: a path");
	ok(same(util->append(NULL, b), b, util->size(b)), "append: to nothing");
	ok(same(util->append(a, NULL), a, util->size(a)), "append: nothing");
	is(util->size(util->append(NULL, NULL)), 4, "append: nothing to nothing");
	is_string(to_text->path(util->append_node(a, node), false, false),
		STR16("PciRoot(0x0)/Pci(0x2,0x0)/Ctrl(0x2)"), "append: a node");
	is(util->size(util->append_node(NULL, node)), 8 + 4, "append: a node to nothing");
	made = util->append_instance(a, b);
	is(util->size(made), util->size(a) + util->size(b), "append: an instance");
	ok(util->append_instance(a, NULL) == NULL, "append: no instance");
	ok(same(util->append_instance(NULL, b), b, util->size(b)),
		"append: an instance to nothing");
	ok(util->is_multi_instance(made), "instances: several");
	ok(!util->is_multi_instance(a), "instances: one");
	ok(!util->is_multi_instance(NULL), "instances: none");
	at = made;
	first = util->next_instance(&at, &size);
	ok(first && same(first, a, util->size(a)), "instances: the first");
	is(size, util->size(a), "instances: its size");
	first = util->next_instance(&at, &size);
	ok(first && same(first, b, util->size(b)), "instances: the second");
	ok(at == NULL, "instances: no more");
	ok(util->next_instance(&at, &size) == NULL, "instances: so nothing comes");
	made = util->create_node(4, 4, 20);
	ok(made && made->type == 4 && made->subtype == 4 && made->length[0] == 20 &&
			made->length[1] == 0,
		"create: a node");
	ok(util->create_node(4, 4, 3) == NULL, "create: one that is too short");
}

static void test_locate(void)
{
	struct device_path *volume = protocol_of(own_volume(), &guid_device_path);
	struct device_path *whole = protocol_of(self, &guid_loaded_image_path), *at = whole, *none;
	efi_handle found = NULL;

	is(bs->locate_device_path(&guid_file_system, &at, &found), EFI_SUCCESS,
		"locate: the volume");
	ok(found == own_volume(), "locate: is ours");
	ok((uintptr_t)at - (uintptr_t)whole == path_size(volume) - 4, "locate: the file remains");
	is_string((const char16 *)(at + 1), STR16("\\EFI\\BOOT\\BOOTAA64.EFI"), "locate: its name");
	at = volume;
	is(bs->locate_device_path(&guid_block_io, &at, &found), EFI_SUCCESS,
		"locate: by block I/O");
	ok(path_is_end(at), "locate: nothing remains");
	none = from_text->path(STR16("VenHw(5A6F8AD6-3D1F-4F52-937B-11405E2C7701)"));
	at = none;
	is(bs->locate_device_path(&guid_block_io, &at, &found), EFI_NOT_FOUND, "locate: none");
	ok(at == none, "locate: so the path stays");
	at = volume;
	is(bs->locate_device_path(&guid_nobody, &at, &found), EFI_NOT_FOUND,
		"locate: what it has not");
	is(bs->locate_device_path(NULL, &at, &found), EFI_INVALID_PARAMETER, "locate: no GUID");
	is(bs->locate_device_path(&guid_block_io, NULL, &found), EFI_INVALID_PARAMETER,
		"locate: no path");
	at = NULL;
	is(bs->locate_device_path(&guid_block_io, &at, &found), EFI_INVALID_PARAMETER,
		"locate: no path there");
	at = volume;
	is(bs->locate_device_path(&guid_block_io, &at, NULL), EFI_INVALID_PARAMETER,
		"locate: nowhere to tell");
}

void subject(void)
{
	is(bs->locate_protocol(&guid_path_to_text, NULL, (void **)&to_text), EFI_SUCCESS,
		"to text: there");
	is(bs->locate_protocol(&guid_path_from_text, NULL, (void **)&from_text), EFI_SUCCESS,
		"from text: there");
	is(bs->locate_protocol(&guid_path_utilities, NULL, (void **)&util), EFI_SUCCESS,
		"utilities: there");
	test_text();
	test_utilities();
	test_locate();
}
