/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processor and the ways in and out of the guest, with programs of a few
 * instructions, written as words (llvm-mc made them): services are called, code
 * that changes itself is noticed, notification functions and budgets work.
 */
#include <stdlib.h>
#include <sys/resource.h>

#include "base/bytes.h"
#include "base/sanitizer.h"
#include "emulated.h"
#include "firmware/core/events.h"
#include "firmware/core/image.h"
#include "firmware/lifecycle/machine.h"
#include "firmware/machine/platform.h"
#include "firmware/services/config_table.h"
#include "firmware/services/service.h"
#include "firmware/services/tables.h"
#include "firmware/mem/watch.h"
#include "tap.h"
#include "uefi/protocols.h"
#include "uefi/rt_supported.h"

static const uint32_t allocate[] = {
	0xa9be7bfd, /* stp x29, x30, [sp, #-32]! */
	0xf9403022, /* ldr x2, [x1, #96] */
	0xf9402049, /* ldr x9, [x2, #64] */
	0xd2800080, /* mov x0, #4 */
	0xd2800c81, /* mov x1, #100 */
	0x910043e2, /* add x2, sp, #16 */
	0xd63f0120, /* blr x9 */
	0xf9400be0, /* ldr x0, [sp, #16] */
	0xa8c27bfd, /* ldp x29, x30, [sp], #32 */
	0xd65f03c0, /* ret */
};

static const uint32_t patch[] = {
	0xd2800003, /* mov x3, #0 */
	0xd2800005, /* mov x5, #0 */
	0x10000041, /* adr x1, #8 */
	0x180001a2, /* ldr w2, 0x40 <$x.0+0x40> */
	0x91000463, /* add x3, x3, #1 */
	0xb5000125, /* cbnz x5, 0x38 <$x.0+0x38> */
	0xb9000022, /* str w2, [x1] */
	0xd50b7b21, /* dc cvau, x1 */
	0xd5033b9f, /* dsb ish */
	0xd50b7521, /* ic ivau, x1 */
	0xd5033b9f, /* dsb ish */
	0xd5033fdf, /* isb */
	0xd2800025, /* mov x5, #1 */
	0x17fffff7, /* b 0x10 <$x.0+0x10> */
	0xaa0303e0, /* mov x0, x3 */
	0xd65f03c0, /* ret */
	0x91000863, /* add x3, x3, #2 */
};

static const uint32_t stores[] = {
	0xd2800002, /* mov x2, #0 */
	0xd2800003, /* mov x3, #0 */
	0xf8227802, /* str x2, [x0, x2, lsl #3] */
	0x91000442, /* add x2, x2, #1 */
	0xf140045f, /* cmp x2, #1, lsl #12         // =4096 */
	0x54ffffa1, /* b.ne 0x8 <$x.0+0x8> */
	0xd1000442, /* sub x2, x2, #1 */
	0xf8627804, /* ldr x4, [x0, x2, lsl #3] */
	0x8b040063, /* add x3, x3, x4 */
	0xb5ffffa2, /* cbnz x2, 0x18 <$x.0+0x18> */
	0xaa0303e0, /* mov x0, x3 */
	0xd65f03c0, /* ret */
};

static const uint32_t counter[] = {
	0xd53be041, /* mrs x1, CNTVCT_EL0 */
	0xd53be042, /* mrs x2, CNTVCT_EL0 */
	0xd53be000, /* mrs x0, CNTFRQ_EL0 */
	0xeb01005f, /* cmp x2, x1 */
	0x9a9f8000, /* csel x0, x0, xzr, hi */
	0xd65f03c0, /* ret */
};

static const uint32_t notify[] = {
	0xf9400022, /* ldr x2, [x1] */
	0x91000442, /* add x2, x2, #1 */
	0xf9000022, /* str x2, [x1] */
	0xd65f03c0, /* ret */
};

