/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables that name consoles (UEFI 2.10 3.3), by which loaders choose where they
 * talk: the serial port of QEMU's virt machine, and a terminal at it.
 */
#include "test.h"

#define PORT     u"VenHw(D3987D4B-971A-435F-8CAF-4967EB627241)/Uart(38400,8,N,1)/"
#define TERMINAL PORT u"VenVt100()"
#define KEPT     (VAR_NV | VAR_BS | VAR_RT)
#define MADE     (VAR_BS | VAR_RT)

static struct path_to_text *to_text;
static struct path_utilities *util;

struct row {
	const char16 *name;
	const char *line;
	uint32_t attributes;
};

static struct device_path *get(const struct row *row)
{
	uint64_t size = 2048;
	uint32_t attributes = 0;
	struct device_path *path = pool(size);

	is(rt->get_variable(row->name, &guid_global_variable, &attributes, &size, path),
		EFI_SUCCESS, row->line);
	is(attributes, row->attributes, "its attributes");
	is(util->size(path), size, "it is a path");
	return path;
}

/* Whether an instance of the path reads so. */
static bool has(struct device_path *path, const char16 *text)
{
	struct device_path *instance;
	uint64_t size;

	while ((instance = util->next_instance(&path, &size)))
		if (same16(to_text->path(instance, false, true), text))
			return true;
	return false;
}

static void test_chosen(void)
{
	static const struct row rows[] = {
		{ u"ConOut", "ConOut", KEPT },
		{ u"ErrOut", "ErrOut", KEPT },
		{ u"ConIn", "ConIn", KEPT },
	};
	struct device_path *path;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		path = get(&rows[i]);
		ok(has(path, TERMINAL), "the terminal is chosen");
		is(util->is_multi_instance(path), i == 2, "alone, but for ConIn");
	}
	ok(has(path, STR16("UsbHID(0xFFFF,0xFFFF,0x1,0x1)")), "a keyboard would be taken, too");
	is(rt->set_variable(STR16("ConOut"), &guid_global_variable, KEPT, util->size(path), path),
		EFI_SUCCESS, "another console may be chosen");
}

static void test_devices(void)
{
	static const struct row rows[] = {
		{ u"ConOutDev", "ConOutDev", MADE },
		{ u"ErrOutDev", "ErrOutDev", MADE },
		{ u"ConInDev", "ConInDev", MADE },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct device_path *path = get(&rows[i]);

		ok(has(path, PORT u"VenPcAnsi()"), "a PC's terminal");
		ok(has(path, TERMINAL), "a VT100");
		ok(has(path, PORT u"VenVt100Plus()"), "a VT100+");
		ok(has(path, PORT u"VenUtf8()"), "one that takes UTF-8");
	}
}

/* The devices that a protocol's handles are, and the system table's own without a path. */
static void test_handles(const struct guid *guid, efi_handle system, const char *name)
{
	efi_handle *handles = NULL;
	uint64_t n = 0, terminals = 0, own = 0;

	is(bs->locate_handle_buffer(LOCATE_PROTOCOL, guid, NULL, &n, &handles), EFI_SUCCESS, name);
	for (uint64_t i = 0; i < n; i++) {
		struct device_path *path = protocol_of(handles[i], &guid_device_path);

		terminals += path && same16(to_text->path(path, false, true), TERMINAL);
		own += !path && handles[i] == system;
	}
	is(terminals, 1, "the terminal is a device");
	is(own, 1, "the system table's has no path");
	value(name, n);
}

void subject(void)
{
	void *at = NULL;

	bs->locate_protocol(&guid_path_to_text, NULL, &at);
	to_text = at;
	bs->locate_protocol(&guid_path_utilities, NULL, &at);
	util = at;
	test_chosen();
	test_devices();
	test_handles(&guid_text_output, st->con_out_handle, "out");
	test_handles(&guid_text_output, st->std_err_handle, "errors");
	test_handles(&guid_text_input, st->con_in_handle, "in");
}
