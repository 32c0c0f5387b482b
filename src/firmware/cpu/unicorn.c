/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processor on libunicorn, which only this file and state.c know. See cpu.h. What the library cannot do, and
 * the ways around it, are measured facts: it is never re-entered, `until` is 0 because any other address costs a flush
 * at each stop, and hooks are confined to where they are needed because a hook on all code or all stores makes
 * everything ten times slower.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/cpu/access.h"
#include "firmware/cpu/blocks.h"
#include "firmware/cpu/cpu.h"
#include "firmware/cpu/workaround.h"
#include "firmware/cpu/hashes.h"
#include "firmware/cpu/loops.h"
#include "firmware/cpu/state.h"
#include "firmware/mem/watch.h"

#define SLOTS      1024
#define SLOT_BYTES 4
#define BR_X16     0xd61f0200u

/* So many loops that copy bytes are looked after: each makes translating a little slower. */
#define LOOPS_MAX  32
#define HASHES_MAX 4

struct cpu {
	uc_engine *uc;
	struct cpu_config config;
	uc_hook hook_call, hook_mrs, hook_intr, hook_mem, hook_block;
	bool in_call;    /* the call handler runs */
	bool called;     /* it ran, and the guest is to go on at `target` */
	uint64_t target; /* where a call goes on */
	bool ended;      /* event is set */
	volatile sig_atomic_t stop_asked;
	struct cpu_event event; /* of this run */
	struct cpu_blocks blocks;
	bool blocks_wanted;
	unsigned n_watched; /* pages of RAM that are watched and the guest has a way to */
	struct known_loop loops[LOOPS_MAX];
	uc_hook hook_loops[LOOPS_MAX];
	unsigned n_loops;
	uc_hook hook_hashes[HASHES_MAX];
	struct hash_function hashes[HASHES_MAX];
	unsigned n_hashes;
	bool resume_wanted;
	struct cpu_registers resume;
	struct gaddr forget; /* what is dropped from the cache before the run goes on */
	uint64_t forget_len;
};

static void end_run(struct cpu *cpu, struct cpu_event event)
{
	if (!cpu->ended)
		cpu->event = event;
	cpu->ended = true;
	uc_emu_stop(cpu->uc);
}

uint64_t cpu_get(struct cpu *cpu, int reg)
{
	uint64_t v = 0;

	uc_reg_read(cpu->uc, cpu_register_id(reg), &v);
	return v;
}

void cpu_set(struct cpu *cpu, int reg, uint64_t value)
{
	uc_reg_write(cpu->uc, cpu_register_id(reg), &value);
}

uint64_t cpu_arg(struct cpu *cpu, unsigned n)
{
	const uint8_t *p;

	if (n < 8)
		return cpu_get(cpu, (int)n);
	p = guest_fetch(cpu->config.ram, gaddr(cpu_get(cpu, CPU_SP) + 8 * (n - 8)), 8);
	return p ? le64(p) : 0;
}

void cpu_jump(struct cpu *cpu, struct gaddr pc)
{
	if (!cpu->in_call) {
		cpu_set(cpu, CPU_PC, pc.v);
		return;
	}
	cpu->called = true;
	cpu->target = pc.v;
	cpu_set(cpu, CPU_X16, pc.v);
}

void cpu_return(struct cpu *cpu, uint64_t x0)
{
	cpu_set(cpu, CPU_X0, x0);
	cpu_jump(cpu, gaddr(cpu_get(cpu, CPU_LR)));
}

static void on_call(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct cpu *cpu = ctx;
	unsigned slot = (unsigned)((address - cpu->config.slots.v) / SLOT_BYTES);
	bool go_on;

	(void)uc, (void)size;
	if (cpu->ended)
		return;
	blocks_restart_tick(&cpu->blocks);
	cpu->called = false;
	cpu->in_call = true;
	go_on = cpu->config.call(cpu->config.ctx, cpu, slot);
	cpu->in_call = false;
	if (!go_on)
		end_run(cpu,
			(struct cpu_event){ .kind = CPU_STOPPED, .slot = slot, .pc = address });
}

