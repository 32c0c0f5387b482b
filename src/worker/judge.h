/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checking images in workers: what `check` does to many, build and fix to the one that
 * they have made. The parts are those of a pool's task (pool.h).
 */
#ifndef ARMVM_WORKER_JUDGE_H
#define ARMVM_WORKER_JUDGE_H

#include "checks/verdict.h"
#include "image/image.h"
#include "worker/pool.h"
#include "worker/results.h"

struct judge_options {
	struct image_options image;
	const struct selection *selection;
	unsigned extras; /* enum results_extras */
};

/* The limits of one worker that checks, without the boots' own: 60 s of CPU, 1 GiB. */
extern const struct worker_limits judge_limits;
/* Has keys tried, and allows time and memory for what their slots ask for, where limits are the usual ones. */
void judge_with_keys(
	struct judge_options *options, struct worker_limits *limits, struct image_keys *keys);
/* Seconds without a sign of life that a worker with these options may need. */
unsigned judge_patience(const struct judge_options *options);
/* Seconds in all: under an hour without other options. */
unsigned judge_deadline(const struct judge_options *options, const struct worker_limits *limits);

/* Opens the image. */
int judge_open(const char *path, const struct judge_options *options,
	struct helper_subject *subject, struct err *err);
/* In the worker. */
void judge_work(const char *path, const struct judge_options *options, struct link *link);
/* When the worker has ended: completes r. */
void judge_end(struct results *r, const struct pool_end *end);

/* Called before each check. */
typedef void judge_progress(void *ctx, const struct check *check, size_t done, size_t total);

/* All of it for one image. -EINTR: *stop was set. r must be released in any case. */
int judge_image(const char *path, const struct judge_options *options, judge_progress *progress,
	void *ctx, const volatile int *stop, struct results *r, struct err *err);

#endif
