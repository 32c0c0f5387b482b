/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol database by the rules of UEFI 2.10 7.3, through the services' handlers. */
#include <stdlib.h>

#include "firmware/core/events.h"
#include "firmware/core/handles.h"
#include "firmware/lifecycle/machine.h"
#include "tap.h"

#define BY_HANDLE 0x01
#define GET       0x02
#define TEST      0x04
#define BY_CHILD  0x08
#define BY_DRIVER 0x10
#define EXCLUSIVE 0x20

static const struct guid red = { { 1 } }, blue = { { 2 } };

struct lab {
	struct machine *m;
	struct gaddr out, red, blue; /* places in guest memory */
};

static void lab_init(struct lab *l)
{
	struct machine_config config = { .limits = { .ram = 64 << 20 }, .trace_fd = -1 };
	struct err err = { 0 };

	if (machine_new(&config, &l->m, &err) < 0)
		exit(1);
	l->out = machine_data(l->m, MEM_BOOT_DATA, 64);
	l->red = machine_data(l->m, MEM_BOOT_DATA, 16);
	l->blue = machine_data(l->m, MEM_BOOT_DATA, 16);
	if (!guest_write_guid(l->m->ram, l->red, red) ||
		!guest_write_guid(l->m->ram, l->blue, blue))
		exit(1);
}

/* What a service stored at the place for results. */
static uint64_t result(struct lab *l)
{
	uint64_t v = 0;

	if (!guest_read64(l->m->ram, l->out, &v))
		abort();
	return v;
}

static void set_result(struct lab *l, uint64_t v)
{
	if (!guest_write64(l->m->ram, l->out, v))
		abort();
}

static efi_status serve(struct lab *l, call_handler *fn, uint64_t a, uint64_t b, uint64_t c,
	uint64_t d, uint64_t e, uint64_t f)
{
	struct call call = { { a, b, c, d, e, f } };

	return fn(l->m, &call);
}

/* A handle with the red protocol. */
static uint64_t new_handle(struct lab *l, uint64_t interface)
{
	set_result(l, 0);
	if (serve(l, svc_install_protocol, l->out.v, l->red.v, 0, interface, 0, 0) != EFI_SUCCESS)
		abort();
	return result(l);
}

static void test_install(void)
{
	struct lab l;
	uint64_t h, other;

	lab_init(&l);
	h = new_handle(&l, 0x1000);
	other = new_handle(&l, 0x2000);
	ok(h && other && h != other, "two handles");
	is_int(serve(&l, svc_install_protocol, l.out.v, l.red.v, 0, 5, 0, 0), EFI_INVALID_PARAMETER,
		"a protocol is on a handle once");
	is_int(serve(&l, svc_install_protocol, l.out.v, l.blue.v, 1, 5, 0, 0),
		EFI_INVALID_PARAMETER, "there is one type of interface");
	is_int(serve(&l, svc_handle_protocol, h, l.red.v, l.out.v, 0, 0, 0), EFI_SUCCESS, "found");
	is_int(result(&l), 0x1000, "its interface");
	is_int(serve(&l, svc_handle_protocol, h, l.blue.v, l.out.v, 0, 0, 0), EFI_UNSUPPORTED,
		"the other is not on it");
	is_int(result(&l), 0, "and the result says so");
	is_int(serve(&l, svc_handle_protocol, 77, l.red.v, l.out.v, 0, 0, 0), EFI_INVALID_PARAMETER,
		"what is no handle");
	is_int(serve(&l, svc_uninstall_protocol, h, l.red.v, 0x2000, 0, 0, 0), EFI_NOT_FOUND,
		"another interface");
	is_int((int64_t)serve(&l, svc_uninstall_protocol, h, l.red.v, 0x1000, 0, 0, 0),
		(int64_t)CALL_DEFERRED, "uninstalling may have to ask drivers first");
	is_int(cpu_get(l.m->cpu, CPU_X0), EFI_SUCCESS, "gone");
	is_int(serve(&l, svc_handle_protocol, h, l.red.v, l.out.v, 0, 0, 0), EFI_INVALID_PARAMETER,
		"a handle without protocols is none");
	machine_free(l.m);
}

