/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checking images in workers. See judge.h.
 */
#include <errno.h>

#include "base/activity.h"
#include "disk/disk.h"
#include "image/keys.h"
#include "worker/judge.h"
#include "worker/single.h"

const struct worker_limits judge_limits = { .memory = UINT64_C(1) << 30, .cpu_seconds = 60 };

#define KEY_SECONDS 120

/* Appliances take long to start, and QEMU is given the time that a boot may take. */
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

static bool may_boot(const struct judge_options *options)
{
	const struct image_options *o = &options->image;

	return o->boot_emulator || o->boot_edk2 || o->boot_uboot;
}

int judge_open(const char *path, const struct judge_options *options,
	struct helper_subject *subject, struct err *err)
{
	*subject = (struct helper_subject){ .path = path, .fd = -1, .may_boot = may_boot(options) };
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

struct one {
	const char *path;
	const struct judge_options *options;
	judge_progress *progress;
	void *ctx;
	struct results *results;
};

static void one_work(void *ctx, struct link *link)
{
	const struct one *o = ctx;

	judge_work(o->path, o->options, link);
}

static int one_take(void *ctx, struct frame *frame, struct err *err)
{
	struct one *o = ctx;
	struct results *r = o->results;
	int ret = results_take(r, frame, err);

	if (ret == 0 && frame->kind == FRAME_STEP && o->progress)
		o->progress(o->ctx, r->verdict.results[r->step].check, r->step, r->verdict.n);
	return ret;
}

static void one_end(void *ctx, const struct pool_end *end)
{
	judge_end(((struct one *)ctx)->results, end);
}

int judge_image(const char *path, const struct judge_options *options, judge_progress *progress,
	void *ctx, const volatile int *stop, struct results *r, struct err *err)
{
	struct judge_options own = *options;
	struct worker_limits limits = judge_limits;
	struct one one = { path, &own, progress, ctx, r };
	struct single single = {
		.path = path,
		.fd = -1,
		.may_boot = may_boot(options),
		.patience = judge_patience(options),
		.ctx = &one,
		.work = one_work,
		.take = one_take,
		.end = one_end,
	};
	int ret;

	if (own.image.keys)
		judge_with_keys(&own, &limits, own.image.keys);
	single.limits = limits;
	single.deadline = judge_deadline(&own, &limits);
	results_begin(r, options->selection);
	ret = single_run(&single, stop, err);
	if (ret == 0 && r->failed) {
		*err = r->why;
		ret = -err->code;
	}
	return ret;
}