/* What reads host time is answered from the virtual clock. */
static uint32_t on_mrs(uc_engine *uc, uc_arm64_reg reg, const uc_arm64_cp_reg *cp, void *ctx)
{
	struct cpu *cpu = ctx;
	uint64_t v;

	/* CNTPCT_EL0, CNTVCT_EL0, CNTFRQ_EL0 and the timers' values are op0 3, op1 3, CRn 14. */
	if (cp->op0 != 3 || cp->op1 != 3 || cp->crn != 14)
		return 0;
	if (cp->crm == 0 && cp->op2 == 0)
		v = CPU_COUNTER_HZ;
	else if (cp->crm == 0)
		v = cpu->config.counter ? cpu->config.counter(cpu->config.ctx) : 0;
	else if ((cp->crm == 2 || cp->crm == 3) && cp->op2 == 0)
		v = 0; /* CNTx_TVAL_EL0 */
	else
		return 0;
	if (reg != UC_ARM64_REG_XZR)
		uc_reg_write(uc, (int)reg, &v);
	return 1;
}

static enum cpu_fault_kind fault_of_exception(uint32_t number, bool hvc)
{
	switch (number) {
	case 1:
		return hvc ? FAULT_HVC : FAULT_UNDEFINED;
	case 2:
		return FAULT_SVC;
	case 7:
		return FAULT_BREAK;
	case 13:
		return FAULT_SMC;
	default:
		return FAULT_OTHER;
	}
}

static void on_exception(uc_engine *uc, uint32_t number, void *ctx)
{
	struct cpu *cpu = ctx;
	uint64_t pc = cpu_get(cpu, CPU_PC), behind = cpu_behind_hvc(cpu->config.ram, pc);

	(void)uc;
	end_run(cpu, (struct cpu_event){ .kind = CPU_FAULT,
			     .fault = fault_of_exception(number, behind),
			     .pc = number == 1 && behind ? behind : pc });
}

/*
 * A page that was held back comes to be, once those who watch it know; and
 * those before it, for the library numbers pages in the order in which they come.
 */
static bool map_watched(struct cpu *cpu, uint64_t address)
{
	struct guest_ram *ram = cpu->config.ram;
	uint64_t at = guest_watched(ram).v + cpu->n_watched * PAGE_SIZE;
	bool ok = true;

	if (!guest_watched(ram).v || address < at || address >= guest_exact(ram).v)
		return false;
	for (; ok && at <= address; at += PAGE_SIZE) {
		guest_touch(ram, cpu->n_watched);
		cpu->n_watched++;
		ok = uc_mem_map_ptr(cpu->uc, at, PAGE_SIZE, UC_PROT_ALL,
			     guest_mapping(ram, gaddr(at))) == UC_ERR_OK;
	}
	return ok;
}

static bool on_bad_access(
	uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *ctx)
{
	struct cpu *cpu = ctx;
	enum cpu_fault_kind fault = FAULT_READ;

	(void)uc, (void)size, (void)value;
	if (map_watched(cpu, address))
		return true;
	if (type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT)
		fault = FAULT_WRITE;
	else if (type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT)
		fault = FAULT_FETCH;
	end_run(cpu,
		(struct cpu_event){ .kind = CPU_FAULT,
			.fault = fault,
			.pc = fault == FAULT_FETCH ? cpu_get(cpu, CPU_PC)
						   : access_find(cpu, cpu->config.ram, address),
			.address = address });
	return false;
}

static void on_block(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct cpu *cpu = ctx;
	enum cpu_event_kind kind;

	(void)uc;
	if (!cpu->ended && blocks_enter(&cpu->blocks, cpu, address, size / 4, &kind))
		end_run(cpu, (struct cpu_event){ .kind = kind, .pc = address });
}

#if CPU_WORKAROUNDS
/* Whether [a, a + len) may have some of the block in it that runs, which the guest is to overwrite itself. */
static bool is_near(uint64_t pc, uint64_t a, uint64_t len)
{
	return pc + PAGE_SIZE > a && pc < a + len + PAGE_SIZE;
}

