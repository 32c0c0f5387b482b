/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool of one. See single.h.
 */
#include <errno.h>
#include <fcntl.h>

#include "disk/disk.h"
#include "worker/single.h"

struct run {
	const struct single *single;
	struct err err;
};

static int open_one(void *ctx, size_t item, struct helper_subject *subject)
{
	struct run *r = ctx;
	const struct single *s = r->single;

	(void)item;
	*subject = (struct helper_subject){ .path = s->path, .fd = -1, .may_boot = s->may_boot };
	if (s->fd < 0)
		return disk_open_file(s->path, &subject->fd, &r->err);
	subject->fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
	return subject->fd < 0 ? err_sys(&r->err, "%s", s->path) : 0;
}

static uint64_t work_one(void *ctx, size_t item, struct link *link)
{
	const struct single *s = ((struct run *)ctx)->single;

	(void)item;
	s->work(s->ctx, link);
	return 0;
}

static int take_one(void *ctx, size_t item, struct frame *frame, struct err *err)
{
	struct run *r = ctx;
	int ret = r->single->take(r->single->ctx, frame, err);

	(void)item;
	if (ret < 0 && ret != -EPROTO)
		r->err = *err;
	return ret;
}

static void end_one(void *ctx, size_t item, const struct pool_end *end)
{
	struct run *r = ctx;

	(void)item;
	if (r->single->end)
		r->single->end(r->single->ctx, end);
	else if (end->why && !r->err.code)
		err_set(&r->err, ENODATA, "%s: %s", r->single->path, end->why);
}

static int deliver_one(void *ctx, size_t item)
{
	(void)ctx;
	(void)item;
	return 0;
}

int single_run(const struct single *s, const volatile int *stop, struct err *err)
{
	struct run r = { .single = s };
	const struct pool_task task = {
		.n = 1,
		.limits = s->limits,
		.patience = s->patience,
		.deadline = s->deadline,
		.ctx = &r,
		.open = open_one,
		.work = work_one,
		.take = take_one,
		.end = end_one,
		.deliver = deliver_one,
	};
	int ret = pool_run(&task, stop, NULL, err);

	if (ret == 0 && r.err.code) {
		*err = r.err;
		ret = -err->code;
	}
	return ret;
}
