/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual machine: put together, run, taken apart. See machine.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/bds/bds.h"
#include "firmware/core/events.h"
#include "firmware/core/handles.h"
#include "firmware/core/image.h"
#include "firmware/core/call.h"
#include "firmware/host/wall.h"
#include "firmware/lifecycle/devices.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/machine/platform.h"
#include "firmware/machine/random.h"
#include "firmware/machine/recorder.h"
#include "firmware/machine/state.h"
#include "firmware/mem/watch.h"
#include "firmware/services/config_table.h"
#include "firmware/services/service.h"
#include "firmware/vars/var_store.h"

/* Where the firmware's own things lie: at the end of RAM, as pages_allocate() gives them. */
#define STACK_PAGES 64 /* UEFI 2.10 2.3.6.3: 128 KiB or more */

#define CLOCK_NS_PER_TICK (UINT64_C(1000000000) / CPU_COUNTER_HZ)

static bool on_call(void *ctx, struct cpu *cpu, unsigned slot)
{
	struct machine *m = ctx;

	(void)cpu;
	guest_record(m->ram, recorder_inputs(m->recorder));
	if (slot == CALL_RETURN_SLOT)
		call_returned(m);
	else
		service_call(m, slot);
	guest_record(m->ram, NULL);
	guest_revoke(m->ram);
	return !run_is_over(&m->run);
}

static uint64_t on_counter(void *ctx)
{
	struct machine *m = ctx;

	/* Whoever polls the counter must see it move. */
	m->now += 10 * CLOCK_NS_PER_TICK;
	if (m->now >= clock_next(m))
		cpu_tick_soon(m->cpu);
	return m->now / CLOCK_NS_PER_TICK;
}

static uint64_t take_pages(struct machine *m, uint32_t type, uint64_t count)
{
	uint64_t addr = 0;

	if (pages_allocate(&m->pages, ALLOCATE_ANY, type, count, &addr) != EFI_SUCCESS)
		abort();
	return addr;
}

/* Slot 0 is where the guest's functions return to; its row is never called. */
static const struct service return_row = { .name = "return" };

/* A machine, and what it has when its owner lends it nothing. */
struct furnished {
	struct machine m;
	struct var_store_plain vars;
	struct platform_fixed platform;
};

static struct machine *furnish(const struct machine_config *config)
{
	static const char alone[] = { PLATFORM_IMAGE, '\0' };
	struct furnished *f = xcalloc(1, sizeof(*f));

	var_store_plain_init(&f->vars, config->vars ? NULL : vars_new());
	platform_fixed_init(&f->platform, 0, alone);
	f->m.vars = config->vars ? config->vars : &f->vars.store;
	f->m.platform = config->platform ? config->platform : &f->platform.platform;
	return &f->m;
}

int machine_new(const struct machine_config *config, struct machine **out, struct err *err)
{
	CLEANUP(machine_free) struct machine *m = furnish(config);
	struct cpu_config cpu = { .call = on_call, .counter = on_counter, .ctx = m };
	int r;

	m->run.limits = config->limits;
	trace_init(&m->trace, config->trace_fd, config->trace_level, &m->now);
	m->trace.sink = config->sink;
	m->trace.sink_ctx = config->sink_ctx;
	m->digests = config->digests;
	m->recorder = config->recorder;
	m->ram = cpu.ram = guest_ram_new(config->limits.ram);
	pages_init(&m->pages, m->ram);
	m->pool = pool_new(&m->pages);
	guest_watch(m->ram, gaddr(take_pages(m, MEM_RUNTIME_DATA, CONFIG_PAGES)), m);
	/* Runtime services are called through the slots, too. */
	cpu.slots = gaddr(take_pages(m, MEM_RUNTIME_CODE, 1));
	r = cpu_new(&cpu, &m->cpu, err);
	if (r < 0)
		return r;
	r = devices_attach(m, err);
	if (r < 0)
		return r;
	m->slots[m->n_slots++] = &return_row;
	m->stack_size = STACK_PAGES * PAGE_SIZE;
	m->stack = gaddr(take_pages(m, MEM_BOOT_DATA, STACK_PAGES));
	cpu_set(m->cpu, CPU_SP, m->stack.v + m->stack_size);
	machine_seed(m, config->seed);
	m->handles = handles_new(m);
	m->events = events_new(m);
	m->images = images_new();
	m->kept.zone = TIME_ZONE_NONE;
	config_table_init(m, guest_watched(m->ram));
	services_init(m);
	image_install_firmware(m);
	*out = TAKE(m);
	return 0;
}

/* Where it happened, for people: "grubaa64.efi+0x1234" or the bare address. */
static const char *place(struct machine *m, uint64_t pc, char text[160])
{
	if (!image_describe(m, pc, text, 160))
		snprintf(text, 160, "0x%" PRIx64, pc);
	return text;
}

/*
 * Whether it is one of the system instructions that are for hypervisors or for what is above them: op1 is 4 to 6
 * (Arm ARM C5.1.2, D22.1). Programs run at EL1, where they do not exist.
 */
static bool is_above_el1(struct machine *m, uint64_t pc)
{
	uint8_t bytes[4];
	uint32_t word, op1;

	if (!guest_read(m->ram, gaddr(pc), bytes, sizeof(bytes)))
		return false;
	word = le32(bytes);
	op1 = word >> 16 & 7;
	return word >> 22 == 0xd5000000u >> 22 && op1 >= 4 && op1 <= 6;
}

