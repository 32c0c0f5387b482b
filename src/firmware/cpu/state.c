/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers in bulk: those that a callee preserves, those that it need not
 * (AAPCS64, 6.1), and all of them; devices, and memory that is one; and the library's version. See cpu.h.
 */
#include <errno.h>
#include <nettle/sha2.h>
#include <unicorn/unicorn.h>

#include "base/bytes.h"
#include "base/xalloc.h"
#include "firmware/cpu/state.h"
#include "firmware/mem/processor.h"
#include "firmware/mem/watch.h"

int cpu_register_id(int reg)
{
	if (reg < 29)
		return UC_ARM64_REG_X0 + reg;
	switch (reg) {
	case 29:
		return UC_ARM64_REG_X29;
	case 30:
		return UC_ARM64_REG_X30;
	case CPU_SP:
		return UC_ARM64_REG_SP;
	default:
		return UC_ARM64_REG_PC;
	}
}

#define FRAME_REGS 21

static void frame_ids(int ids[FRAME_REGS])
{
	for (int i = 0; i < 12; i++)
		ids[i] = cpu_register_id(19 + i);
	ids[12] = UC_ARM64_REG_SP;
	for (int i = 0; i < 8; i++)
		ids[13 + i] = UC_ARM64_REG_D8 + i;
}

static void frame_places(const struct cpu_frame *frame, void *places[FRAME_REGS])
{
	/* The library's batch calls want non-const pointers for writing registers, too. */
	struct cpu_frame *f = (struct cpu_frame *)(uintptr_t)frame;

	for (int i = 0; i < 12; i++)
		places[i] = &f->x[i];
	places[12] = &f->sp;
	for (int i = 0; i < 8; i++)
		places[13 + i] = &f->d[i];
}

void cpu_save(struct cpu *cpu, struct cpu_frame *frame)
{
	int ids[FRAME_REGS];
	void *places[FRAME_REGS];

	frame_ids(ids);
	frame_places(frame, places);
	uc_reg_read_batch(cpu_engine(cpu), ids, places, FRAME_REGS);
}

void cpu_restore(struct cpu *cpu, const struct cpu_frame *frame)
{
	int ids[FRAME_REGS];
	void *places[FRAME_REGS];

	frame_ids(ids);
	frame_places(frame, places);
	uc_reg_write_batch(cpu_engine(cpu), ids, places, FRAME_REGS);
}

static const int flags[] = { UC_ARM64_REG_NZCV, UC_ARM64_REG_FPCR, UC_ARM64_REG_FPSR };

void cpu_save_all(struct cpu *cpu, struct cpu_registers *r)
{
	uc_engine *uc = cpu_engine(cpu);
	uint64_t *const f[] = { &r->nzcv, &r->fpcr, &r->fpsr };

	*r = (struct cpu_registers){ .nzcv = 0 };
	for (int i = CPU_X0; i <= CPU_PC; i++)
		r->x[i] = cpu_get(cpu, i);
	for (int i = 0; i < 32; i++)
		uc_reg_read(uc, UC_ARM64_REG_Q0 + i, r->q[i]);
	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		uc_reg_read(uc, flags[i], f[i]);
}

void cpu_set_all(struct cpu *cpu, const struct cpu_registers *r)
{
	uc_engine *uc = cpu_engine(cpu);
	const uint64_t *const f[] = { &r->nzcv, &r->fpcr, &r->fpsr };

	for (int i = CPU_X0; i <= CPU_PC; i++)
		cpu_set(cpu, i, r->x[i]);
	for (int i = 0; i < 32; i++)
		uc_reg_write(uc, UC_ARM64_REG_Q0 + i, r->q[i]);
	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		uc_reg_write(uc, flags[i], f[i]);
}

/* Vector registers whose low halves a callee preserves. */
#define D_KEPT_FIRST 8
#define D_KEPT_LAST  15

void cpu_scrub(struct cpu *cpu, unsigned n_args)
{
	uc_engine *uc = cpu_engine(cpu);
	uint64_t zero = 0;

	for (int i = (int)n_args; i <= CPU_X17; i++)
		uc_reg_write(uc, UC_ARM64_REG_X0 + i, &zero);
	uc_reg_write(uc, UC_ARM64_REG_NZCV, &zero);
	for (int i = 0; i < 32; i++) {
		uint64_t q[2] = { 0 };

		if (i >= D_KEPT_FIRST && i <= D_KEPT_LAST)
			uc_reg_read(uc, UC_ARM64_REG_D0 + i, q);
		uc_reg_write(uc, UC_ARM64_REG_Q0 + i, q);
	}
}