static void test_open(void)
{
	struct lab l;
	uint64_t h, driver, child;

	lab_init(&l);
	h = new_handle(&l, 0x1000);
	driver = new_handle(&l, 0x2000);
	child = new_handle(&l, 0x3000);
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, 0, GET), EFI_SUCCESS,
		"GET_PROTOCOL");
	is_int(result(&l), 0x1000, "gives the interface");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, 0, driver, 0, TEST), EFI_SUCCESS,
		"TEST_PROTOCOL wants no result");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, 0, driver, 0, GET), EFI_INVALID_PARAMETER,
		"the others do");
	is_int(serve(&l, svc_open_protocol, h, l.blue.v, l.out.v, driver, 0, GET), EFI_UNSUPPORTED,
		"what is not there");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, 0, 3),
		EFI_INVALID_PARAMETER, "two attributes that don't go together");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, h, BY_DRIVER), EFI_SUCCESS,
		"BY_DRIVER");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, h, BY_DRIVER),
		EFI_ALREADY_STARTED, "by the same again");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, child, h, BY_DRIVER),
		EFI_ACCESS_DENIED, "by another");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, h, BY_CHILD),
		EFI_INVALID_PARAMETER, "a controller is not its own child");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, child, BY_CHILD),
		EFI_SUCCESS, "BY_CHILD_CONTROLLER");
	is_int(serve(&l, svc_open_information, h, l.red.v, l.out.v, l.out.v + 8, 0, 0), EFI_SUCCESS,
		"OpenProtocolInformation()");
	set_result(&l, 0);
	is_int(serve(&l, svc_close_protocol, h, l.red.v, driver, child, 0, 0), EFI_SUCCESS,
		"closed for the child");
	is_int(serve(&l, svc_close_protocol, h, l.red.v, driver, child, 0, 0), EFI_NOT_FOUND,
		"not twice");
	is_int(serve(&l, svc_close_protocol, h, l.red.v, driver, h, 0, 0), EFI_SUCCESS,
		"closed by the driver");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, child, 0, EXCLUSIVE), EFI_SUCCESS,
		"EXCLUSIVE");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, h, BY_DRIVER),
		EFI_ACCESS_DENIED, "keeps drivers away");
	is_int(serve(&l, svc_open_protocol, h, l.red.v, l.out.v, driver, 0, BY_HANDLE), EFI_SUCCESS,
		"but not those who only look");
	machine_free(l.m);
}

static void test_locate(void)
{
	struct lab l;
	struct gaddr size;
	uint64_t n = 0;

	lab_init(&l);
	size = gaddr_add(l.out, 32);
	is_int(serve(&l, svc_locate_handle, 2, l.red.v, 0, size.v, 0, 0), EFI_NOT_FOUND,
		"there is none at first");
	(void)new_handle(&l, 0x1000);
	(void)new_handle(&l, 0x2000);
	if (!guest_write64(l.m->ram, size, 8))
		abort();
	is_int(serve(&l, svc_locate_handle, 2, l.red.v, 0, size.v, l.out.v, 0),
		EFI_BUFFER_TOO_SMALL, "room for one is too little");
	ok(guest_read64(l.m->ram, size, &n) && n == 16, "16 bytes are needed");
	is_int(serve(&l, svc_locate_handle, 2, l.red.v, 0, size.v, l.out.v, 0), EFI_SUCCESS,
		"which is enough");
	is_int(serve(&l, svc_locate_handle, 3, l.red.v, 0, size.v, l.out.v, 0),
		EFI_INVALID_PARAMETER, "a search type that does not exist");
	is_int(serve(&l, svc_locate_protocol, l.red.v, 0, l.out.v, 0, 0, 0), EFI_SUCCESS,
		"LocateProtocol()");
	is_int(result(&l), 0x1000, "finds the oldest");
	is_int(serve(&l, svc_locate_protocol, l.blue.v, 0, l.out.v, 0, 0, 0), EFI_NOT_FOUND,
		"or nothing");
	machine_free(l.m);
}

static void test_registration(void)
{
	struct lab l;
	uint64_t key, event, h;

	lab_init(&l);
	is_int(serve(&l, svc_create_event, 0, 0, 0, 0, l.out.v, 0), EFI_SUCCESS, "an event");
	event = result(&l);
	is_int(serve(&l, svc_register_notify, l.red.v, event, l.out.v, 0, 0, 0), EFI_SUCCESS,
		"is registered");
	key = result(&l);
	is_int(serve(&l, svc_check_event, event, 0, 0, 0, 0, 0), EFI_NOT_READY, "nothing came yet");
	h = new_handle(&l, 0x1000);
	is_int(serve(&l, svc_check_event, event, 0, 0, 0, 0, 0), EFI_SUCCESS, "it is signalled");
	is_int(serve(&l, svc_locate_protocol, l.red.v, key, l.out.v, 0, 0, 0), EFI_SUCCESS,
		"the new one is found by the key");
	is_int(result(&l), 0x1000, "with its interface");
	is_int(serve(&l, svc_locate_protocol, l.red.v, key, l.out.v, 0, 0, 0), EFI_NOT_FOUND,
		"once");
	(void)h;
	machine_free(l.m);
}

int main(void)
{
	test_install();
	test_open();
	test_locate();
	test_registration();
	return tap_done();
}