static void judge_exception(struct machine *m, const struct cpu_event *e, const char *where)
{
	if (e->fault == FAULT_UNDEFINED && is_above_el1(m, e->pc))
		run_end(&m->run, VERDICT_FAULT,
			"%s needs EL2: an instruction of hypervisors, which exists only on machines "
			"with nested virtualization",
			where);
	else if (e->fault == FAULT_UNDEFINED)
		run_end(&m->run, VERDICT_FAULT, "%s: an instruction that does not exist", where);
	else if (e->fault == FAULT_BREAK)
		run_end(&m->run, VERDICT_FAULT, "%s: a breakpoint, as failed assertions have it",
			where);
	else
		run_end(&m->run, VERDICT_FAULT, "%s: an exception that nothing handles (%s)", where,
			e->fault == FAULT_SVC   ? "SVC"
			: e->fault == FAULT_SMC ? "SMC"
						: "unknown");
}

static void judge_fault(struct machine *m, const struct cpu_event *e)
{
	const char *device = e->fault == FAULT_READ || e->fault == FAULT_WRITE
				     ? device_announced(e->address)
				     : NULL;
	char where[160];

	/* The tables announce HVC; firmware of real machines serves SMC. */
	if ((e->fault == FAULT_HVC || e->fault == FAULT_SMC) && psci_call(m, e->fault == FAULT_HVC))
		return;
	if (device)
		(void)machine_unimplemented(m, device);
	place(m, e->pc, where);
	m->run.end.pc = e->pc;
	m->run.end.address = e->address;
	if (e->fault == FAULT_READ)
		run_end(&m->run, VERDICT_FAULT, "%s reads 0x%" PRIx64 ", where there is no memory",
			where, e->address);
	else if (e->fault == FAULT_WRITE)
		run_end(&m->run, VERDICT_FAULT, "%s writes 0x%" PRIx64 ", where there is no memory",
			where, e->address);
	else if (e->fault == FAULT_FETCH)
		run_end(&m->run, VERDICT_FAULT,
			"the program jumped to 0x%" PRIx64 ", where there is no code", e->address);
	else
		judge_exception(m, e, where);
}

/* The host's time or memory is used up. */
static void judge_stop(struct machine *m)
{
	const char *who = image_running(m) ? image_running(m) : "the firmware";
	enum usage_excess excess = wall_excess();

	/* What is short for all is short for the other scenarios, too. */
	m->run.end.spent = !run_is_over(&m->run) && excess != USAGE_OWN_MEMORY;
	switch (excess) {
	case USAGE_OWN_CPU:
		run_end(&m->run, VERDICT_BUDGET,
			"%s was still running after %" PRIu64 " s of CPU time", who,
			m->run.limits.boot_cpu_ms / 1000);
		break;
	case USAGE_CPU:
		run_end(&m->run, VERDICT_BUDGET,
			"%s was still running when all scenarios had taken %" PRIu64
			" s of CPU time",
			who, m->run.limits.cpu_ms / 1000);
		break;
	case USAGE_OWN_MEMORY:
		run_end(&m->run, VERDICT_BUDGET,
			"%s was running when more than %" PRIu64 " MiB of memory were in use", who,
			m->run.limits.memory >> 20);
		break;
	case USAGE_ALL_MEMORY:
		run_end(&m->run, VERDICT_BUDGET,
			"%s was running when the scenarios had more than %" PRIu64
			" MiB of memory in use",
			who, m->run.limits.memory >> 19);
		break;
	case USAGE_FINE:
		run_end(&m->run, VERDICT_BUDGET,
			"%s was still running after %" PRIu64 " ms of real time", who,
			m->run.limits.wall_ms);
		break;
	}
}

void machine_run(struct machine *m)
{
	struct cpu_event e;
	char where[160];

	while (!run_is_over(&m->run)) {
		cpu_run(m->cpu, m->run.limits.instructions, &e);
		switch (e.kind) {
		case CPU_FAULT:
			judge_fault(m, &e);
			break;
		case CPU_WFI:
			if (m->boot_services_gone)
				run_end(&m->run, VERDICT_FAULT,
					"%s waits for an interrupt, and there will be none",
					place(m, e.pc, where));
			else
				interrupt_take(m);
			break;
		case CPU_BUDGET:
			run_end(&m->run, VERDICT_BUDGET,
				"%s was still running after %" PRIu64 " instructions",
				image_running(m) ? image_running(m) : "the firmware",
				m->run.limits.instructions);
			break;
		case CPU_STOPPED:
			judge_stop(m);
			break;
		case CPU_TICK:
			interrupt_take(m);
			break;
		default:
			break;
		}
	}
	devices_flush(m);
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	call_release(m);
	bds_free(m->bds);
	if (m->images)
		images_free(m->images);
	states_release(m);
	if (m->events)
		events_free(m->events);
	if (m->handles)
		handles_free(m->handles);
	vars_free(((struct furnished *)m)->vars.vars);
	cpu_free(m->cpu);
	free(m->uart);
	if (m->pool)
		pool_free_all(m->pool);
	pages_release(&m->pages);
	guest_ram_free(m->ram);
	free(m->kernel.release);
	text_release(&m->serial);
	text_release(&m->written);
	text_release(&m->unimplemented);
	trace_release(&m->trace);
	free(m);
}
