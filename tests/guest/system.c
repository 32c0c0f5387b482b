/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables, time, small services, and leaving boot services (UEFI 2.10 4, 7.4.6, 7.5, 8.3). */
#include "test.h"

#define RESULT STR16("GuestExitResult")

static void test_table(struct table_header *h, uint64_t signature, uint32_t least)
{
	uint32_t want = h->crc32, crc = 0;

	is(h->signature, signature, "table: signature");
	ok(h->revision >= (2u << 16 | 10) || h->revision >= 2u << 16, "table: revision");
	ok(h->size >= least, "table: size");
	is(h->reserved, 0, "table: reserved");
	h->crc32 = 0;
	bs->calculate_crc32(h, h->size, &crc);
	h->crc32 = want;
	is(crc, want, "table: CRC");
}

static void test_tables(void)
{
	static int ours;
	uint64_t n = st->n_tables, found = 0;

	say("# system table");
	test_table(&st->hdr, 0x5453595320494249, sizeof(*st));
	say("# boot services");
	test_table(&bs->hdr, 0x56524553544f4f42, sizeof(*bs));
	say("# runtime services");
	test_table(&rt->hdr, 0x56524553544e5552, sizeof(*rt));
	ok(st->vendor && st->vendor[0], "table: vendor");
	is(bs->install_configuration_table(&guid_own, &ours), EFI_SUCCESS, "configuration: new");
	is(st->n_tables, n + 1, "configuration: one more");
	for (uint64_t i = 0; i < st->n_tables; i++)
		found += same(&st->tables[i].guid, &guid_own, 16) && st->tables[i].table == &ours;
	is(found, 1, "configuration: is found");
	say("# system table, again");
	test_table(&st->hdr, 0x5453595320494249, sizeof(*st));
	is(bs->install_configuration_table(&guid_own, &found), EFI_SUCCESS,
		"configuration: another place");
	is(st->n_tables, n + 1, "configuration: no more of them");
	is(bs->install_configuration_table(&guid_own, NULL), EFI_SUCCESS, "configuration: removed");
	is(st->n_tables, n, "configuration: one less");
	is(bs->install_configuration_table(&guid_own, NULL), EFI_NOT_FOUND,
		"configuration: removed again");
	is(bs->install_configuration_table(NULL, &ours), EFI_INVALID_PARAMETER,
		"configuration: no GUID");
}

static void test_small(void)
{
	uint64_t count = 0, next = 0, tpl;
	uint32_t crc = 0, high = 0;
	uint8_t bytes[16], want[16];
	struct rng *rng = NULL;

	is(bs->calculate_crc32("123456789", 9, &crc), EFI_SUCCESS, "crc: done");
	is(crc, 0xcbf43926, "crc: the known value");
	is(bs->calculate_crc32(NULL, 9, &crc), EFI_INVALID_PARAMETER, "crc: no data");
	is(bs->calculate_crc32("1", 0, &crc), EFI_INVALID_PARAMETER, "crc: no size");
	is(bs->calculate_crc32("1", 1, NULL), EFI_INVALID_PARAMETER, "crc: nowhere to tell");

	bs->set_mem(bytes, 16, 0x5a);
	for (unsigned i = 0; i < 16; i++)
		want[i] = 0x5a;
	ok(same(bytes, want, 16), "set: all");
	bs->set_mem(bytes, 0, 0);
	ok(same(bytes, want, 16), "set: none");
	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)i;
	bs->copy_mem(bytes + 3, bytes, 10);
	ok(same(bytes + 3, "\0\1\2\3\4\5\6\7\10\11", 10), "copy: upwards over itself");
	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)i;
	bs->copy_mem(bytes, bytes + 3, 10);
	ok(same(bytes, "\3\4\5\6\7\10\11\12\13\14", 10), "copy: downwards over itself");

	is(bs->get_next_monotonic_count(&count), EFI_SUCCESS, "count: told");
	bs->get_next_monotonic_count(&next);
	is(next, count + 1, "count: one more");
	is(bs->get_next_monotonic_count(NULL), EFI_INVALID_PARAMETER, "count: nowhere to tell");
	is(rt->get_next_high_monotonic_count(&high), EFI_SUCCESS, "count: the high part");
	bs->get_next_monotonic_count(&next);
	ok(next >> 32 == high, "count: goes on there");

	is(bs->set_watchdog_timer(300, 0x12345, 0, NULL), EFI_SUCCESS, "watchdog: set");
	is(bs->set_watchdog_timer(0, 0, 0, NULL), EFI_SUCCESS, "watchdog: off");
	is(bs->stall(0), EFI_SUCCESS, "stall: none");
	tpl = bs->raise_tpl(TPL_NOTIFY);
	is(bs->stall(10), EFI_SUCCESS, "stall: at a higher TPL");
	bs->restore_tpl(tpl);

	if (bs->locate_protocol(&guid_rng, NULL, (void **)&rng) == EFI_SUCCESS) {
		bs->set_mem(bytes, 16, 0);
		bs->set_mem(want, 16, 0);
		value("rng: bytes", rng->get(rng, NULL, 16, bytes));
		ok(!same(bytes, want, 16), "rng: not all zero");
	}
}

