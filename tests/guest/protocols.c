/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database of handles and protocols (UEFI 2.10 7.3), without drivers. */
#include "test.h"

static unsigned notified;

static void note(efi_event event, void *context)
{
	(void)event;
	(void)context;
	notified++;
}

static void test_install(void)
{
	efi_handle h = NULL, none = NULL;
	void *got = NULL;
	int one = 1, two = 2;

	is(bs->install_protocol(&h, &guid_own, 0, &one), EFI_SUCCESS, "install: on a new handle");
	ok(h != NULL, "install: told which");
	is(bs->handle_protocol(h, &guid_own, &got), EFI_SUCCESS, "install: found there");
	ok(got == &one, "install: the interface");
	is(bs->install_protocol(&h, &guid_own, 0, &two), EFI_INVALID_PARAMETER, "install: twice");
	is(bs->install_protocol(NULL, &guid_own, 0, &one), EFI_INVALID_PARAMETER,
		"install: no handle");
	is(bs->install_protocol(&none, NULL, 0, &one), EFI_INVALID_PARAMETER, "install: no GUID");
	is(bs->install_protocol(&none, &guid_own, 1, &one), EFI_INVALID_PARAMETER,
		"install: a kind that is none");
	is(bs->install_protocol(&h, &guid_own2, 0, NULL), EFI_SUCCESS,
		"install: without interface");
	got = &one;
	is(bs->handle_protocol(h, &guid_own2, &got), EFI_SUCCESS, "install: which is found");
	ok(got == NULL, "install: as NULL");
	got = &one;
	is(bs->handle_protocol(h, &guid_nobody, &got), EFI_UNSUPPORTED, "handle: one it has not");
	ok(got == NULL, "handle: then NULL");
	is(bs->handle_protocol(NULL, &guid_own, &got), EFI_INVALID_PARAMETER, "handle: none");
	is(bs->handle_protocol(h, NULL, &got), EFI_INVALID_PARAMETER, "handle: no GUID");
	is(bs->handle_protocol(h, &guid_own, NULL), EFI_INVALID_PARAMETER,
		"handle: nowhere to tell");

	is(bs->reinstall_protocol(h, &guid_own, &one, &two), EFI_SUCCESS, "reinstall: another");
	ok(protocol_of(h, &guid_own) == &two, "reinstall: is found");
	is(bs->reinstall_protocol(h, &guid_own, &one, &two), EFI_NOT_FOUND,
		"reinstall: not the old");
	is(bs->reinstall_protocol(h, &guid_nobody, &one, &two), EFI_NOT_FOUND,
		"reinstall: what was never there");

	is(bs->uninstall_protocol(h, &guid_own, &one), EFI_NOT_FOUND, "uninstall: not the old");
	is(bs->uninstall_protocol(h, &guid_own, &two), EFI_SUCCESS, "uninstall: the new");
	is(bs->handle_protocol(h, &guid_own, &got), EFI_UNSUPPORTED, "uninstall: it is gone");
	is(bs->uninstall_protocol(h, &guid_own2, NULL), EFI_SUCCESS, "uninstall: the last");
	is(bs->handle_protocol(h, &guid_own2, &got), EFI_INVALID_PARAMETER,
		"uninstall: the handle is gone");
	is(bs->uninstall_protocol(h, &guid_own2, NULL), EFI_INVALID_PARAMETER,
		"uninstall: from no handle");
}

static void test_multiple(void)
{
	efi_handle h = NULL, other = NULL;
	int a = 1, b = 2, c = 3;

	is(bs->install_multiple(&h, &guid_own, &a, &guid_own2, &b, &guid_own3, &c, NULL),
		EFI_SUCCESS, "multiple: three");
	ok(protocol_of(h, &guid_own) == &a && protocol_of(h, &guid_own2) == &b &&
			protocol_of(h, &guid_own3) == &c,
		"multiple: all there");
	is(bs->uninstall_multiple(h, &guid_own, &a, &guid_own2, &a, NULL), EFI_INVALID_PARAMETER,
		"multiple: one of them is not there");
	ok(protocol_of(h, &guid_own) == &a, "multiple: the first is back");
	is(bs->uninstall_multiple(h, &guid_own, &a, &guid_own2, &b, NULL), EFI_SUCCESS,
		"multiple: two gone");
	is(bs->install_multiple(&h, &guid_own, &a, &guid_own3, &b, NULL), EFI_INVALID_PARAMETER,
		"multiple: one is there already");
	ok(protocol_of(h, &guid_own) == NULL, "multiple: so none is installed");
	bs->uninstall_multiple(h, &guid_own3, &c, NULL);
	is(bs->install_multiple(&other, NULL), EFI_SUCCESS, "multiple: nothing");
	ok(other == NULL, "multiple: which makes no handle");
}

