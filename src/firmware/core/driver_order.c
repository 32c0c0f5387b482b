/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which ConnectController() asks drivers (UEFI 2.10 7.3.12): those
 * of the caller's list in its order, those that the platform's, the driver
 * families' and the controller's bus's overrides name (11.3 to 11.5), and the
 * others by their versions. Override protocols are a guest's: each question to
 * one is a call into it, whose answer brings the next.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/core/handles_private.h"
#include "firmware/machine/machine.h"
#include "uefi/protocols.h"

/* All three begin with the function that is asked. */
#define OVERRIDE_ASK 0

struct driver_order {
	struct gaddr controller;
	struct binding v[DRIVERS_MAX]; /* in the order of their handles */
	size_t n;
	unsigned ranked;     /* how many have a rank */
	unsigned answers;    /* of the override that is being asked */
	size_t at;           /* of the driver families */
	uint32_t newest;     /* version of a family */
	size_t newest_at;    /* DRIVERS_MAX: of none yet */
	struct gaddr answer; /* 8 bytes of pool memory: where a handle is put */
	driver_order_done *done;
	void *ctx;
	void (*ctx_free)(void *);
};

static void order_free(void *ctx)
{
	struct driver_order *o = ctx;

	if (o->ctx_free)
		o->ctx_free(o->ctx);
	free(o);
}

static void rank(struct driver_order *o, struct binding *b)
{
	if (!b->rank)
		b->rank = ++o->ranked;
}

/* The driver of this handle, or the drivers of this image. */
static void rank_handle(struct driver_order *o, struct gaddr handle)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].handle.v == handle.v || o->v[i].image.v == handle.v)
			rank(o, &o->v[i]);
}

static void rank_list(struct machine *m, struct driver_order *o, struct gaddr list)
{
	for (unsigned i = 0; list.v && i < DRIVERS_MAX; i++) {
		struct gaddr handle;

		if (!guest_read_addr(m->ram, gaddr_add(list, i * 8), &handle) || !handle.v)
			return;
		rank_handle(o, handle);
	}
}

