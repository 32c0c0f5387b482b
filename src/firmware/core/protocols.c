/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Installing and removing interfaces on one handle (UEFI 2.10 7.3.2 to 7.3.4,
 * 7.3.14). Removing an interface that drivers use disconnects them first, which
 * runs guest code.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/machine/machine.h"
#include "uefi/protocols.h"

#define MULTIPLE_MAX 32

static bool same_device_path(struct machine *m, struct gaddr a, struct gaddr b)
{
	uint64_t na = device_path_length(m, a), nb = device_path_length(m, b);
	const uint8_t *pa = guest_in(m->ram, a, na), *pb = guest_in(m->ram, b, nb);

	return na && na == nb && pa && pb && memcmp(pa, pb, na) == 0;
}

/* 7.3.7: EFI_ALREADY_STARTED for a device path that another handle has already. */
static bool device_path_taken(struct machine *m, struct gaddr path)
{
	size_t n;
	struct handle *const *v;

	handles_look_at_path(m, &uefi_device_path, path);
	v = handle_list(m, &n);
	for (size_t i = 0; i < n; i++) {
		struct protocol_interface *p = handle_protocol(v[i], &uefi_device_path);

		if (p && same_device_path(m, p->interface, path))
			return true;
	}
	return false;
}

/* One interface on a handle, which is created when *handle is 0. */
static efi_status install_one(
	struct machine *m, struct gaddr *handle, const struct guid *guid, struct gaddr interface)
{
	struct handle *h = handle->v ? handle_of(m, *handle) : handle_create(m);
	efi_status status;

	if (!h)
		return handle->v ? EFI_INVALID_PARAMETER : EFI_OUT_OF_RESOURCES;
	status = handle_install(m, h, guid, interface, NULL);
	if (status == EFI_SUCCESS)
		*handle = h->address;
	return status;
}

efi_status svc_install_protocol(struct machine *m, const struct call *c)
{
	struct gaddr handle;
	struct guid guid;
	efi_status status;

	/* arg[2], InterfaceType, knows EFI_NATIVE_INTERFACE alone. */
	if (!c->arg[0] || !guid_argument(m, c, 1, &guid) || call_u32(c, 2) != 0 ||
		!guest_read_addr(m->ram, call_addr(c, 0), &handle))
		return EFI_INVALID_PARAMETER;
	status = install_one(m, &handle, &guid, call_addr(c, 3));
	if (status == EFI_SUCCESS && !guest_write64(m->ram, call_addr(c, 0), handle.v))
		return EFI_INVALID_PARAMETER;
	return status;
}

/* --- removing, after disconnecting the drivers that use it */

struct removal {
	struct gaddr handle;
	struct guid guid;
	struct gaddr old;
	struct gaddr new;
	bool reinstall;
};

static efi_status remove_now(struct machine *m, const struct removal *r)
{
	struct handle *h = handle_of(m, r->handle);
	struct protocol_interface *p = h ? handle_protocol(h, &r->guid) : NULL;

	if (!p || p->interface.v != r->old.v)
		return EFI_NOT_FOUND;
	if (!r->reinstall)
		return handle_uninstall(m, h, &r->guid, r->old);
	if (protocol_busy(p))
		return EFI_ACCESS_DENIED;
	p->interface = r->new;
	p->host = NULL;
	p->given = NULL;
	handle_changed(m, h, &r->guid);
	return EFI_SUCCESS;
}

static void reconnected(struct machine *m, void *ctx, efi_status status)
{
	(void)ctx, (void)status;
	call_return(m, EFI_SUCCESS);
}

static void removal_disconnected(struct machine *m, void *ctx, efi_status ignored)
{
	struct removal *r = ctx;
	struct removal job = *r;
	efi_status status = remove_now(m, r);

	(void)ignored;
	free(r);
	/* 7.3.4: drivers get a chance to use the new interface. */
	if (status == EFI_SUCCESS && job.reinstall)
		drivers_connect(m, job.handle, GADDR_NULL, GADDR_NULL, true, reconnected, NULL);
	else
		call_return(m, status);
}

static efi_status remove_interface(struct machine *m, struct removal job)
{
	struct handle *h = handle_of(m, job.handle);
	struct protocol_interface *p = h ? handle_protocol(h, &job.guid) : NULL;

	if (!h)
		return EFI_INVALID_PARAMETER;
	if (!p || p->interface.v != job.old.v)
		return EFI_NOT_FOUND;
	if (!protocol_busy(p) && !job.reinstall)
		return remove_now(m, &job);
	drivers_disconnect(m, job.handle, GADDR_NULL, GADDR_NULL, removal_disconnected,
		xmemdup(&job, sizeof(job)));
	return CALL_DEFERRED;
}

efi_status svc_uninstall_protocol(struct machine *m, const struct call *c)
{
	struct removal job = { .handle = call_addr(c, 0), .old = call_addr(c, 2) };

	return guid_argument(m, c, 1, &job.guid) ? remove_interface(m, job) : EFI_INVALID_PARAMETER;
}

