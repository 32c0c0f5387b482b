/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the console's protocols share: the keys of a script, and how a
 * guest that waits for a key differs from one that works. See console.h.
 */
#include <stdlib.h>

#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/state.h"
#include "firmware/proto/console.h"
#include "firmware/proto/protocol.h"
#include "uefi/device_path.h"
#include "uefi/protocols.h"

/* The next key of the script, or NULL. */
static const struct key *next_key(const struct console *c)
{
	return c->script && c->next_key < c->script->n ? &c->script->keys[c->next_key] : NULL;
}

/* Counts whatever changes the picture that a user has. */
static uint64_t activity(const struct console *c)
{
	return c->screen.changes + c->paints;
}

bool console_key_ready(const struct machine *m)
{
	const struct console *c = m->console;
	const struct key *key = next_key(c);

	return key && clock_now(m) - c->last_key >= key->after;
}

uint64_t console_idle(const struct machine *m)
{
	const struct console *c = m->console;

	return c && c->idle && c->idle_activity == activity(c) ? clock_now(m) - c->idle_since : 0;
}

void console_waits(struct machine *m)
{
	struct console *c = m->console;
	uint64_t idle = console_idle(m);

	if (next_key(c)) {
		c->idle = false;
	} else if (!c->idle || c->idle_activity != activity(c)) {
		c->idle = true;
		c->idle_since = clock_now(m);
		c->idle_activity = activity(c);
	} else if (idle > CONSOLE_PATIENCE_TIMER_NS ||
		   (idle > CONSOLE_PATIENCE_NS && clock_next(m) == UINT64_MAX)) {
		run_end(&m->run, VERDICT_KEY,
			"it waits for a key: for %u minutes nothing else happened",
			(unsigned)(idle / 60000000000));
	}
}

void console_polled(struct machine *m)
{
	console_waits(m);
	clock_poll_key(m);
}

bool console_take_key(struct machine *m, struct key *out)
{
	struct console *c = m->console;

	if (!console_key_ready(m)) {
		console_polled(m);
		return false;
	}
	*out = *next_key(c);
	c->next_key++;
	c->last_key = clock_now(m);
	c->idle = false;
	return true;
}

bool console_key_event(struct machine *m, void *ctx)
{
	bool ready = console_key_ready(m);

	(void)ctx;
	if (!ready)
		console_waits(m);
	return ready;
}

void console_text(struct machine *m, struct text *out)
{
	if (m->console)
		screen_text(&m->console->screen, out);
}

/* The device behind the system table's consoles. */
static void register_terminal(struct machine *m)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	struct handle *h = handle_create(m);
	struct gaddr a;

	if (!dp_from_text(CONSOLE_PORT CONSOLE_TERMINAL, &path))
		abort();
	a = machine_data(m, MEM_BOOT_DATA, path.len);
	if (!guest_write(m->ram, a, buf_bytes(&path), path.len) ||
		handle_install(m, h, &uefi_device_path, a, NULL) != EFI_SUCCESS)
		abort();
	text_out_attach(m, h);
	text_in_attach(m, h);
}

static void release(void *state)
{
	struct console *c = state;

	screen_release(&c->screen);
	free(c->notifies);
}

/* The script of keys is the same in all scenarios. */
static void flatten(void *copy, struct buf *out)
{
	struct console *c = copy;

	screen_encode(&c->screen, out);
	key_notifies_encode(c, out);
	c->screen.cells = NULL;
	c->script = NULL;
	c->notifies = NULL;
}

static const struct state_kind kind = { sizeof(struct console), release, flatten };

void console_init(struct machine *m, const struct protocols_config *config)
{
	struct console *c = state_new(m, &kind);

	screen_init(&c->screen);
	c->emits = config->console;
	c->script = config->keys;
	m->console = c;
	text_out_register(m);
	text_in_register(m);
	register_terminal(m);
}