/* qsort() keeps no order of equals: a pair of rank or version and the place decides. */
static int compare(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;

	if (x->rank && y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->rank || y->rank)
		return x->rank ? -1 : 1;
	if (x->version != y->version)
		return x->version > y->version ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static void over(struct machine *m, struct driver_order *o)
{
	driver_order_done *done = o->done;
	void *ctx = o->ctx;
	struct binding *drivers = o->n ? xmemdup(o->v, o->n * sizeof(*o->v)) : NULL;
	size_t n = o->n;

	if (o->answer.v)
		(void)!pool_free(m->pool, o->answer);
	free(o);
	if (n)
		qsort(drivers, n, sizeof(*drivers), compare);
	done(m, ctx, drivers, n);
}

/* Asks an override; false when that is not possible. */
static bool ask(struct machine *m, struct driver_order *o, struct gaddr interface,
	const uint64_t *args, unsigned n, call_done *answered)
{
	struct gaddr fn;

	if (!call_room(m) || !interface.v ||
		!guest_read_addr(m->ram, gaddr_add(interface, OVERRIDE_ASK), &fn) || !fn.v)
		return false;
	call_guest(m, fn, args, n, answered, o, order_free);
	return true;
}

/* Takes the handle that an override named; false: it has no more to say. */
static bool take_answer(struct machine *m, struct driver_order *o, uint64_t status)
{
	struct gaddr handle;

	if (status != EFI_SUCCESS || ++o->answers > DRIVERS_MAX ||
		!guest_read_addr(m->ram, o->answer, &handle))
		return false;
	rank_handle(o, handle);
	return true;
}

static bool answer_ready(struct machine *m, struct driver_order *o)
{
	if (!o->answer.v && pool_allocate(m->pool, MEM_BOOT_DATA, 8, &o->answer) != EFI_SUCCESS) {
		o->answer = GADDR_NULL;
		return false;
	}
	/* The first question has no driver before it. */
	return o->answers || guest_write64(m->ram, o->answer, 0);
}

/* --- 11.5: the controller's bus driver */

static void bus_answered(struct machine *m, void *ctx, uint64_t x0);

static void ask_bus(struct machine *m, struct driver_order *o)
{
	struct handle *h = handle_of(m, o->controller);
	struct protocol_interface *p = h ? handle_protocol(h, &uefi_bus_specific_override) : NULL;
	uint64_t args[2];

	if (p && answer_ready(m, o)) {
		args[0] = p->interface.v;
		args[1] = o->answer.v;
		if (ask(m, o, p->interface, args, 2, bus_answered))
			return;
	}
	over(m, o);
}

static void bus_answered(struct machine *m, void *ctx, uint64_t x0)
{
	struct driver_order *o = ctx;

	if (take_answer(m, o, x0))
		ask_bus(m, o);
	else
		over(m, o);
}

/* --- 11.4: families of drivers, the newest of which comes first, then the next */

static void family_answered(struct machine *m, void *ctx, uint64_t x0);

static void ask_families(struct machine *m, struct driver_order *o)
{
	for (;;) {
		for (; o->at < o->n; o->at++) {
			struct handle *h = handle_of(m, o->v[o->at].handle);
			struct protocol_interface *p = h ? handle_protocol(
								   h, &uefi_driver_family_override)
							 : NULL;
			uint64_t arg = p ? p->interface.v : 0;

			if (p && !o->v[o->at].rank &&
				ask(m, o, p->interface, &arg, 1, family_answered))
				return;
		}
		if (o->newest_at == DRIVERS_MAX)
			break;
		rank(o, &o->v[o->newest_at]);
		o->newest_at = DRIVERS_MAX;
		o->at = 0;
	}
	o->answers = 0;
	ask_bus(m, o);
}

static void family_answered(struct machine *m, void *ctx, uint64_t x0)
{
	struct driver_order *o = ctx;

	if (o->newest_at == DRIVERS_MAX || (uint32_t)x0 > o->newest) {
		o->newest = (uint32_t)x0;
		o->newest_at = o->at;
	}
	o->at++;
	ask_families(m, o);
}

/* --- 11.3: the platform */

static void platform_answered(struct machine *m, void *ctx, uint64_t x0);

static struct gaddr platform_override(struct machine *m)
{
	size_t n;
	struct handle *const *v = handle_list(m, &n);

	for (size_t i = 0; i < n; i++) {
		struct protocol_interface *p = handle_protocol(v[i], &uefi_platform_override);

		if (p)
			return p->interface;
	}
	return GADDR_NULL;
}

static void ask_platform(struct machine *m, struct driver_order *o)
{
	struct gaddr platform = platform_override(m);
	uint64_t args[3];

	if (platform.v && answer_ready(m, o)) {
		args[0] = platform.v;
		args[1] = o->controller.v;
		args[2] = o->answer.v;
		if (ask(m, o, platform, args, 3, platform_answered))
			return;
	}
	ask_families(m, o);
}

static void platform_answered(struct machine *m, void *ctx, uint64_t x0)
{
	struct driver_order *o = ctx;

	if (take_answer(m, o, x0))
		ask_platform(m, o);
	else
		ask_families(m, o);
}

void driver_order_make(struct machine *m, struct gaddr controller, struct gaddr list,
	driver_order_done *done, void *ctx, void (*ctx_free)(void *))
{
	struct driver_order *o = xcalloc(1, sizeof(*o));
	size_t n;
	struct handle *const *v = handle_list(m, &n);

	o->controller = controller;
	o->newest_at = DRIVERS_MAX;
	o->done = done;
	o->ctx = ctx;
	o->ctx_free = ctx_free;
	for (size_t i = 0; i < n && o->n < DRIVERS_MAX; i++)
		if (binding_read(m, v[i], &o->v[o->n])) {
			o->v[o->n].place = o->n;
			o->n++;
		}
	rank_list(m, o, list);
	ask_platform(m, o);
}
