/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events, timers and task priority levels (UEFI 2.10 7.1). */
#include "test.h"

static char order[64]; /* what ran, a letter each */
static unsigned n_order;
static uint64_t tpl_seen;
static efi_event event_seen;

static void note(efi_event event, void *context)
{
	if (n_order < sizeof(order) - 1)
		order[n_order++] = *(const char *)context;
	order[n_order] = 0;
	event_seen = event;
	tpl_seen = bs->raise_tpl(TPL_HIGH_LEVEL);
	bs->restore_tpl(tpl_seen);
}

static void forget(void)
{
	n_order = 0;
	order[0] = 0;
	tpl_seen = 0;
}

static void ran(const char *want, const char *name)
{
	unsigned i = 0;

	while (want[i] && order[i] == want[i])
		i++;
	ok(want[i] == order[i], name);
	if (want[i] != order[i])
		say(order);
	forget();
}

static efi_event make(uint32_t type, uint64_t tpl, const char *letter)
{
	efi_event event = NULL;

	if (bs->create_event(type, tpl, letter ? note : NULL, (void *)letter, &event) !=
		EFI_SUCCESS)
		ok(false, "events: made for the test itself");
	return event;
}

static void test_create(void)
{
	efi_event event = NULL;

	is(bs->create_event(0, 0, NULL, NULL, &event), EFI_SUCCESS, "create: a plain one");
	ok(event != NULL, "create: is something");
	is(bs->check_event(event), EFI_NOT_READY, "create: is not signalled");
	is(bs->signal_event(event), EFI_SUCCESS, "create: can be signalled");
	is(bs->signal_event(event), EFI_SUCCESS, "create: twice");
	is(bs->check_event(event), EFI_SUCCESS, "create: is signalled now");
	is(bs->check_event(event), EFI_NOT_READY, "create: once only");
	is(bs->set_timer(event, TIMER_RELATIVE, 0), EFI_INVALID_PARAMETER, "create: is no timer");
	is(bs->close_event(event), EFI_SUCCESS, "create: closed");

	is(bs->create_event(0, 0, NULL, NULL, NULL), EFI_INVALID_PARAMETER,
		"create: nowhere to tell");
	is(bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, NULL, NULL, &event),
		EFI_INVALID_PARAMETER, "create: no function to notify");
	is(bs->create_event(EVT_NOTIFY_WAIT, TPL_CALLBACK, NULL, NULL, &event),
		EFI_INVALID_PARAMETER, "create: no function to wait with");
	is(bs->create_event(EVT_NOTIFY_SIGNAL | EVT_NOTIFY_WAIT, TPL_CALLBACK, note, NULL, &event),
		EFI_INVALID_PARAMETER, "create: signal and wait");
	is(bs->create_event(0x1000, TPL_CALLBACK, note, NULL, &event), EFI_INVALID_PARAMETER,
		"create: a type that is none");
	is(bs->create_event(EVT_NOTIFY_SIGNAL, TPL_APPLICATION, note, NULL, &event),
		EFI_INVALID_PARAMETER, "create: notified at the application's TPL");
	is(bs->create_event(EVT_NOTIFY_SIGNAL, TPL_HIGH_LEVEL, note, NULL, &event),
		EFI_INVALID_PARAMETER, "create: notified at the highest TPL");
	is(bs->create_event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK + 4, note, NULL, &event),
		EFI_INVALID_PARAMETER, "create: notified at a TPL of the firmware's own");
	is(bs->create_event(EVT_TIMER | EVT_NOTIFY_WAIT, TPL_NOTIFY + 1, note, NULL, &event),
		EFI_INVALID_PARAMETER, "create: a timer at a TPL of the firmware's own");
	is(bs->create_event(EVT_RUNTIME, 0, NULL, NULL, &event), EFI_INVALID_PARAMETER,
		"create: for runtime, and nothing else");
	is(bs->create_event(EVT_RUNTIME | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, NULL, &event),
		EFI_INVALID_PARAMETER, "create: for runtime, and signalled");
	is(bs->create_event_ex(
		   EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, note, NULL, &guid_own, &event),
		EFI_INVALID_PARAMETER, "create: exit and a group");
	is(bs->close_event(NULL), EFI_INVALID_PARAMETER, "close: nothing");
	is(bs->check_event(NULL), EFI_INVALID_PARAMETER, "check: nothing");
}

