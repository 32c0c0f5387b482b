/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver of the test's own, connected and disconnected (UEFI 2.10 7.3.12, 11.1). */
#include "test.h"

static int controller_interface = 1, child_interface = 2;
static efi_handle child;
static unsigned supported_calls, starts, stops, higher_asked;
static uint64_t children_to_stop;
static efi_status start_status;
static bool remaining_seen;

/* The driver of a bus with one child, on the tests' own protocol. */
static efi_status supported(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	void *got;
	efi_status status;

	supported_calls++;
	remaining_seen |= remaining != NULL;
	status = bs->open_protocol(
		controller, &guid_own, &got, this->driver, controller, OPEN_BY_DRIVER);
	if (status != EFI_SUCCESS)
		return status;
	return bs->close_protocol(controller, &guid_own, this->driver, controller);
}

static efi_status start(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	void *got;
	efi_status status;

	(void)remaining;
	starts++;
	if (start_status)
		return start_status;
	status = bs->open_protocol(
		controller, &guid_own, &got, this->driver, controller, OPEN_BY_DRIVER);
	if (status != EFI_SUCCESS)
		return status;
	child = NULL;
	bs->install_protocol(&child, &guid_own2, 0, &child_interface);
	bs->open_protocol(controller, &guid_own, &got, this->driver, child, OPEN_BY_CHILD);
	return EFI_SUCCESS;
}

static efi_status stop(struct driver_binding *this, efi_handle controller, uint64_t n_children,
	efi_handle *children)
{
	stops++;
	children_to_stop += n_children;
	for (uint64_t i = 0; i < n_children; i++) {
		bs->close_protocol(controller, &guid_own, this->driver, children[i]);
		bs->uninstall_protocol(children[i], &guid_own2, &child_interface);
	}
	if (n_children == 0)
		return bs->close_protocol(controller, &guid_own, this->driver, controller);
	return EFI_SUCCESS;
}

static struct driver_binding binding = { supported, start, stop, 0x10, NULL, NULL };

/* A driver with a higher version that wants nothing: it is to be asked first. */
static efi_status refuse(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	(void)this;
	(void)controller;
	(void)remaining;
	if (supported_calls == 0)
		higher_asked++;
	return EFI_UNSUPPORTED;
}

static struct driver_binding higher = { refuse, start, stop, 0x20, NULL, NULL };

/* One on the child's protocol, to see what "recursive" does. */
static unsigned leaf_starts, leaf_stops;

static efi_status leaf_supported(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	void *got;
	efi_status status;

	(void)remaining;
	status = bs->open_protocol(
		controller, &guid_own2, &got, this->driver, controller, OPEN_BY_DRIVER);
	if (status == EFI_SUCCESS)
		bs->close_protocol(controller, &guid_own2, this->driver, controller);
	return status;
}

static efi_status leaf_start(
	struct driver_binding *this, efi_handle controller, struct device_path *remaining)
{
	void *got;

	(void)remaining;
	leaf_starts++;
	return bs->open_protocol(
		controller, &guid_own2, &got, this->driver, controller, OPEN_BY_DRIVER);
}

static efi_status leaf_stop(struct driver_binding *this, efi_handle controller, uint64_t n_children,
	efi_handle *children)
{
	(void)n_children;
	(void)children;
	leaf_stops++;
	return bs->close_protocol(controller, &guid_own2, this->driver, controller);
}

static struct driver_binding leaf = { leaf_supported, leaf_start, leaf_stop, 0x10, NULL, NULL };

static void install(struct driver_binding *b)
{
	b->image = self;
	b->driver = NULL;
	is(bs->install_protocol(&b->driver, &guid_driver_binding, 0, b), EFI_SUCCESS,
		"driver: installed");
}

