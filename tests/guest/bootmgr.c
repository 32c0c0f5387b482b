/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot manager as a program sees it that is booted again and again (UEFI
 * 2.10 3.1 to 3.3, 8.5.4). It knows by a variable of its own which boot it is.
 *
 * With an order from outside, as QEMU's bootindex is one, edk2 deletes options
 * that stand in BootOrder and are not first for their device: so each boot
 * makes those that it needs, and puts them in front.
 */
#include "test.h"

#define KEPT   (VAR_NV | VAR_BS | VAR_RT)
#define ACTIVE 1u

#define STAGE STR16("GuestStage")
#define SELF  STR16("\\EFI\\BOOT\\BOOTAA64.EFI")

static uint8_t data[1024];
static uint64_t size;
static uint32_t attributes;

static efi_status get(const char16 *name)
{
	size = sizeof(data);
	attributes = 0;
	return rt->get_variable(name, &guid_global_variable, &attributes, &size, data);
}

static efi_status set(const char16 *name, uint32_t with, const void *bytes, uint64_t n)
{
	return rt->set_variable(name, &guid_global_variable, with, n, bytes);
}

/* The number in a variable of two bytes; 0x10000: it has none. */
static unsigned number(const char16 *name)
{
	if (get(name) != EFI_SUCCESS || size != 2)
		return 0x10000;
	return data[0] | (unsigned)data[1] << 8;
}

static efi_status set_number(const char16 *name, unsigned n)
{
	return set(name, KEPT, (uint8_t[]){ (uint8_t)n, (uint8_t)(n >> 8) }, 2);
}

/* ---- options ---- */

static uint8_t option[1024];
static uint64_t option_size;

static void add(const void *bytes, uint64_t n)
{
	bs->copy_mem(option + option_size, (void *)bytes, n);
	option_size += n;
}

static void add_node(uint8_t type, uint8_t subtype, const void *bytes, uint64_t n)
{
	add((uint8_t[]){ type, subtype, (uint8_t)(n + 4), (uint8_t)((n + 4) >> 8) }, 4);
	add(bytes, n);
}

/* The HD() node of where this program is from, with another signature when other is set. */
static void add_partition(bool other)
{
	const struct device_path *node = protocol_of(own_volume(), &guid_device_path);

	while (!path_is_end(node) && (node->type != 4 || node->subtype != 1))
		node = path_next(node);
	if (path_is_end(node)) {
		say("not ok the partition has a device path");
		return;
	}
	add(node, 42);
	if (other)
		option[option_size - 10] ^= 0xff;
}

enum place {
	PLACE_PARTITION, /* HD()/file */
	PLACE_FILE,      /* the file alone */
	PLACE_GONE,      /* HD()/file of a partition that is not there */
};

/* words: its optional data */
static efi_status make_option(
	const char16 *name, uint32_t with, enum place place, const char *words)
{
	uint64_t paths, n = 0;

	option_size = 0;
	add((uint8_t[]){ (uint8_t)with, 0, 0, 0, 0, 0 }, 6);
	add(u"guest", 12);
	paths = option_size;
	if (place != PLACE_FILE)
		add_partition(place == PLACE_GONE);
	add_node(4, 4, SELF, 2 * (length16(SELF) + 1));
	add_node(0x7f, 0xff, NULL, 0);
	option[4] = (uint8_t)(option_size - paths);
	while (words[n])
		n++;
	add(words, n);
	return set(name, KEPT, option, option_size);
}

/* Puts the numbers in front of BootOrder. */
static efi_status put_first(const uint16_t *numbers, uint64_t n)
{
	static uint8_t order[sizeof(data) + 16];

	if (get(STR16("BootOrder")) != EFI_SUCCESS)
		size = 0;
	bs->copy_mem(order, (void *)numbers, 2 * n);
	bs->copy_mem(order + 2 * n, data, size);
	return set(STR16("BootOrder"), KEPT, order, 2 * n + size);
}

static bool has_options(const char *words)
{
	struct loaded_image *own = own_image();
	uint64_t n = 0;

	while (words[n])
		n++;
	return own->options_size == n && same(own->options, words, n);
}

static void booted_by(unsigned want, const char *what)
{
	is(number(STR16("BootCurrent")), want, what);
	is(attributes, VAR_BS | VAR_RT, "3.3: BootCurrent is volatile, and visible at runtime");
	is(get(STR16("BootNext")), EFI_NOT_FOUND, "3.3: BootNext is gone");
}

/* ---- boots ---- */

