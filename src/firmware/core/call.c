/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls into the guest and back. See call.h. A frame holds what the guest had
 * in the registers that a callee preserves when it called the service; once
 * they are restored, the machine is as if the service had just been called,
 * so `done` may call the guest again in the same way.
 */
#include <stdlib.h>

#include "base/xalloc.h"
#include "firmware/core/call.h"
#include "firmware/core/events.h"
#include "firmware/machine/machine.h"
#include "firmware/machine/recorder.h"

struct call_frame {
	struct cpu_frame saved;
	call_done *done;
	void *ctx;
	void (*ctx_free)(void *);
};

uint64_t call_more(struct machine *m, unsigned n)
{
	uint64_t v = cpu_arg(m->cpu, n);

	recorder_add(m->recorder, &v, sizeof(v));
	return v;
}

bool call_room(const struct machine *m)
{
	return m->n_frames < CALL_DEPTH_MAX;
}

void call_guest(struct machine *m, struct gaddr fn, const uint64_t *args, unsigned n,
	call_done *done, void *ctx, void (*ctx_free)(void *))
{
	struct call_frame *f;

	if (!call_room(m)) {
		done(m, ctx, EFI_OUT_OF_RESOURCES);
		return;
	}
	if (!m->frames)
		m->frames = xcalloc(CALL_DEPTH_MAX, sizeof(*m->frames));
	f = &m->frames[m->n_frames++];
	*f = (struct call_frame){ .done = done, .ctx = ctx, .ctx_free = ctx_free };
	cpu_save(m->cpu, &f->saved);
	recorder_add(m->recorder, &fn, sizeof(fn));
	recorder_add(m->recorder, args, n * sizeof(*args));
	recorder_add(m->recorder, &f->saved, sizeof(f->saved));
	for (unsigned i = 0; i < n && i < 8; i++)
		cpu_set(m->cpu, CPU_X0 + (int)i, args[i]);
	/* AAPCS64: the stack pointer is 16-byte aligned wherever a function begins. */
	cpu_set(m->cpu, CPU_SP, f->saved.sp & ~UINT64_C(15));
	cpu_set(m->cpu, CPU_LR, cpu_slot_address(m->cpu, CALL_RETURN_SLOT).v);
	cpu_jump(m->cpu, fn);
}

static void finish_frame(struct machine *m, uint64_t x0)
{
	struct call_frame f = m->frames[--m->n_frames];

	cpu_restore(m->cpu, &f.saved);
	f.done(m, f.ctx, x0);
}

void call_returned(struct machine *m)
{
	uint64_t x0;

	if (!m->n_frames) {
		run_end(&m->run, VERDICT_FAULT,
			"a function that the firmware called has returned twice");
		return;
	}
	x0 = cpu_get(m->cpu, CPU_X0);
	recorder_add(m->recorder, &x0, sizeof(x0));
	finish_frame(m, x0);
}

void call_return(struct machine *m, efi_status status)
{
	if (!events_dispatch(m, status))
		cpu_return(m->cpu, status);
}

void call_finish(struct machine *m, efi_status status)
{
	if (status != CALL_DEFERRED && !run_is_over(&m->run))
		call_return(m, status);
}

unsigned call_depth(const struct machine *m)
{
	return m->n_frames;
}

static void drop_frame(struct call_frame *f)
{
	if (f->ctx_free)
		f->ctx_free(f->ctx);
}

void call_unwind(struct machine *m, unsigned depth, uint64_t x0)
{
	if (depth >= m->n_frames)
		abort();
	while (m->n_frames > depth + 1)
		drop_frame(&m->frames[--m->n_frames]);
	finish_frame(m, x0);
}

void call_release(struct machine *m)
{
	while (m->n_frames)
		drop_frame(&m->frames[--m->n_frames]);
	free(m->frames);
	m->frames = NULL;
}
