/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events, timers, task priority levels and the virtual clock. See events.h.
 * Notification functions wait in one queue; whenever a service returns, those
 * above the current TPL run first, one after the other.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "uefi/protocols.h"

#define EVENTS_MAX 4096

struct event {
	struct gaddr address; /* what the guest knows it by */
	uint32_t type, tpl;
	struct gaddr fn, ctx;
	struct guid group;
	bool in_group, signalled, queued;
	uint64_t due, period; /* ns; due 0: no timer */
	bool (*ready)(struct machine *m, void *ctx);
	void *ready_ctx;
};

struct events {
	struct event **v;
	size_t n;
	struct event *queue[EVENTS_MAX]; /* notifications, in the order of signalling */
	size_t n_queue;
	uint32_t tpl;
	uint64_t next_due;   /* of all timers; UINT64_MAX: none */
	uint64_t key_waited; /* ns spent polling for a key */
};

struct events *events_new(struct machine *m)
{
	struct events *e = xcalloc(1, sizeof(*e));

	(void)m;
	e->tpl = TPL_APPLICATION;
	e->next_due = UINT64_MAX;
	return e;
}

void events_free(struct events *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->v[i]);
	free(e->v);
	free(e);
}

static struct event *event_of(struct machine *m, struct gaddr address)
{
	for (size_t i = 0; i < m->events->n; i++)
		if (m->events->v[i]->address.v == address.v)
			return m->events->v[i];
	return NULL;
}

static struct event *add_event(struct machine *m, uint32_t type)
{
	struct events *e = m->events;
	struct gaddr address;
	struct event *ev;

	if (e->n == EVENTS_MAX ||
		pool_allocate(m->pool, type & EVT_RUNTIME ? MEM_RUNTIME_DATA : MEM_BOOT_DATA, 32,
			&address) != EFI_SUCCESS)
		return NULL;
	ev = xcalloc(1, sizeof(*ev));
	ev->address = address;
	ev->type = type;
	e->v = xreallocarray(e->v, e->n + 1, sizeof(struct event *));
	e->v[e->n++] = ev;
	return ev;
}

struct gaddr event_create_host(
	struct machine *m, bool (*ready)(struct machine *m, void *ctx), void *ctx)
{
	struct event *ev = add_event(m, 0);

	if (!ev)
		abort(); /* made at start-up, when there is room */
	ev->ready = ready;
	ev->ready_ctx = ctx;
	return ev->address;
}

/* --- signalling */

static void queue_notification(struct machine *m, struct event *ev)
{
	struct events *e = m->events;

	if (ev->queued || !ev->fn.v)
		return;
	ev->queued = true;
	e->queue[e->n_queue++] = ev; /* each event is in it once */
}

static void signal_one(struct machine *m, struct event *ev)
{
	if (ev->signalled)
		return;
	ev->signalled = true;
	if (ev->type & EVT_NOTIFY_SIGNAL)
		queue_notification(m, ev);
}

/* The newest first, as in edk2. */
void event_signal_group(struct machine *m, const struct guid *group)
{
	for (size_t i = m->events->n; i-- > 0;)
		if (m->events->v[i]->in_group && guid_eq(m->events->v[i]->group, *group))
			signal_one(m, m->events->v[i]);
}

void event_signal(struct machine *m, struct gaddr event)
{
	struct event *ev = event_of(m, event);

	if (ev && ev->in_group)
		event_signal_group(m, &ev->group);
	else if (ev)
		signal_one(m, ev);
}

/* --- the clock */

uint64_t clock_now(const struct machine *m)
{
	return m->now;
}

uint64_t clock_next(const struct machine *m)
{
	return m->events->next_due;
}

/* The timer that is due next, of several the oldest event's. */
static struct event *next_timer(const struct events *e)
{
	struct event *next = NULL;

	for (size_t i = 0; i < e->n; i++)
		if (e->v[i]->due && (!next || e->v[i]->due < next->due))
			next = e->v[i];
	return next;
}

static void find_next_due(struct machine *m)
{
	struct events *e = m->events;
	const struct event *next = next_timer(e);
	bool notifies = false;

	for (size_t i = 0; next && i < e->n; i++)
		notifies |= e->v[i]->due && (e->v[i]->type & EVT_NOTIFY_SIGNAL);
	e->next_due = next ? next->due : UINT64_MAX;
	interrupts_allow(m, notifies);
}

static void fire_timers(struct machine *m)
{
	struct event *ev;

	while ((ev = next_timer(m->events)) && ev->due <= m->now) {
		/* A periodic timer that fell behind fires once, as on hardware. */
		ev->due = ev->period ? m->now + ev->period - (m->now - ev->due) % ev->period : 0;
		signal_one(m, ev);
	}
	find_next_due(m);
}