static void test_time(void)
{
	struct time now = { 0 }, then = { 0 }, set;
	struct time_capabilities can = { 0 };

	is(rt->get_time(&now, &can), EFI_SUCCESS, "time: told");
	ok(now.year >= 2000 && now.year < 2100, "time: year");
	ok(now.month >= 1 && now.month <= 12 && now.day >= 1 && now.day <= 31, "time: day");
	ok(now.hour < 24 && now.minute < 60 && now.second < 60 && now.nanosecond < 1000000000,
		"time: of the day");
	ok(now.zone == 2047 || (now.zone >= -1440 && now.zone <= 1440), "time: zone");
	ok(can.resolution >= 1, "time: resolution");
	is(rt->get_time(NULL, NULL), EFI_INVALID_PARAMETER, "time: nowhere to tell");
	bs->stall(1500000);
	is(rt->get_time(&then, NULL), EFI_SUCCESS, "time: told later");
	ok(then.second != now.second || then.minute != now.minute, "time: it passes");
	set = then;
	set.month = 13;
	is(rt->set_time(&set), EFI_INVALID_PARAMETER, "time: a month that is none");
	set = then;
	set.day = 0;
	is(rt->set_time(&set), EFI_INVALID_PARAMETER, "time: a day that is none");
	set = then;
	set.year = 2031;
	set.month = 2;
	set.day = 29;
	is(rt->set_time(&set), EFI_INVALID_PARAMETER, "time: 29 February in a common year");
	set = then;
	set.year = 2032;
	set.month = 2;
	set.day = 29;
	set.zone = 0;
	is(rt->set_time(&set), EFI_SUCCESS, "time: in a leap year");
	rt->get_time(&now, NULL);
	ok(now.year == 2032 && now.month == 2 && now.day == 29, "time: is set");
	is(now.zone, 0, "time: with its zone");
	rt->set_time(&then);
	is(rt->set_time(NULL), EFI_INVALID_PARAMETER, "time: none");
}

static unsigned exits, exits_by_group;

static void on_exit(efi_event event, void *context)
{
	(void)event;
	++*(unsigned *)context;
}

