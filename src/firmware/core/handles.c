/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handle database itself: handles and what is on them. The services over
 * it are in protocols.c, locate.c and drivers.c. There are a few dozen handles,
 * at most HANDLES_MAX, so a look-up is a walk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/state.h"

#define HANDLES_MAX   4096
#define PROTOCOLS_MAX 256

struct handles *handles_new(struct machine *m)
{
	(void)m;
	return xcalloc(1, sizeof(struct handles));
}

void handle_free(struct handle *h)
{
	for (size_t i = 0; i < h->n_protocols; i++)
		free(h->protocols[i].opens);
	free(h->protocols);
	free(h);
}

void handles_free(struct handles *hs)
{
	for (size_t i = 0; i < hs->n; i++)
		handle_free(hs->v[i]);
	free(hs->v);
	for (size_t i = 0; i < hs->n_hidden; i++)
		handle_free(hs->hidden[i]);
	free(hs->hidden);
	for (size_t i = 0; i < hs->n_notifies; i++)
		free(hs->notifies[i].pending);
	free(hs->notifies);
	free(hs);
}

struct handle *handle_create(struct machine *m)
{
	struct handles *hs = m->handles;
	struct gaddr address;
	struct handle *h;

	if (hs->n == HANDLES_MAX ||
		pool_allocate(m->pool, MEM_BOOT_DATA, 32, &address) != EFI_SUCCESS)
		return NULL;
	h = xcalloc(1, sizeof(*h));
	h->address = address;
	h->number = ++hs->last_number;
	hs->v = xreallocarray(hs->v, hs->n + 1, sizeof(struct handle *));
	hs->v[hs->n++] = h;
	return h;
}

static struct handle *find(struct handle *const *v, size_t n, struct gaddr address)
{
	for (size_t i = 0; i < n; i++)
		if (v[i]->address.v == address.v && v[i]->n_protocols)
			return v[i];
	return NULL;
}

struct handle *handle_of(struct machine *m, struct gaddr address)
{
	struct handles *hs = m->handles;

	if (find(hs->hidden, hs->n_hidden, address))
		handles_resolve(m);
	return find(hs->v, hs->n, address);
}

struct handle *const *handle_list(struct machine *m, size_t *n)
{
	*n = m->handles->n;
	return m->handles->v;
}

struct protocol_interface *handle_protocol(struct handle *h, const struct guid *guid)
{
	for (size_t i = 0; i < h->n_protocols; i++)
		if (guid_eq(h->protocols[i].guid, *guid))
			return &h->protocols[i];
	return NULL;
}

void handle_changed(struct machine *m, struct handle *h, const struct guid *guid)
{
	for (size_t i = 0; i < m->handles->n_notifies; i++) {
		struct protocol_notify *n = &m->handles->notifies[i];

		if (!guid_eq(n->guid, *guid) || n->n_pending == HANDLES_MAX)
			continue;
		n->pending = xreallocarray(n->pending, n->n_pending + 1, sizeof(*n->pending));
		n->pending[n->n_pending++] = h->address;
		event_signal(m, n->event);
	}
}

efi_status handle_install(struct machine *m, struct handle *h, const struct guid *guid,
	struct gaddr interface, void *host)
{
	if (host && !state_is_owned(m, host))
		abort();
	if (handle_protocol(h, guid))
		return EFI_INVALID_PARAMETER;
	if (h->n_protocols == PROTOCOLS_MAX)
		return EFI_OUT_OF_RESOURCES;
	h->protocols = xreallocarray(h->protocols, h->n_protocols + 1, sizeof(*h->protocols));
	h->protocols[h->n_protocols++] = (struct protocol_interface){
		.guid = *guid, .interface = interface, .host = host, .turn = m->handles->turns
	};
	handle_changed(m, h, guid);
	return EFI_SUCCESS;
}

void handle_install_when(struct machine *m, struct handle *h, const struct guid *guid,
	struct gaddr interface, bool (*there)(struct machine *m))
{
	m->handles->deferred = (struct protocol_deferred){ h, *guid, interface, there };
}

void handles_look(struct machine *m, const struct guid *guid)
{
	struct protocol_deferred *d = &m->handles->deferred;
	bool (*there)(struct machine * m) = d->there;

	if (!guid || handles_hidden(m, guid))
		handles_resolve(m);
	if (!there || (guid && !guid_eq(*guid, d->guid)))
		return;
	d->there = NULL;
	if (there(m))
		handle_install(m, d->handle, &d->guid, d->interface, NULL);
}

/* Forgets a handle's address in what waits to be located. */
static void forget_pending(struct protocol_notify *n, struct gaddr address)
{
	for (size_t k = 0; k < n->n_pending;)
		if (n->pending[k].v == address.v) {
			n->n_pending--;
			memmove(n->pending + k, n->pending + k + 1,
				(n->n_pending - k) * sizeof(*n->pending));
		} else {
			k++;
		}
}

static void destroy_handle(struct machine *m, struct handle *h)
{
	struct handles *hs = m->handles;
	size_t i = 0;

	while (hs->v[i] != h)
		i++;
	hs->n--;
	memmove(hs->v + i, hs->v + i + 1, (hs->n - i) * sizeof(struct handle *));
	for (i = 0; i < hs->n_notifies; i++)
		forget_pending(&hs->notifies[i], h->address);
	/* The block was ours; the guest may have freed it, which is its own harm. */
	(void)!pool_free(m->pool, h->address);
	handle_free(h);
}

bool protocol_busy(const struct protocol_interface *p)
{
	for (size_t i = 0; i < p->n_opens; i++)
		if (p->opens[i].attributes &
			(OPEN_BY_DRIVER | OPEN_EXCLUSIVE | OPEN_BY_CHILD_CONTROLLER))
			return true;
	return false;
}

void handles_set_firmware(struct machine *m, struct gaddr image)
{
	m->handles->firmware = image;
}

struct gaddr handles_firmware(const struct machine *m)
{
	return m->handles->firmware;
}

efi_status handle_uninstall(
	struct machine *m, struct handle *h, const struct guid *guid, struct gaddr interface)
{
	struct protocol_interface *p = handle_protocol(h, guid);
	size_t i;

	if (!p || p->interface.v != interface.v)
		return EFI_NOT_FOUND;
	if (protocol_busy(p))
		return EFI_ACCESS_DENIED;
	free(p->opens);
	i = (size_t)(p - h->protocols);
	h->n_protocols--;
	memmove(h->protocols + i, h->protocols + i + 1,
		(h->n_protocols - i) * sizeof(*h->protocols));
	if (!h->n_protocols)
		destroy_handle(m, h);
	return EFI_SUCCESS;
}

struct gaddr protocol_give(struct machine *m, struct protocol_interface *p)
{
	if (p->given)
		p->given(m);
	return p->interface;
}

static struct protocol_interface *find_interface(
	struct handle *const *v, size_t n, struct gaddr this_, const struct guid *guid)
{
	for (size_t i = 0; i < n; i++) {
		struct protocol_interface *p = handle_protocol(v[i], guid);

		if (p && p->interface.v == this_.v)
			return p;
	}
	return NULL;
}

void *protocol_host(struct machine *m, struct gaddr this_, const struct guid *guid)
{
	struct handles *hs = m->handles;
	struct protocol_interface *p;

	if (find_interface(hs->hidden, hs->n_hidden, this_, guid))
		handles_resolve(m);
	p = find_interface(hs->v, hs->n, this_, guid);
	return p ? p->host : NULL;
}