static void end_of_time(struct machine *m)
{
	if (m->events->key_waited > m->run.limits.virtual_ns / 2)
		run_end(&m->run, VERDICT_KEY, "it waits for a key that nobody presses");
	else
		run_end(&m->run, VERDICT_BUDGET,
			"%" PRIu64 " seconds of virtual time passed without a result",
			m->run.limits.virtual_ns / 1000000000);
}

void clock_advance(struct machine *m, uint64_t ns)
{
	if (__builtin_add_overflow(m->now, ns, &m->now))
		m->now = UINT64_MAX;
	watchdog_check(m);
	if (m->now >= m->events->next_due)
		fire_timers(m);
	if (m->run.limits.virtual_ns && m->now > m->run.limits.virtual_ns)
		end_of_time(m);
	if (trace_is_spent(&m->trace))
		run_end(&m->run, VERDICT_BUDGET,
			"it did more than can be recorded: %d MiB of events",
			(int)(m->trace.emitted >> 20));
}

uint64_t clock_key_waited(const struct machine *m)
{
	return m->events->key_waited;
}

void clock_poll_key(struct machine *m)
{
	m->events->key_waited += CLOCK_TICK_NS;
	clock_advance(m, CLOCK_TICK_NS);
}

/* --- notification functions */

/* Takes the next notification out of the queue that may run now: the highest TPL, then the oldest. */
static struct event *next_notification(struct events *e)
{
	size_t best = e->n_queue;
	struct event *ev;

	for (size_t i = 0; i < e->n_queue; i++)
		if (e->queue[i]->tpl > e->tpl &&
			(best == e->n_queue || e->queue[i]->tpl > e->queue[best]->tpl))
			best = i;
	if (best == e->n_queue)
		return NULL;
	ev = e->queue[best];
	e->n_queue--;
	memmove(e->queue + best, e->queue + best + 1, (e->n_queue - best) * sizeof(struct event *));
	ev->queued = false;
	return ev;
}

struct notifying {
	uint32_t tpl; /* to come back to */
	events_after *after;
	void *ctx;
};

static void notified(struct machine *m, void *ctx, uint64_t x0)
{
	struct notifying n = *(struct notifying *)ctx;

	(void)x0;
	free(ctx);
	m->events->tpl = n.tpl;
	if (!events_run(m, n.after, n.ctx))
		n.after(m, n.ctx);
}

bool events_run(struct machine *m, events_after *after, void *ctx)
{
	struct notifying n = { m->events->tpl, after, ctx };
	struct event *ev = next_notification(m->events);
	uint64_t args[2];

	/* Where calls nest too deep, they wait. */
	if (!ev || !call_room(m))
		return false;
	if (ev->type & EVT_NOTIFY_SIGNAL)
		ev->signalled = false;
	m->events->tpl = ev->tpl;
	args[0] = ev->address.v;
	args[1] = ev->ctx.v;
	call_guest(m, ev->fn, args, 2, notified, xmemdup(&n, sizeof(n)), free);
	return true;
}

void events_stop(struct machine *m)
{
	struct events *e = m->events;

	for (size_t i = 0; i < e->n; i++) {
		e->v[i]->due = 0;
		e->v[i]->queued = false;
	}
	e->n_queue = 0;
	e->tpl = TPL_APPLICATION;
	find_next_due(m);
}

struct pending_result {
	efi_status result;
};

static void deliver(struct machine *m, void *ctx)
{
	efi_status result = ((struct pending_result *)ctx)->result;

	free(ctx);
	cpu_return(m->cpu, result);
}

bool events_dispatch(struct machine *m, efi_status result)
{
	struct pending_result *r;

	if (!m->events->n_queue || m->boot_services_gone)
		return false;
	r = xmalloc(sizeof(*r));
	r->result = result;
	if (events_run(m, deliver, r))
		return true;
	free(r);
	return false;
}

/* --- services: events */

/* The types that 7.1.1 defines, and what edk2 and U-Boot take; the TPLs between these two are the firmware's own. */
static bool type_makes_sense(uint32_t type, uint32_t tpl, struct gaddr fn)
{
	static const uint32_t types[] = { 0, EVT_TIMER, EVT_NOTIFY_WAIT, EVT_NOTIFY_SIGNAL,
		EVT_TIMER | EVT_NOTIFY_WAIT, EVT_TIMER | EVT_NOTIFY_SIGNAL,
		EVT_SIGNAL_EXIT_BOOT_SERVICES, EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE };
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		known |= type == types[i];
	if (!known)
		return false;
	return !(type & (EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL)) ||
	       (fn.v && (tpl == TPL_CALLBACK || tpl == TPL_NOTIFY));
}

