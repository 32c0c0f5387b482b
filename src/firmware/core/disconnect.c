/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DisconnectController() (UEFI 2.10 7.3.13): the drivers that manage a
 * controller are asked to stop, each a call into the guest.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/machine/machine.h"

struct disconnecting {
	struct drivers_waiter waiter;
	struct gaddr controller, child;
	struct gaddr *agents; /* drivers' handles that have to stop */
	size_t n_agents, at;
	struct gaddr children; /* array in guest memory, for Stop() */
	uint64_t n_children;
	bool all_children; /* Stop() is called a second time, for the driver itself */
	bool second;
	bool any, failed;
};

void drivers_over(struct machine *m, struct drivers_waiter *take_job, efi_status status)
{
	struct drivers_waiter waiter = *take_job;

	free(take_job);
	waiter.done(m, waiter.ctx, status);
}

static void free_disconnecting(void *ctx)
{
	struct disconnecting *job = ctx;

	free(job->agents);
	free(job);
}

static void add_agent(struct disconnecting *job, struct gaddr agent)
{
	for (size_t i = 0; i < job->n_agents; i++)
		if (job->agents[i].v == agent.v)
			return;
	job->agents = xreallocarray(job->agents, job->n_agents + 1, sizeof(*job->agents));
	job->agents[job->n_agents++] = agent;
}

/* The children that this driver made on the controller; false: the one wanted isn't among them. */
static bool list_children(struct machine *m, struct disconnecting *job, struct gaddr agent)
{
	struct handle *h = handle_of(m, job->controller);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	bool wanted = !job->child.v;
	uint64_t total = 0;

	for (size_t i = 0; h && i < h->n_protocols; i++)
		for (size_t k = 0; k < h->protocols[i].n_opens; k++) {
			const struct protocol_open *o = &h->protocols[i].opens[k];
			uint8_t address[8];

			if (o->agent.v != agent.v || !(o->attributes & OPEN_BY_CHILD_CONTROLLER))
				continue;
			total++;
			wanted |= o->controller.v == job->child.v;
			if (job->child.v && o->controller.v != job->child.v)
				continue;
			put_le64(address, o->controller.v);
			buf_add(&b, address, sizeof(address));
		}
	job->n_children = wanted ? b.len / 8 : 0;
	job->all_children = job->n_children == total;
	job->children = GADDR_NULL;
	if (job->n_children &&
		(pool_allocate(m->pool, MEM_BOOT_DATA, b.len, &job->children) != EFI_SUCCESS ||
			!guest_write(m->ram, job->children, buf_bytes(&b), b.len)))
		job->n_children = 0;
	return wanted;
}

static void disconnect_next(struct machine *m, struct disconnecting *job);

static void was_stopped(struct machine *m, void *ctx, uint64_t x0)
{
	struct disconnecting *job = ctx;

	if (job->children.v)
		(void)!pool_free(m->pool, job->children);
	job->children = GADDR_NULL;
	/* 11.1: first for its children, then, when all are gone, for the controller itself. */
	job->second = x0 == EFI_SUCCESS && job->n_children && job->all_children;
	if (!job->second) {
		job->any |= x0 == EFI_SUCCESS;
		job->failed |= x0 != EFI_SUCCESS;
		job->at++;
	}
	disconnect_next(m, job);
}

static bool call_stop(struct machine *m, struct disconnecting *job)
{
	struct gaddr agent = job->agents[job->at], fn;
	struct handle *h = handle_of(m, agent);
	struct binding b;
	uint64_t args[4];

	if (!h || !binding_read(m, h, &b) ||
		!guest_read_addr(m->ram, gaddr_add(b.interface, DB_STOP), &fn) || !fn.v)
		return false;
	if (!call_room(m)) {
		job->failed = true;
		return false;
	}
	if (job->second) {
		job->n_children = 0;
	} else if (!list_children(m, job, agent)) {
		job->failed = true;
		return false;
	}
	args[0] = b.interface.v;
	args[1] = job->controller.v;
	args[2] = job->n_children;
	args[3] = job->children.v;
	call_guest(m, fn, args, 4, was_stopped, job, free_disconnecting);
	return true;
}

