/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding handles and protocols (UEFI 2.10 7.3.5, 7.3.6, 7.3.8, 7.3.15,
 * 7.3.16), by protocol, by registration and by device path.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/recorder.h"
#include "uefi/protocols.h"

#define NOTIFIES_MAX 256
#define PATH_MAX     65536

enum search_type {
	SEARCH_ALL,
	SEARCH_NOTIFY,
	SEARCH_PROTOCOL,
};

#define NODE_END      0x7f
#define NODE_END_ALL  0xff
#define NODE_END_THIS 0x01

/* Type, sub-type and length of the node at a; false when it is no node. */
static bool read_node(struct machine *m, struct gaddr a, uint8_t *type, uint8_t *sub, uint16_t *len)
{
	return guest_read8(m->ram, a, type) && guest_read8(m->ram, gaddr_add(a, 1), sub) &&
	       guest_read16(m->ram, gaddr_add(a, 2), len) && *len >= 4 && guest_ok(m->ram, a, *len);
}

uint64_t device_path_length(struct machine *m, struct gaddr path)
{
	uint8_t type, sub;
	uint16_t len;

	for (uint64_t at = 0; at < PATH_MAX; at += len) {
		if (!read_node(m, gaddr_add(path, at), &type, &sub, &len))
			return 0;
		if (type == NODE_END && sub == NODE_END_ALL)
			return at + len;
	}
	return 0;
}

/* How many bytes of path the device path at prefix covers, without its end; -1 when it is no beginning of it. */
static int64_t prefix_length(
	struct machine *m, struct gaddr prefix, struct gaddr path, uint64_t len)
{
	uint64_t n = device_path_length(m, prefix);
	const uint8_t *a, *b;

	if (n < 4 || n - 4 > len)
		return -1;
	a = guest_in(m->ram, prefix, n - 4);
	b = guest_in(m->ram, path, len);
	return a && b && memcmp(a, b, n - 4) == 0 ? (int64_t)(n - 4) : -1;
}

/* The length of the first instance of a path, without the node that ends it; -1 when it is malformed. */
static int64_t instance_length(struct machine *m, struct gaddr path)
{
	uint8_t type, sub;
	uint16_t len;

	for (uint64_t at = 0; at < PATH_MAX; at += len) {
		if (!read_node(m, gaddr_add(path, at), &type, &sub, &len))
			return -1;
		if (type == NODE_END)
			return (int64_t)at;
	}
	return -1;
}

/* Whether a path begins with the node that a handle's path begins with. */
static bool same_root(struct machine *m, struct handle *h, struct gaddr path, uint64_t len)
{
	struct protocol_interface *p = handle_protocol(h, &uefi_device_path);
	const uint8_t *a, *b;
	uint8_t type, sub;
	uint16_t n;

	if (!p || !read_node(m, p->interface, &type, &sub, &n) || n > len)
		return false;
	a = guest_in(m->ram, p->interface, n);
	b = guest_in(m->ram, path, n);
	return a && b && memcmp(a, b, n) == 0;
}

/* A path to a disk of the image's is none to another; where those are, the platform says. */
void handles_look_at_path(struct machine *m, const struct guid *guid, struct gaddr path)
{
	struct handles *hs = m->handles;
	int64_t len = instance_length(m, path);

	if (len < 0 || !handles_hidden(m, guid) ||
		!same_root(m, hs->hidden[0], path, (uint64_t)len))
		return;
	for (size_t i = 0; i < hs->n; i++) {
		struct protocol_interface *p = handle_protocol(hs->v[i], &uefi_device_path);

		if (p && hs->v[i]->disk && prefix_length(m, p->interface, path, (uint64_t)len) > 0)
			return;
	}
	handles_resolve(m);
}

/* --- the order of a protocol's handles */

struct placed {
	uint64_t turn;
	size_t place;
	struct handle *handle;
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->turn != y->turn)
		return x->turn < y->turn ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/*
 * The handles with a protocol, freed by the caller: as edk2 has them, in the order in which it was installed on them,
 * in which the firmware's own stand as the handles do.
 */
static struct placed *in_turn(struct machine *m, const struct guid *guid, size_t *n)
{
	struct placed *found;
	size_t n_handles;
	struct handle *const *v = handle_list(m, &n_handles);