static void test_device_path_twice(void)
{
	struct device_path *own = protocol_of(own_volume(), &guid_device_path);
	efi_handle h = NULL;
	void *copy;

	copy = pool(path_size(own));
	bs->copy_mem(copy, own, path_size(own));
	is(bs->install_multiple(&h, &guid_device_path, copy, NULL), EFI_ALREADY_STARTED,
		"multiple: a device path that another handle has");
}

static void test_open(void)
{
	efi_handle h = NULL, agent = self, other = NULL, child = NULL;
	struct open_entry *entries = NULL;
	void *got = NULL;
	uint64_t n = 0, kept = 0;
	int a = 1, b = 2;

	bs->install_protocol(&h, &guid_own, 0, &a);
	bs->install_protocol(&other, &guid_own2, 0, &b);
	bs->install_protocol(&child, &guid_own3, 0, &b);

	is(bs->open_protocol(h, &guid_own, NULL, agent, NULL, OPEN_TEST), EFI_SUCCESS,
		"open: test");
	is(bs->open_protocol(h, &guid_nobody, NULL, agent, NULL, OPEN_TEST), EFI_UNSUPPORTED,
		"open: test for what is not there");
	is(bs->open_protocol(h, &guid_own, NULL, agent, NULL, OPEN_GET), EFI_INVALID_PARAMETER,
		"open: get, nowhere to tell");
	is(bs->open_protocol(h, &guid_own, &got, NULL, NULL, OPEN_GET), EFI_SUCCESS,
		"open: get without agent");
	ok(got == &a, "open: the interface");
	is(bs->open_protocol(h, &guid_own, &got, agent, NULL, 0), EFI_INVALID_PARAMETER,
		"open: no attributes");
	is(bs->open_protocol(h, &guid_own, &got, agent, NULL, 0x40), EFI_INVALID_PARAMETER,
		"open: attributes that are none");
	is(bs->open_protocol(h, &guid_own, &got, agent, NULL, OPEN_BY_DRIVER),
		EFI_INVALID_PARAMETER, "open: by driver without controller");
	is(bs->open_protocol(h, &guid_own, &got, NULL, h, OPEN_BY_DRIVER), EFI_INVALID_PARAMETER,
		"open: by driver without agent");
	is(bs->open_protocol(h, &guid_own, &got, agent, h, OPEN_BY_CHILD), EFI_INVALID_PARAMETER,
		"open: by child that is the handle itself");

	is(bs->open_protocol(h, &guid_own, &got, agent, h, OPEN_BY_DRIVER), EFI_SUCCESS,
		"open: by driver");
	is(bs->open_protocol(h, &guid_own, &got, agent, h, OPEN_BY_DRIVER), EFI_ALREADY_STARTED,
		"open: by the same driver");
	is(bs->open_protocol(h, &guid_own, &got, other, h, OPEN_BY_DRIVER), EFI_ACCESS_DENIED,
		"open: by another driver");
	is(bs->open_protocol(h, &guid_own, &got, other, child, OPEN_BY_CHILD), EFI_SUCCESS,
		"open: by child");
	is(bs->open_protocol(h, &guid_own, &got, other, NULL, OPEN_BY_HANDLE), EFI_SUCCESS,
		"open: by handle");
	is(bs->open_protocol(h, &guid_own, &got, other, NULL, OPEN_BY_HANDLE), EFI_SUCCESS,
		"open: by handle again");
	is(bs->open_protocol_information(h, &guid_own, &entries, &n), EFI_SUCCESS, "info: got");
	for (uint64_t i = 0; i < n; i++)
		kept += !(entries[i].attributes & (OPEN_TEST | OPEN_GET));
	is(kept, 3, "info: three");
	value("info: entries of those that tested or got, too", n - kept);
	for (uint64_t i = 0; i < n; i++) {
		if (entries[i].attributes == OPEN_BY_DRIVER)
			ok(entries[i].agent == agent && entries[i].controller == h &&
					entries[i].count == 1,
				"info: the driver");
		if (entries[i].attributes == OPEN_BY_CHILD)
			ok(entries[i].agent == other && entries[i].controller == child,
				"info: the child");
	}
	for (uint64_t i = 0; i < n; i++) {
		if (entries[i].attributes == OPEN_BY_HANDLE)
			is(entries[i].count, 2, "info: twice by handle");
	}
	is(bs->free_pool(entries), EFI_SUCCESS, "info: is the caller's");
	is(bs->uninstall_protocol(h, &guid_own, &a), EFI_ACCESS_DENIED,
		"uninstall: what a driver has open");
	is(bs->close_protocol(h, &guid_own, agent, h), EFI_SUCCESS, "close: by driver");
	is(bs->close_protocol(h, &guid_own, agent, h), EFI_NOT_FOUND, "close: again");
	is(bs->close_protocol(h, &guid_own, other, child), EFI_SUCCESS, "close: by child");
	is(bs->close_protocol(h, &guid_own, NULL, NULL), EFI_INVALID_PARAMETER, "close: no agent");
	is(bs->close_protocol(h, &guid_nobody, other, NULL), EFI_NOT_FOUND, "close: not there");

	is(bs->open_protocol(h, &guid_own, &got, agent, NULL, OPEN_EXCLUSIVE), EFI_SUCCESS,
		"open: alone");
	is(bs->open_protocol(h, &guid_own, &got, other, NULL, OPEN_EXCLUSIVE), EFI_ACCESS_DENIED,
		"open: alone, by another");
	is(bs->open_protocol(h, &guid_own, &got, other, h, OPEN_BY_DRIVER), EFI_ACCESS_DENIED,
		"open: by driver what one has alone");
	is(bs->open_protocol(h, &guid_own, &got, other, NULL, OPEN_GET), EFI_SUCCESS,
		"open: get what one has alone");
	is(bs->close_protocol(h, &guid_own, agent, NULL), EFI_SUCCESS, "close: alone");
	is(bs->open_protocol_information(h, &guid_nobody, &entries, &n), EFI_NOT_FOUND,
		"info: of what is not there");
	is(bs->uninstall_protocol(h, &guid_own, &a), EFI_SUCCESS,
		"uninstall: what was opened by handle only");
	bs->uninstall_protocol(other, &guid_own2, &b);
	bs->uninstall_protocol(child, &guid_own3, &b);
}

