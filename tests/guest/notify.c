/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RegisterProtocolNotify(), and finding what is new by its registration
 * (UEFI 2.10 7.3.5, 7.3.6, 7.3.15, 7.3.16).
 */
#include "test.h"

static unsigned calls;

static void count(efi_event event, void *context)
{
	(void)event;
	++*(unsigned *)context;
}

static efi_handle install(efi_handle handle, void *interface)
{
	bs->install_protocol(&handle, &guid_own, 0, interface);
	return handle;
}

/* What the registration leads to next; NULL at the end. */
static efi_handle next_of(void *key)
{
	efi_handle found = NULL;
	uint64_t size = sizeof(found);

	return bs->locate_handle(LOCATE_NOTIFY, NULL, key, &size, &found) == EFI_SUCCESS ? found
											 : NULL;
}

static void test_errors(efi_event event)
{
	void *key = NULL;

	is(bs->register_protocol_notify(NULL, event, &key), EFI_INVALID_PARAMETER, "no GUID");
	is(bs->register_protocol_notify(&guid_own, NULL, &key), EFI_INVALID_PARAMETER, "no event");
	is(bs->register_protocol_notify(&guid_own, event, NULL), EFI_INVALID_PARAMETER,
		"nowhere to tell");
}

void subject(void)
{
	efi_event event, second;
	efi_handle a, b, c, *handles;
	void *key = NULL, *other = NULL, *interface;
	int x = 1, y = 2, z = 3;
	unsigned more = 0;
	uint64_t n = 0;

	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count, &calls, &event);
	bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, count, &more, &second);
	test_errors(event);
	a = install(NULL, &x);
	is(bs->register_protocol_notify(&guid_own, event, &key), EFI_SUCCESS, "one event");
	is(bs->register_protocol_notify(&guid_own, second, &other), EFI_SUCCESS, "another");
	ok(key != other, "registrations of their own");
	is(calls, 0, "what was there is not told of");
	ok(next_of(key) == a, "but found");
	ok(next_of(key) == NULL, "once");

	b = install(NULL, &y);
	is(calls, 1, "what is new is told of");
	is(more, 1, "to both");
	c = install(NULL, &z);
	ok(next_of(key) == b, "the first one first");
	ok(next_of(key) == c, "then the second");
	ok(next_of(key) == NULL, "and no more");
	ok(next_of(other) == a, "each registration has its own place: what was there");
	ok(next_of(other) == b, "what is new");

	is(bs->reinstall_protocol(a, &guid_own, &x, &z), EFI_SUCCESS, "one is installed anew");
	is(calls, 3, "that is told of, too");
	ok(next_of(key) == a, "and found");
	is(bs->locate_protocol(&guid_own, key, &interface), EFI_NOT_FOUND,
		"by its interface: nothing new");
	x = 5;
	b = install(NULL, &x);
	is(bs->locate_protocol(&guid_own, key, &interface), EFI_SUCCESS,
		"by its interface: what is new");
	ok(interface == &x, "which it is");
	is(bs->locate_handle_buffer(LOCATE_NOTIFY, NULL, key, &n, &handles), EFI_NOT_FOUND,
		"in a buffer: nothing new");
	is(bs->uninstall_protocol(c, &guid_own, &z), EFI_SUCCESS, "one is gone");
	is(calls, 4, "which is not told of");
	is(bs->locate_handle_buffer(LOCATE_NOTIFY, &guid_own, NULL, &n, &handles),
		EFI_INVALID_PARAMETER, "without a registration");
	c = install(NULL, &z);
	is(bs->uninstall_protocol(c, &guid_own, &z), EFI_SUCCESS, "new, and gone again");
	ok(next_of(key) == NULL, "is not found");
	more = 0;
	is(bs->close_event(second), EFI_SUCCESS, "an event is closed");
	c = install(NULL, &z);
	is(more, 0, "and not signalled any more");
	value("a registration whose event is closed", next_of(other) != NULL);
}
