/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image info: the layout of an image, unjudged. Drawn by a worker, which alone
 * reads the image.
 */
#include <errno.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/many.h"
#include "disk/disk.h"
#include "image/facts.h"
#include "image/image.h"
#include "report/report.h"
#include "worker/judge.h"

/* More than the largest partition table and ESP have to tell. */
#define TEXT_MAX ((size_t)16 << 20)

/* What is known of one image until it is its turn to be told. */
struct slot {
	struct buf text;
	struct err failed; /* code 0: it did not */
};

struct run {
	char **names;
	struct slot *slots;
	unsigned width;
	int status;
};

static int open_image(void *ctx, size_t item, struct helper_subject *subject)
{
	const struct judge_options none = { .facts = false };
	struct run *run = ctx;

	return judge_open(run->names[item], &none, subject, &run->slots[item].failed) < 0;
}

static void draw(struct link *link, struct image *image, unsigned width)
{
	struct facts facts CLEANUP(facts_release) = { 0 };
	struct buf out CLEANUP(buf_release) = BUF_INIT;
	struct err err = { 0 };
	struct disk *disk;

	if (image_disk(image, &disk, &err) < 0) {
		facts_of(image, &facts);
		report_head(&out, &facts);
		link_output(link, buf_str(&out), out.len);
		link_failed(link, &err);
		return;
	}
	report_info(&out, image, width);
	link_output(link, buf_str(&out), out.len);
}

static uint64_t draw_item(void *ctx, size_t item, struct link *link)
{
	const struct run *run = ctx;
	struct image *image;
	struct err err = { 0 };

	if (image_open_fd(link_fd(link), run->names[item], NULL, &image, &err) < 0)
		link_failed(link, &err);
	else
		draw(link, image, run->width);
	return 0;
}

static int take_frame(void *ctx, size_t item, struct frame *frame, struct err *err)
{
	struct run *run = ctx;
	struct slot *slot = &run->slots[item];

	if (frame->kind == FRAME_OUTPUT && many_take_output(frame, TEXT_MAX, &slot->text))
		return 0;
	if (frame->kind == FRAME_FAILED && frame_take_error(frame, &slot->failed))
		return 0;
	return err_set(err, EPROTO, "an answer that makes no sense");
}

static void end_item(void *ctx, size_t item, const struct pool_end *end)
{
	struct run *run = ctx;
	struct slot *slot = &run->slots[item];

	if (end->why)
		err_set(&slot->failed, EIO, "%s: %s", run->names[item], end->why);
}

static int tell_image(void *ctx, size_t item)
{
	struct run *run = ctx;
	struct slot *slot = &run->slots[item];
	int status = STATUS_OK;

	if (item)
		fputs("\n", stdout);
	if (slot->text.len)
		status = print(&slot->text);
	buf_release(&slot->text);
	if (slot->failed.code) {
		say_error(&slot->failed);
		run->status = STATUS_UNDETERMINED;
	}
	return status == STATUS_OK ? 0 : -EIO;
}

static int draw_all(char **names, size_t n)
{
	struct run run = { .names = names, .width = terminal_width() };
	const struct judge_options none = { .facts = false };
	const struct pool_task task = {
		.n = n,
		.limits = judge_limits,
		.patience = judge_patience(&none),
		.ctx = &run,
		.open = open_image,
		.work = draw_item,
		.take = take_frame,
		.end = end_item,
		.deliver = tell_image,
	};
	struct err err = { 0 };
	int ret;

	run.slots = xcalloc(n, sizeof(*run.slots));
	ret = pool_run(&task, NULL, NULL, &err);
	for (size_t i = 0; i < n; i++)
		buf_release(&run.slots[i].text);
	free(run.slots);
	if (ret < 0 && err.code)
		say_error(&err);
	return ret < 0 ? STATUS_FOUND : run.status;
}

static int info(const struct verb *verb, int argc, char **argv)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	int opt;

	while ((opt = next_option(verb, argc, argv, ":h", longs)) != -1) {
		if (opt == 'h')
			return say_help(verb);
		return STATUS_USAGE;
	}
	if (optind == argc)
		return say_usage(verb, "no image given");
	return draw_all(argv + optind, (size_t)(argc - optind));
}

const struct verb verb_info = {
	.name = "info",
	.synopsis = "IMAGE...",
	.summary = "draw an image's layout: partitions to scale, file systems, loaders, kernels",
	.run = info,
};
