/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on many images, each in a worker of its own, several at a time. The pool starts
 * the workers, hears them, starts the helpers that they ask for, ends those that
 * take too long, and reports what became of each. A worker that crashes, hangs, runs out of
 * memory or sends nonsense ends alone, and takes no other image with it.
 *
 * For every verb: what is done to an image is task.work(), what becomes of what it
 * sends is task.take(). One thread.
 */
#ifndef ARMVM_WORKER_POOL_H
#define ARMVM_WORKER_POOL_H

#include "worker/confine.h"
#include "worker/helpers.h"
#include "worker/link.h"

/* What became of one item. */
struct pool_end {
	/* NULL: the worker did its work. Else one sentence: what it died of and what it was doing. */
	const char *why;
	bool interrupted; /* it was ended because the whole pool was */
	uint64_t number;  /* of the worker's FRAME_END */
};

struct pool_task {
	size_t n;      /* items: 0 to n - 1 */
	unsigned jobs; /* workers at a time; 0: one */
	struct worker_limits limits;
	unsigned patience; /* seconds without a sign of life; 0: no limit */
	unsigned deadline; /* seconds for one item, whatever its worker says; 0: no limit */
	void *ctx;

	/*
	 * Opens what the worker shall get: fills *subject, whose fd the pool closes. An error
	 * is the caller's to keep: the item then gets neither work() nor end(). 1: nothing
	 * has to be done for this item. NULL never.
	 */
	int (*open)(void *ctx, size_t item, struct helper_subject *subject);
	/* In the worker, confined. What it returns goes into FRAME_END. */
	uint64_t (*work)(void *ctx, size_t item, struct link *link);
	/* Takes a frame that is none of the pool's own; an error ends the worker. */
	int (*take)(void *ctx, size_t item, struct frame *frame, struct err *err);
	/* The worker has ended. In the order in which they end. */
	void (*end)(void *ctx, size_t item, const struct pool_end *end);
	/*
	 * In the order of the items, as soon as an item and all before it are done with. An error
	 * ends the pool.
	 */
	int (*deliver)(void *ctx, size_t item);
	/* Now and then, for a progress line; may be NULL. */
	void (*tick)(void *ctx, size_t done, size_t total);
};

/*
 * Runs until all is delivered. -EINTR: *stop was set (by a signal's handler), all
 * workers and helpers are ended, and *undelivered says how many items were not delivered. stop may be NULL.
 */
int pool_run(const struct pool_task *task, const volatile int *stop, size_t *undelivered,
	struct err *err);

#endif
