/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events, timers and task priority levels (UEFI 2.10 7.1) on a virtual clock.
 * Notification functions run when a service returns to a TPL below theirs,
 * highest first, in the order of signalling within one.
 */
#ifndef ARMVM_FIRMWARE_CORE_EVENTS_H
#define ARMVM_FIRMWARE_CORE_EVENTS_H

#include "firmware/core/call.h"

#define TPL_APPLICATION 4
#define TPL_CALLBACK    8
#define TPL_NOTIFY      16
#define TPL_HIGH_LEVEL  31

#define EVT_TIMER                         0x80000000u
#define EVT_RUNTIME                       0x40000000u
#define EVT_NOTIFY_WAIT                   0x00000100u
#define EVT_NOTIFY_SIGNAL                 0x00000200u
#define EVT_SIGNAL_EXIT_BOOT_SERVICES     0x00000201u
#define EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE 0x60000202u

struct event;
struct events; /* opaque; m->events */

struct events *events_new(struct machine *m);
void events_free(struct events *e);

/* A host-made event (WaitForKey), polled by `ready` when somebody asks; no notification. */
struct gaddr event_create_host(
	struct machine *m, bool (*ready)(struct machine *m, void *ctx), void *ctx);
/*
 * To be called whenever a service is about to return: true when notification functions have to
 * run first. call_guest() runs them, and call_return() delivers the service's status after them.
 */
bool events_dispatch(struct machine *m, efi_status result);

/* Signals one, a group, or those that wait for a protocol. */
void event_signal(struct machine *m, struct gaddr event);
void event_signal_group(struct machine *m, const struct guid *group);

/*
 * Moves the virtual clock on by ns and signals the timers that are due. Time
 * passes only by this: by Stall(), by waiting, by empty polls of a device, by interrupts, and
 * a little by every service call.
 */
void clock_advance(struct machine *m, uint64_t ns);
uint64_t clock_now(const struct machine *m); /* ns since power-on */
/* When the next timer is due, UINT64_MAX when none is: waiting jumps there. */
uint64_t clock_next(const struct machine *m);

/*
 * Somebody asked for a key and there is none: 10 ms pass, since loaders poll
 * busily. A budget that is spent this way means that it waits for a key.
 */
void clock_poll_key(struct machine *m);
/* ns that passed so. */
uint64_t clock_key_waited(const struct machine *m);

/* What an idle wait moves on by: edk2's timer tick. */
#define CLOCK_TICK_NS UINT64_C(10000000)

/*
 * The watchdog (7.5.1): resets the machine so many seconds from now; 0: it is
 * off. The boot manager's five minutes are set when an image is started that
 * no other image started; boot services take it with them.
 */
void watchdog_set(struct machine *m, uint64_t seconds);
#define WATCHDOG_BOOT_SECONDS 300
/* For the clock: whether it is time. */
void watchdog_check(struct machine *m);

/*
 * Runs the notification functions that are waiting and may run now, then
 * calls after. False when there are none: then after is not called.
 */
typedef void events_after(struct machine *m, void *ctx);
bool events_run(struct machine *m, events_after *after, void *ctx);

/* An interrupt of the firmware's timer. Between runs of the processor. */
void interrupt_take(struct machine *m);
/* Whether there is a timer whose notification function has to run even if the program calls nothing. */
void interrupts_allow(struct machine *m, bool on);

/* Boot services are gone: nothing that waits will run, no timer fires. */
void events_stop(struct machine *m);

/* The task priority level: an image that ends leaves the one that it was started at. */
uint32_t events_tpl(const struct machine *m);
void events_set_tpl(struct machine *m, uint32_t tpl);

/* The rows for the boot services' table: CreateEvent ... CheckEvent, RaiseTPL, RestoreTPL, Stall, SetTimer. */
call_handler svc_create_event, svc_create_event_ex, svc_set_timer, svc_wait_for_event,
	svc_signal_event, svc_close_event, svc_check_event, svc_raise_tpl, svc_restore_tpl,
	svc_stall;

#endif
