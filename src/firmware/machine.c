/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine: put together, run, taken apart. See machine.h.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "firmware/bds/bds.h"
#include "firmware/core/events.h"
#include "firmware/core/handles.h"
#include "firmware/machine.h"
#include "firmware/proto/console.h"
#include "firmware/services/service.h"

/* Where the firmware's own things lie: at the end of RAM, as pages_allocate() gives them. */
#define STACK_PAGES 64 /* UEFI 2.10 2.3.6.3: 128 KiB or more */

#define CLOCK_NS_PER_TICK (UINT64_C(1000000000) / CPU_COUNTER_HZ)

void machine_end(struct machine *m, enum verdict_kind kind, const char *reason, ...)
{
	va_list ap;

	if (m->verdict.kind != VERDICT_NONE)
		return;
	m->verdict.kind = kind;
	va_start(ap, reason);
	vsnprintf(m->verdict.reason, sizeof(m->verdict.reason), reason, ap);
	va_end(ap);
}

efi_status machine_unimplemented(struct machine *m, const char *what)
{
	size_t len = strlen(what);

	/* Once each: a loader may ask without end. */
	for (const char *p = buf_str(&m->unimplemented); *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, what, len) == 0 && p[len] == '\n')
			return EFI_UNSUPPORTED;
	buf_printf(&m->unimplemented, "%s\n", what);
	trace_begin(&m->trace, "unimplemented");
	trace_text(&m->trace, "service", what);
	trace_end(&m->trace);
	return EFI_UNSUPPORTED;
}

static bool on_call(void *ctx, struct cpu *cpu, unsigned slot)
{
	struct machine *m = ctx;

	(void)cpu;
	if (slot == CALL_RETURN_SLOT)
		call_returned(m);
	else
		service_call(m, slot);
	return m->verdict.kind == VERDICT_NONE;
}

static uint64_t on_counter(void *ctx)
{
	struct machine *m = ctx;

	/* Whoever polls the counter must see it move. */
	m->now += 10 * CLOCK_NS_PER_TICK;
	return m->now / CLOCK_NS_PER_TICK;
}

static uint64_t take_pages(struct machine *m, uint32_t type, uint64_t count)
{
	uint64_t addr = 0;

	if (pages_allocate(&m->pages, ALLOCATE_ANY, type, count, &addr) != EFI_SUCCESS)
		abort();
	return addr;
}

struct gaddr machine_data(struct machine *m, uint32_t type, size_t size)
{
	struct gaddr a;

	if (pool_allocate(m->pool, type, size, &a) != EFI_SUCCESS ||
		!guest_fill(&m->ram, a, 0, size))
		abort();
	return a;
}

/* Slot 0 is where the guest's functions return to; its row is never called. */
static const struct service return_row = { .name = "return" };

int machine_new(const struct machine_config *config, struct machine **out, struct err *err)
{
	CLEANUP(machine_free) struct machine *m = xcalloc(1, sizeof(*m));
	struct cpu_config cpu = {
		.ram = &m->ram, .call = on_call, .counter = on_counter, .ctx = m
	};
	int r;

	m->limits = config->limits;
	trace_init(&m->trace, config->trace_fd, config->trace_level, &m->now);
	guest_ram_init(&m->ram, config->limits.ram);
	pages_init(&m->pages, &m->ram);
	m->pool = pool_new(&m->pages);
	/* Runtime services are called through the slots, too. */
	cpu.slots = gaddr(take_pages(m, MEM_RUNTIME_CODE, 1));
	r = cpu_new(&cpu, &m->cpu, err);
	if (r < 0)
		return r;
	m->slots[m->n_slots++] = &return_row;
	m->stack_size = STACK_PAGES * PAGE_SIZE;
	m->stack = gaddr(take_pages(m, MEM_BOOT_DATA, STACK_PAGES));
	cpu_set(m->cpu, CPU_SP, m->stack.v + m->stack_size);
	machine_seed(m, config->seed);
	m->handles = handles_new(m);
	m->events = events_new(m);
	services_init(m);
	*out = TAKE(m);
	return 0;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	call_release(m);
	bds_free(m->bds);
	console_free(m);
	if (m->events)
		events_free(m->events);
	if (m->handles)
		handles_free(m->handles);
	cpu_free(m->cpu);
	if (m->pool)
		pool_free_all(m->pool);
	pages_release(&m->pages);
	guest_ram_release(&m->ram);
	buf_release(&m->unimplemented);
	trace_release(&m->trace);
	free(m);
}