static void test_locate(void)
{
	efi_handle h[3] = { NULL }, buffer[8], *found = NULL;
	uint64_t size, n = 0;
	struct guid **guids = NULL;
	void *got = NULL;
	int a = 1, b = 2;
	bool has = false;

	for (unsigned i = 0; i < 3; i++)
		bs->install_protocol(&h[i], &guid_own, 0, i ? &b : &a);
	size = 0;
	is(bs->locate_handle(LOCATE_PROTOCOL, &guid_own, NULL, &size, NULL), EFI_BUFFER_TOO_SMALL,
		"locate: no room");
	is(size, sizeof(h), "locate: room for three");
	size = sizeof(buffer);
	is(bs->locate_handle(LOCATE_PROTOCOL, &guid_own, NULL, &size, buffer), EFI_SUCCESS,
		"locate: three");
	is(size, sizeof(h), "locate: its size");
	ok(buffer[0] == h[0] && buffer[1] == h[1] && buffer[2] == h[2],
		"locate: in the order they were made");
	size = sizeof(buffer);
	is(bs->locate_handle(LOCATE_PROTOCOL, &guid_nobody, NULL, &size, buffer), EFI_NOT_FOUND,
		"locate: none");
	is(bs->locate_handle(LOCATE_PROTOCOL, NULL, NULL, &size, buffer), EFI_INVALID_PARAMETER,
		"locate: no GUID");
	is(bs->locate_handle(LOCATE_PROTOCOL, &guid_own, NULL, NULL, buffer), EFI_INVALID_PARAMETER,
		"locate: no size");
	is(bs->locate_handle(LOCATE_NOTIFY, NULL, NULL, &size, buffer), EFI_INVALID_PARAMETER,
		"locate: no key");
	is(bs->locate_handle(7, &guid_own, NULL, &size, buffer), EFI_INVALID_PARAMETER,
		"locate: a kind that is none");

	is(bs->locate_handle_buffer(LOCATE_PROTOCOL, &guid_own, NULL, &n, &found), EFI_SUCCESS,
		"buffer: three");
	is(n, 3, "buffer: how many");
	ok(found && found[2] == h[2], "buffer: the handles");
	is(bs->free_pool(found), EFI_SUCCESS, "buffer: is the caller's");
	is(bs->locate_handle_buffer(LOCATE_PROTOCOL, &guid_nobody, NULL, &n, &found), EFI_NOT_FOUND,
		"buffer: none");
	is(bs->locate_handle_buffer(LOCATE_ALL, NULL, NULL, &n, &found), EFI_SUCCESS,
		"buffer: all");
	for (uint64_t i = 0; i < n; i++)
		has |= found[i] == h[1];
	ok(has, "buffer: ours among them");
	bs->free_pool(found);
	is(bs->locate_handle_buffer(LOCATE_PROTOCOL, &guid_own, NULL, NULL, &found),
		EFI_INVALID_PARAMETER, "buffer: nowhere to tell");

	is(bs->locate_protocol(&guid_own, NULL, &got), EFI_SUCCESS, "protocol: the first");
	ok(got == &a, "protocol: its interface");
	got = &a;
	is(bs->locate_protocol(&guid_nobody, NULL, &got), EFI_NOT_FOUND, "protocol: none");
	ok(got == NULL, "protocol: then NULL");
	is(bs->locate_protocol(NULL, NULL, &got), EFI_INVALID_PARAMETER, "protocol: no GUID");
	is(bs->locate_protocol(&guid_own, NULL, NULL), EFI_INVALID_PARAMETER,
		"protocol: nowhere to tell");

	bs->install_protocol(&h[1], &guid_own2, 0, &b);
	is(bs->protocols_per_handle(h[1], &guids, &n), EFI_SUCCESS, "per handle: got");
	is(n, 2, "per handle: two");
	has = false;
	for (uint64_t i = 0; i < n; i++)
		has |= same(guids[i], &guid_own2, sizeof(struct guid));
	ok(has, "per handle: the second among them");
	is(bs->free_pool(guids), EFI_SUCCESS, "per handle: is the caller's");
	is(bs->protocols_per_handle(NULL, &guids, &n), EFI_INVALID_PARAMETER, "per handle: none");
	bs->uninstall_protocol(h[1], &guid_own2, &b);
	for (unsigned i = 0; i < 3; i++)
		bs->uninstall_protocol(h[i], &guid_own, i ? &b : &a);
}