static efi_status create_event(
	struct machine *m, const struct call *c, struct gaddr group, struct gaddr out)
{
	uint32_t type = call_u32(c, 0), tpl = (uint32_t)c->arg[1];
	struct guid guid = { { 0 } };
	struct event *ev;

	if (!out.v || !guest_ok(m->ram, out, 8) || !type_makes_sense(type, tpl, call_addr(c, 2)) ||
		(group.v && !guest_read_guid(m->ram, group, &guid)))
		return EFI_INVALID_PARAMETER;
	if (group.v && (type == EVT_SIGNAL_EXIT_BOOT_SERVICES ||
			       type == EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE))
		return EFI_INVALID_PARAMETER;
	ev = add_event(m, type);
	if (!ev)
		return EFI_OUT_OF_RESOURCES;
	if (type & (EVT_NOTIFY_WAIT | EVT_NOTIFY_SIGNAL)) {
		ev->tpl = tpl;
		ev->fn = call_addr(c, 2);
		ev->ctx = call_addr(c, 3);
	}
	ev->in_group = group.v || type == EVT_SIGNAL_EXIT_BOOT_SERVICES ||
		       type == EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE;
	ev->group = group.v                                 ? guid
		    : type == EVT_SIGNAL_EXIT_BOOT_SERVICES ? uefi_group_exit_boot_services
							    : uefi_group_virtual_address_change;
	return guest_write64(m->ram, out, ev->address.v) ? EFI_SUCCESS : EFI_INVALID_PARAMETER;
}

efi_status svc_create_event(struct machine *m, const struct call *c)
{
	return create_event(m, c, GADDR_NULL, call_addr(c, 4));
}

efi_status svc_create_event_ex(struct machine *m, const struct call *c)
{
	return create_event(m, c, call_addr(c, 4), call_addr(c, 5));
}

efi_status svc_signal_event(struct machine *m, const struct call *c)
{
	if (!event_of(m, call_addr(c, 0)))
		return EFI_INVALID_PARAMETER;
	event_signal(m, call_addr(c, 0));
	return EFI_SUCCESS;
}

efi_status svc_close_event(struct machine *m, const struct call *c)
{
	struct events *e = m->events;
	struct event *ev = event_of(m, call_addr(c, 0));
	size_t kept = 0, n = e->n_queue;

	/* The firmware's own (WaitForKey) are not the guest's to close. */
	if (!ev || ev->ready)
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i < n; i++)
		if (e->queue[i] != ev)
			e->queue[kept++] = e->queue[i];
	e->n_queue = kept;
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i] == ev) {
			e->n--;
			memmove(e->v + i, e->v + i + 1, (e->n - i) * sizeof(struct event *));
			break;
		}
	(void)!pool_free(m->pool, ev->address);
	free(ev);
	find_next_due(m);
	return EFI_SUCCESS;
}

efi_status svc_set_timer(struct machine *m, const struct call *c)
{
	struct event *ev = event_of(m, call_addr(c, 0));
	uint32_t type = call_u32(c, 1);
	uint64_t ns;

	if (!ev || !(ev->type & EVT_TIMER) || type > 2)
		return EFI_INVALID_PARAMETER;
	/* 100 ns units; one that is out of reach is never due. Zero is each tick, or, once, now. */
	if (__builtin_mul_overflow(c->arg[2], 100, &ns) || ns > UINT64_MAX / 4)
		ns = UINT64_MAX / 4;
	ev->period = type == 1 ? (ns ? ns : CLOCK_TICK_NS) : 0;
	ev->due = type == 1 ? m->now + ev->period : type && ns ? m->now + ns : 0;
	if (type == 2 && !ns)
		event_signal(m, ev->address);
	find_next_due(m);
	return EFI_SUCCESS;
}

/* --- services: waiting */

/* Whether it is signalled, which takes the signal away. */
static bool take_signal(struct machine *m, struct event *ev)
{
	if (ev->ready)
		return ev->ready(m, ev->ready_ctx);
	if (!ev->signalled)
		return false;
	ev->signalled = false;
	return true;
}

struct wait {
	struct gaddr list; /* of events; for CheckEvent 0 */
	uint64_t n;
	struct gaddr index; /* where to say which */
	struct gaddr single;
};

static struct event *waited_event(struct machine *m, const struct wait *w, uint64_t i)
{
	struct gaddr a = w->single;

	if (w->list.v && !guest_read_addr(m->ram, gaddr_add(w->list, i * 8), &a))
		return NULL;
	return event_of(m, a);
}

/* Ends the wait with a status and the number of the event. */
static void wait_over(struct machine *m, struct wait *w, efi_status status, uint64_t i)
{
	if (w->index.v && !guest_write64(m->ram, w->index, i))
		status = EFI_INVALID_PARAMETER;
	free(w);
	call_return(m, status);
}

