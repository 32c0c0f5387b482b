/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notification functions of timers run in the interrupt of the firmware's timer (UEFI 2.10 7.1): between two
 * instructions of a program that calls nothing, whatever it waits with.
 */
#include "test.h"

#define MS 10000u /* of SetTimer()'s 100 ns */

static volatile unsigned fired, fired_inside;
static efi_event inner;

static void fire(efi_event event, void *context)
{
	(void)event;
	(void)context;
	__asm__ volatile(
		"mov x0, #-1\n mov x8, #-1\n mov x17, #-1\n movi v0.16b, #255\n cmp x0, x0\n" ::
			: "x0", "x8", "x17", "v0", "cc");
	fired++;
}

static uint64_t counter(void)
{
	uint64_t v;

	__asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(v));
	return v;
}

static uint64_t physical_counter(void)
{
	uint64_t v;

	__asm__ volatile("isb\n mrs %0, cntpct_el0" : "=r"(v));
	return v;
}

static uint64_t frequency(void)
{
	uint64_t v;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(v));
	return v;
}

/* At most two seconds. */
static bool by_counter(uint64_t read(void))
{
	uint64_t end = read() + 2 * frequency();

	while (!fired && read() < end)
		;
	return fired;
}

/* Each at most so often that it takes seconds. */
static bool by_memory(void)
{
	for (uint32_t i = 0; !fired && i < 2000000000u; i++)
		;
	return fired;
}

static bool by_yield(void)
{
	for (uint32_t i = 0; !fired && i < 100000000u; i++)
		__asm__ volatile("yield" ::: "memory");
	return fired;
}

static bool by_wfe(void)
{
	for (uint32_t i = 0; !fired && i < 100000000u; i++)
		__asm__ volatile("wfe" ::: "memory");
	return fired;
}

static efi_event timer(uint64_t tpl, void (*fn)(efi_event, void *), uint32_t type, uint64_t ms)
{
	efi_event t = NULL;

	fired = 0;
	bs->create_event(EVT_TIMER | EVT_NOTIFY_SIGNAL, tpl, fn, NULL, &t);
	bs->set_timer(t, type, ms * MS);
	return t;
}

static void test_waits(uint64_t tpl, const char *names[5])
{
	bool (*const waits[])(void) = { by_memory, by_yield, by_wfe };

	for (unsigned i = 0; i < 5; i++) {
		efi_event t = timer(tpl, fire, TIMER_RELATIVE, 50);

		ok(i == 0        ? by_counter(counter)
			: i == 1 ? by_counter(physical_counter)
				 : waits[i - 2](),
			names[i]);
		is(fired, 1, names[i]);
		bs->close_event(t);
	}
}

static void test_registers(void)
{
	uint64_t x[4] = { 0 }, v0 = 0, flags = 0;
	efi_event t = timer(TPL_CALLBACK, fire, TIMER_RELATIVE, 20);

	__asm__ volatile(
		"mov x0, #1\n mov x8, #2\n mov x17, #3\n movi v0.16b, #7\n mov x9, #4\n cmp x0, x8\n"
		"1: ldr w10, %[fired]\n cbz w10, 1b\n"
		"mrs %[flags], nzcv\n stp x0, x8, [%[x]]\n stp x17, x9, [%[x], #16]\n fmov %[v0], d0\n"
		: [flags] "=&r"(flags), [v0] "=&r"(v0)
		: [x] "r"(x), [fired] "m"(fired)
		: "x0", "x8", "x9", "x10", "x17", "v0", "cc", "memory");
	ok(x[0] == 1 && x[1] == 2 && x[2] == 3 && x[3] == 4, "registers are preserved");
	is(v0, 0x0707070707070707, "so are vector registers");
	is(flags >> 28, 8, "and flags");
	bs->close_event(t);
}

/* Waits at TPL_CALLBACK for a function of TPL_NOTIFY. */
static void nested(efi_event event, void *context)
{
	(void)event;
	(void)context;
	inner = timer(TPL_NOTIFY, fire, TIMER_RELATIVE, 30);
	fired_inside = by_counter(counter);
}

static void test_levels(void)
{
	efi_event t;
	uint64_t end;

	t = timer(TPL_CALLBACK, nested, TIMER_RELATIVE, 20);
	ok(by_counter(counter), "a function that waits is interrupted");
	is(fired_inside, 1, "and sees it");
	bs->close_event(t);
	bs->close_event(inner);

	t = timer(TPL_CALLBACK, fire, TIMER_RELATIVE, 20);
	bs->raise_tpl(TPL_CALLBACK);
	for (end = counter() + frequency() / 5; counter() < end;)
		;
	is(fired, 0, "none runs at its own level");
	bs->restore_tpl(TPL_APPLICATION);
	is(fired, 1, "but when that is left");
	bs->close_event(t);

	t = timer(TPL_NOTIFY, fire, TIMER_RELATIVE, 20);
	bs->raise_tpl(TPL_CALLBACK);
	ok(by_memory(), "a higher one runs");
	bs->restore_tpl(TPL_APPLICATION);
	bs->close_event(t);
}

static void test_periodic(void)
{
	efi_event t = timer(TPL_CALLBACK, fire, TIMER_PERIODIC, 20);
	uint64_t end = counter() + frequency() / 2;
	unsigned seen;

	while (counter() < end)
		;
	seen = fired;
	ok(seen >= 10 && seen <= 28, "a periodic one runs about 25 times in half a second");
	if (seen < 10 || seen > 28)
		value("times", seen);
	bs->set_timer(t, TIMER_CANCEL, 0);
	fired = 0;
	for (end = counter() + frequency() / 10; counter() < end;)
		;
	is(fired, 0, "and not when it is cancelled");
	bs->close_event(t);
}

void subject(void)
{
	static const char *callback[] = { "the virtual counter is read",
		"the physical counter is read", "memory is read", "it yields",
		"it waits for an event" };
	static const char *notify[] = { "TPL_NOTIFY: the virtual counter is read",
		"TPL_NOTIFY: the physical counter is read", "TPL_NOTIFY: memory is read",
		"TPL_NOTIFY: it yields", "TPL_NOTIFY: it waits for an event" };

	test_waits(TPL_CALLBACK, callback);
	test_waits(TPL_NOTIFY, notify);
	test_registers();
	test_levels();
	test_periodic();
}