static void test_register(void)
{
	efi_handle h = NULL, second = NULL, got;
	efi_event event = NULL;
	void *key = NULL, *interface = NULL;
	uint64_t size = sizeof(got);
	int a = 1, b = 2;

	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, NULL, &event);
	is(bs->register_protocol_notify(&guid_own, event, &key), EFI_SUCCESS, "register: done");
	is(bs->register_protocol_notify(NULL, event, &key), EFI_INVALID_PARAMETER,
		"register: no GUID");
	is(bs->register_protocol_notify(&guid_own, NULL, &key), EFI_INVALID_PARAMETER,
		"register: no event");
	is(bs->register_protocol_notify(&guid_own, event, NULL), EFI_INVALID_PARAMETER,
		"register: nowhere to tell");
	is(notified, 0, "register: nothing yet");
	bs->install_protocol(&h, &guid_own, 0, &a);
	is(notified, 1, "register: told of a new one");
	bs->install_protocol(&second, &guid_own, 0, &a);
	is(notified, 2, "register: and of the next");
	bs->install_protocol(&h, &guid_own2, 0, &b);
	is(notified, 2, "register: not of others");
	is(bs->locate_handle(LOCATE_NOTIFY, NULL, key, &size, &got), EFI_SUCCESS,
		"register: found");
	ok(got == h, "register: the first new handle");
	is(bs->locate_protocol(NULL, key, &interface), EFI_INVALID_PARAMETER,
		"register: a key without GUID");
	is(bs->locate_handle(LOCATE_NOTIFY, NULL, key, &size, &got), EFI_SUCCESS,
		"register: found again");
	ok(got == second, "register: the second");
	is(bs->locate_handle(LOCATE_NOTIFY, NULL, key, &size, &got), EFI_NOT_FOUND,
		"register: no more");
	bs->reinstall_protocol(h, &guid_own, &a, &b);
	is(notified, 3, "register: told of a new interface");
	is(bs->locate_protocol(&guid_own, key, &interface), EFI_SUCCESS, "register: by protocol");
	ok(interface == &b, "register: its new interface");
	bs->close_event(event);
	bs->uninstall_multiple(h, &guid_own, &b, &guid_own2, &b, NULL);
	is(bs->install_protocol(&h, &guid_own, 0, &b), EFI_INVALID_PARAMETER,
		"register: the old handle is none");
	bs->uninstall_protocol(second, &guid_own, &a);
	is(notified, 3, "register: not told of what goes");
}