/* What is found after ExitBootServices() can only be kept in a variable. */
static void leave(void)
{
	static uint8_t map[1 << 16];
	uint64_t size = sizeof(map), key = 0, desc = 0, found = 0, at = 0;
	uint32_t version;
	efi_event event, member;
	efi_status status;
	struct time now;
	uint8_t variable[8];

	bs->create_event(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, on_exit, &exits, &event);
	bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, on_exit, &exits_by_group,
		&guid_exit_boot_services, &member);
	bs->get_memory_map(&size, map, &key, &desc, &version);
	bs->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, 1, &at);
	is(bs->exit_boot_services(NULL, key), EFI_INVALID_PARAMETER, "leave: no image");
	status = bs->exit_boot_services(self, key);
	found |= status == EFI_INVALID_PARAMETER ? 1 : 0;
	size = sizeof(map);
	status = bs->get_memory_map(&size, map, &key, &desc, &version);
	found |= status == EFI_SUCCESS ? 2 : 0;
	status = bs->exit_boot_services(self, key);
	if (status != EFI_SUCCESS) {
		ok(false, "leave: with the right key");
		return;
	}
	found |= exits == 1 ? 4 : 0;
	found |= exits_by_group == 1 ? 8 : 0;
	found |= rt->get_time(&now, NULL) == EFI_SUCCESS ? 0x10 : 0;
	found |= !st->con_out && !st->con_in && !st->std_err && !st->boot ? 0x20 : 0;
	found |= !st->con_out_handle && !st->con_in_handle && !st->std_err_handle ? 0x40 : 0;
	size = sizeof(variable);
	status = rt->get_variable(STR16("GuestBootOnly"), &guid_own, NULL, &size, variable);
	found |= status == EFI_NOT_FOUND ? 0x80 : 0;
	size = sizeof(variable);
	status = rt->get_variable(STR16("GuestRuntime"), &guid_own, NULL, &size, variable);
	found |= status == EFI_SUCCESS ? 0x100 : 0;
	status = rt->set_variable(
		STR16("GuestNew"), &guid_own, VAR_BS | VAR_RT, sizeof(found), &found);
	found |= status == EFI_INVALID_PARAMETER || status == EFI_WRITE_PROTECTED ? 0x200 : 0;
	status = rt->set_variable(STR16("GuestNew"), &guid_own, VAR_NV | VAR_BS, 1, &found);
	found |= status == EFI_INVALID_PARAMETER ? 0x400 : 0;
	rt->set_variable(RESULT, &guid_own, VAR_NV | VAR_BS | VAR_RT, sizeof(found), &found);
	rt->reset_system(RESET_WARM, EFI_SUCCESS, 0, NULL);
}

static void left(uint64_t found)
{
	static const char *const names[] = {
		"left: a stale key is refused",
		"left: the memory map is still told",
		"left: the event was signalled once",
		"left: so was the group",
		"left: the time is told",
		"left: the table forgets consoles and boot services",
		"left: and the consoles' handles",
		"left: what is for boot services only is hidden",
		"left: what is for runtime is there",
		"left: nothing volatile can be made",
		"left: nothing for boot services only can be made",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(found >> i & 1, names[i]);
}

static void test_capsules(void)
{
	static uint32_t header[7] = { 1, 2, 3, 4, 28, 0, 28 };
	static void *capsules[1] = { header };
	efi_status (*update)(void **list, uint64_t n, uint64_t scattered) = rt->update_capsule;

	is(update(capsules, 0, 0), EFI_INVALID_PARAMETER, "capsule: none");
	header[5] = 0x40000;
	is(update(capsules, 1, 0), EFI_INVALID_PARAMETER, "capsule: a reset, and not to persist");
	header[5] = 0x20000;
	is(update(capsules, 1, 0), EFI_INVALID_PARAMETER, "capsule: a table, and not to persist");
	header[5] = 0x10000;
	value("capsule: to persist, and no list", update(capsules, 1, 0));
}

/* The clock wakes nobody. */
static void test_wakeup(void)
{
	struct time time;
	bool enabled, pending;

	rt->get_time(&time, NULL);
	is(rt->set_wakeup_time(true, &time), EFI_UNSUPPORTED, "wake: set");
	is(rt->get_wakeup_time(&enabled, &pending, &time), EFI_UNSUPPORTED, "wake: asked");
	is(rt->get_wakeup_time(NULL, &pending, &time), EFI_INVALID_PARAMETER, "wake: no switch");
	is(rt->get_wakeup_time(&enabled, NULL, &time), EFI_INVALID_PARAMETER, "wake: no sign");
	is(rt->get_wakeup_time(&enabled, &pending, NULL), EFI_INVALID_PARAMETER, "wake: no time");
}

void subject(void)
{
	uint64_t found = 0, size = sizeof(found);

	if (rt->get_variable(RESULT, &guid_own, NULL, &size, &found) == EFI_SUCCESS) {
		left(found);
		return;
	}
	test_tables();
	test_small();
	test_time();
	test_wakeup();
	test_capsules();
	rt->set_variable(STR16("GuestBootOnly"), &guid_own, VAR_NV | VAR_BS, 1, "x");
	rt->set_variable(STR16("GuestRuntime"), &guid_own, VAR_BS | VAR_RT, 1, "x");
	say("end");
	leave();
}