static void test_notify(void)
{
	efi_event a = make(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "a");
	efi_event b = make(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "b");
	efi_event n = make(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, "n");
	efi_event w = make(EVT_NOTIFY_WAIT, TPL_NOTIFY, "w");
	uint64_t old;

	forget();
	is(bs->signal_event(a), EFI_SUCCESS, "notify: signalled");
	ok(event_seen == a, "notify: is told its event");
	is(tpl_seen, TPL_CALLBACK, "notify: runs at its TPL");
	ran("a", "notify: runs at once");
	is(bs->check_event(a), EFI_INVALID_PARAMETER, "notify: cannot be checked");

	old = bs->raise_tpl(TPL_CALLBACK);
	is(old, TPL_APPLICATION, "tpl: was the application's");
	bs->signal_event(b);
	bs->signal_event(a);
	ran("", "tpl: nothing runs at its own level");
	bs->signal_event(n);
	ran("n", "tpl: what is higher does");
	bs->restore_tpl(old);
	ran("ba", "tpl: the others later, in their order");

	old = bs->raise_tpl(TPL_HIGH_LEVEL);
	bs->signal_event(a);
	bs->signal_event(n);
	bs->signal_event(b);
	bs->signal_event(n);
	ran("", "tpl: nothing runs at the highest");
	bs->restore_tpl(TPL_CALLBACK);
	ran("n", "tpl: the higher runs first, once");
	bs->restore_tpl(old);
	ran("ab", "tpl: then the lower");

	old = bs->raise_tpl(TPL_CALLBACK);
	bs->signal_event(a);
	bs->close_event(a);
	bs->restore_tpl(old);
	ran("", "close: what is closed does not run any more");

	is(bs->check_event(w), EFI_NOT_READY, "wait: not ready");
	ran("w", "wait: its function runs when it is checked");
	bs->signal_event(w);
	ran("", "wait: but not when it is signalled");
	is(bs->check_event(w), EFI_SUCCESS, "wait: ready");
	ran("", "wait: which needs no function");
	bs->close_event(b);
	bs->close_event(n);
	bs->close_event(w);
}

static void test_wait(void)
{
	efi_event both[2] = { make(0, 0, NULL), make(0, 0, NULL) };
	efi_event n = make(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "n");
	uint64_t index = 9, old;

	bs->signal_event(both[1]);
	is(bs->wait_for_event(2, both, &index), EFI_SUCCESS, "wait: for one of two");
	is(index, 1, "wait: which one");
	is(bs->check_event(both[1]), EFI_NOT_READY, "wait: takes the signal");
	bs->signal_event(both[0]);
	bs->signal_event(both[1]);
	bs->wait_for_event(2, both, &index);
	is(index, 0, "wait: the first of those that are signalled");
	is(bs->check_event(both[1]), EFI_SUCCESS, "wait: the other stays");
	is(bs->wait_for_event(0, both, &index), EFI_INVALID_PARAMETER, "wait: for none");
	is(bs->wait_for_event(1, &n, &index), EFI_INVALID_PARAMETER, "wait: for one that notifies");
	is(index, 0, "wait: which one that was");
	old = bs->raise_tpl(TPL_CALLBACK);
	is(bs->wait_for_event(2, both, &index), EFI_UNSUPPORTED, "wait: at a higher TPL");
	bs->restore_tpl(old);
	bs->close_event(both[0]);
	bs->close_event(both[1]);
	bs->close_event(n);
}

/* Edk2 has a timer of no time signalled before SetTimer() is back. */
static void test_no_time(void)
{
	efi_event t = make(EVT_TIMER, 0, NULL);
	efi_event p = make(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "p");
	uint64_t old;

	is(bs->set_timer(t, TIMER_RELATIVE, 0), EFI_SUCCESS, "timer: in no time");
	is(bs->check_event(t), EFI_SUCCESS, "timer: it is due at once");
	is(bs->check_event(t), EFI_NOT_READY, "timer: and once only");
	forget();
	bs->set_timer(p, TIMER_RELATIVE, 0);
	ran("p", "timer: its function runs before SetTimer() is back");
	forget();
	old = bs->raise_tpl(TPL_NOTIFY);
	bs->set_timer(p, TIMER_RELATIVE, 0);
	ran("", "timer: it waits for a lower priority");
	bs->restore_tpl(old);
	ran("p", "timer: which lets it run");
	forget();
	bs->set_timer(p, TIMER_RELATIVE, 1000000);
	bs->set_timer(p, TIMER_RELATIVE, 0);
	bs->stall(200000);
	ran("p", "timer: the time before is forgotten");
	bs->close_event(t);
	bs->close_event(p);
}

