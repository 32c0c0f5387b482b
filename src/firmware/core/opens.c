/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening and closing interfaces (UEFI 2.10 7.3.6, 7.3.9 to 7.3.11), with the
 * list that is kept of it, and what there is on a handle. Opening one
 * exclusively disconnects drivers that use it first, which runs guest code.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/machine/machine.h"

#define OPENS_MAX 1024

bool guid_argument(struct machine *m, const struct call *c, unsigned n, struct guid *guid)
{
	return c->arg[n] && guest_read_guid(m->ram, call_addr(c, n), guid);
}

bool protocol_add_open(struct protocol_interface *p, struct protocol_open open)
{
	for (size_t i = 0; i < p->n_opens; i++) {
		struct protocol_open *o = &p->opens[i];

		if (o->agent.v == open.agent.v && o->controller.v == open.controller.v &&
			o->attributes == open.attributes) {
			o->count++;
			return true;
		}
	}
	if (p->n_opens == OPENS_MAX)
		return false;
	open.count = 1;
	p->opens = xreallocarray(p->opens, p->n_opens + 1, sizeof(*p->opens));
	p->opens[p->n_opens++] = open;
	return true;
}

bool protocol_remove_open(struct protocol_interface *p, struct gaddr agent, struct gaddr controller)
{
	size_t kept = 0, n = p->n_opens;

	for (size_t i = 0; i < n; i++)
		if (p->opens[i].agent.v != agent.v || p->opens[i].controller.v != controller.v)
			p->opens[kept++] = p->opens[i];
	p->n_opens = kept;
	return kept < n;
}

void protocol_drop_casual(struct protocol_interface *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n_opens; i++)
		if (!(p->opens[i].attributes &
			    (OPEN_BY_HANDLE_PROTOCOL | OPEN_GET_PROTOCOL | OPEN_TEST_PROTOCOL)))
			p->opens[kept++] = p->opens[i];
	p->n_opens = kept;
}

void handles_close_agent(struct machine *m, struct gaddr agent)
{
	size_t n;
	struct handle *const *v = handle_list(m, &n);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i]->n_protocols; k++) {
			struct protocol_interface *p = &v[i]->protocols[k];
			size_t kept = 0;

			for (size_t o = 0; o < p->n_opens; o++)
				if (p->opens[o].agent.v != agent.v)
					p->opens[kept++] = p->opens[o];
			p->n_opens = kept;
		}
}

efi_status svc_handle_protocol(struct machine *m, const struct call *c)
{
	struct handle *h = handle_of(m, call_addr(c, 0));
	struct protocol_interface *p;
	struct guid guid;

	if (!h || !c->arg[2] || !guid_argument(m, c, 1, &guid))
		return EFI_INVALID_PARAMETER;
	p = handle_protocol(h, &guid);
	if (!guest_write64(m->ram, call_addr(c, 2), p ? protocol_give(m, p).v : 0))
		return EFI_INVALID_PARAMETER;
	if (!p)
		return EFI_UNSUPPORTED;
	return protocol_add_open(p, (struct protocol_open){ .agent = handles_firmware(m),
					    .attributes = OPEN_BY_HANDLE_PROTOCOL })
		       ? EFI_SUCCESS
		       : EFI_OUT_OF_RESOURCES;
}

struct opening {
	struct gaddr handle;
	struct guid guid;
	struct gaddr result; /* where the interface's address goes */
	struct protocol_open open;
};

static bool opening_allowed(struct machine *m, const struct opening *o)
{
	bool agent = handle_of(m, o->open.agent), controller = handle_of(m, o->open.controller);

	switch (o->open.attributes) {
	case OPEN_BY_CHILD_CONTROLLER:
		return agent && controller && o->open.controller.v != o->handle.v;
	case OPEN_BY_DRIVER:
	case OPEN_BY_DRIVER | OPEN_EXCLUSIVE:
		return agent && controller;
	case OPEN_EXCLUSIVE:
		return agent;
	case OPEN_BY_HANDLE_PROTOCOL:
	case OPEN_GET_PROTOCOL:
	case OPEN_TEST_PROTOCOL:
		return true;
	default:
		return false;
	}
}

/* 7.3.9's table: what is there already against what is asked for. EFI_NOT_READY: disconnect, then try again. */
static efi_status opening_conflict(const struct protocol_interface *p, const struct opening *o)
{
	uint32_t want = o->open.attributes;
	bool by_driver = false, exclusive = false;

	if (!(want & (OPEN_BY_DRIVER | OPEN_EXCLUSIVE)))
		return EFI_SUCCESS;
	for (size_t i = 0; i < p->n_opens; i++) {
		const struct protocol_open *have = &p->opens[i];

		if ((want & OPEN_BY_DRIVER) && have->attributes == want &&
			have->agent.v == o->open.agent.v &&
			have->controller.v == o->open.controller.v)
			return EFI_ALREADY_STARTED;
		if (have->attributes & OPEN_EXCLUSIVE)
			exclusive = true;
		else if (have->attributes & OPEN_BY_DRIVER)
			by_driver = true;
	}
	if (exclusive || (by_driver && want == OPEN_BY_DRIVER))
		return EFI_ACCESS_DENIED;
	return by_driver ? EFI_NOT_READY : EFI_SUCCESS;
}

