/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_SIMPLE_POINTER_PROTOCOL and EFI_ABSOLUTE_POINTER_PROTOCOL (UEFI 2.10 12.5,
 * 12.7) of the console's input, which edk2 offers though there is no device
 * behind them: nothing ever moves.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/console.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

/* Both protocols: two functions, an event, and how the device is. */
#define POINTER_WAIT 16
#define POINTER_MODE 24
#define POINTER_SIZE 32

/* EFI_SIMPLE_POINTER_MODE: resolution in three directions, and two buttons */
#define MODE_RESOLUTION 0
#define MODE_BUTTONS    24
#define MODE_SIZE       32
/* EFI_SIMPLE_POINTER_STATE: three movements of 32 bits, and two buttons */
#define STATE_SIZE      16

/* EFI_ABSOLUTE_POINTER_MODE: the lowest of three places, the highest, and attributes */
#define ABSOLUTE_MAX        24
#define ABSOLUTE_MODE_SIZE  56
/* EFI_ABSOLUTE_POINTER_STATE: three places, and 32 bits of buttons */
#define ABSOLUTE_STATE_SIZE 28

#define RESOLUTION 0x10000

static efi_status reset(struct machine *m, const struct call *c)
{
	(void)m;
	(void)c;
	return EFI_SUCCESS;
}

/* Where nobody is, nothing is pressed. */
static efi_status nothing(struct machine *m, const struct call *c, size_t size)
{
	if (!c->arg[1] || !guest_fill(m->ram, call_addr(c, 1), 0, size))
		return EFI_INVALID_PARAMETER;
	console_polled(m);
	return EFI_NOT_READY;
}

static efi_status get_state(struct machine *m, const struct call *c)
{
	return nothing(m, c, STATE_SIZE);
}

static efi_status get_absolute(struct machine *m, const struct call *c)
{
	return nothing(m, c, ABSOLUTE_STATE_SIZE);
}

static const struct service rows[] = {
	{ 0, "Pointer.Reset", reset, { ARG_THIS, ARG_BOOL }, 0 },
	{ 8, "Pointer.GetState", get_state, { ARG_THIS, ARG_OUT(STATE_SIZE) }, SERVICE_QUIET },
};

static const struct service absolute_rows[] = {
	{ 0, "AbsolutePointer.Reset", reset, { ARG_THIS, ARG_BOOL }, 0 },
	{ 8, "AbsolutePointer.GetState", get_absolute, { ARG_THIS, ARG_OUT(ABSOLUTE_STATE_SIZE) },
		SERVICE_QUIET },
};

static bool is_moved(struct machine *m, void *ctx)
{
	(void)ctx;
	console_waits(m);
	return false;
}

/* What both have: an event, and three numbers at a place of the mode. */
static void finish(struct machine *m, struct gaddr pointer, struct gaddr mode, unsigned at)
{
	struct gaddr event = event_create_host(m, is_moved, NULL);

	if (!guest_write64(m->ram, gaddr_add(pointer, POINTER_WAIT), event.v) ||
		!guest_write64(m->ram, gaddr_add(pointer, POINTER_MODE), mode.v))
		abort();
	for (unsigned i = 0; i < 3; i++)
		if (!guest_write64(m->ram, gaddr_add(mode, at + 8 * i), RESOLUTION))
			abort();
}

void pointer_register(struct machine *m, struct handle *h)
{
	struct gaddr mode = machine_data(m, MEM_BOOT_DATA, MODE_SIZE);

	finish(m,
		protocol_install(
			m, h, &uefi_simple_pointer, POINTER_SIZE, rows, ARRAY_SIZE(rows), NULL),
		mode, MODE_RESOLUTION);
	if (!guest_write16(m->ram, gaddr_add(mode, MODE_BUTTONS), 0x0101))
		abort();
	finish(m,
		protocol_install(m, h, &uefi_absolute_pointer, POINTER_SIZE, absolute_rows,
			ARRAY_SIZE(absolute_rows), NULL),
		machine_data(m, MEM_BOOT_DATA, ABSOLUTE_MODE_SIZE), ABSOLUTE_MAX);
}
