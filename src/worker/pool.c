/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many workers at a time. See pool.h; one of them is process.c.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "worker/pool.h"
#include "worker/process.h"

#define JOBS_MAX 256
/* How far work runs ahead of what is delivered: results wait in memory. */
#define AHEAD    64
/* How often somebody who waits for a helper's end is thought of, and the rest; milliseconds. */
#define SOON     5
#define TICK     200

struct pool {
	const struct pool_task *task;
	struct process **slots; /* jobs; NULL: free */
	size_t jobs;
	size_t next;      /* the first item that was not begun */
	size_t delivered; /* items that were */
	bool *done;       /* per item: nothing more will come of it */
};

/* Begins items until one needs a worker, or there are no more. */
static int begin_one(struct pool *p, size_t slot, struct err *err)
{
	while (p->next < p->task->n && p->next < p->delivered + AHEAD) {
		struct helper_subject subject = { .fd = -1 };
		size_t item = p->next++;

		if (p->task->open(p->task->ctx, item, &subject) != 0) {
			p->done[item] = true;
			continue;
		}
		return process_start(p->task, item, &subject, &p->slots[slot], err);
	}
	return 0;
}

static int begin(struct pool *p, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < p->jobs && ret == 0; i++)
		if (!p->slots[i])
			ret = begin_one(p, i, err);
	return ret;
}

static int deliver(struct pool *p)
{
	int ret = 0;

	while (ret == 0 && p->delivered < p->task->n && p->done[p->delivered])
		ret = p->task->deliver(p->task->ctx, p->delivered++);
	return ret;
}

static void finish(struct pool *p, size_t slot, bool interrupted)
{
	size_t item = process_item(p->slots[slot]);

	process_end(TAKE(p->slots[slot]), interrupted);
	p->done[item] = true;
}

/* Waits for news and hears them. */
static void hear(struct pool *p)
{
	struct pollfd fds[JOBS_MAX];
	int wait = TICK;

	for (size_t i = 0; i < p->jobs; i++) {
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		if (!p->slots[i])
			continue;
		fds[i].fd = process_socket(p->slots[i]);
		if (process_is_waiting(p->slots[i]))
			wait = SOON;
	}
	if (poll(fds, p->jobs, wait) < 0)
		return;
	for (size_t i = 0; i < p->jobs; i++)
		if (p->slots[i] && !process_hear(p->slots[i], fds[i].revents))
			finish(p, i, false);
}

static bool is_running(const struct pool *p)
{
	for (size_t i = 0; i < p->jobs; i++)
		if (p->slots[i])
			return true;
	return false;
}

static int run(struct pool *p, const volatile int *stop, struct err *err)
{
	int ret = 0;

	while (ret == 0 && p->delivered < p->task->n) {
		if (stop && *stop)
			return err_set(err, EINTR, "interrupted");
		ret = begin(p, err);
		if (ret == 0)
			ret = deliver(p);
		if (ret == 0 && is_running(p))
			hear(p);
		if (p->task->tick)
			p->task->tick(p->task->ctx, p->delivered, p->task->n);
	}
	return ret;
}

int pool_run(const struct pool_task *task, const volatile int *stop, size_t *undelivered,
	struct err *err)
{
	struct pool p = { .task = task, .jobs = task->jobs ? task->jobs : 1 };
	int ret;

	if (p.jobs > JOBS_MAX)
		p.jobs = JOBS_MAX;
	p.slots = xcalloc(p.jobs, sizeof(*p.slots));
	p.done = xcalloc(task->n, sizeof(*p.done));
	ret = run(&p, stop, err);
	for (size_t i = 0; i < p.jobs; i++)
		if (p.slots[i])
			finish(&p, i, true);
	if (undelivered)
		*undelivered = task->n - p.delivered;
	free(p.slots);
	free(p.done);
	return ret;
}