/* EFI_SUCCESS with the event's number; EFI_NOT_READY when none is. */
static efi_status poll_events(struct machine *m, const struct wait *w, uint64_t *i)
{
	for (*i = 0; *i < w->n; ++*i) {
		struct event *ev = waited_event(m, w, *i);

		if (!ev || (ev->type & EVT_NOTIFY_SIGNAL))
			return EFI_INVALID_PARAMETER;
		if (take_signal(m, ev))
			return EFI_SUCCESS;
		if (ev->type & EVT_NOTIFY_WAIT)
			queue_notification(m, ev);
	}
	return EFI_NOT_READY;
}

/* Nothing is ready: time passes until a timer is due, or a tick while somebody polls. */
static void pass_time(struct machine *m, const struct wait *w)
{
	uint64_t watchdog = m->watchdog.due, next = clock_next(m), i;
	bool key = false, polled = false;

	for (i = 0; i < w->n; i++) {
		struct event *ev = waited_event(m, w, i);

		key |= ev && ev->ready;
		polled |= ev && (ev->type & EVT_NOTIFY_WAIT);
	}
	if (key || polled) {
		clock_poll_key(m);
	} else if (next != UINT64_MAX) {
		clock_advance(m, next > m->now ? next - m->now : 0);
	} else if (watchdog) {
		clock_advance(m, watchdog > m->now ? watchdog - m->now : 0);
	} else {
		run_end(&m->run, VERDICT_BUDGET, "it waits for an event that nothing will signal");
	}
}

static void wait_step(struct machine *m, void *ctx)
{
	struct wait *w = ctx;
	efi_status status = EFI_NOT_READY;
	uint64_t i = 0;

	while (!run_is_over(&m->run)) {
		status = poll_events(m, w, &i);
		if (status != EFI_NOT_READY) {
			wait_over(m, w, status, i);
			return;
		}
		pass_time(m, w);
		if (!run_is_over(&m->run) && events_run(m, wait_step, w))
			return;
	}
	free(w);
}

efi_status svc_wait_for_event(struct machine *m, const struct call *c)
{
	struct wait w = { .list = call_addr(c, 1), .n = c->arg[0], .index = call_addr(c, 2) };

	if (!w.n || !w.list.v || !w.index.v || w.n > EVENTS_MAX ||
		!guest_ok(m->ram, w.list, w.n * 8))
		return EFI_INVALID_PARAMETER;
	if (m->events->tpl != TPL_APPLICATION)
		return EFI_UNSUPPORTED;
	wait_step(m, xmemdup(&w, sizeof(w)));
	return CALL_DEFERRED;
}

static void check_again(struct machine *m, void *ctx)
{
	struct wait *w = ctx;
	struct event *ev = waited_event(m, w, 0);
	efi_status status = !ev                  ? EFI_INVALID_PARAMETER
			    : take_signal(m, ev) ? EFI_SUCCESS
						 : EFI_NOT_READY;

	if (status == EFI_NOT_READY)
		clock_poll_key(m);
	free(w);
	call_return(m, status);
}

efi_status svc_check_event(struct machine *m, const struct call *c)
{
	struct event *ev = event_of(m, call_addr(c, 0));
	struct wait *w;

	if (!ev || (ev->type & EVT_NOTIFY_SIGNAL))
		return EFI_INVALID_PARAMETER;
	if (take_signal(m, ev))
		return EFI_SUCCESS;
	if (!(ev->type & EVT_NOTIFY_WAIT)) {
		/* Who polls lets time pass; a key event all the more. */
		if (ev->ready)
			clock_poll_key(m);
		else
			clock_advance(m, CLOCK_TICK_NS / 10);
		return EFI_NOT_READY;
	}
	queue_notification(m, ev);
	w = xcalloc(1, sizeof(*w));
	w->single = ev->address;
	if (!events_run(m, check_again, w))
		check_again(m, w);
	return CALL_DEFERRED;
}

/* --- services: TPL, time */

uint32_t events_tpl(const struct machine *m)
{
	return m->events->tpl;
}

void events_set_tpl(struct machine *m, uint32_t tpl)
{
	m->events->tpl = tpl;
}

efi_status svc_raise_tpl(struct machine *m, const struct call *c)
{
	uint32_t old = m->events->tpl;

	if (c->arg[0] > old && c->arg[0] <= TPL_HIGH_LEVEL)
		m->events->tpl = (uint32_t)c->arg[0];
	return old; /* not a status: 7.1.8 */
}

efi_status svc_restore_tpl(struct machine *m, const struct call *c)
{
	if (c->arg[0] < m->events->tpl && c->arg[0] >= TPL_APPLICATION)
		m->events->tpl = (uint32_t)c->arg[0];
	return EFI_SUCCESS;
}