/* The head of a loop that copies bytes: all rounds but the last are done here at once. */
static void on_loop(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct cpu *cpu = ctx;
	/* Counted instructions are to be executed, and other code may have come to this place. */
	const struct copy_loop *loop = blocks_count(&cpu->blocks)
					       ? NULL
					       : copy_loop_known(cpu->loops, cpu->n_loops,
							 cpu->config.ram, address);
	struct copy_step step;
	const uint8_t *from;
	uint64_t v[4];
	uint8_t *to;

	(void)size;
	if (!loop)
		return;
	uc_reg_read_batch(uc,
		(int[]){ cpu_register_id(loop->index), cpu_register_id(loop->end),
			cpu_register_id(loop->from), cpu_register_id(loop->to) },
		(void *[]){ &v[0], &v[1], &v[2], &v[3] }, 4);
	if (!copy_loop_step(loop, v[0], v[1], v[2], v[3], &step))
		return;
	from = guest_fetch(cpu->config.ram, gaddr(step.from), step.len);
	if (!from || !guest_ok(cpu->config.ram, gaddr(step.to), step.len) ||
		is_near(address, step.to, step.len))
		return;
	/* Code that was there is forgotten by this. */
	to = guest_store(cpu->config.ram, gaddr(step.to), step.len);
	memmove(to, from, step.len);
	cpu_set(cpu, loop->index, step.index);
}

static struct hash_function *find_hash(struct cpu *cpu, uint64_t pc)
{
	for (unsigned i = 0; i < cpu->n_hashes; i++)
		if (cpu->hashes[i].entry == pc)
			return &cpu->hashes[i];
	return NULL;
}

/* The beginning of a function that hashes: all blocks but the last are done here at once. */
static void on_hash(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct cpu *cpu = ctx;
	struct hash_function *f = find_hash(cpu, address);
	uint64_t data = cpu_get(cpu, 1), blocks = cpu_get(cpu, 2);

	(void)uc, (void)size;
	if (blocks_count(&cpu->blocks) || !f ||
		hash_function_match(cpu->config.ram, address) != f->kind ||
		!hash_function_call(f, cpu->config.ram, cpu_get(cpu, 0), &data, &blocks))
		return;
	cpu_set(cpu, 1, data);
	cpu_set(cpu, 2, blocks);
}

static void look_for_hash(struct cpu *cpu, uint64_t pc)
{
	const struct hash_kind *kind = cpu->n_hashes == HASHES_MAX || find_hash(cpu, pc)
					       ? NULL
					       : hash_function_match(cpu->config.ram, pc);

	if (!kind)
		return;
	if (uc_hook_add(cpu->uc, &cpu->hook_hashes[cpu->n_hashes], UC_HOOK_CODE, (void *)on_hash,
		    cpu, pc, pc) == UC_ERR_OK)
		cpu->hashes[cpu->n_hashes++] = (struct hash_function){ .entry = pc, .kind = kind };
}

static void before_translation(void *ctx, uint64_t pc)
{
	struct cpu *cpu = ctx;
	struct known_loop known;
	unsigned i = 0;

	look_for_hash(cpu, pc);
	if (!copy_loop_read(cpu->config.ram, pc, &known))
		return;
	while (i < cpu->n_loops && cpu->loops[i].pc != pc)
		i++;
	if (i == LOOPS_MAX ||
		(i == cpu->n_loops && uc_hook_add(cpu->uc, &cpu->hook_loops[i], UC_HOOK_CODE,
					      (void *)on_loop, cpu, pc, pc) != UC_ERR_OK))
		return;
	cpu->loops[i] = known;
	cpu->n_loops += i == cpu->n_loops;
}
#endif

static int fail(struct err *err, const char *what, uc_err e)
{
	return err_set(err, EIO, "libunicorn: %s: %s", what, uc_strerror(e));
}

static int add_hooks(struct cpu *cpu, struct err *err)
{
	uint64_t first = cpu->config.slots.v, last = first + SLOTS * SLOT_BYTES - 1;
	uc_err e;

	e = uc_hook_add(cpu->uc, &cpu->hook_call, UC_HOOK_CODE, (void *)on_call, cpu, first, last);
	if (e == UC_ERR_OK)
		e = uc_hook_add(cpu->uc, &cpu->hook_mrs, UC_HOOK_INSN, (void *)on_mrs, cpu,
			(uint64_t)1, (uint64_t)0, UC_ARM64_INS_MRS);
	if (e == UC_ERR_OK)
		e = uc_hook_add(cpu->uc, &cpu->hook_intr, UC_HOOK_INTR, (void *)on_exception, cpu,
			(uint64_t)1, (uint64_t)0);
	if (e == UC_ERR_OK)
		e = uc_hook_add(cpu->uc, &cpu->hook_mem, UC_HOOK_MEM_INVALID, (void *)on_bad_access,
			cpu, (uint64_t)1, (uint64_t)0);
	return e == UC_ERR_OK ? 0 : fail(err, "adding hooks", e);
}

