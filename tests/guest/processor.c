/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for interrupts while there are boot services, and PSCI by the conduit that the tables announce. */
#include "test.h"

static volatile unsigned fired;

static void fire(efi_event event, void *context)
{
	(void)event;
	(void)context;
	/* All registers that a function may leave behind as it likes. */
	__asm__ volatile("mov x0, #-1\n mov x1, #-1\n mov x8, #-1\n mov x9, #-1\n mov x16, #-1\n"
			 "mov x17, #-1\n mov x18, x18\n movi v0.16b, #255\n movi v31.16b, #255\n"
			 "cmp x0, x0\n" ::
				 : "x0", "x1", "x8", "x9", "x16", "x17", "v0", "v31", "cc");
	fired++;
}

static void wait(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

static void test_wait(void)
{
	uint64_t x[6] = { 0 }, v0 = 0, v31 = 0, flags = 0;
	efi_event timer;
	unsigned rounds = 0;

	wait();
	ok(true, "wait: comes back");
	bs->create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, fire, NULL, &timer);
	bs->set_timer(timer, TIMER_RELATIVE, 500000); /* 50 ms */
	while (!fired && rounds < 10000) {
		wait();
		rounds++;
	}
	is(fired, 1, "wait: a timer's function runs meanwhile");
	ok(rounds < 10000, "wait: it was not long");

	fired = 0;
	bs->set_timer(timer, TIMER_RELATIVE, 100000);
	__asm__ volatile(
		"mov x0, #1\n mov x1, #2\n mov x8, #3\n mov x9, #4\n mov x16, #5\n"
		"mov x17, #6\n movi v0.16b, #7\n movi v31.16b, #8\n cmp x0, x1\n"
		"1: wfi\n ldr w10, %[fired]\n cbz w10, 1b\n"
		"mrs %[flags], nzcv\n stp x0, x1, [%[x]]\n stp x8, x9, [%[x], #16]\n"
		"stp x16, x17, [%[x], #32]\n"
		"fmov %[v0], d0\n fmov %[v31], d31\n"
		: [flags] "=&r"(flags), [v0] "=&r"(v0), [v31] "=&r"(v31)
		: [x] "r"(x), [fired] "m"(fired)
		: "x0", "x1", "x8", "x9", "x10", "x16", "x17", "v0", "v31", "cc", "memory");
	ok(x[0] == 1 && x[1] == 2 && x[2] == 3 && x[3] == 4 && x[4] == 5 && x[5] == 6,
		"wait: registers are preserved");
	ok(v0 == 0x0707070707070707 && v31 == 0x0808080808080808,
		"wait: vector registers are preserved");
	is(flags >> 28, 8, "wait: flags are preserved");

	fired = 0;
	bs->raise_tpl(TPL_CALLBACK);
	bs->set_timer(timer, TIMER_RELATIVE, 100000);
	for (unsigned i = 0; i < 10; i++)
		wait();
	is(fired, 0, "wait: what waits for a lower TPL does not run");
	bs->restore_tpl(TPL_APPLICATION);
	is(fired, 1, "wait: but then");
	bs->close_event(timer);
}

static uint64_t psci2(uint64_t function, uint64_t argument, uint64_t second)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = argument;
	register uint64_t x2 __asm__("x2") = second;
	register uint64_t x3 __asm__("x3") = 0;

	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8",
			 "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
	return x0;
}

static uint64_t psci(uint64_t function, uint64_t argument)
{
	return psci2(function, argument, 0);
}

void subject(void)
{
	test_wait();
	ok(psci(0x84000000, 0) >= 2 && psci(0x84000000, 0) < 0x20000, "psci: a version");
	is(psci(0x8400000a, 0x84000008), 0, "psci: it can power off");
	is((uint32_t)psci(0x84000003, 0), (uint32_t)-4, "psci: this processor is on already");
	is((uint32_t)psci(0xc4000003, 0), (uint32_t)-4, "psci: by the other number, too");
	is((uint32_t)psci(0xc4000003, 77), (uint32_t)-2, "psci: there is no other processor");
	is((uint32_t)psci2(0xc4000003, 0, 2), (uint32_t)-2, "psci: it can't begin there");
	is(psci2(0xc4000004, 77, 1), 0, "psci: the state of a whole level");
	is(psci(0xc4000004, 0), 0, "psci: this one's state");
	is((uint32_t)psci(0xc4000004, 77), (uint32_t)-2, "psci: another one's state");
	is(psci(0x84000006, 0), 2, "psci: there is no trusted system to migrate");
	is((uint32_t)psci(0x84000012, 0), UINT32_MAX, "psci: no reset of another kind");
	is((uint32_t)psci(0x84001234, 0), UINT32_MAX, "psci: no such function");
}