void subject(void)
{
	efi_handle h = NULL, plain = NULL, list[2] = { NULL, NULL };
	int a = 1;

	bs->install_protocol(&h, &guid_own, 0, &controller_interface);
	bs->install_protocol(&plain, &guid_own3, 0, &a);
	is(bs->connect_controller(NULL, NULL, NULL, false), EFI_INVALID_PARAMETER,
		"connect: nothing");
	is(bs->connect_controller(h, NULL, NULL, false), EFI_NOT_FOUND,
		"connect: no driver wants it");
	install(&binding);
	install(&higher);
	install(&leaf);

	supported_calls = 0;
	is(bs->connect_controller(h, NULL, NULL, false), EFI_SUCCESS, "connect: the driver");
	is(higher_asked, 1, "connect: the higher version is asked first");
	ok(supported_calls > 0, "connect: it was asked");
	is(starts, 1, "connect: it was started");
	is(leaf_starts, 0, "connect: nothing below");
	ok(!remaining_seen, "connect: no remaining path");
	is(bs->connect_controller(h, NULL, NULL, false), EFI_NOT_FOUND,
		"connect: nothing more to be had");
	is(starts, 1, "connect: it was not started again");
	is(bs->connect_controller(h, NULL, NULL, true), EFI_NOT_FOUND,
		"connect: all below, but nothing more at itself");
	is(leaf_starts, 1, "connect: the child's driver was started");
	is(bs->connect_controller(plain, NULL, NULL, true), EFI_NOT_FOUND,
		"connect: what nobody wants");

	is(bs->disconnect_controller(NULL, NULL, NULL), EFI_INVALID_PARAMETER,
		"disconnect: nothing");
	is(bs->disconnect_controller(h, plain, NULL), EFI_INVALID_PARAMETER,
		"disconnect: a driver that is none");
	is(bs->disconnect_controller(h, binding.driver, plain), EFI_NOT_FOUND,
		"disconnect: a child that is another's");
	is(bs->disconnect_controller(child, leaf.driver, NULL), EFI_SUCCESS,
		"disconnect: the leaf");
	is(leaf_stops, 1, "disconnect: it was stopped");
	is(bs->disconnect_controller(h, NULL, NULL), EFI_SUCCESS, "disconnect: all");
	is(stops, 2, "disconnect: once for the child, once for itself");
	is(children_to_stop, 1, "disconnect: told of the child");
	ok(protocol_of(child, &guid_own2) == NULL, "disconnect: the child is gone");
	is(bs->disconnect_controller(h, NULL, NULL), EFI_SUCCESS, "disconnect: nothing left");
	is(bs->disconnect_controller(plain, NULL, NULL), EFI_SUCCESS,
		"disconnect: what has no driver");

	list[0] = higher.driver;
	starts = 0;
	is(bs->connect_controller(h, list, NULL, false), EFI_SUCCESS,
		"connect: a list that is only a preference");
	is(starts, 1, "connect: so the driver was started");
	is(bs->uninstall_protocol(h, &guid_own, &controller_interface), EFI_SUCCESS,
		"uninstall: disconnects the driver");
	is(stops, 4, "uninstall: which was stopped");
	h = NULL;
	bs->install_protocol(&h, &guid_own, 0, &controller_interface);
	start_status = EFI_DEVICE_ERROR;
	is(bs->connect_controller(h, NULL, NULL, false), EFI_NOT_FOUND,
		"connect: it does not start");
	start_status = 0;
	is(bs->connect_controller(h, NULL, NULL, true), EFI_SUCCESS, "connect: it does");
	bs->reinstall_protocol(h, &guid_own, &controller_interface, &controller_interface);
	is(stops, 6, "reinstall: stops the driver");
	ok(starts >= 4, "reinstall: and starts it");
	is(bs->disconnect_controller(h, binding.driver, NULL), EFI_SUCCESS,
		"disconnect: the driver, by name");
	is(stops, 8, "disconnect: which was stopped");
	is(bs->uninstall_protocol(binding.driver, &guid_driver_binding, &binding), EFI_SUCCESS,
		"driver: gone");
	is(bs->connect_controller(h, NULL, NULL, true), EFI_NOT_FOUND,
		"connect: without its driver");
}