/* Handles of a protocol stand in the order in which it came to them, whenever they were made. */
static void test_order(void)
{
	static int first, second, third;
	efi_handle a = NULL, b = NULL, c = NULL, *all = NULL;
	uint64_t n = 0, at_a = 0, at_b = 0;
	void *got = NULL;

	bs->install_protocol(&a, &guid_own2, 0, &first);
	bs->install_protocol(&b, &guid_own2, 0, &first);
	bs->install_protocol(&b, &guid_own3, 0, &second);
	bs->install_protocol(&a, &guid_own3, 0, &first);
	bs->install_protocol(&c, &guid_own3, 0, &third);
	is(bs->locate_handle_buffer(LOCATE_PROTOCOL, &guid_own3, NULL, &n, &all), EFI_SUCCESS,
		"order: located");
	ok(n == 3 && all[0] == b && all[1] == a && all[2] == c, "order: as it was installed");
	bs->free_pool(all);
	is(bs->locate_protocol(&guid_own3, NULL, &got), EFI_SUCCESS, "order: one of them");
	ok(got == &second, "order: is the first");
	is(bs->reinstall_protocol(b, &guid_own3, &second, &second), EFI_SUCCESS,
		"order: installed anew");
	bs->locate_handle_buffer(LOCATE_PROTOCOL, &guid_own3, NULL, &n, &all);
	ok(n == 3 && all[0] == a && all[1] == c && all[2] == b, "order: it goes to the end");
	bs->free_pool(all);
	bs->locate_protocol(&guid_own3, NULL, &got);
	ok(got == &first, "order: another is the first");
	bs->locate_handle_buffer(LOCATE_ALL, NULL, NULL, &n, &all);
	for (uint64_t i = 0; i < n; i++) {
		at_a = all[i] == a ? i : at_a;
		at_b = all[i] == b ? i : at_b;
	}
	ok(at_a < at_b, "order: of all handles, as they were made");
	bs->free_pool(all);
	bs->uninstall_protocol(a, &guid_own2, &first);
	bs->uninstall_protocol(b, &guid_own2, &first);
	bs->uninstall_protocol(a, &guid_own3, &first);
	bs->uninstall_protocol(b, &guid_own3, &second);
	bs->uninstall_protocol(c, &guid_own3, &third);
}

void subject(void)
{
	test_order();
	test_install();
	test_multiple();
	test_device_path_twice();
	test_open();
	test_locate();
	test_register();
}