static int write_slots(struct cpu *cpu, struct err *err)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (!guest_write32(cpu->config.ram, cpu_slot_address(cpu, i), BR_X16))
			return err_set(err, EINVAL, "the page of service slots is not RAM");
	return 0;
}

/* The host writes there. Without workarounds it isn't known where code is. */
static void on_written(void *ctx, struct gaddr a, uint64_t len)
{
#if CPU_WORKAROUNDS
	if (workaround_has_code(a.v, len))
		cpu_forget_code(ctx, a, len);
#else
	cpu_forget_code(ctx, a, len);
#endif
}

/* How much of RAM is the guest's from the beginning. */
static uint64_t unwatched(struct guest_ram *ram)
{
	struct gaddr watched = guest_watched(ram);

	return watched.v ? watched.v - RAM_BASE : guest_size(ram);
}

int cpu_new(const struct cpu_config *config, struct cpu **out, struct err *err)
{
	CLEANUP(cpu_free) struct cpu *cpu = xcalloc(1, sizeof(*cpu));
	uc_err e = uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &cpu->uc);
	int r;

	if (e != UC_ERR_OK)
		return fail(err, "starting", e);
	cpu->config = *config;
	/* A72, and not "max": that one has an instruction for host randomness. */
	e = uc_ctl_set_cpu_model(cpu->uc, UC_CPU_ARM64_A72);
	if (e != UC_ERR_OK)
		return fail(err, "choosing the processor", e);
#if CPU_WORKAROUNDS
	workaround_attach(RAM_BASE, guest_size(config->ram));
	workaround_mark(config->ram);
	workaround_watch(before_translation, cpu);
#endif
	e = uc_mem_map_ptr(cpu->uc, RAM_BASE, unwatched(config->ram), UC_PROT_ALL,
		guest_mapping(config->ram, gaddr(RAM_BASE)));
	if (e == UC_ERR_OK)
		e = (uc_err)cpu_map_exact(cpu, config->ram);
	if (e != UC_ERR_OK)
		return fail(err, "mapping RAM", e);
	r = write_slots(cpu, err);
	guest_on_write(config->ram, on_written, cpu);
	if (r == 0)
		r = add_hooks(cpu, err);
	if (r == 0)
		*out = TAKE(cpu);
	return r;
}

void cpu_free(struct cpu *cpu)
{
	if (!cpu)
		return;
	if (cpu->config.ram)
		guest_on_write(cpu->config.ram, NULL, NULL);
	if (cpu->uc)
		uc_close(cpu->uc);
#if CPU_WORKAROUNDS
	workaround_detach();
#endif
	free(cpu);
}

struct uc_struct *cpu_engine(const struct cpu *cpu)
{
	return cpu->uc;
}

bool cpu_has_code(const struct cpu *cpu, struct gaddr a, uint64_t len)
{
	(void)cpu;
#if CPU_WORKAROUNDS
	return workaround_has_code(a.v, len);
#else
	(void)a, (void)len;
	return true;
#endif
}

void cpu_log_access(struct cpu *cpu, uint8_t *accessed)
{
	guest_log_access(cpu->config.ram, accessed);
#if CPU_WORKAROUNDS
	if (accessed)
		workaround_flush_tlb();
#endif
}

uint64_t cpu_slow_stores(void)
{
#if CPU_WORKAROUNDS
	return workaround_slow_stores();
#else
	return 0;
#endif
}

bool cpu_has_workarounds(void)
{
	return CPU_WORKAROUNDS;
}

uint64_t cpu_code_max(void)
{
	/* The library's own choice is 1 GiB. */
	return CPU_WORKAROUNDS ? WORKAROUND_BUFFER : 1u << 30;
}

struct gaddr cpu_slot_address(const struct cpu *cpu, unsigned slot)
{
	return gaddr_add(cpu->config.slots, (uint64_t)slot * SLOT_BYTES);
}

uint64_t cpu_instructions(const struct cpu *cpu)
{
	return cpu->blocks.instructions;
}

void cpu_ask_stop(struct cpu *cpu)
{
	cpu->stop_asked = 1;
	uc_emu_stop(cpu->uc);
}

void cpu_forget_code(struct cpu *cpu, struct gaddr a, uint64_t len)
{
	if (len)
		uc_ctl_remove_cache(cpu->uc, a.v, a.v + len);
}

