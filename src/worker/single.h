/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One worker for one file: a pool of one (pool.h), for verbs that go on with what it sent.
 */
#ifndef ARMVM_WORKER_SINGLE_H
#define ARMVM_WORKER_SINGLE_H

#include "worker/pool.h"

struct single {
	const char *path; /* of the file, for helpers and messages */
	int fd;           /* of the same; -1: it is opened */
	bool may_boot;
	struct worker_limits limits;
	unsigned patience, deadline; /* as of a pool's task */
	void *ctx;
	/* In the worker, confined. */
	void (*work)(void *ctx, struct link *link);
	/* As of a pool's task. An error that is not -EPROTO is the caller's own, and what single_run() returns. */
	int (*take)(void *ctx, struct frame *frame, struct err *err);
	/* The worker has ended; NULL: what it died of is the error that single_run() returns, -ENODATA. */
	void (*end)(void *ctx, const struct pool_end *end);
};

/* -EINTR: *stop was set; NULL: it is not asked. */
int single_run(const struct single *s, const volatile int *stop, struct err *err);

#endif