	found = xcalloc(n_handles + 1, sizeof(*found));
	*n = 0;
	for (size_t i = 0; i < n_handles; i++) {
		const struct protocol_interface *p = handle_protocol(v[i], guid);

		if (p)
			found[(*n)++] = (struct placed){ p->turn, i, v[i] };
	}
	qsort(found, *n, sizeof(*found), compare_placed);
	return found;
}

struct handle *handle_on_path(struct machine *m, const struct guid *guid, struct gaddr *path)
{
	int64_t len = instance_length(m, *path), best_len = -1;
	CLEANUP(xfree) struct placed *v = NULL;
	struct handle *best = NULL;
	size_t n;

	handles_look_at_path(m, guid, *path);
	v = in_turn(m, guid, &n);
	for (size_t i = 0; len >= 0 && i < n; i++) {
		struct protocol_interface *p = handle_protocol(v[i].handle, &uefi_device_path);
		int64_t covered = p ? prefix_length(m, p->interface, *path, (uint64_t)len) : -1;

		if (covered > best_len) {
			best_len = covered;
			best = v[i].handle;
		}
	}
	if (best)
		*path = gaddr_add(*path, (uint64_t)best_len);
	return best;
}

efi_status svc_locate_device_path(struct machine *m, const struct call *c)
{
	struct gaddr path;
	struct guid guid;
	struct handle *h;

	if (!c->arg[0] || !c->arg[1] || !guest_read_guid(m->ram, call_addr(c, 0), &guid) ||
		!guest_read_addr(m->ram, call_addr(c, 1), &path) || !path.v)
		return EFI_INVALID_PARAMETER;
	h = handle_on_path(m, &guid, &path);
	if (!h)
		return EFI_NOT_FOUND;
	if (!c->arg[2] || !guest_write64(m->ram, call_addr(c, 2), h->address.v) ||
		!guest_write64(m->ram, call_addr(c, 1), path.v))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

/* --- by registration */

efi_status svc_register_notify(struct machine *m, const struct call *c)
{
	struct handles *hs = m->handles;
	struct protocol_notify n = { .event = call_addr(c, 1) };
	CLEANUP(xfree) struct placed *there = NULL;
	efi_status status;
	size_t n_there;

	if (!c->arg[0] || !c->arg[1] || !c->arg[2] ||
		!guest_read_guid(m->ram, call_addr(c, 0), &n.guid))
		return EFI_INVALID_PARAMETER;
	handles_look(m, &n.guid);
	if (hs->n_notifies == NOTIFIES_MAX)
		return EFI_OUT_OF_RESOURCES;
	status = pool_allocate(m->pool, MEM_BOOT_DATA, 32, &n.key);
	if (status != EFI_SUCCESS)
		return status;
	if (!guest_write64(m->ram, call_addr(c, 2), n.key.v))
		return EFI_INVALID_PARAMETER;
	/* What is there already counts as new. */
	there = in_turn(m, &n.guid, &n_there);
	n.pending = xcalloc(n_there + 1, sizeof(*n.pending));
	for (size_t i = 0; i < n_there; i++)
		n.pending[n.n_pending++] = there[i].handle->address;
	hs->notifies = xreallocarray(hs->notifies, hs->n_notifies + 1, sizeof(*hs->notifies));
	hs->notifies[hs->n_notifies++] = n;
	return EFI_SUCCESS;
}

/* The next handle that a registration has not located yet, or NULL. */
static struct handle *next_notified(struct machine *m, struct gaddr key)
{
	for (size_t i = 0; i < m->handles->n_notifies; i++) {
		struct protocol_notify *n = &m->handles->notifies[i];
		struct handle *h;

		if (n->key.v != key.v || !n->n_pending)
			continue;
		recorder_add(m->recorder, &key, sizeof(key));
		h = handle_of(m, n->pending[0]);
		n->n_pending--;
		memmove(n->pending, n->pending + 1, n->n_pending * sizeof(*n->pending));
		return h;
	}
	return NULL;
}

/* --- by protocol */

static void add_address(const struct handle *h, struct buf *out)
{
	uint8_t address[8];

	put_le64(address, h->address.v);
	buf_add(out, address, sizeof(address));
}

static void add_all(struct machine *m, struct buf *out)
{
	size_t n;
	struct handle *const *v = handle_list(m, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i]->n_protocols)
			add_address(v[i], out);
}

