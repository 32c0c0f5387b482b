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
	m->handles->turns++;
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
	struct drivers_waiter waiter;
	struct gaddr handle;
	struct guid guid;
	struct gaddr old;
	struct gaddr new;
	bool reinstall;
};

static void reconnected(struct machine *m, void *ctx, efi_status ignored)
{
	(void)ignored;
	drivers_over(m, ctx, EFI_SUCCESS);
}

static void reconnected_after_refusal(struct machine *m, void *ctx, efi_status ignored)
{
	(void)ignored;
	drivers_over(m, ctx, EFI_ACCESS_DENIED);
}

/* Nobody hinders it any more. */
static void remove_now(struct machine *m, struct removal *r, struct protocol_interface *p)
{
	if (!r->reinstall) {
		drivers_over(m, &r->waiter,
			handle_uninstall(m, handle_of(m, r->handle), &r->guid, r->old));
		return;
	}
	if (r->new.v != r->old.v) {
		p->interface = r->new;
		p->host = NULL;
		p->given = NULL;
	}
	p->turn = ++m->handles->turns;
	handle_changed(m, handle_of(m, r->handle), &r->guid);
	/* 7.3.4: drivers get a chance to use the new interface. */
	drivers_connect(m, r->handle, GADDR_NULL, GADDR_NULL, true, reconnected, r);
}

static void released(struct machine *m, void *ctx, efi_status status)
{
	struct removal *r = ctx;
	struct handle *h = handle_of(m, r->handle);
	struct protocol_interface *p = h ? handle_protocol(h, &r->guid) : NULL;

	if (!p || p->interface.v != r->old.v) {
		drivers_over(m, &r->waiter, EFI_NOT_FOUND);
		return;
	}
	if (status == EFI_SUCCESS)
		protocol_drop_casual(p);
	/* 7.3.3: refused, so the drivers that did stop are started again. */
	if (status != EFI_SUCCESS || p->n_opens)
		drivers_connect(
			m, r->handle, GADDR_NULL, GADDR_NULL, true, reconnected_after_refusal, r);
	else
		remove_now(m, r, p);
}

static efi_status removal_status(struct machine *m, const struct removal *job)
{
	struct handle *h = handle_of(m, job->handle);
	struct protocol_interface *p = h ? handle_protocol(h, &job->guid) : NULL;

	if (!h)
		return EFI_INVALID_PARAMETER;
	return p && p->interface.v == job->old.v ? EFI_SUCCESS : EFI_NOT_FOUND;
}

/* job->done is called before it returns, or later. */
static void remove_interface(struct machine *m, const struct removal *job)
{
	efi_status status = removal_status(m, job);

	if (status == EFI_SUCCESS)
		drivers_release(m, job->handle, &job->guid, released, xmemdup(job, sizeof(*job)));
	else
		job->waiter.done(m, job->waiter.ctx, status);
}

static void removed(struct machine *m, void *ctx, efi_status status)
{
	(void)ctx;
	call_return(m, status);
}

static efi_status serve_removal(struct machine *m, const struct call *c, struct removal job)
{
	efi_status status;

	if (!guid_argument(m, c, 1, &job.guid))
		return EFI_INVALID_PARAMETER;
	job.handle = call_addr(c, 0);
	job.old = call_addr(c, 2);
	job.waiter.done = removed;
	status = removal_status(m, &job);
	if (status != EFI_SUCCESS)
		return status;
	remove_interface(m, &job);
	return CALL_DEFERRED;
}

efi_status svc_uninstall_protocol(struct machine *m, const struct call *c)
{
	return serve_removal(m, c, (struct removal){ .reinstall = false });
}

efi_status svc_reinstall_protocol(struct machine *m, const struct call *c)
{
	return serve_removal(m, c, (struct removal){ .new = call_addr(c, 3), .reinstall = true });
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

/* 7.3.17: all or nothing. */
struct multiple {
	struct gaddr handle;
	struct pairs pairs;
	unsigned at;
	/* What was there, so that a protocol of the firmware's own that is put back works again. */
	struct protocol_interface was[MULTIPLE_MAX];
};

/* What was removed before an error. */
static void put_back(struct machine *m, struct multiple *job)
{
	struct handle *h = handle_of(m, job->handle);

	for (unsigned i = 0; h && i < job->at; i++) {
		const struct protocol_interface *was = &job->was[i];

		if (handle_install(m, h, &was->guid, was->interface, was->host) == EFI_SUCCESS)
			handle_protocol(h, &was->guid)->given = was->given;
	}
}

static void uninstall_next(struct machine *m, struct multiple *job);

static void one_uninstalled(struct machine *m, void *ctx, efi_status status)
{
	struct multiple *job = ctx;

	if (status == EFI_SUCCESS) {
		job->at++;
		uninstall_next(m, job);
		return;
	}
	put_back(m, job);
	free(job);
	/* Any error becomes this one. */
	call_return(m, EFI_INVALID_PARAMETER);
}

static void uninstall_next(struct machine *m, struct multiple *job)
{
	struct removal removal = { .waiter = { one_uninstalled, job }, .handle = job->handle };
	struct handle *h = handle_of(m, job->handle);
	struct protocol_interface *p;

	if (job->at == job->pairs.n) {
		free(job);
		call_return(m, EFI_SUCCESS);
		return;
	}
	removal.guid = job->pairs.guid[job->at];
	removal.old = job->pairs.interface[job->at];
	p = h ? handle_protocol(h, &removal.guid) : NULL;
	if (p)
		job->was[job->at] = *p;
	remove_interface(m, &removal);
}

efi_status svc_uninstall_multiple(struct machine *m, const struct call *c)
{
	struct multiple *job = xcalloc(1, sizeof(*job));

	job->handle = call_addr(c, 0);
	if (!read_pairs(m, &job->pairs)) {
		free(job);
		return EFI_INVALID_PARAMETER;
	}
	uninstall_next(m, job);
	return CALL_DEFERRED;
}
