/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AArch64 processor, behind which unicorn.c alone knows libunicorn. It
 * runs the guest until it calls out (a service pointer leads to a slot, see
 * services/), faults, or a budget is spent.
 *
 * Workarounds for libunicorn's slow stores are in workaround.c; of a version that libunicorn.mk has no row
 * for the makefile leaves them out, and cpu_has_workarounds() says so.
 */
#ifndef ARMVM_FIRMWARE_CPU_CPU_H
#define ARMVM_FIRMWARE_CPU_CPU_H

#include "base/err.h"
#include "firmware/mem/guest.h"

struct cpu;
struct sha256_ctx;

/* General registers by number; 31 is SP here, 32 the PC. */
enum {
	CPU_X0 = 0,
	CPU_X16 = 16,
	CPU_X17 = 17,
	CPU_X29 = 29,
	CPU_LR = 30,
	CPU_SP = 31,
	CPU_PC = 32
};

enum cpu_event_kind {
	CPU_CALL,   /* the guest jumped to slot `slot`; the PC is in the slots' page */
	CPU_FAULT,  /* see `fault` */
	CPU_WFI,    /* it waits for an interrupt; the PC is behind that */
	CPU_BUDGET, /* the instructions of cpu_run() are used up */
	CPU_STOPPED, /* cpu_ask_stop() was called, by a signal handler, or by a "false" from within a call */
	CPU_BLOCK, /* with cpu_watch_blocks(): a new block of code begins at the PC */
	CPU_TICK,  /* with cpu_tick(): a timer may interrupt; the PC is where the guest goes on */
};

enum cpu_fault_kind {
	FAULT_READ,
	FAULT_WRITE,
	FAULT_FETCH,
	FAULT_UNDEFINED, /* an instruction that does not exist */
	FAULT_HVC,       /* PSCI, by its x0; the PC is behind it */
	FAULT_SVC,
	FAULT_SMC, /* PSCI, by its x0 */
	FAULT_BREAK,
	FAULT_OTHER,
};

struct cpu_event {
	enum cpu_event_kind kind;
	unsigned slot;             /* CPU_CALL */
	enum cpu_fault_kind fault; /* CPU_FAULT */
	uint64_t pc;
	uint64_t address; /* of FAULT_READ, _WRITE, _FETCH */
};

/*
 * A handler for calls out of the guest, called in the middle of the run: it
 * reads arguments by cpu_arg(), and answers with cpu_return() or
 * cpu_jump(). Returning false ends cpu_run() with CPU_STOPPED.
 */
typedef bool cpu_call_fn(void *ctx, struct cpu *cpu, unsigned slot);

/* What the virtual counter reads: CNTVCT_EL0, at CPU_COUNTER_HZ. */
#define CPU_COUNTER_HZ UINT64_C(62500000)
typedef uint64_t cpu_counter_fn(void *ctx);

struct cpu_config {
	struct guest_ram *ram;
	struct gaddr slots; /* a page in RAM that gets the slots' code */
	cpu_call_fn *call;
	cpu_counter_fn *counter;
	void *ctx;
};

int cpu_new(const struct cpu_config *config, struct cpu **out, struct err *err);
void cpu_free(struct cpu *cpu);
DEFINE_CLEANUP(struct cpu, cpu_free)
bool cpu_has_workarounds(void);
/* With workarounds alone: how many stores of guests went the slow way, since the program began. */
uint64_t cpu_slow_stores(void);
/* The version of libunicorn that runs: "2.1.1". The caller frees it. */
char *cpu_library_version(void);
/* Bytes that translated code of one processor takes at most. */
uint64_t cpu_code_max(void);

/* A device: a guest reads and writes its registers, at offsets of its page, through these. */
struct cpu_device {
	uint64_t (*read)(void *ctx, uint64_t offset);
	void (*write)(void *ctx, uint64_t offset, uint64_t value);
	void *ctx;
};
/* device stays where it is until cpu_free(). */
int cpu_add_device(struct cpu *cpu, uint64_t page, struct cpu_device *device, struct err *err);

