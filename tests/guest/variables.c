/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables (UEFI 2.10 8.2), and that they outlive a reset when they are non-volatile. */
#include "test.h"

#define VOLATILE (VAR_BS | VAR_RT)
#define KEPT     (VAR_NV | VAR_BS | VAR_RT)
#define NAME     STR16("GuestTest")
#define MARK     STR16("GuestMark")

static uint8_t data[256];
static uint64_t size;
static uint32_t attributes;

static efi_status get(const char16 *name)
{
	size = sizeof(data);
	attributes = 0;
	bs->set_mem(data, sizeof(data), 0);
	return rt->get_variable(name, &guid_own, &attributes, &size, data);
}

static efi_status set(const char16 *name, uint32_t with, const char *text)
{
	uint64_t n = 0;

	while (text[n])
		n++;
	return rt->set_variable(name, &guid_own, with, n, text);
}

static void test_basics(void)
{
	is(get(NAME), EFI_NOT_FOUND, "get: not there");
	is(set(NAME, VOLATILE, "hello"), EFI_SUCCESS, "set: new");
	is(get(NAME), EFI_SUCCESS, "get: there");
	is(size, 5, "get: size");
	ok(same(data, "hello", 5), "get: data");
	is(attributes, VOLATILE, "get: attributes");
	size = 3;
	is(rt->get_variable(NAME, &guid_own, &attributes, &size, data), EFI_BUFFER_TOO_SMALL,
		"get: too small");
	is(size, 5, "get: told how much");
	size = 0;
	is(rt->get_variable(NAME, &guid_own, NULL, &size, NULL), EFI_BUFFER_TOO_SMALL,
		"get: no buffer, no size");
	is(size, 5, "get: told how much again");
	is(rt->get_variable(NAME, &guid_own, NULL, &size, NULL), EFI_INVALID_PARAMETER,
		"get: no buffer but a size");
	is(rt->get_variable(NULL, &guid_own, NULL, &size, data), EFI_INVALID_PARAMETER,
		"get: no name");
	is(rt->get_variable(NAME, NULL, NULL, &size, data), EFI_INVALID_PARAMETER,
		"get: no vendor");
	is(rt->get_variable(NAME, &guid_own, NULL, NULL, data), EFI_INVALID_PARAMETER,
		"get: no size");
	size = sizeof(data);
	is(rt->get_variable(STR16(""), &guid_own, NULL, &size, data), EFI_NOT_FOUND,
		"get: an empty name");
	is(rt->get_variable(NAME, &guid_own2, NULL, &size, data), EFI_NOT_FOUND,
		"get: another vendor");
	is(get(STR16("guesttest")), EFI_NOT_FOUND, "get: in lower case");

	is(set(NAME, VOLATILE, "longer than before"), EFI_SUCCESS, "set: longer");
	get(NAME);
	is(size, 18, "get: its size");
	is(set(NAME, VOLATILE, "x"), EFI_SUCCESS, "set: shorter");
	get(NAME);
	ok(size == 1 && data[0] == 'x', "get: is that");
	is(set(NAME, VOLATILE | VAR_APPEND, "yz"), EFI_SUCCESS, "set: append");
	get(NAME);
	ok(size == 3 && same(data, "xyz", 3), "get: both");
	is(attributes, VOLATILE, "get: append is no attribute that stays");
	is(set(NAME, VOLATILE | VAR_APPEND, ""), EFI_SUCCESS, "set: append nothing");
	get(NAME);
	is(size, 3, "get: as before");

	is(set(NAME, KEPT, "xyz"), EFI_INVALID_PARAMETER, "set: other attributes");
	is(set(NAME, VAR_BS, "xyz"), EFI_INVALID_PARAMETER, "set: fewer attributes");
	is(get(NAME), EFI_SUCCESS, "get: unharmed");
	is(set(NAME, VOLATILE, ""), EFI_SUCCESS, "delete: by no data");
	is(get(NAME), EFI_NOT_FOUND, "delete: is gone");
	is(set(NAME, VOLATILE, ""), EFI_NOT_FOUND, "delete: again");
	set(NAME, VAR_BS, "only boot");
	is(get(NAME), EFI_SUCCESS, "set: for boot services only");
	is(attributes, VAR_BS, "get: which it says");
	is(rt->set_variable(NAME, &guid_own, 0, 0, NULL), EFI_SUCCESS, "delete: by no attributes");
	is(get(NAME), EFI_NOT_FOUND, "delete: is gone, too");
	is(set(NAME, VOLATILE | VAR_APPEND, "new"), EFI_SUCCESS, "append: to nothing makes it");
	get(NAME);
	ok(size == 3 && same(data, "new", 3), "append: with those data");
	set(NAME, VOLATILE, "");
}