static void disconnect_next(struct machine *m, struct disconnecting *job)
{
	for (; job->at < job->n_agents; job->at++, job->second = false)
		if (call_stop(m, job))
			return;
	free(job->agents);
	drivers_over(m, &job->waiter, job->any || !job->failed ? EFI_SUCCESS : EFI_NOT_FOUND);
}

void drivers_disconnect(struct machine *m, struct gaddr controller, struct gaddr driver,
	struct gaddr child, drivers_done *done, void *ctx)
{
	struct disconnecting *job = xcalloc(1, sizeof(*job));
	struct handle *h = handle_of(m, controller);

	job->controller = controller;
	job->child = child;
	job->waiter = (struct drivers_waiter){ done, ctx };
	for (size_t i = 0; h && i < h->n_protocols; i++)
		for (size_t k = 0; k < h->protocols[i].n_opens; k++) {
			const struct protocol_open *o = &h->protocols[i].opens[k];
			struct handle *agent = handle_of(m, o->agent);
			struct binding b;

			if (!(o->attributes & OPEN_BY_DRIVER) || !agent ||
				!binding_read(m, agent, &b))
				continue;
			if (!driver.v || driver.v == b.handle.v || driver.v == b.image.v)
				add_agent(job, o->agent);
		}
	disconnect_next(m, job);
}

/* --- an interface's drivers */

struct releasing {
	struct drivers_waiter waiter;
	struct gaddr handle;
	struct guid guid;
	struct protocol_open last; /* that was asked for */
};

static void release_next(struct machine *m, struct releasing *job);

static void one_disconnected(struct machine *m, void *ctx, efi_status status)
{
	if (status == EFI_SUCCESS)
		release_next(m, ctx);
	else
		drivers_over(m, ctx, EFI_ACCESS_DENIED);
}

static const struct protocol_open *driver_open(const struct protocol_interface *p)
{
	for (size_t i = 0; i < p->n_opens; i++)
		if (p->opens[i].attributes & OPEN_BY_DRIVER)
			return &p->opens[i];
	return NULL;
}

static void release_next(struct machine *m, struct releasing *job)
{
	struct handle *h = handle_of(m, job->handle);
	struct protocol_interface *p = h ? handle_protocol(h, &job->guid) : NULL;
	const struct protocol_open *o = p ? driver_open(p) : NULL;
	struct binding b;

	if (!o) {
		drivers_over(m, &job->waiter, EFI_SUCCESS);
		return;
	}
	/* One that stopped and has it open still would do so forever. */
	if ((o->agent.v == job->last.agent.v && o->controller.v == job->last.controller.v) ||
		!handle_of(m, o->agent) || !binding_read(m, handle_of(m, o->agent), &b)) {
		drivers_over(m, &job->waiter, EFI_ACCESS_DENIED);
		return;
	}
	job->last = *o;
	drivers_disconnect(m, job->handle, o->agent, GADDR_NULL, one_disconnected, job);
}

void drivers_release(struct machine *m, struct gaddr handle, const struct guid *guid,
	drivers_done *done, void *ctx)
{
	struct releasing job = { .waiter = { done, ctx }, .handle = handle, .guid = *guid };

	release_next(m, xmemdup(&job, sizeof(job)));
}

/* --- services */

static void over(struct machine *m, void *ctx, efi_status status)
{
	(void)ctx;
	call_return(m, status);
}

/* Whether a handle has the binding of a driver, or is the image of one. */
static bool is_driver(struct machine *m, struct gaddr driver)
{
	size_t n;
	struct handle *const *v = handle_list(m, &n);
	struct binding b;

	for (size_t i = 0; i < n; i++)
		if (binding_read(m, v[i], &b) && (driver.v == b.handle.v || driver.v == b.image.v))
			return true;
	return false;
}

efi_status svc_disconnect(struct machine *m, const struct call *c)
{
	if (!handle_of(m, call_addr(c, 0)) || (c->arg[1] && !is_driver(m, call_addr(c, 1))) ||
		(c->arg[2] && !handle_of(m, call_addr(c, 2))))
		return EFI_INVALID_PARAMETER;
	drivers_disconnect(m, call_addr(c, 0), call_addr(c, 1), call_addr(c, 2), over, NULL);
	return CALL_DEFERRED;
}
