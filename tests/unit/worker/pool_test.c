/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pool: workers that crash, hang, run out of memory, send nonsense or ask for what they
 * must not have end alone, the pool says what they died of and where, and all is delivered in order.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/activity.h"
#include "base/sanitizer.h"
#include "base/xalloc.h"
#include "emulated.h"
#include "tap.h"
#include "worker/pool.h"

static uint64_t work_fine(struct link *link)
{
	link_output(link, "fine", 4);
	return 7;
}

static uint64_t work_crash(struct link *link)
{
	(void)link;
	activity_step("esp.crash");
	activity_file("/EFI/bad\033");
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would report it, and end otherwise */
	raise(SIGSEGV);
	return 0;
}

static uint64_t work_hang(struct link *link)
{
	(void)link;
	activity_step("esp.hang");
	for (;;)
		poll(NULL, 0, 1000);
	return 0;
}

static uint64_t work_spin(struct link *link)
{
	(void)link;
	for (;;)
		activity_alive();
	return 0;
}

/* Memory that is asked for counts; writing to it takes longer than the 2 seconds, on a machine that is busy. */
static void *volatile eaten; /* or the compiler would leave it out */

static uint64_t work_eat(struct link *link)
{
	(void)link;
	activity_step("guest.eat");
	for (;;)
		eaten = xmalloc(16u << 20);
	return 0;
}

static uint64_t work_forbidden(struct link *link)
{
	char *argv[] = { "/bin/true", NULL };

	(void)link;
	execv(argv[0], argv);
	return 0;
}

static uint64_t work_leave(struct link *link)
{
	(void)link;
	_exit(0);
}

static uint64_t work_nonsense(struct link *link)
{
	struct buf b = BUF_INIT;

	buf_add_text(&b, "no frame at all");
	link_send(link, &b);
	poll(NULL, 0, 10000);
	return 0;
}

static uint64_t work_refused(struct link *link)
{
	struct helper_request q = { .kind = HELPER_EMULATOR };
	struct helper h;
	struct err err = { 0 };

	(void)link;
	helper_word(&q, 0, "first-boot");
	return (uint64_t)-broker_get()->start(broker_get()->ctx, &q, &h, &err);
}

static uint64_t work_option(struct link *link)
{
	struct helper_request q = { .kind = HELPER_EMULATOR };
	struct helper h;

	(void)link;
	helper_word(&q, 0, "--screenshot=/tmp/x");
	broker_get()->start(broker_get()->ctx, &q, &h, NULL);
	return 0;
}

static uint64_t work_unknown_time(struct link *link)
{
	(void)link;
	broker_get()->cpu_ms(broker_get()->ctx, 5);
	return 0;
}

static uint64_t work_unknown_helper(struct link *link)
{
	(void)link;
	return (uint64_t)broker_get()->end(broker_get()->ctx, 5, true);
}

/* Nothing is to be heard of it any more, and it goes on. */
static uint64_t work_silent(struct link *link)
{
	(void)link;
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	for (;;)
		poll(NULL, 0, 1000);
	return 0;
}

static const struct {
	uint64_t (*work)(struct link *link);
	const char *why; /* a part of it; NULL: none */
	bool limit;      /* of one that does not hold under the address sanitizer or in qemu-user */
} items[] = {
	{ work_fine, NULL },
	{ work_crash, "it crashed (signal 11), at esp.crash, file /EFI/bad" },
	{ work_hang, "it stood still for 2 seconds, at esp.hang" },
	{ work_spin, "it used up its 1 seconds of CPU time" },
	{ work_eat, "it needed more than the 256 MiB of memory that it may have, at guest.eat",
		true },
	{ work_forbidden, "it tried something that is forbidden to it", true },
	{ work_leave, "it ended early" },
	{ work_nonsense, "it told a frame that is none" },
	{ work_refused, NULL },
	{ work_option, "it told a request that makes no sense" },
	{ work_unknown_helper, "it told a request that makes no sense" },
	{ work_unknown_time, "it told a request that makes no sense" },
	{ work_silent, "it was killed" },
	{ NULL, NULL }, /* nothing to do */
	{ work_fine, NULL },
};

static char *whys[ARRAY_SIZE(items)];
static uint64_t numbers[ARRAY_SIZE(items)];
static unsigned outputs, ends;
static size_t delivered;
static bool in_order = true;

