/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL (UEFI 2.10 12.2) over the console's keys.
 * Notification functions run when a key that they are registered for is read,
 * not when it is pressed: nothing happens between services here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/proto/console.h"
#include "firmware/services/service.h"
#include "uefi/protocols.h"

#define IN_EX_WAIT_FOR_KEY 16
#define IN_EX_SIZE         48

/* EFI_KEY_DATA */
#define KEY_SCAN    0
#define KEY_UNIT    2
#define KEY_SHIFTS  4
#define KEY_TOGGLES 8
#define KEY_SIZE    12

#define SHIFT_STATE_VALID  0x80000000u
#define TOGGLE_STATE_VALID 0x80
#define KEY_STATE_EXPOSED  0x40
#define TOGGLES            0x07 /* the three locks */

#define NOTIFIES_MAX 1024

struct key_notify {
	uint64_t handle; /* what the guest knows it by */
	uint16_t scan, unit;
	uint32_t shifts; /* 0: any */
	struct gaddr fn;
};

static efi_status reset(struct machine *m, const struct call *c)
{
	(void)c;
	m->console->toggles = TOGGLE_STATE_VALID;
	return EFI_SUCCESS;
}

static void put_key(const struct console *console, uint8_t *p, const struct key *key)
{
	memset(p, 0, KEY_SIZE);
	put_le16(p + KEY_SCAN, key->scan);
	put_le16(p + KEY_UNIT, key->unit);
	put_le32(p + KEY_SHIFTS, key->shifts | SHIFT_STATE_VALID);
	p[KEY_TOGGLES] = console->toggles;
}

static efi_status read_key_stroke(struct machine *m, const struct call *c)
{
	uint8_t *p = guest_out(m->ram, call_addr(c, 1), KEY_SIZE);
	struct key key = { 0 };
	bool there;

	if (!p)
		return EFI_INVALID_PARAMETER;
	there = console_take_key(m, &key);
	/* 12.2.3: without a key, the shift state is reported all the same. */
	put_key(m->console, p, &key);
	return there ? console_notify(m, &key) : EFI_NOT_READY;
}

static efi_status set_state(struct machine *m, const struct call *c)
{
	uint8_t toggles;

	if (!guest_read8(m->ram, call_addr(c, 1), &toggles))
		return EFI_INVALID_PARAMETER;
	if (!(toggles & TOGGLE_STATE_VALID) || (toggles & KEY_STATE_EXPOSED))
		return EFI_UNSUPPORTED;
	m->console->toggles = toggles & (TOGGLE_STATE_VALID | TOGGLES);
	return EFI_SUCCESS;
}

static efi_status register_key_notify(struct machine *m, const struct call *c)
{
	struct console *console = m->console;
	const uint8_t *p = guest_in(m->ram, call_addr(c, 1), KEY_SIZE);
	struct key_notify n = { .fn = call_addr(c, 2) };

	if (!p || !n.fn.v || !c->arg[3])
		return EFI_INVALID_PARAMETER;
	if (console->n_notifies == NOTIFIES_MAX)
		return EFI_OUT_OF_RESOURCES;
	n.scan = le16(p + KEY_SCAN);
	n.unit = le16(p + KEY_UNIT);
	n.shifts = le32(p + KEY_SHIFTS) & ~SHIFT_STATE_VALID;
	n.handle = ++console->notify_serial;
	if (!guest_write64(m->ram, call_addr(c, 3), n.handle))
		return EFI_INVALID_PARAMETER;
	console->notifies = xreallocarray(
		console->notifies, console->n_notifies + 1, sizeof(*console->notifies));
	console->notifies[console->n_notifies++] = n;
	return EFI_SUCCESS;
}

void key_notifies_encode(const struct console *c, struct buf *out)
{
	for (size_t i = 0; i < c->n_notifies; i++) {
		const struct key_notify *k = &c->notifies[i];
		const uint64_t numbers[] = { k->fn.v, k->scan, k->unit, k->shifts, k->handle };

		buf_add(out, numbers, sizeof(numbers));
	}
}

static efi_status unregister_key_notify(struct machine *m, const struct call *c)
{
	struct console *console = m->console;

	for (size_t i = 0; i < console->n_notifies; i++) {
		if (console->notifies[i].handle != c->arg[1])
			continue;
		memmove(&console->notifies[i], &console->notifies[i + 1],
			(--console->n_notifies - i) * sizeof(*console->notifies));
		return EFI_SUCCESS;
	}
	return EFI_INVALID_PARAMETER;
}

/* A key on its way through the notification functions. */
struct notifying {
	struct key key;
	uint64_t
		last; /* the handle of the function that ran last: they may come and go meanwhile */
};

static void notify_next(struct machine *m, void *ctx, uint64_t x0)
{
	struct console *console = m->console;
	struct notifying *n = ctx;
	uint64_t arg = console->key_scratch.v;

	(void)x0;
	for (size_t i = 0; i < console->n_notifies; i++) {
		const struct key_notify *k = &console->notifies[i];

		if (k->handle <= n->last || k->scan != n->key.scan || k->unit != n->key.unit ||
			(k->shifts && k->shifts != n->key.shifts))
			continue;
		n->last = k->handle;
		put_key(console, guest_out(m->ram, console->key_scratch, KEY_SIZE), &n->key);
		call_guest(m, k->fn, &arg, 1, notify_next, n, free);
		return;
	}
	free(n);
	call_return(m, EFI_SUCCESS);
}

efi_status console_notify(struct machine *m, const struct key *key)
{
	struct notifying n = { .key = *key };

	if (!m->console->n_notifies)
		return EFI_SUCCESS;
	notify_next(m, xmemdup(&n, sizeof(n)), 0);
	return CALL_DEFERRED;
}

static const struct service rows[] = {
	{ 0, "TextInEx.Reset", reset, { ARG_THIS, ARG_BOOL }, 0 },
	{ 8, "TextInEx.ReadKeyStrokeEx", read_key_stroke, { ARG_THIS, ARG_OUT(KEY_SIZE) },
		SERVICE_QUIET },
	{ 24, "TextInEx.SetState", set_state, { ARG_THIS, ARG_IN(1) }, 0 },
	{ 32, "TextInEx.RegisterKeyNotify", register_key_notify,
		{ ARG_THIS, ARG_IN(KEY_SIZE), ARG_FN, ARG_OUT(8) }, 0 },
	{ 40, "TextInEx.UnregisterKeyNotify", unregister_key_notify, { ARG_THIS, ARG_U64 }, 0 },
};

void text_in_ex_register(struct machine *m, struct handle *h)
{
	struct gaddr in = protocol_install(
		m, h, &uefi_text_in_ex, IN_EX_SIZE, rows, ARRAY_SIZE(rows), m->console);

	m->console->toggles = TOGGLE_STATE_VALID;
	if (!m->console->key_scratch.v)
		m->console->key_scratch = machine_data(m, MEM_BOOT_DATA, KEY_SIZE);
	if (!guest_write64(m->ram, gaddr_add(in, IN_EX_WAIT_FOR_KEY), m->console->wait_for_key.v))
		abort();
}