static efi_status open_now(struct machine *m, const struct opening *o, bool *disconnect)
{
	struct handle *h = handle_of(m, o->handle);
	struct protocol_interface *p = h ? handle_protocol(h, &o->guid) : NULL;
	bool test = o->open.attributes == OPEN_TEST_PROTOCOL;
	efi_status status = p ? opening_conflict(p, o) : EFI_UNSUPPORTED;

	*disconnect = status == EFI_NOT_READY;
	if (status == EFI_NOT_READY)
		return EFI_ACCESS_DENIED;
	if (!test && (status == EFI_SUCCESS || status == EFI_ALREADY_STARTED) &&
		!guest_write64(m->ram, o->result, protocol_give(m, p).v))
		return EFI_INVALID_PARAMETER;
	if (!test && status == EFI_UNSUPPORTED && !guest_write64(m->ram, o->result, 0))
		return EFI_INVALID_PARAMETER;
	/* Without an agent nobody could close it. */
	if (status == EFI_SUCCESS && o->open.agent.v && !protocol_add_open(p, o->open))
		return EFI_OUT_OF_RESOURCES;
	return status;
}

static void opening_released(struct machine *m, void *ctx, efi_status status)
{
	bool again;

	if (status == EFI_SUCCESS)
		status = open_now(m, ctx, &again);
	free(ctx);
	call_return(m, status);
}

efi_status svc_open_protocol(struct machine *m, const struct call *c)
{
	struct opening o = { .handle = call_addr(c, 0),
		.result = call_addr(c, 2),
		.open = { .agent = call_addr(c, 3),
			.controller = call_addr(c, 4),
			.attributes = call_u32(c, 5) } };
	bool disconnect;
	efi_status status;

	if (!handle_of(m, o.handle) || !guid_argument(m, c, 1, &o.guid) ||
		(!o.result.v && o.open.attributes != OPEN_TEST_PROTOCOL) || !opening_allowed(m, &o))
		return EFI_INVALID_PARAMETER;
	status = open_now(m, &o, &disconnect);
	if (!disconnect)
		return status;
	drivers_release(m, o.handle, &o.guid, opening_released, xmemdup(&o, sizeof(o)));
	return CALL_DEFERRED;
}

efi_status svc_close_protocol(struct machine *m, const struct call *c)
{
	struct handle *h = handle_of(m, call_addr(c, 0));
	struct protocol_interface *p;
	struct guid guid;

	if (!h || !guid_argument(m, c, 1, &guid) || !handle_of(m, call_addr(c, 2)) ||
		(c->arg[3] && !handle_of(m, call_addr(c, 3))))
		return EFI_INVALID_PARAMETER;
	p = handle_protocol(h, &guid);
	if (!p || !protocol_remove_open(p, call_addr(c, 2), call_addr(c, 3)))
		return EFI_NOT_FOUND;
	return EFI_SUCCESS;
}

/* Puts bytes into pool memory that the guest frees, and its address and a count where the guest wants them. */
static efi_status give_array(
	struct machine *m, const struct buf *b, uint64_t n, struct gaddr array, struct gaddr count)
{
	struct gaddr a;
	efi_status status = pool_allocate(m->pool, MEM_BOOT_DATA, b->len, &a);

	if (status != EFI_SUCCESS)
		return status;
	if (!guest_write(m->ram, a, buf_bytes(b), b->len) || !guest_write64(m->ram, array, a.v) ||
		!guest_write64(m->ram, count, n))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

efi_status svc_open_information(struct machine *m, const struct call *c)
{
	struct handle *h = handle_of(m, call_addr(c, 0));
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct protocol_interface *p;
	struct guid guid;

	if (!h || !guid_argument(m, c, 1, &guid) || !c->arg[2] || !c->arg[3])
		return EFI_INVALID_PARAMETER;
	p = handle_protocol(h, &guid);
	if (!p)
		return EFI_NOT_FOUND;
	for (size_t i = 0; i < p->n_opens; i++) {
		uint8_t entry[24];

		put_le64(entry, p->opens[i].agent.v);
		put_le64(entry + 8, p->opens[i].controller.v);
		put_le32(entry + 16, p->opens[i].attributes);
		put_le32(entry + 20, p->opens[i].count);
		buf_add(&b, entry, sizeof(entry));
	}
	return give_array(m, &b, p->n_opens, call_addr(c, 2), call_addr(c, 3));
}

/* An array of pointers to GUIDs, which lie behind it in the same block. */
efi_status svc_protocols_per_handle(struct machine *m, const struct call *c)
{
	struct handle *h = handle_of(m, call_addr(c, 0));
	size_t n = h ? h->n_protocols : 0;
	struct gaddr a;
	efi_status status;

	if (!h || !c->arg[1] || !c->arg[2])
		return EFI_INVALID_PARAMETER;
	status = pool_allocate(m->pool, MEM_BOOT_DATA, n * 24, &a);
	if (status != EFI_SUCCESS)
		return status;
	for (size_t i = 0; i < n; i++) {
		struct gaddr guid = gaddr_add(a, n * 8 + i * 16);

		if (!guest_write64(m->ram, gaddr_add(a, i * 8), guid.v) ||
			!guest_write_guid(m->ram, guid, h->protocols[i].guid))
			abort();
	}
	if (!guest_write64(m->ram, call_addr(c, 1), a.v) ||
		!guest_write64(m->ram, call_addr(c, 2), n))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}