static bool is_run(size_t item)
{
	return items[item].work && !((UNDER_ASAN || is_emulated()) && items[item].limit);
}

static int open_item(void *ctx, size_t item, struct helper_subject *subject)
{
	(void)ctx;
	subject->fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	return is_run(item) ? 0 : 1;
}

static uint64_t work(void *ctx, size_t item, struct link *link)
{
	(void)ctx;
	return items[item].work(link);
}

static int take(void *ctx, size_t item, struct frame *frame, struct err *err)
{
	(void)ctx;
	(void)item;
	(void)err;
	outputs += frame->kind == FRAME_OUTPUT;
	return 0;
}

static void end(void *ctx, size_t item, const struct pool_end *e)
{
	(void)ctx;
	ends++;
	whys[item] = e->why ? xstrdup(e->why) : NULL;
	numbers[item] = e->number;
}

static int deliver(void *ctx, size_t item)
{
	(void)ctx;
	in_order &= item == delivered++;
	return 0;
}

static struct pool_task task = {
	.n = ARRAY_SIZE(items),
	.jobs = 3,
	.limits = { .memory = UINT64_C(256) << 20, .cpu_seconds = 1 },
	.patience = 2,
	.open = open_item,
	.work = work,
	.take = take,
	.end = end,
	.deliver = deliver,
};

static void all_ends(void)
{
	struct err err = { 0 };
	size_t left = 9;
	unsigned run = 0;

	is_int(pool_run(&task, NULL, &left, &err), 0, "the pool comes to its end");
	is_int(left, 0, "nothing is left");
	is_int(delivered, ARRAY_SIZE(items), "all is delivered");
	ok(in_order, "in order");
	is_int(outputs, 2, "what workers told has arrived");
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		run += is_run(i);
	is_int(ends, run, "each worker has ended once");
	is_int(numbers[0], 7, "with its number");
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		const char *want = is_run(i) ? items[i].why : NULL;

		ok(want ? whys[i] && strstr(whys[i], want) : !whys[i], "item %zu: %s", i,
			whys[i] ? whys[i] : "as it should");
		free(whys[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		if (items[i].work == work_refused)
			is_int(numbers[i], EPERM, "a boot that nobody asked for is refused");
	is_int(waitpid(-1, NULL, WNOHANG), -1, "no process is left");
}

static volatile int stop;

static int stop_soon(void *ctx, size_t item)
{
	(void)ctx;
	(void)item;
	stop = SIGINT;
	delivered++;
	return 0;
}

static void interrupted(void)
{
	struct pool_task t = task;
	struct err err = { 0 };
	size_t left;

	delivered = 0;
	t.deliver = stop_soon;
	t.jobs = 4;
	is_int(pool_run(&t, &stop, &left, &err), -EINTR, "it can be interrupted");
	ok(left > 0 && left + delivered == t.n, "and says what is left: %zu", left);
	is_int(waitpid(-1, NULL, WNOHANG), -1, "no process is left then, either");
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		free(whys[i]);
}

/* It gives signs of life, and does nothing. */
static uint64_t work_pretend(struct link *link)
{
	(void)link;
	for (;; poll(NULL, 0, 100))
		activity_alive();
	return 0;
}

static int open_pretender(void *ctx, size_t item, struct helper_subject *subject)
{
	(void)ctx;
	(void)item;
	subject->fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	return 0;
}

static uint64_t pretend(void *ctx, size_t item, struct link *link)
{
	(void)ctx;
	(void)item;
	return work_pretend(link);
}

static void pretender(void)
{
	struct pool_task t = task;
	struct err err = { 0 };

	delivered = 0;
	t.n = 1;
	t.patience = 60;
	t.deadline = 1;
	t.open = open_pretender;
	t.work = pretend;
	is_int(pool_run(&t, NULL, NULL, &err), 0, "signs of life do not last for ever");
	ok(whys[0] && strstr(whys[0], "it was not done after 1 seconds"), "%s",
		whys[0] ? whys[0] : "as it should");
	free(whys[0]);
}

int main(void)
{
	all_ends();
	memset(whys, 0, sizeof(whys));
	interrupted();
	memset(whys, 0, sizeof(whys));
	pretender();
	return tap_done();
}