/* Writes 2^15 functions, one after the other, and calls each; x1 times. How many were wrong. */
static const uint32_t generate[] = {
	0xa9bc7bfd, /* stp x29, x30, [sp, #-64]! */
	0xa90153f3, /* stp x19, x20, [sp, #16] */
	0xa9025bf5, /* stp x21, x22, [sp, #32] */
	0xa90363f7, /* stp x23, x24, [sp, #48] */
	0xaa0003f3, /* mov x19, x0 */
	0xaa0103f4, /* mov x20, x1 */
	0xd2800018, /* mov x24, #0 */
	0x52ba5017, /* mov w23, #-763363328 */
	0x52807816, /* mov w22, #960 */
	0x72bacbf6, /* movk w22, #54879, lsl #16 */
	0xd2800015, /* mov x21, #0 */
	0x8b1402a1, /* add x1, x21, x20 */
	0x92403821, /* and x1, x1, #0x7fff */
	0x2a0116e2, /* orr w2, w23, w1, lsl #5 */
	0x8b151263, /* add x3, x19, x21, lsl #4 */
	0x29005862, /* stp w2, w22, [x3] */
	0xd63f0060, /* blr x3 */
	0x8b1402a1, /* add x1, x21, x20 */
	0x92403821, /* and x1, x1, #0x7fff */
	0xeb01001f, /* cmp x0, x1 */
	0x9a980718, /* cinc x24, x24, ne */
	0x910006b5, /* add x21, x21, #1 */
	0xf14022bf, /* cmp x21, #8, lsl #12 // =32768 */
	0x54fffe81, /* b.ne 0x2c */
	0xf1000694, /* subs x20, x20, #1 */
	0x54fffe21, /* b.ne 0x28 */
	0xaa1803e0, /* mov x0, x24 */
	0xa94363f7, /* ldp x23, x24, [sp, #48] */
	0xa9425bf5, /* ldp x21, x22, [sp, #32] */
	0xa94153f3, /* ldp x19, x20, [sp, #16] */
	0xa8c47bfd, /* ldp x29, x30, [sp], #64 */
	0xd65f03c0, /* ret */
};

static const uint32_t spin[] = {
	0x14000000, /* b 0x0 <$x.0> */
};

static struct machine *new_machine(uint64_t instructions)
{
	struct machine_config config = { .limits = { .ram = 64 << 20,
						 .instructions = instructions,
						 .virtual_ns = UINT64_C(1000000000) },
		.trace_fd = -1 };
	struct machine *m = NULL;
	struct err err = { 0 };