efi_status svc_reinstall_protocol(struct machine *m, const struct call *c)
{
	struct removal job = { .handle = call_addr(c, 0),
		.old = call_addr(c, 2),
		.new = call_addr(c, 3),
		.reinstall = true };

	return guid_argument(m, c, 1, &job.guid) ? remove_interface(m, job) : EFI_INVALID_PARAMETER;
}

/* --- the variadic ones: GUID and interface in turn, ended by NULL */

struct pairs {
	struct guid guid[MULTIPLE_MAX];
	struct gaddr interface[MULTIPLE_MAX];
	unsigned n;
};

static bool read_pairs(struct machine *m, struct pairs *p)
{
	for (p->n = 0; p->n < MULTIPLE_MAX; p->n++) {
		struct gaddr guid = gaddr(call_more(m, 1 + 2 * p->n));

		if (!guid.v)
			return true;
		if (!guest_read_guid(m->ram, guid, &p->guid[p->n]))
			return false;
		p->interface[p->n] = gaddr(call_more(m, 2 + 2 * p->n));
	}
	return false;
}

efi_status svc_install_multiple(struct machine *m, const struct call *c)
{
	struct pairs p;
	struct gaddr handle;
	efi_status status = EFI_SUCCESS;
	unsigned i;

	if (!c->arg[0] || !guest_read_addr(m->ram, call_addr(c, 0), &handle) || !read_pairs(m, &p))
		return EFI_INVALID_PARAMETER;
	for (i = 0; i < p.n; i++)
		if (guid_eq(p.guid[i], uefi_device_path) && device_path_taken(m, p.interface[i]))
			return EFI_ALREADY_STARTED;
	for (i = 0; i < p.n && status == EFI_SUCCESS; i++)
		status = install_one(m, &handle, &p.guid[i], p.interface[i]);
	if (status == EFI_SUCCESS)
		return guest_write64(m->ram, call_addr(c, 0), handle.v) ? EFI_SUCCESS
									: EFI_INVALID_PARAMETER;
	/* The last one failed: those before it are taken away again. */
	for (i--; i-- > 0;)
		(void)handle_uninstall(m, handle_of(m, handle), &p.guid[i], p.interface[i]);
	return status;
}

struct multiple {
	struct gaddr handle;
	struct pairs pairs;
	unsigned at;
};

/* Removes the rest; true when the guest has to run first. */
static bool uninstall_rest(struct machine *m, struct multiple *job, efi_status *status);

static void multiple_disconnected(struct machine *m, void *ctx, efi_status ignored)
{
	struct multiple *job = ctx;
	struct handle *h = handle_of(m, job->handle);
	efi_status status = h ? handle_uninstall(m, h, &job->pairs.guid[job->at],
					job->pairs.interface[job->at])
			      : EFI_INVALID_PARAMETER;

	(void)ignored;
	if (status == EFI_SUCCESS) {
		job->at++;
		if (uninstall_rest(m, job, &status))
			return;
	}
	free(job);
	/* 7.3.14: any error is told as this one. */
	call_return(m, status == EFI_SUCCESS ? status : EFI_INVALID_PARAMETER);
}

/* What was removed before an error is put back, as far as it was the guest's own. */
static void put_back(struct machine *m, struct multiple *job)
{
	struct gaddr handle = handle_of(m, job->handle) ? job->handle : GADDR_NULL;

	while (handle.v && job->at-- > 0)
		(void)install_one(
			m, &handle, &job->pairs.guid[job->at], job->pairs.interface[job->at]);
}

static bool uninstall_rest(struct machine *m, struct multiple *job, efi_status *status)
{
	for (; job->at < job->pairs.n; job->at++) {
		struct handle *h = handle_of(m, job->handle);
		const struct guid *guid = &job->pairs.guid[job->at];
		struct protocol_interface *p = h ? handle_protocol(h, guid) : NULL;

		if (p && p->interface.v == job->pairs.interface[job->at].v && protocol_busy(p)) {
			drivers_disconnect(
				m, job->handle, GADDR_NULL, GADDR_NULL, multiple_disconnected, job);
			return true;
		}
		*status = h ? handle_uninstall(m, h, guid, job->pairs.interface[job->at])
			    : EFI_INVALID_PARAMETER;
		if (*status != EFI_SUCCESS) {
			put_back(m, job);
			return false;
		}
	}
	*status = EFI_SUCCESS;
	return false;
}

efi_status svc_uninstall_multiple(struct machine *m, const struct call *c)
{
	struct multiple *job = xcalloc(1, sizeof(*job));
	efi_status status = EFI_INVALID_PARAMETER;

	job->handle = call_addr(c, 0);
	if (read_pairs(m, &job->pairs) && uninstall_rest(m, job, &status))
		return CALL_DEFERRED;
	free(job);
	return status == EFI_SUCCESS ? status : EFI_INVALID_PARAMETER;
}