static void test_errors(void)
{
	static uint8_t big[0x20000];

	is(set(NAME, VAR_RT, "x"), EFI_INVALID_PARAMETER, "set: runtime without boot");
	value("set: non-volatile alone", set(NAME, VAR_NV, "x"));
	is(set(STR16(""), VOLATILE, "x"), EFI_INVALID_PARAMETER, "set: an empty name");
	is(rt->set_variable(NULL, &guid_own, VOLATILE, 1, "x"), EFI_INVALID_PARAMETER,
		"set: no name");
	is(rt->set_variable(NAME, NULL, VOLATILE, 1, "x"), EFI_INVALID_PARAMETER, "set: no vendor");
	is(rt->set_variable(NAME, &guid_own, VOLATILE, 1, NULL), EFI_INVALID_PARAMETER,
		"set: no data but a size");
	is(rt->set_variable(NAME, &guid_own, KEPT, sizeof(big), big), EFI_INVALID_PARAMETER,
		"set: more than any store takes");
	is(rt->set_variable(STR16("SetupMode"), &guid_global_variable, VOLATILE, sizeof(big), big),
		EFI_WRITE_PROTECTED, "set: so much where nothing can be written");
	is(rt->set_variable(NAME, &guid_own, 0, sizeof(big), big), EFI_NOT_FOUND,
		"set: so much, to delete");
	is(set(NAME, 0x80000000u | VOLATILE, "x"), EFI_INVALID_PARAMETER,
		"set: attributes that are none");
	is(get(NAME), EFI_NOT_FOUND, "set: none of these was stored");
	is(rt->set_variable(STR16("SetupMode"), &guid_global_variable, VOLATILE, 1, "\1"),
		EFI_WRITE_PROTECTED, "set: one of the firmware's own");
}

static void test_names(void)
{
	static char16 name[256];
	struct guid vendor = { 0 };
	unsigned n = 0, ours = 0, lang = 0;
	uint64_t room;
	efi_status status;

	set(STR16("GuestA"), VOLATILE, "a");
	set(STR16("GuestB"), KEPT, "b");
	set(STR16("GuestC"), VAR_BS, "c");
	for (;;) {
		room = sizeof(name);
		status = rt->get_next_variable_name(&room, name, &vendor);
		if (status != EFI_SUCCESS || ++n > 1000)
			break;
		if (room != (length16(name) + 1) * 2)
			ours += 100;
		if (same(&vendor, &guid_own, sizeof(vendor)) && length16(name) == 6 &&
			same(name, u"Guest", 10))
			ours++;
		if (same16(name, STR16("PlatformLang")))
			lang++;
	}
	is(status, EFI_NOT_FOUND, "names: come to an end");
	is(ours, 3, "names: our three");
	is(lang, 1, "names: PlatformLang");

	room = 2;
	name[0] = 0;
	is(rt->get_next_variable_name(&room, name, &vendor), EFI_BUFFER_TOO_SMALL,
		"names: too small");
	ok(room > 2, "names: told how much");
	room = 0;
	is(rt->get_next_variable_name(&room, name, &vendor), EFI_INVALID_PARAMETER,
		"names: no room for the name given");
	room = sizeof(name);
	is(rt->get_next_variable_name(NULL, name, &vendor), EFI_INVALID_PARAMETER,
		"names: no size");
	is(rt->get_next_variable_name(&room, NULL, &vendor), EFI_INVALID_PARAMETER,
		"names: no name");
	is(rt->get_next_variable_name(&room, name, NULL), EFI_INVALID_PARAMETER,
		"names: no vendor");
	bs->copy_mem(name, u"GuestNone", 20);
	vendor = guid_own;
	room = sizeof(name);
	is(rt->get_next_variable_name(&room, name, &vendor), EFI_INVALID_PARAMETER,
		"names: after one that is not there");
	name[0] = 'x';
	room = 2;
	is(rt->get_next_variable_name(&room, name, &vendor), EFI_INVALID_PARAMETER,
		"names: without an end");
	set(STR16("GuestA"), VOLATILE, "");
	set(STR16("GuestB"), KEPT, "");
	set(STR16("GuestC"), VAR_BS, "");
}

