/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls out of and into the guest. A handler serves one service call and
 * usually returns its status at once. When it needs the guest to do something
 * first (run an image, a notification function, a driver's Start()), it calls
 * call_guest() and returns CALL_DEFERRED; when the guest's function has
 * returned, `done` is called, which may call the guest again or end the service
 * with call_return(). uc_emu_start() is never nested: the host keeps a stack of
 * frames, one for each service that waits for the guest.
 */
#ifndef ARMVM_FIRMWARE_CORE_CALL_H
#define ARMVM_FIRMWARE_CORE_CALL_H

#include "firmware/cpu/cpu.h"
#include "uefi/status.h"

struct machine;

/* Not a status that UEFI knows: the answer follows by call_return(). */
#define CALL_DEFERRED (EFI_ERROR_BIT | UINT64_C(0x4000000000000001))

#define CALL_ARGS_MAX  10
#define CALL_DEPTH_MAX 512

/* What a handler is given. Arguments not passed are 0. */
struct call {
	uint64_t arg[CALL_ARGS_MAX];
};

static inline struct gaddr call_addr(const struct call *c, unsigned n)
{
	return gaddr(c->arg[n]);
}

/* The n-th argument as a 32-bit UINTN-sized enum, UINT32 or BOOLEAN: its low bits alone count. */
static inline uint32_t call_u32(const struct call *c, unsigned n)
{
	return (uint32_t)c->arg[n];
}

/* The n-th argument, where a row can't say how many there are. */
uint64_t call_more(struct machine *m, unsigned n);

typedef efi_status call_handler(struct machine *m, const struct call *c);
typedef void call_done(struct machine *m, void *ctx, uint64_t x0);

/*
 * Within a handler or a `done`: have the guest run fn with n arguments (at most
 * 8). done gets ctx and what fn left in x0. When call_unwind() drops the frame
 * before that, done is not called; ctx_free (may be NULL) is then, and
 * otherwise it is the business of done. When CALL_DEPTH_MAX services wait for the guest already, fn is
 * not run, and done gets EFI_OUT_OF_RESOURCES at once: who would then call again asks call_room() first.
 */
void call_guest(struct machine *m, struct gaddr fn, const uint64_t *args, unsigned n,
	call_done *done, void *ctx, void (*ctx_free)(void *));

/* Whether call_guest() runs what it is given. */
bool call_room(const struct machine *m);

/* Within a `done`: ends the service that waited, its caller finds status in x0. */
void call_return(struct machine *m, efi_status status);

/*
 * The two ends, for services/ and lifecycle/machine.c: what a handler returned goes to
 * the caller (a deferred one is left alone), notification functions first; and
 * the guest's function that was called last has returned.
 */
void call_finish(struct machine *m, efi_status status);
void call_returned(struct machine *m);

/* Slot 0: where the guest's functions return to. */
#define CALL_RETURN_SLOT 0

/* Drops all frames: the machine is given up. */
void call_release(struct machine *m);

/* How many services wait for the guest; and Exit()'s way back to one of them. */
unsigned call_depth(const struct machine *m);
/*
 * Drops the frames above depth and ends what the frame at depth waits for as if
 * the guest's function had returned x0. For EFI_BOOT_SERVICES.Exit().
 */
void call_unwind(struct machine *m, unsigned depth, uint64_t x0);

#endif
