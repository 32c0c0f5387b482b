/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that play several scenarios, and the one that listens to them. See coordinator.h.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "disk/disk.h"
#include "firmware/explore/checkpoint.h"
#include "firmware/explore/coordinator.h"
#include "firmware/explore/play.h"
#include "firmware/explore/report.h"
#include "firmware/explore/worker.h"
#include "firmware/host/sandbox.h"
#include "firmware/host/wall.h"
#include "firmware/mem/digests.h"

/* Beyond the real time that a boot may take: how long nobody may say anything. */
#define PATIENCE_MS 5000

static _Noreturn void be_a_worker(const struct run_config *config, struct worker *c)
{
	struct err err = { 0 };
	int r;

	/* Its reading end must be the coordinator's alone: that it is gone is seen by this. */
	close(c->frames[0]);
	wall_reader(c->frames[1]);
	wall_start(config->power.machine.limits.wall_ms, &c->shared->cancel);
	for (size_t i = 0; i < config->power.n_disks; i++)
		disk_use_client(config->power.disks[i].disk, c->token);
	r = play(config, c, &err);
	/* Nothing is taken apart: it ends with this process. */
	if (r < 0)
		_exit(EXIT_FAILURE);
	worker_leave(c);
}

/*
 * Whether somebody says something while it can be expected. Workers that died held
 * their tokens, and those who wait for one would do so for ever.
 */
static bool is_alive(const struct run_config *config, const struct worker *c)
{
	struct pollfd p = { .fd = c->frames[0], .events = POLLIN };
	uint64_t ms = config->power.machine.limits.wall_ms;
	int r;

	do
		r = poll(&p, 1, ms && ms < INT_MAX - PATIENCE_MS ? (int)ms + PATIENCE_MS : -1);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

/* That are read at a time. */
#define FRAMES_BYTES ((size_t)1 << 16)

static void listen_to_workers(const struct run_config *config, struct report *x, struct worker *c)
{
	CLEANUP(xfree) char *bytes = xcalloc(1, FRAMES_BYTES);
	size_t len = 0;

	while (!report_is_over(x) && is_alive(config, c)) {
		ssize_t n = read(c->frames[0], bytes + len, FRAMES_BYTES - len);
		size_t taken;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		taken = report_take(x, bytes, len);
		len -= taken;
		memmove(bytes, bytes + taken, len);
	}
	/* Whoever still plays, or waits to, ends by this. */
	c->shared->cancel = 1;
	close(c->frames[0]);
}

int report_run(const struct run_config *config, int *status, struct err *err)
{
	CLEANUP(report_free) struct report *x = report_new(config);
	unsigned jobs = config->jobs < TOKENS_MAX ? config->jobs : TOKENS_MAX;
	struct worker c;
	const struct usage_limits limits = run_usage_limits(config);
	int r = worker_open(&c, jobs, &limits, err);

	if (r == 0)
		r = recordings_open(&c.recordings, err);
	if (r == 0)
		r = digests_open(&c.digests, err);
	if (r == 0)
		r = sandbox_enter_forking(run_address_space(config), err);
	if (r < 0)
		return r;
	r = worker_fork(&c);
	if (r > 0)
		be_a_worker(config, &c);
	if (r < 0)
		return err_set(err, -r, "there could be no process for the scenarios");
	sandbox_enter_alone();
	close(c.frames[1]);
	listen_to_workers(config, x, &c);
	r = report_check(x, err);
	if (r == 0)
		report_emit(x, status);
	if (config->stats)
		report_cost(x);
	digests_close(c.digests);
	recordings_close(c.recordings);
	return r;
}