	if (machine_new(&config, &m, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return m;
}

static void finished(struct machine *m, void *ctx, uint64_t x0)
{
	*(uint64_t *)ctx = x0;
	run_end(&m->run, VERDICT_RETURNED, "done");
}

static struct gaddr put_code(struct machine *m, const uint32_t *words, size_t n)
{
	struct gaddr a = machine_data(m, MEM_LOADER_CODE, n * 4);

	for (size_t i = 0; i < n; i++)
		if (!guest_write32(m->ram, gaddr_add(a, 4 * i), words[i]))
			abort();
	return a;
}

/* What the function leaves in x0. */
static uint64_t call(struct machine *m, const uint32_t *words, size_t n, uint64_t x0, uint64_t x1)
{
	uint64_t args[] = { x0, x1 }, result = UINT64_MAX;

	m->run.end.kind = VERDICT_NONE;
	call_guest(m, put_code(m, words, n), args, 2, finished, &result, NULL);
	machine_run(m);
	return result;
}

#define CALL(m, words, x0, x1) call(m, words, ARRAY_SIZE(words), x0, x1)

static void test_calls(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(0);
	uint64_t a = CALL(m, allocate, 0, m->system_table.v);

	is_int(m->run.end.kind, VERDICT_RETURNED, "a function of the guest returns to the host");
	ok(guest_ok(m->ram, gaddr(a), 100), "AllocatePool() gave it memory");
	is_int(pool_free(m->pool, gaddr(a)), EFI_SUCCESS, "which the pool knows");
	is_int(call_depth(m), 0, "no call is left open");
}

static void test_code_and_data(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(0);
	struct gaddr data = machine_data(m, MEM_BOOT_DATA, 4096 * 8), code;
	uint64_t result = 0, args[1] = { 0 };

	is_int(CALL(m, patch, 0, 0), 3, "code that changes itself runs as changed");
	is_int(CALL(m, stores, data.v, 0), 4095 * 4096 / 2, "stores arrive where they belong");
	is_int(CALL(m, counter, 0, 0), (int64_t)CPU_COUNTER_HZ, "the virtual counter moves");
	code = put_code(m, stores, ARRAY_SIZE(stores));
	for (unsigned i = 0; i < 2; i++) {
		m->run.end.kind = VERDICT_NONE;
		args[0] = data.v;
		call_guest(m, code, args, 1, finished, &result, NULL);
		machine_run(m);
		/* mov x0, #7; ret: at the same place. */
		if (!guest_write32(m->ram, code, 0xd28000e0) ||
			!guest_write32(m->ram, gaddr_add(code, 4), 0xd65f03c0))
			abort();
	}
	is_int(result, 7, "code that the host wrote over is forgotten");
}

static int64_t peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss >> 10;
}

/* Code that is made for ever: translations take turns in a buffer of bounded size. */
static void test_generated_code(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(0);
	uint64_t area = machine_data(m, MEM_LOADER_CODE, 16 << 15).v;
	int64_t before = peak_mib();

	is_int(CALL(m, generate, area, 7), 0, "a quarter of a million functions do what they say");
	machine_free(m);
	m = new_machine(2000000);
	area = machine_data(m, MEM_LOADER_CODE, 16 << 15).v;
	(void)CALL(m, generate, area, 1u << 30);
	is_int(m->run.end.kind, VERDICT_BUDGET, "making them without end spends the budget");
	if (!UNDER_ASAN && !is_emulated() && cpu_has_workarounds())
		ok(peak_mib() - before < 64, "and takes a bounded amount of memory");
}

static void test_faults(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(0);
	static const uint32_t undefined[] = { 0 };

	(void)CALL(m, stores, 0x1000, 0);
	is_int(m->run.end.kind, VERDICT_FAULT, "a store where there is no memory is a fault");
	is_int(m->run.end.address, 0x1000, "at its address");
	is_int(m->run.end.pc & 0xfff, 8, "by this instruction, not by the first of its block");
	(void)CALL(m, undefined, 0, 0);
	is_int(m->run.end.kind, VERDICT_FAULT, "so is an undefined instruction");
	ok(strstr(m->run.end.reason, "does not exist"), "said in words: %s", m->run.end.reason);
	m->run.end.kind = VERDICT_NONE;
	call_guest(m, gaddr(0), NULL, 0, finished, NULL, NULL);
	machine_run(m);
	is_int(m->run.end.kind, VERDICT_FAULT, "and a jump to 0");
}

static void test_budget(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(100000);

	(void)CALL(m, spin, 0, 0);
	is_int(m->run.end.kind, VERDICT_BUDGET, "a loop without end spends its budget");
	ok(cpu_instructions(m->cpu) < 200000, "and not much more");
}

/* Calls a handler as the dispatcher would, outside of the guest. */
static efi_status serve(call_handler *fn, struct machine *m, uint64_t a, uint64_t b, uint64_t c,
	uint64_t d, uint64_t e)
{
	struct call call = { { a, b, c, d, e } };

	return fn(m, &call);
}

static void test_notification(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(0);
	struct gaddr fn = put_code(m, notify, ARRAY_SIZE(notify));
	struct gaddr count = machine_data(m, MEM_BOOT_DATA, 8),
		     out = machine_data(m, MEM_BOOT_DATA, 8), event = GADDR_NULL;
	uint64_t n = 0;

	is_int(serve(svc_create_event, m, EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, fn.v,
		       count.v, out.v),
		EFI_SUCCESS, "a timer with a notification function");
	ok(guest_read_addr(m->ram, out, &event) && event.v, "it has an address");
	is_int(serve(svc_set_timer, m, event.v, 1, 10000, 0, 0), EFI_SUCCESS, "every ms");
	(void)CALL(m, allocate, 0, m->system_table.v);
	ok(guest_read64(m->ram, count, &n) && n == 0, "it is not due at once");
	clock_advance(m, 1500000);
	(void)CALL(m, allocate, 0, m->system_table.v);
	ok(guest_read64(m->ram, count, &n) && n == 1, "and runs once a service returns");
	events_set_tpl(m, TPL_NOTIFY);
	clock_advance(m, 1500000);
	(void)CALL(m, allocate, 0, m->system_table.v);
	ok(guest_read64(m->ram, count, &n) && n == 1, "but not at a higher TPL");
	events_set_tpl(m, TPL_APPLICATION);
	(void)CALL(m, allocate, 0, m->system_table.v);
	ok(guest_read64(m->ram, count, &n) && n == 2, "only when that is left");
	is_int(serve(svc_check_event, m, event.v, 0, 0, 0, 0), EFI_INVALID_PARAMETER,
		"an event with a signal function cannot be checked");
	is_int(serve(svc_close_event, m, event.v, 0, 0, 0, 0), EFI_SUCCESS, "it can be closed");
	is_int(serve(svc_signal_event, m, event.v, 0, 0, 0, 0), EFI_INVALID_PARAMETER,
		"once closed it is none");
}

/* GetTime(x0, NULL) and SetVariable() with nothing: the first status, shifted by 8, or the second. */
static const uint32_t runtime[] = {
	0xa9be7bfd, /* stp x29, x30, [sp, #-32]! */
	0xf9402c22, /* ldr x2, [x1, #88] */
	0xf9000be2, /* str x2, [sp, #16] */
	0xf9400c49, /* ldr x9, [x2, #24] */
	0xd2800001, /* mov x1, #0 */
	0xd63f0120, /* blr x9 */
	0xf9400be2, /* ldr x2, [sp, #16] */
	0xf9000be0, /* str x0, [sp, #16] */
	0xf9402c49, /* ldr x9, [x2, #88] */
	0xd2800000, /* mov x0, #0 */
	0xd2800001, /* mov x1, #0 */
	0xd63f0120, /* blr x9 */
	0xf9400be1, /* ldr x1, [sp, #16] */
	0xaa012000, /* orr x0, x0, x1, lsl #8 */
	0xa8c27bfd, /* ldp x29, x30, [sp], #32 */
	0xd65f03c0, /* ret */
};

static void test_runtime_services(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(0);
	uint64_t time = machine_data(m, MEM_BOOT_DATA, 16).v;
	struct platform_fixed refusing;
	const uint8_t *table;

	table = guest_in(m->ram, config_table_find(m, &uefi_table_rt_properties), 8);
	ok(table && le16(table) == 1 && le16(table + 2) == 8 && le32(table + 4) == 0x3fff,
		"a firmware with all runtime services says so");
	m->boot_services_gone = true;
	is_int((int64_t)CALL(m, runtime, time, m->system_table.v),
		(int64_t)(EFI_SUCCESS << 8 | EFI_INVALID_PARAMETER), "and they answer at runtime");
	machine_free(m);
	m = new_machine(0);
	platform_fixed_init(&refusing, PLATFORM_RUNTIME_REFUSED, "I");
	m->platform = &refusing.platform;
	time = machine_data(m, MEM_BOOT_DATA, 16).v;
	table = guest_in(m->ram, config_table_find(m, &uefi_table_rt_properties), 8);
	ok(table && le16(table) == 1 && le16(table + 2) == 8 && le32(table + 4) == 0x3fbf,
		"one that lacks SetVariable() does, too");
	is_int((int64_t)CALL(m, runtime, time, m->system_table.v),
		(int64_t)(EFI_SUCCESS << 8 | EFI_INVALID_PARAMETER),
		"while boot services last, all answer");
	m->boot_services_gone = true;
	is_int((int64_t)CALL(m, runtime, time, m->system_table.v),
		(int64_t)(EFI_SUCCESS << 8 | EFI_UNSUPPORTED), "after them some are gone");
}

static void test_time_budget(void)
{
	CLEANUP(machine_free) struct machine *m = new_machine(0);

	(void)serve(svc_stall, m, 2000000, 0, 0, 0, 0);
	is_int(m->run.end.kind, VERDICT_BUDGET, "virtual time has a budget");
	machine_free(m);
	m = new_machine(0);
	for (unsigned i = 0; i < 300; i++)
		clock_poll_key(m);
	is_int(m->run.end.kind, VERDICT_KEY, "spent on polling for keys, it waits for one");
}

/* The same with a limit of virtual time that the watchdog is within. */
static struct machine *new_patient_machine(void)
{
	struct machine *m = new_machine(0);