/* Code in [a, a + len) is asked at its blocks from now on. */
static void want_blocks(struct cpu *cpu, struct gaddr a, uint64_t len)
{
	cpu->blocks_wanted = true;
	cpu->forget = a;
	cpu->forget_len = len;
	uc_emu_stop(cpu->uc);
}

void cpu_watch_blocks(struct cpu *cpu, cpu_block_fn *accept, struct gaddr a, uint64_t len)
{
	cpu->blocks.accept = accept;
	cpu->blocks.ctx = cpu->config.ctx;
	cpu->blocks.watching = true;
	want_blocks(cpu, a, len);
}

void cpu_tick(struct cpu *cpu, uint64_t instructions)
{
	if (cpu->blocks.tick == instructions)
		return;
	cpu->blocks.tick = instructions;
	blocks_restart_tick(&cpu->blocks);
	if (instructions && !cpu->hook_block)
		want_blocks(cpu, gaddr(RAM_BASE), guest_size(cpu->config.ram));
}

void cpu_tick_soon(struct cpu *cpu)
{
	cpu->blocks.tick_soon = true;
}

void cpu_resume(struct cpu *cpu, const struct cpu_registers *registers)
{
	cpu->resume = *registers;
	cpu->resume_wanted = true;
	uc_emu_stop(cpu->uc);
}

static void hook_blocks(struct cpu *cpu)
{
	if (!cpu->hook_block)
		uc_hook_add(cpu->uc, &cpu->hook_block, UC_HOOK_BLOCK, (void *)on_block, cpu,
			(uint64_t)1, (uint64_t)0);
}

static void start_blocks(struct cpu *cpu)
{
	cpu->blocks_wanted = false;
	hook_blocks(cpu);
	cpu_forget_code(cpu, cpu->forget, cpu->forget_len);
}

static void start_counting(struct cpu *cpu, uint64_t instructions)
{
	cpu->blocks.limit = instructions ? cpu->blocks.instructions + instructions : 0;
	if (instructions)
		hook_blocks(cpu);
}

/* libunicorn came back without a reason. */
static void judge_end(struct cpu *cpu, uc_err e)
{
	uint64_t pc = cpu_get(cpu, CPU_PC);
	struct cpu_event event = { .kind = CPU_FAULT, .fault = FAULT_OTHER, .pc = pc };

	if (e == UC_ERR_INSN_INVALID || e == UC_ERR_EXCEPTION) {
		event.fault = FAULT_UNDEFINED;
	} else if (e == UC_ERR_FETCH_UNMAPPED || (e == UC_ERR_OK && pc == 0)) {
		event.fault = FAULT_FETCH;
		event.address = pc;
	} else if (e == UC_ERR_OK) {
		event.kind = CPU_WFI;
	}
	cpu->event = event;
	cpu->ended = true;
}

/* Somebody called cpu_ask_stop(). */
static void stop_as_asked(struct cpu *cpu)
{
	cpu->stop_asked = 0;
	cpu->ended = true;
	cpu->event = (struct cpu_event){ .kind = CPU_STOPPED, .pc = cpu_get(cpu, CPU_PC) };
}

void cpu_run(struct cpu *cpu, uint64_t instructions, struct cpu_event *event)
{
	start_counting(cpu, instructions);
	cpu->ended = false;
	while (!cpu->ended) {
		uc_err e;

		cpu->called = cpu->resume_wanted = false;
		e = uc_emu_start(cpu->uc, cpu_get(cpu, CPU_PC), 0, 0, 0);
		/* Stopped from within a call, it stands on the slot, or already behind it. */
		if (cpu->called && (cpu->ended || cpu->blocks_wanted || cpu->stop_asked))
			cpu_set(cpu, CPU_PC, cpu->target);
		/* After the slot's own instruction, which needs a register to jump. */
		if (cpu->resume_wanted)
			cpu_set_all(cpu, &cpu->resume);
		else if (cpu->stop_asked && !cpu->ended)
			stop_as_asked(cpu);
		else if (cpu->blocks_wanted)
			start_blocks(cpu);
		else if (!cpu->ended)
			judge_end(cpu, e);
		else if (cpu->event.kind == CPU_BLOCK || cpu->event.kind == CPU_BUDGET ||
			 cpu->event.kind == CPU_TICK || cpu->event.fault == FAULT_HVC)
			cpu_set(cpu, CPU_PC, cpu->event.pc);
	}
	*event = cpu->event;
}
