/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image info: the layout of an image, unjudged, or what differs between two. Drawn by a
 * worker, which alone reads the image.
 */
#include <errno.h>
#include <stdio.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/keys.h"
#include "cli/many.h"
#include "disk/disk.h"
#include "image/facts.h"
#include "image/image.h"
#include "plan/diff.h"
#include "report/report.h"
#include "worker/judge.h"

/* More than the largest partition table and ESP have to show. */
#define TEXT_MAX ((size_t)16 << 20)

/* What is known of one image until it is its turn to be printed. */
struct slot {
	struct text text;
	struct err failed; /* code 0: it did not */
};

struct run {
	char **names;
	struct slot *slots;
	unsigned width;
	struct judge_options judge;
	bool listing; /* lines to be compared, not a drawing */
	int status;
};

static int open_image(void *ctx, size_t item, struct helper_subject *subject)
{
	struct run *run = ctx;

	return judge_open(run->names[item], &run->judge, subject, &run->slots[item].failed) < 0;
}

static void draw(struct link *link, struct image *image, const struct run *run)
{
	struct facts facts CLEANUP(facts_release) = { 0 };
	struct text out CLEANUP(text_release) = TEXT_INIT;
	struct err err = { 0 };
	struct disk *disk;

	if (image_disk(image, &disk, &err) < 0) {
		facts_of(image, &facts);
		report_head(&out, &facts);
		link_output(link, text_str(&out), out.len);
		link_failed(link, &err);
		return;
	}
	if (run->listing)
		report_listing(&out, image);
	else
		report_info(&out, image, run->width);
	link_output(link, text_str(&out), out.len);
}

static uint64_t draw_item(void *ctx, size_t item, struct link *link)
{
	const struct run *run = ctx;
	struct image *image;
	struct err err = { 0 };

	if (image_open_fd(link_fd(link), run->names[item], &run->judge.image, &image, &err) < 0)
		link_failed(link, &err);
	else
		draw(link, image, run);
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

	/* What the process sent says more than how it ended. */
	if (end->why && !slot->failed.code)
		err_set(&slot->failed, EIO, "%s: %s", run->names[item], end->why);
}

static int print_image(void *ctx, size_t item)
{
	struct run *run = ctx;
	struct slot *slot = &run->slots[item];
	int status = STATUS_OK;

	if (item)
		fputs("\n", stdout);
	if (slot->text.len)
		status = print(&slot->text);
	text_release(&slot->text);
	if (slot->failed.code) {
		say_error(&slot->failed);
		run->status = STATUS_UNDETERMINED;
	}
	return status == STATUS_OK ? 0 : -EIO;
}

/* Both are there: what is only in the one, and only in the other. */
static int print_difference(void *ctx, size_t item)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;
	struct run *run = ctx;
	const struct slot *a = &run->slots[0], *b = &run->slots[1];

	if (run->slots[item].failed.code) {
		say_error(&run->slots[item].failed);
		run->status = STATUS_UNDETERMINED;
	}
	if (item == 0 || run->status != STATUS_OK)
		return 0;
	diff_lines(
		&out, text_str(&a->text), a->text.len, text_str(&b->text), b->text.len, SIZE_MAX);
	if (!out.len)
		return 0;
	run->status = STATUS_FOUND;
	printf("--- %s\n+++ %s\n", run->names[0], run->names[1]);
	return print(&out) == STATUS_OK ? 0 : -EIO;
}

static int draw_all(char **names, size_t n, bool difference, struct image_keys *keys)
{
	struct run run = { .names = names, .width = terminal_width(), .listing = difference };
	struct pool_task task = {
		.n = n,
		.limits = judge_limits,
		.patience = judge_patience(&run.judge),
		.deadline = judge_deadline(&run.judge, &judge_limits),
		.ctx = &run,
		.open = open_image,
		.work = draw_item,
		.take = take_frame,
		.end = end_item,
		.deliver = difference ? print_difference : print_image,
	};
	struct err err = { 0 };
	int ret;

	judge_with_keys(&run.judge, &task.limits, keys);
	run.slots = xcalloc(n, sizeof(*run.slots));
	ret = pool_run(&task, NULL, NULL, &err);
	for (size_t i = 0; i < n; i++)
		text_release(&run.slots[i].text);
	free(run.slots);
	if (ret < 0 && err.code)
		say_error(&err);
	return ret < 0 ? STATUS_FOUND : run.status;
}

enum {
	OPT_DIFF = 256,
	OPT_KEY
};

static int info(const struct verb *verb, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "diff", no_argument, NULL, OPT_DIFF },
		{ "key", required_argument, NULL, OPT_KEY },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct image_keys keys CLEANUP(image_keys_release) = { 0 };
	bool difference = false;
	int opt, status = STATUS_OK;

	while (status == STATUS_OK && (opt = next_option(verb, argc, argv, ":h", longs)) != -1) {
		if (opt == 'h')
			return say_help(verb);
		if (opt == OPT_DIFF)
			difference = true;
		else
			status = opt == OPT_KEY ? read_key(verb, optarg, &keys) : STATUS_USAGE;
	}
	if (status != STATUS_OK)
		return status;
	if (optind == argc)
		return say_usage(verb, "no image given");
	if (difference && argc - optind != 2)
		return say_usage(verb, "--diff: two images are wanted");
	return draw_all(argv + optind, (size_t)(argc - optind), difference, &keys);
}

const struct verb verb_info = {
	.name = "info",
	.synopsis = "[--diff] [--key KEY] IMAGE...",
	.summary = "draw an image's layout: partitions to scale, file systems, loaders, kernels",
	.options =
		"  --key ID[:file:NAME]  open an encrypted volume; without a file its key is asked for\n"
		"  --diff  tell what differs between two images, line by line\n"
		"\n"
		"Exit status: 0 done, or no difference; 1 they differ; 2 wrong usage; 3 an image could\n"
		"not be looked at.\n",
	.run = info,
};