uint64_t cpu_behind_hvc(struct guest_ram *ram, uint64_t pc)
{
	for (uint64_t at = pc - 4; at <= pc; at += 4) {
		const uint8_t *p = guest_fetch(ram, gaddr(at), 4);

		if (p && (le32(p) & 0xffe0001fu) == 0xd4000002u)
			return at + 4;
	}
	return 0;
}

static uint64_t on_exact_read(uc_engine *uc, uint64_t offset, unsigned size, void *ram)
{
	uint8_t bytes[8] = { 0 };

	(void)uc;
	guest_exact_get(ram, offset, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
	return le64(bytes);
}

static void on_exact_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *ram)
{
	uint8_t bytes[8];

	(void)uc;
	put_le64(bytes, value);
	guest_exact_put(ram, offset, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
}

int cpu_map_exact(struct cpu *cpu, struct guest_ram *ram)
{
	return guest_exact(ram).v ? uc_mmio_map(cpu_engine(cpu), guest_exact(ram).v, PAGE_SIZE,
					    on_exact_read, ram, on_exact_write, ram)
				  : UC_ERR_OK;
}

static uint64_t on_device_read(uc_engine *uc, uint64_t offset, unsigned size, void *ctx)
{
	const struct cpu_device *d = ctx;

	(void)uc, (void)size;
	return d->read(d->ctx, offset);
}

static void on_device_write(
	uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *ctx)
{
	const struct cpu_device *d = ctx;

	(void)uc, (void)size;
	d->write(d->ctx, offset, value);
}

int cpu_add_device(struct cpu *cpu, uint64_t page, struct cpu_device *device, struct err *err)
{
	uc_err e = uc_mmio_map(
		cpu_engine(cpu), page, PAGE_SIZE, on_device_read, device, on_device_write, device);

	return e == UC_ERR_OK
		       ? 0
		       : err_set(err, EIO, "libunicorn: mapping a device: %s", uc_strerror(e));
}

static void sum_system(uc_engine *uc, struct sha256_ctx *sum)
{
	/* op0 3, op1 0: SCTLR_EL1, CPACR_EL1, TTBR0_EL1, TTBR1_EL1, TCR_EL1, MAIR_EL1, VBAR_EL1. */
	static const uint8_t registers[][3] = { { 1, 0, 0 }, { 1, 0, 2 }, { 2, 0, 0 }, { 2, 0, 1 },
		{ 2, 0, 2 }, { 10, 2, 0 }, { 12, 0, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		uc_arm64_cp_reg r = { .op0 = 3,
			.crn = registers[i][0],
			.crm = registers[i][1],
			.op2 = registers[i][2] };

		uc_reg_read(uc, UC_ARM64_REG_CP_REG, &r);
		sha256_update(sum, sizeof(r.val), (uint8_t *)&r.val);
	}
}

void cpu_sum(struct cpu *cpu, struct sha256_ctx *sum)
{
	static const int others[] = { UC_ARM64_REG_FPCR, UC_ARM64_REG_FPSR, UC_ARM64_REG_PSTATE,
		UC_ARM64_REG_TPIDR_EL0, UC_ARM64_REG_TPIDRRO_EL0, UC_ARM64_REG_TPIDR_EL1 };
	uc_engine *uc = cpu_engine(cpu);

	for (int i = CPU_X0; i <= CPU_PC; i++) {
		uint64_t v = cpu_get(cpu, i);

		sha256_update(sum, sizeof(v), (uint8_t *)&v);
	}
	for (int i = 0; i < 32; i++) {
		uint64_t q[2] = { 0 };

		uc_reg_read(uc, UC_ARM64_REG_Q0 + i, q);
		sha256_update(sum, sizeof(q), (uint8_t *)q);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		uint64_t v = 0;

		uc_reg_read(uc, others[i], &v);
		sha256_update(sum, sizeof(v), (uint8_t *)&v);
	}
	sum_system(uc, sum);
}

char *cpu_library_version(void)
{
	unsigned v = uc_version(NULL, NULL);

	return xasprintf("%u.%u.%u", v >> 24, v >> 16 & 0xff, v >> 8 & 0xff);
}
