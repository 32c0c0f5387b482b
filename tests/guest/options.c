/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot option that firmware keeps for the disk which it boots from by the default loader (UEFI 2.10 3.1, 3.3): edk2
 * does so always, this one in the scenario "listed".
 */
#include "test.h"

static uint8_t order[256], option[1024];
static uint64_t order_size, option_size;

static efi_status get(const char16 *name, void *data, uint64_t *size, uint32_t *attributes)
{
	*attributes = 0;
	return rt->get_variable(name, &guid_global_variable, attributes, size, data);
}

/* "Boot001A" */
static const char16 *name_of(unsigned number)
{
	static const char digits[] = "0123456789ABCDEF";
	static char16 name[9] = u"Boot0000";

	for (unsigned i = 0; i < 4; i++)
		name[4 + i] = (char16)digits[number >> (12 - 4 * i) & 15];
	return name;
}

static bool in_order(unsigned number)
{
	for (uint64_t i = 0; i + 2 <= order_size; i += 2)
		if ((order[i] | (unsigned)order[i + 1] << 8) == number)
			return true;
	return false;
}

/* Whether these nodes are the beginning of the path of where this program is from, and what is the first that is not. */
static const struct device_path *behind(const uint8_t *nodes, uint64_t size)
{
	const struct device_path *own = protocol_of(own_volume(), &guid_device_path);

	for (uint64_t at = 0; at + 4 <= size && nodes[at] != 0x7f;) {
		uint64_t length = nodes[at + 2] | (uint64_t)nodes[at + 3] << 8;

		if (path_is_end(own) || at + length > size || !same(own, nodes + at, length))
			return NULL;
		at += length;
		own = path_next(own);
	}
	return own;
}

static void test_option(unsigned current)
{
	const struct device_path *rest;
	uint64_t paths = 6, length;
	uint32_t attributes;

	option_size = sizeof(option);
	is(get(name_of(current), option, &option_size, &attributes), EFI_SUCCESS,
		"3.1.3: the option that was taken is there");
	is(attributes, VAR_NV | VAR_BS | VAR_RT, "3.3: it is non-volatile, as far as anybody sees");
	ok(option[0] & 1, "3.1.3: it is active");
	length = option[4] | (uint64_t)option[5] << 8;
	while (paths + 2 <= option_size && (option[paths] || option[paths + 1]))
		paths += 2;
	paths += 2;
	ok(paths + length <= option_size && length >= 4, "3.1.3: it has a path");
	rest = behind(option + paths, length);
	ok(rest && rest->type == 4 && rest->subtype == 1,
		"3.1.2: of the whole disk: no partition, and no file");
}

void subject(void)
{
	uint8_t number[2] = { 0 };
	uint64_t size = sizeof(number);
	uint32_t attributes;
	unsigned current;

	is(get(STR16("BootCurrent"), number, &size, &attributes), EFI_SUCCESS,
		"3.3: BootCurrent is there");
	is(size, 2, "3.3: it is a number");
	is(attributes, VAR_BS | VAR_RT, "3.3: it is volatile");
	current = number[0] | (unsigned)number[1] << 8;
	order_size = sizeof(order);
	is(get(STR16("BootOrder"), order, &order_size, &attributes), EFI_SUCCESS,
		"3.3: BootOrder is there");
	is(attributes, VAR_NV | VAR_BS | VAR_RT, "3.3: it is non-volatile");
	ok(in_order(current), "3.3: it has the option that was taken");
	test_option(current);
	is(own_image()->options_size, 0, "3.1.3: the program gets no options");
}