/* The address that leads to a slot, for the tables. Slots are numbered from 0 to 1023. */
struct gaddr cpu_slot_address(const struct cpu *cpu, unsigned slot);

/* Runs from the PC on, at most `instructions` of them (0: without end). */
void cpu_run(struct cpu *cpu, uint64_t instructions, struct cpu_event *event);
/* Instructions executed so far, by blocks; counted only while cpu_run() has a limit of them. */
uint64_t cpu_instructions(const struct cpu *cpu);
/* Ends the run soon, with CPU_STOPPED; safe in a signal handler. */
void cpu_ask_stop(struct cpu *cpu);

uint64_t cpu_get(struct cpu *cpu, int reg);
void cpu_set(struct cpu *cpu, int reg, uint64_t value);

/* The n-th argument of a call, from 0: x0 to x7, then the stack; 0 when that is no RAM. */
uint64_t cpu_arg(struct cpu *cpu, unsigned n);
/* From within a call: go back to the caller with this in x0. */
void cpu_return(struct cpu *cpu, uint64_t x0);
/* From within a call: go on at pc. */
void cpu_jump(struct cpu *cpu, struct gaddr pc);

/* What a callee must preserve (AAPCS64): x19 to x30, SP, d8 to d15. */
struct cpu_frame {
	uint64_t x[12], sp;
	uint64_t d[8];
};
void cpu_save(struct cpu *cpu, struct cpu_frame *frame);
void cpu_restore(struct cpu *cpu, const struct cpu_frame *frame);

/* All that a program can see of the processor but for system registers: what an interrupt must preserve. */
struct cpu_registers {
	uint64_t x[33]; /* by number: see CPU_X0 */
	uint64_t nzcv, fpcr, fpsr;
	uint64_t q[32][2];
};
void cpu_save_all(struct cpu *cpu, struct cpu_registers *registers);
/* From within a call, too: the run goes on with these. */
void cpu_resume(struct cpu *cpu, const struct cpu_registers *registers);

/*
 * Clears what a service may leave behind as it likes (AAPCS64, 6.1): x17 and those below it but
 * for the first n_args, vector registers but for the low halves of v8 to v15, flags.
 */
void cpu_scrub(struct cpu *cpu, unsigned n_args);
/* Adds all registers, those of the system that matter to programs included. */
void cpu_sum(struct cpu *cpu, struct sha256_ctx *sum);
/*
 * From now on bits are set in this map (guest_log_access(); NULL: no more). Code that was translated
 * before runs on unseen: see cpu_has_code(). With workarounds alone.
 */
void cpu_log_access(struct cpu *cpu, uint8_t *accessed);
/* Whether there may be translated code in [a, a + len). */
bool cpu_has_code(const struct cpu *cpu, struct gaddr a, uint64_t len);

/* Forget translations of [a, a + len): the host wrote code there. */
void cpu_forget_code(struct cpu *cpu, struct gaddr a, uint64_t len);

/*
 * From now on cpu_run() ends with CPU_BLOCK before the first block that begins
 * where accept() says so: to find the kernel's entry after ExitBootServices.
 * Costs a third of the speed.
 */
typedef bool cpu_block_fn(void *ctx, struct cpu *cpu, uint64_t pc);
void cpu_watch_blocks(struct cpu *cpu, cpu_block_fn *accept, struct gaddr a, uint64_t len);

/*
 * From now on cpu_run() ends with CPU_TICK when the guest has executed so many instructions without a call,
 * to the end of a block of code; 0: no more. From the first time on all runs a third slower.
 */
void cpu_tick(struct cpu *cpu, uint64_t instructions);
/* With cpu_tick(): at the next block of code, unless there is a call before it. */
void cpu_tick_soon(struct cpu *cpu);

#endif
