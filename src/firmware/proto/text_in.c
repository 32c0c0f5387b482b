/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_SIMPLE_TEXT_INPUT_PROTOCOL (UEFI 2.10 12.3) over the console's keys.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/console.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define IN_WAIT_FOR_KEY 16
#define IN_SIZE         24

/* EFI_SYSTEM_TABLE (4.3) */
#define SYSTEM_CON_IN_HANDLE 40
#define SYSTEM_CON_IN        48

static efi_status reset(struct machine *m, const struct call *c)
{
	/* There is no buffer to clear: a script's keys are pressed when they are read. */
	(void)m;
	(void)c;
	return EFI_SUCCESS;
}

static efi_status read_key_stroke(struct machine *m, const struct call *c)
{
	uint8_t *p = guest_out(m->ram, call_addr(c, 1), 4);
	struct key key;

	if (!p)
		return EFI_INVALID_PARAMETER;
	if (!console_take_key(m, &key))
		return EFI_NOT_READY;
	put_le16(p, key.scan);
	/* This protocol has no shift keys: control characters stand for them. */
	put_le16(p + 2, key.shifts & KEY_LEFT_CONTROL ? key.unit & 0x1f : key.unit);
	return console_notify(m, &key);
}

static const struct service rows[] = {
	{ 0, "TextIn.Reset", reset, { ARG_THIS, ARG_BOOL }, 0 },
	{ 8, "TextIn.ReadKeyStroke", read_key_stroke, { ARG_THIS, ARG_OUT(4) }, SERVICE_QUIET },
};

static struct gaddr attach(struct machine *m, struct handle *h)
{
	struct gaddr in = protocol_install(
		m, h, &uefi_text_in, IN_SIZE, rows, ARRAY_SIZE(rows), m->console);

	if (!guest_write64(m->ram, gaddr_add(in, IN_WAIT_FOR_KEY), m->console->wait_for_key.v))
		abort();
	text_in_ex_register(m, h);
	return in;
}

void text_in_attach(struct machine *m, struct handle *h)
{
	(void)attach(m, h);
}

void text_in_register(struct machine *m)
{
	struct handle *h = handle_create(m);
	struct gaddr in;

	m->console->wait_for_key = event_create_host(m, console_key_event, NULL);
	in = attach(m, h);
	pointer_register(m, h);
	if (!guest_write64(
		    m->ram, gaddr_add(m->system_table, SYSTEM_CON_IN_HANDLE), h->address.v) ||
		!guest_write64(m->ram, gaddr_add(m->system_table, SYSTEM_CON_IN), in.v))
		abort();
}
