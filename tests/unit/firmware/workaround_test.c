/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What cpu/libunicorn.mk says of the library's version is so: with its workarounds a guest's stores are fast,
 * which is counted, and code that the guest overwrites is seen to be another. Runs whenever armvm-firmware is built.
 */
#include <stdlib.h>

#include "firmware/core/call.h"
#include "firmware/cpu/cpu.h"
#include "firmware/lifecycle/machine.h"
#include "tap.h"

#define STORES 100000

/* Stores x1 to [x0] and counts it down, until it is 0. */
static const uint32_t store[] = {
	0xf9000001, /* str x1, [x0] */
	0xd1000421, /* sub x1, x1, #1 */
	0xb5ffffc1, /* cbnz x1, .-8 */
	0xd65f03c0, /* ret */
};
/* Two functions in one page. */
static const uint32_t functions[] = {
	0x52800020, 0xd65f03c0, 0, 0, /* mov w0, #1; ret */
	0x52800020, 0xd65f03c0,       /* mov w0, #1; ret */
};
#define MOV_W0_2 0x52800040
/* Calls both at x0, has each begin with w1, calls both again and adds up what they answer. */
static const uint32_t overwrite[] = {
	0xaa1e03e9, /* mov x9, x30 */
	0xaa0003ea, /* mov x10, x0 */
	0xaa0103eb, /* mov x11, x1 */
	0xd63f0140, /* blr x10 */
	0x9100414c, /* add x12, x10, #16 */
	0xd63f0180, /* blr x12 */
	0xb900014b, /* str w11, [x10] */
	0xb900018b, /* str w11, [x12] */
	0xd63f0140, /* blr x10 */
	0xaa0003ed, /* mov x13, x0 */
	0xd63f0180, /* blr x12 */
	0x8b0d0000, /* add x0, x0, x13 */
	0xd65f0120, /* ret x9 */
};

static void keep_result(struct machine *m, void *ctx, uint64_t x0)
{
	*(uint64_t *)ctx = x0;
	run_end(&m->run, VERDICT_RETURNED, "over");
}

static struct gaddr put(struct machine *m, const uint32_t *words, size_t n)
{
	struct gaddr a = machine_data(m, MEM_LOADER_CODE, 16384);

	for (size_t i = 0; i < n; i++)
		if (!guest_write32(m->ram, gaddr_add(a, 4 * i), words[i]))
			abort();
	return a;
}

static uint64_t run(struct machine *m, struct gaddr code, uint64_t x0, uint64_t x1)
{
	uint64_t args[2] = { x0, x1 }, result = 0;

	call_guest(m, code, args, 2, keep_result, &result, NULL);
	machine_run(m);
	return result;
}

static struct machine *new_machine(void)
{
	struct machine_config config = { .limits = { .ram = 64 << 20 }, .trace_fd = -1 };
	struct machine *m = NULL;
	struct err err = { 0 };

	if (machine_new(&config, &m, &err) < 0)
		exit(1);
	return m;
}

int main(void)
{
	struct machine *m;
	struct gaddr data;
	uint64_t slow;

	if (!cpu_has_workarounds())
		skip_build("built without workarounds for libunicorn");
	m = new_machine();
	data = machine_data(m, MEM_BOOT_DATA, 16384);
	slow = cpu_slow_stores();
	(void)run(m, put(m, store, ARRAY_SIZE(store)), data.v, STORES);
	slow = cpu_slow_stores() - slow;
	ok(slow > 0 && slow < STORES / 1000, "of %d stores %u go the slow way", STORES,
		(unsigned)slow);
	machine_free(m);
	m = new_machine();
	is_int(run(m, put(m, overwrite, ARRAY_SIZE(overwrite)),
		       put(m, functions, ARRAY_SIZE(functions)).v, MOV_W0_2),
		4, "code that is overwritten is forgotten, and what is beside it, too");
	machine_free(m);
	return tap_done();
}