static void test_info(void)
{
	uint64_t maximum = 0, remaining = 0, one = 0;

	is(rt->query_variable_info(KEPT, &maximum, &remaining, &one), EFI_SUCCESS,
		"info: non-volatile");
	ok(remaining <= maximum && remaining > 0, "info: room");
	ok(one > 0 && one <= maximum, "info: of one variable");
	is(rt->query_variable_info(VOLATILE, &maximum, &remaining, &one), EFI_SUCCESS,
		"info: volatile");
	ok(remaining <= maximum && remaining > 0, "info: its room");
	is(rt->query_variable_info(0, &maximum, &remaining, &one), EFI_INVALID_PARAMETER,
		"info: no attributes");
	is(rt->query_variable_info(VAR_NV, &maximum, &remaining, &one), EFI_INVALID_PARAMETER,
		"info: non-volatile alone");
	is(rt->query_variable_info(VAR_RT, &maximum, &remaining, &one), EFI_INVALID_PARAMETER,
		"info: runtime without boot");
	is(rt->query_variable_info(KEPT, NULL, &remaining, &one), EFI_INVALID_PARAMETER,
		"info: nowhere to tell");
}

/* What there is of the variables of table 3.1, and with which attributes. */
static void test_globals(void)
{
	static const struct {
		const char16 *name;
		const char *line;
	} globals[] = {
		{ u"PlatformLang", "global: PlatformLang" },
		{ u"PlatformLangCodes", "global: PlatformLangCodes" },
		{ u"ConOut", "global: ConOut" },
		{ u"ConIn", "global: ConIn" },
		{ u"BootCurrent", "global: BootCurrent" },
		{ u"BootOrder", "global: BootOrder" },
		{ u"Timeout", "global: Timeout" },
		{ u"SecureBoot", "global: SecureBoot" },
		{ u"SetupMode", "global: SetupMode" },
		{ u"OsIndicationsSupported", "global: OsIndicationsSupported" },
	};

	for (unsigned i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		uint8_t room[512];
		uint64_t n = sizeof(room);
		uint32_t with = 0;
		efi_status status = rt->get_variable(
			globals[i].name, &guid_global_variable, &with, &n, room);

		value(globals[i].line, status ? status : with);
	}
}

/* Names that UEFI does not define are not for its own vendor (3.3). */
static void test_undefined(void)
{
	static const char16 *const names[] = { u"NoSuchName", u"Boot", u"Boot00001", u"Boot000",
		u"PlatformRecoveryOrder", u"Mode" };
	const struct guid *ours = &guid_global_variable;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		is(rt->set_variable(names[i], ours, VAR_BS | VAR_RT, 2, "\1"),
			EFI_INVALID_PARAMETER, "undefined: a volatile one");
		is(rt->set_variable(names[i], ours, KEPT, 2, "\1"), EFI_INVALID_PARAMETER,
			"undefined: one that is kept");
		is(rt->set_variable(names[i], ours, KEPT | VAR_APPEND, 2, "\1"),
			EFI_INVALID_PARAMETER, "undefined: appended");
		is(rt->set_variable(names[i], ours, KEPT, 0, NULL), EFI_NOT_FOUND,
			"undefined: deleted");
		is(rt->set_variable(names[i], ours, 0, 0, NULL), EFI_NOT_FOUND,
			"undefined: deleted without attributes");
	}
	is(rt->set_variable(STR16("HwErrRecSupport"), ours, KEPT, 2, "\1"), EFI_WRITE_PROTECTED,
		"defined: the firmware's");
	is(rt->set_variable(STR16("LangCodes"), ours, VAR_BS | VAR_RT, 4, "eng"),
		EFI_WRITE_PROTECTED, "defined: the firmware's, too");
	is(rt->set_variable(names[0], &guid_own, VAR_BS, 2, "\1"), EFI_SUCCESS,
		"another vendor's may have any name");
	rt->set_variable(names[0], &guid_own, 0, 0, NULL);
}

void subject(void)
{
	if (get(MARK) == EFI_SUCCESS) {
		say("begin after the reset");
		ok(size == 4 && same(data, "mark", 4), "reset: a non-volatile one is kept");
		is(attributes, KEPT, "reset: with its attributes");
		is(get(NAME), EFI_NOT_FOUND, "reset: a volatile one is not");
		is(set(MARK, KEPT, ""), EFI_SUCCESS, "reset: it can be deleted");
		is(get(MARK), EFI_NOT_FOUND, "reset: and is gone");
		return;
	}
	test_basics();
	test_errors();
	test_undefined();
	test_names();
	test_info();
	test_globals();
	is(set(MARK, KEPT, "mark"), EFI_SUCCESS, "reset: a non-volatile one set");
	is(set(NAME, VOLATILE, "gone"), EFI_SUCCESS, "reset: and a volatile one");
	say("end");
	rt->reset_system(RESET_COLD, EFI_SUCCESS, 0, NULL);
}