/* The first, by what the firmware does by itself. */
static void test_rules(void)
{
	is(get(STR16("BootNext")), EFI_NOT_FOUND, "3.3: there is no BootNext");
	is(get(STR16("OsIndicationsSupported")), EFI_SUCCESS, "8.5.4: OsIndicationsSupported");
	is(attributes, VAR_BS | VAR_RT, "8.5.4: is made at each boot");
	is(size, 8, "8.5.4: has 64 bits");
	value("OsIndicationsSupported", data[0]);
	value("BootOptionSupport", get(STR16("BootOptionSupport")));
	is(set(STR16("OsIndicationsSupported"), VAR_BS | VAR_RT, data, 8), EFI_WRITE_PROTECTED,
		"8.5.4: it is the firmware's");
	is(set(STR16("BootNext"), VAR_BS | VAR_RT, data, 2), EFI_INVALID_PARAMETER,
		"3.3: BootNext is non-volatile");
	is(set(STR16("BootOrder"), VAR_NV | VAR_BS, data, 2), EFI_INVALID_PARAMETER,
		"3.3: BootOrder is visible at runtime");
	is(set(STR16("Boot00A0"), VAR_BS | VAR_RT, data, 8), EFI_INVALID_PARAMETER,
		"3.3: Boot#### is non-volatile");
	is(set(STR16("SysPrepOrder"), VAR_BS, data, 2), EFI_INVALID_PARAMETER,
		"3.3: and so is SysPrepOrder");
	is(get(STR16("Boot00A0")), EFI_NOT_FOUND, "3.3: none of these was stored");
	value("a BootNext of three bytes", set(STR16("BootNext"), KEPT, "\1\0\0", 3));
	value("an option of four bytes", set(STR16("Boot00A0"), KEPT, "\1\0\0\0", 4));
	is(set(STR16("Boot00a0"), KEPT, "\1\0\0\0", 4), EFI_INVALID_PARAMETER,
		"3.3: digits are in upper case");
	set(STR16("BootNext"), KEPT, NULL, 0);
	set(STR16("Boot00A0"), KEPT, NULL, 0);
	value("BootCurrent of a default boot", get(STR16("BootCurrent")));
	value("BootCurrent, written", set(STR16("BootCurrent"), VAR_BS | VAR_RT, "\1", 2));
	/* Next: an option that is not active, and a request that no firmware knows. */
	is(make_option(STR16("Boot00A7"), 0, PLACE_PARTITION, "seven"), EFI_SUCCESS,
		"3.1.3: an option that is not active");
	is(set_number(STR16("BootNext"), 0xa7), EFI_SUCCESS, "3.3: BootNext");
	is(set(STR16("OsIndications"), KEPT, "\0\0\0\0\0\1\0\0", 8), EFI_SUCCESS,
		"8.5.4: something that no firmware supports");
}

static void test_next(void)
{
	booted_by(0xa7, "3.1.3: BootNext is taken though it is not active");
	ok(has_options("seven"), "3.1.3: optional data are the load options");
	ok(own_image()->device && own_image()->path, "9.1: there is a device, and a path on it");
	is(get(STR16("Boot00A7")), EFI_SUCCESS, "3.3: the option is still there");
	value("OsIndications with what is not supported", get(STR16("OsIndications")));
	set(STR16("OsIndications"), KEPT, NULL, 0);
	is(make_option(STR16("Boot00A6"), ACTIVE, PLACE_PARTITION, "six"), EFI_SUCCESS,
		"3.1.3: an active option");
	is(put_first((const uint16_t[]){ 0xa7, 0xa6 }, 2), EFI_SUCCESS, "3.3: BootOrder");
	is(set_number(STR16("BootNext"), 0xa8), EFI_SUCCESS, "3.3: a BootNext that is not there");
}

static void test_order(void)
{
	booted_by(0xa6, "3.1.1: BootOrder, whose first option is not active");
	ok(has_options("six"), "3.1.3: with its own load options");
	is(make_option(STR16("Boot00A5"), ACTIVE, PLACE_FILE, ""), EFI_SUCCESS,
		"3.1.2: a file alone");
	is(set_number(STR16("BootNext"), 0xa5), EFI_SUCCESS, "3.3: BootNext");
}

static void test_file(void)
{
	uint16_t stale = 0xa4;

	booted_by(0xa5, "3.1.2: a file alone is found on a file system");
	is(own_image()->options_size, 0, "3.1.3: there are no load options");
	is(make_option(STR16("Boot00A4"), ACTIVE, PLACE_GONE, ""), EFI_SUCCESS,
		"3.1.2: an option for a partition that is gone");
	is(set(STR16("BootOrder"), KEPT, &stale, 2), EFI_SUCCESS, "3.3: is all of BootOrder");
}

static void test_stale(void)
{
	ok(number(STR16("BootCurrent")) != 0xa4, "3.3: a stale BootOrder, and the default boots");
	ok(!has_options("six"), "3.3: it is no option of ours");
}

void subject(void)
{
	static void (*const boots[])(
		void) = { test_rules, test_next, test_order, test_file, test_stale };
	const unsigned n = sizeof(boots) / sizeof(boots[0]);
	uint64_t room = 1;
	uint8_t stage = 0;

	if (rt->get_variable(STAGE, &guid_own, NULL, &room, &stage) != EFI_SUCCESS)
		stage = 0;
	if (stage >= n)
		return;
	boots[stage]();
	if (++stage == n)
		return;
	is(rt->set_variable(STAGE, &guid_own, KEPT, 1, &stage), EFI_SUCCESS, "the next boot");
	say("end");
	rt->reset_system(RESET_COLD, EFI_SUCCESS, 0, NULL);
}
