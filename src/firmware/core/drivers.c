/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ConnectController() (UEFI 2.10 7.3.12): drivers are asked by their DriverBinding protocols, each question being a
 * call into the guest whose answer brings the next. driver_order.c says in
 * which order.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/machine/machine.h"
#include "uefi/protocols.h"

#define CHILDREN_MAX 1024
#define STARTS_MAX   64 /* of drivers on one controller */

struct connecting {
	struct drivers_waiter waiter;
	struct gaddr *todo; /* controllers; grows by the children of those that are done */
	size_t n_todo, at;
	struct gaddr remaining;
	bool recursive;
	struct binding *drivers;
	size_t n_drivers, driver;
	unsigned started; /* on this controller */
	bool any;
};

static void free_connecting(void *ctx)
{
	struct connecting *job = ctx;

	free(job->drivers);
	free(job->todo);
	free(job);
}

static void add_todo(struct connecting *job, struct gaddr controller)
{
	for (size_t i = 0; i < job->n_todo; i++)
		if (job->todo[i].v == controller.v)
			return;
	if (job->n_todo == CHILDREN_MAX)
		return;
	job->todo = xreallocarray(job->todo, job->n_todo + 1, sizeof(*job->todo));
	job->todo[job->n_todo++] = controller;
}

bool binding_read(struct machine *m, struct handle *h, struct binding *b)
{
	struct protocol_interface *p = handle_protocol(h, &uefi_driver_binding);

	if (!p)
		return false;
	*b = (struct binding){ .handle = h->address, .interface = p->interface };
	return guest_read32(m->ram, gaddr_add(p->interface, DB_VERSION), &b->version) &&
	       guest_read_addr(m->ram, gaddr_add(p->interface, DB_IMAGE), &b->image);
}

/* The handles that somebody opened on a controller as its children. */
static void gather_children(struct machine *m, struct connecting *job, struct gaddr controller)
{
	struct handle *h = handle_of(m, controller);

	for (size_t i = 0; h && i < h->n_protocols; i++)
		for (size_t k = 0; k < h->protocols[i].n_opens; k++)
			if (h->protocols[i].opens[k].attributes & OPEN_BY_CHILD_CONTROLLER)
				add_todo(job, h->protocols[i].opens[k].controller);
}

static void connect_next(struct machine *m, struct connecting *job);

static bool call_binding(
	struct machine *m, struct connecting *job, unsigned offset, call_done *done)
{
	const struct binding *b = &job->drivers[job->driver];
	uint64_t args[3] = { b->interface.v, job->todo[job->at].v,
		job->at == 0 ? job->remaining.v : 0 };
	struct gaddr fn;

	if (!call_room(m) || !guest_read_addr(m->ram, gaddr_add(b->interface, offset), &fn) ||
		!fn.v)
		return false;
	call_guest(m, fn, args, 3, done, job, free_connecting);
	return true;
}

static void was_started(struct machine *m, void *ctx, uint64_t x0)
{
	struct connecting *job = ctx;

	if (x0 == EFI_SUCCESS) {
		job->any |= job->at == 0; /* what happens below doesn't change the answer */
		job->started++;
	}
	job->driver = 0;
	connect_next(m, job);
}

static void was_asked(struct machine *m, void *ctx, uint64_t x0)
{
	struct connecting *job = ctx;

	if (x0 != EFI_SUCCESS) {
		job->driver++;
		connect_next(m, job);
		return;
	}
	/* Those before it are asked again: what it does may be what they were missing. */
	job->drivers[job->driver].asked = true;
	if (!call_binding(m, job, DB_START, was_started))
		connect_next(m, job);
}

static void connect_over(struct machine *m, struct connecting *job)
{
	uint8_t type = 0;
	/* 7.3.12: an empty remaining path asks for nothing to be made, so nothing is missing. */
	bool any = job->any ||
		   (job->remaining.v && guest_read8(m->ram, job->remaining, &type) && type == 0x7f);

	free(job->drivers);
	free(job->todo);
	drivers_over(m, &job->waiter, any ? EFI_SUCCESS : EFI_NOT_FOUND);
}

/* Asks the next driver about the controller; false when none is left. */
static bool ask_next(struct machine *m, struct connecting *job)
{
	for (; job->driver < job->n_drivers && job->started < STARTS_MAX; job->driver++) {
		const struct binding *b = &job->drivers[job->driver];

		if (!b->asked && handle_of(m, b->handle) && handle_of(m, job->todo[job->at]) &&
			call_binding(m, job, DB_SUPPORTED, was_asked))
			return true;
	}
	return false;
}

static void ordered(struct machine *m, void *ctx, struct binding *drivers, size_t n)
{
	struct connecting *job = ctx;

	free(job->drivers);
	job->drivers = drivers;
	job->n_drivers = n;
	job->driver = 0;
	job->started = 0;
	connect_next(m, job);
}

/* Asks the next driver about the controller, or goes on to the next controller. */
static void connect_next(struct machine *m, struct connecting *job)
{
	if (ask_next(m, job))
		return;
	if (job->recursive)
		gather_children(m, job, job->todo[job->at]);
	if (++job->at < job->n_todo)
		driver_order_make(m, job->todo[job->at], GADDR_NULL, ordered, job, free_connecting);
	else
		connect_over(m, job);
}

void drivers_connect(struct machine *m, struct gaddr controller, struct gaddr first_drivers,
	struct gaddr remaining, bool recursive, drivers_done *done, void *ctx)
{
	struct connecting *job = xcalloc(1, sizeof(*job));

	job->remaining = remaining;
	job->recursive = recursive;
	job->waiter.done = done;
	job->waiter.ctx = ctx;
	add_todo(job, controller);
	driver_order_make(m, controller, first_drivers, ordered, job, free_connecting);
}

static void over(struct machine *m, void *ctx, efi_status status)
{
	(void)ctx;
	call_return(m, status);
}

efi_status svc_connect(struct machine *m, const struct call *c)
{
	if (!handle_of(m, call_addr(c, 0)))
		return EFI_INVALID_PARAMETER;
	drivers_connect(m, call_addr(c, 0), call_addr(c, 1), call_addr(c, 2), (uint8_t)c->arg[3],
		over, NULL);
	return CALL_DEFERRED;
}
