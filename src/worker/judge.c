/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checking images in workers. See judge.h.
 */
#include <errno.h>
#include <string.h>

#include "base/activity.h"
#include "disk/disk.h"
#include "image/keys.h"
#include "worker/judge.h"

const struct worker_limits judge_limits = { .memory = UINT64_C(1) << 30, .cpu_seconds = 60 };

#define KEY_SECONDS 120

/* Appliances take long to start, and QEMU is told how long a boot may take. */
#define PATIENCE      180
#define BOOT_PATIENCE 60
/* Boots and appliances of one image, and how busy a machine may be: far from any real one. */
#define BOOTS         8
#define SLOWNESS      20

void judge_with_keys(
	struct judge_options *options, struct worker_limits *limits, struct image_keys *keys)
{
	options->image.keys = keys;
	if (!keys->n)
		return;
	if (limits->memory == judge_limits.memory)
		limits->memory += (uint64_t)LUKS_MEMORY_MAX << 10;
	if (limits->cpu_seconds == judge_limits.cpu_seconds)
		limits->cpu_seconds += KEY_SECONDS;
}

unsigned judge_patience(const struct judge_options *options)
{
	unsigned boot = options->image.boot_seconds;

	return PATIENCE + (boot > BOOT_PATIENCE ? boot : BOOT_PATIENCE);
}

unsigned judge_deadline(const struct judge_options *options, const struct worker_limits *limits)
{
	return BOOTS * judge_patience(options) + SLOWNESS * limits->cpu_seconds;
}

int judge_open(const char *path, const struct judge_options *options,
	struct helper_subject *subject, struct err *err)
{
	const struct image_options *o = &options->image;

	*subject = (struct helper_subject){
		.path = path,
		.fd = -1,
		.may_boot = o->boot_emulator || o->boot_edk2 || o->boot_uboot,
	};
	return disk_open_file(path, &subject->fd, err);
}

void judge_work(const char *path, const struct judge_options *options, struct link *link)
{
	struct image *image = NULL;
	struct err err = { 0 };

	activity_step("the container");
	if (image_open_fd(link_fd(link), path, &options->image, &image, &err) < 0)
		link_failed(link, &err);
	else
		results_send(link, image, options->selection, options->extras);
	/* Nothing is taken apart: the process ends. */
}

void judge_end(struct results *r, const struct pool_end *end)
{
	struct err err = { 0 };

	if (results_end(r, end->why, &err) < 0)
		results_end(r, "the process that read the image told too little", NULL);
}

/* ---- one image ---- */

struct single {
	const char *path;
	const struct judge_options *options;
	judge_progress *progress;
	void *ctx;
	struct results *results;
	struct err err;
};

static int single_open(void *ctx, size_t item, struct helper_subject *subject)
{
	struct single *s = ctx;

	(void)item;
	return judge_open(s->path, s->options, subject, &s->err);
}

static uint64_t single_work(void *ctx, size_t item, struct link *link)
{
	struct single *s = ctx;

	(void)item;
	judge_work(s->path, s->options, link);
	return 0;
}

static int single_take(void *ctx, size_t item, struct frame *frame, struct err *err)
{
	struct single *s = ctx;
	struct results *r = s->results;
	int ret = results_take(r, frame, err);

	(void)item;
	if (ret == 0 && frame->kind == FRAME_STEP && s->progress)
		s->progress(s->ctx, r->verdict.results[r->step].check, r->step, r->verdict.n);
	return ret;
}

static void single_end(void *ctx, size_t item, const struct pool_end *end)
{
	struct single *s = ctx;

	(void)item;
	judge_end(s->results, end);
}

static int single_deliver(void *ctx, size_t item)
{
	(void)ctx;
	(void)item;
	return 0;
}

int judge_image(const char *path, const struct judge_options *options, judge_progress *progress,
	void *ctx, const volatile int *stop, struct results *r, struct err *err)
{
	struct single s = { path, options, progress, ctx, r, { 0 } };
	const struct pool_task task = {
		.n = 1,
		.limits = judge_limits,
		.patience = judge_patience(options),
		.deadline = judge_deadline(options, &judge_limits),
		.ctx = &s,
		.open = single_open,
		.work = single_work,
		.take = single_take,
		.end = single_end,
		.deliver = single_deliver,
	};
	int ret;

	results_begin(r, options->selection);
	ret = pool_run(&task, stop, NULL, err);
	if (ret == 0 && s.err.code)
		*err = s.err;
	if (ret == 0 && r->failed)
		*err = r->why;
	return ret < 0 ? ret : -err->code;
}