/* Appends the addresses of the handles that are looked for; EFI_NOT_FOUND when there are none. */
static efi_status collect(
	struct machine *m, uint32_t search, struct gaddr guid_at, struct gaddr key, struct buf *out)
{
	CLEANUP(xfree) struct placed *v = NULL;
	struct handle *h;
	struct guid guid;
	size_t n;

	if (search > SEARCH_PROTOCOL || (search == SEARCH_NOTIFY && !key.v) ||
		(search == SEARCH_PROTOCOL &&
			(!guid_at.v || !guest_read_guid(m->ram, guid_at, &guid))))
		return EFI_INVALID_PARAMETER;
	if (search == SEARCH_NOTIFY) {
		h = next_notified(m, key);
		if (!h)
			return EFI_NOT_FOUND;
		add_address(h, out);
		return EFI_SUCCESS;
	}
	handles_look(m, search == SEARCH_PROTOCOL ? &guid : NULL);
	if (search == SEARCH_ALL) {
		add_all(m, out);
		return out->len ? EFI_SUCCESS : EFI_NOT_FOUND;
	}
	v = in_turn(m, &guid, &n);
	for (size_t i = 0; i < n; i++)
		add_address(v[i].handle, out);
	return out->len ? EFI_SUCCESS : EFI_NOT_FOUND;
}

efi_status svc_locate_handle(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	uint64_t room;
	efi_status status;

	if (!c->arg[3] || !guest_read64(m->ram, call_addr(c, 3), &room))
		return EFI_INVALID_PARAMETER;
	status = collect(m, call_u32(c, 0), call_addr(c, 1), call_addr(c, 2), &b);
	if (status != EFI_SUCCESS)
		return status;
	if (!guest_write64(m->ram, call_addr(c, 3), b.len))
		return EFI_INVALID_PARAMETER;
	if (room < b.len)
		return EFI_BUFFER_TOO_SMALL;
	if (!c->arg[4] || !guest_write(m->ram, call_addr(c, 4), buf_bytes(&b), b.len))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

efi_status svc_locate_handle_buffer(struct machine *m, const struct call *c)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct gaddr a;
	efi_status status;

	if (!c->arg[3] || !c->arg[4])
		return EFI_INVALID_PARAMETER;
	status = collect(m, call_u32(c, 0), call_addr(c, 1), call_addr(c, 2), &b);
	if (status == EFI_NOT_FOUND && (!guest_write64(m->ram, call_addr(c, 3), 0) ||
					       !guest_write64(m->ram, call_addr(c, 4), 0)))
		return EFI_INVALID_PARAMETER;
	if (status == EFI_SUCCESS)
		status = pool_allocate(m->pool, MEM_BOOT_DATA, b.len, &a);
	if (status != EFI_SUCCESS)
		return status;
	if (!guest_write(m->ram, a, buf_bytes(&b), b.len) ||
		!guest_write64(m->ram, call_addr(c, 3), b.len / 8) ||
		!guest_write64(m->ram, call_addr(c, 4), a.v))
		return EFI_INVALID_PARAMETER;
	return EFI_SUCCESS;
}

efi_status svc_locate_protocol(struct machine *m, const struct call *c)
{
	struct protocol_interface *p = NULL;
	CLEANUP(xfree) struct placed *v = NULL;
	struct handle *h = NULL;
	struct guid guid;
	size_t n;

	if (!c->arg[2] || !c->arg[0] || !guest_read_guid(m->ram, call_addr(c, 0), &guid))
		return EFI_INVALID_PARAMETER;
	handles_look(m, &guid);
	v = in_turn(m, &guid, &n);
	if (c->arg[1])
		h = next_notified(m, call_addr(c, 1));
	else if (n)
		h = v[0].handle;
	p = h ? handle_protocol(h, &guid) : NULL;
	if (!guest_write64(m->ram, call_addr(c, 2), p ? protocol_give(m, p).v : 0))
		return EFI_INVALID_PARAMETER;
	return p ? EFI_SUCCESS : EFI_NOT_FOUND;
}