static void test_timers(void)
{
	efi_event t = make(EVT_TIMER, 0, NULL), index_of[2];
	efi_event p = make(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "p");
	uint64_t index = 9;
	unsigned seen;

	is(bs->set_timer(t, TIMER_TYPES, 0), EFI_INVALID_PARAMETER, "timer: a kind that is none");
	is(bs->set_timer(t, TIMER_RELATIVE, 3000000), EFI_SUCCESS, "timer: in 300 ms");
	is(bs->check_event(t), EFI_NOT_READY, "timer: not yet");
	is(bs->wait_for_event(1, &t, &index), EFI_SUCCESS, "timer: waited for");
	is(bs->check_event(t), EFI_NOT_READY, "timer: once only");

	forget();
	is(bs->set_timer(p, TIMER_PERIODIC, 200000), EFI_SUCCESS, "timer: every 20 ms");
	is(bs->stall(210000), EFI_SUCCESS, "timer: 210 ms pass");
	seen = n_order;
	ok(seen >= 3 && seen <= 12, "timer: it ran about ten times");
	if (seen < 3 || seen > 12)
		value("timer: times", seen);
	is(bs->set_timer(p, TIMER_CANCEL, 0), EFI_SUCCESS, "timer: cancelled");
	forget();
	bs->stall(50000);
	ran("", "timer: silent then");

	bs->set_timer(t, TIMER_PERIODIC, 100000);
	bs->wait_for_event(1, &t, &index);
	bs->wait_for_event(1, &t, &index);
	ok(true, "timer: a periodic one comes again");
	bs->set_timer(t, TIMER_CANCEL, 0);
	bs->check_event(t);

	index_of[0] = t;
	index_of[1] = make(EVT_TIMER, 0, NULL);
	bs->set_timer(index_of[0], TIMER_RELATIVE, 5000000);
	bs->set_timer(index_of[1], TIMER_RELATIVE, 300000);
	bs->wait_for_event(2, index_of, &index);
	is(index, 1, "timer: the sooner of two");
	bs->close_event(index_of[1]);
	is(bs->close_event(t), EFI_SUCCESS, "timer: closed while it runs");
	forget();
	t = make(EVT_TIMER | EVT_NOTIFY_SIGNAL, TPL_CALLBACK, "t");
	bs->set_timer(p, TIMER_RELATIVE, 40000);
	bs->set_timer(t, TIMER_RELATIVE, 20000);
	bs->stall(50000);
	ran("tp", "timer: two within a tick, the sooner first");
	bs->close_event(t);
	bs->set_timer(p, TIMER_RELATIVE, 100000);
	bs->close_event(p);
	bs->stall(50000);
	ran("", "timer: what is closed is silent");
}

static void test_groups(void)
{
	efi_event a = NULL, b = NULL, c = NULL, other = NULL, plain = NULL, m = NULL;
	uint64_t at = 0;

	is(bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "a", &guid_own, &a),
		EFI_SUCCESS, "group: one");
	bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, "b", &guid_own, &b);
	bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "c", &guid_own, &c);
	bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "x", &guid_own2, &other);
	forget();
	is(bs->signal_event(a), EFI_SUCCESS, "group: signalled by a member");
	is(n_order, 3, "group: all of it runs");
	is(order[0], 'b', "group: the higher TPL first");
	forget();
	bs->close_event(b);
	bs->signal_event(c);
	is(n_order, 2, "group: without the one that was closed");
	ran("ca", "group: the newest first");
	bs->create_event_ex(0, 0, NULL, NULL, &guid_own2, &plain);
	bs->signal_event(plain);
	value("group: a member without function signals so many others", n_order);
	forget();
	is(bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, note, "g", NULL, &b), EFI_SUCCESS,
		"group: none");
	bs->signal_event(b);
	ran("g", "group: that is an event like others");

	bs->create_event_ex(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, note, "m", &guid_memory_map_change, &m);
	forget();
	bs->allocate_pages(ALLOCATE_ANY, MEM_LOADER_DATA, 3, &at);
	ok(n_order > 0, "group: told of the memory map's change");
	bs->free_pages(at, 3);
	bs->close_event(m);
	bs->close_event(a);
	bs->close_event(b);
	bs->close_event(c);
	bs->close_event(other);
	bs->close_event(plain);
}

void subject(void)
{
	test_create();
	test_notify();
	test_wait();
	test_no_time();
	test_timers();
	test_groups();
}