	m->run.limits.virtual_ns = UINT64_C(600000000000);
	return m;
}

/* A guest that makes the firmware emit long names without end. */
static void test_event_budget(void)
{
	CLEANUP(machine_free) struct machine *m = new_patient_machine();
	char name[4001];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (unsigned i = 0; i < 1000; i++) {
		trace_begin(&m->trace, "file-open");
		trace_text(&m->trace, "path", name);
		trace_end(&m->trace);
	}
	(void)serve(svc_stall, m, 1, 0, 0, 0, 0);
	is_int(m->run.end.kind, VERDICT_NONE, "4 MB of events are told");
	for (unsigned i = 0; i < 2000; i++) {
		trace_begin(&m->trace, "file-open");
		trace_text(&m->trace, "path", name);
		trace_end(&m->trace);
	}
	(void)serve(svc_stall, m, 1, 0, 0, 0, 0);
	is_int(m->run.end.kind, VERDICT_BUDGET, "more than 8 MiB end the boot");
}

static void test_watchdog(void)
{
	CLEANUP(machine_free) struct machine *m = new_patient_machine();
	uint64_t list = machine_data(m, MEM_BOOT_DATA, 24).v;

	watchdog_set(m, 300);
	(void)serve(svc_stall, m, 299000000, 0, 0, 0, 0);
	is_int(m->run.end.kind, VERDICT_NONE, "the watchdog waits");
	is_int(serve(svc_set_watchdog, m, 300, 0, 0, 0, 0), EFI_SUCCESS, "it is set again");
	(void)serve(svc_stall, m, 299000000, 0, 0, 0, 0);
	is_int(m->run.end.kind, VERDICT_NONE, "and waits again");
	(void)serve(svc_stall, m, 1000000, 0, 0, 0, 0);
	is_int(m->run.end.kind, VERDICT_RESET, "then it resets the machine");
	is_int((int64_t)m->run.end.status, (int64_t)EFI_TIMEOUT, "by a timeout");
	ok(!m->run.end.waits_for_key, "that is no waiting for keys");
	machine_free(m);
	m = new_patient_machine();
	watchdog_set(m, 300);
	for (unsigned i = 0; i < 30000; i++)
		clock_poll_key(m);
	is_int(m->run.end.kind, VERDICT_RESET, "it resets who waits for a key, too");
	ok(m->run.end.waits_for_key, "which is said");
	machine_free(m);
	m = new_patient_machine();
	watchdog_set(m, 300);
	is_int(serve(svc_set_watchdog, m, 0, 0, 0, 0, 0), EFI_SUCCESS, "it is stopped");
	(void)serve(svc_stall, m, 400000000, 0, 0, 0, 0);
	is_int(m->run.end.kind, VERDICT_NONE, "and doesn't reset anything");
	is_int(serve(svc_create_event, m, 0, 0, 0, 0, list), EFI_SUCCESS, "an event");
	watchdog_set(m, 100);
	(void)serve(svc_wait_for_event, m, 1, list, list + 8, 0, 0);
	is_int(m->run.end.kind, VERDICT_RESET, "it resets who waits for what never comes");
	is_int((int64_t)m->now, 500000000000, "when it is time");
}

struct looks {
	uint64_t offset[4], len[4];
	unsigned n;
};

static struct looks looks;

static void on_look(void *ctx, uint64_t offset, uint64_t len)
{
	(void)ctx;
	if (looks.n < 4) {
		looks.offset[looks.n] = offset;
		looks.len[looks.n++] = len;
	}
}

static void over_exact(struct machine *m, void *ctx, uint64_t x0)
{
	*(uint64_t *)ctx = x0;
	run_end(&m->run, VERDICT_RETURNED, "over");
}

/* The page of which each access is announced. */
static void test_exact(void)
{
	static const uint32_t words[] = {
		0x39401001, /* ldrb w1, [x0, #4] */
		0xb9400802, /* ldr w2, [x0, #8] */
		0x3900241f, /* strb wzr, [x0, #9] */
		0xf9400400, /* ldr x0, [x0, #8] */
		0xd65f03c0, /* ret */
	};
	struct machine_config config = { .limits = { .ram = 64 << 20 }, .trace_fd = -1 };
	CLEANUP(machine_free) struct machine *m = NULL;
	struct err err = { 0 };
	struct gaddr code;
	uint64_t arg, result = 0;

	if (machine_new(&config, &m, &err) < 0)
		exit(1);
	put_le64(guest_out_unwatched(m->ram, gaddr_add(guest_exact(m->ram), 8), 8),
		UINT64_C(0x1122334455667788));
	guest_on_look(m->ram, on_look);
	code = machine_data(m, MEM_LOADER_CODE, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!guest_write32(m->ram, gaddr_add(code, 4 * i), words[i]))
			exit(1);
	arg = guest_exact(m->ram).v;
	call_guest(m, code, &arg, 1, over_exact, &result, NULL);
	machine_run(m);
	ok(looks.n == 4 && looks.offset[0] == 4 && looks.len[0] == 1 && looks.offset[1] == 8 &&
			looks.len[1] == 4 && looks.offset[2] == 9 && looks.len[2] == 1,
		"each access to the exact page is told");
	ok(result == UINT64_C(0x1122334455660088), "and done");
}

static void test_scrub(void)
{
	struct machine_config config = { .limits = { .ram = 64 << 20 }, .trace_fd = -1 };
	CLEANUP(machine_free) struct machine *m = NULL;
	struct err err = { 0 };

	if (machine_new(&config, &m, &err) < 0)
		exit(1);
	for (int i = CPU_X0; i <= CPU_LR; i++)
		cpu_set(m->cpu, i, (uint64_t)i + 1);
	cpu_scrub(m->cpu, 2);
	ok(cpu_get(m->cpu, 0) == 1 && cpu_get(m->cpu, 1) == 2, "a service's arguments stay");
	ok(cpu_get(m->cpu, 2) == 0 && cpu_get(m->cpu, CPU_X17) == 0,
		"what a callee need not preserve is cleared");
	ok(cpu_get(m->cpu, 18) == 19 && cpu_get(m->cpu, 19) == 20 && cpu_get(m->cpu, CPU_LR) == 31,
		"what it must stays");
}

int main(void)
{
	test_calls();
	test_code_and_data();
	test_generated_code();
	test_faults();
	test_budget();
	test_notification();
	test_runtime_services();
	test_time_budget();
	test_event_budget();
	test_watchdog();
	test_scrub();
	test_exact();
	return tap_done();
}
