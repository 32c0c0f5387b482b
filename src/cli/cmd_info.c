/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image info: the layout of an image, unjudged.
 */
#include <stdio.h>

#include "cli/cli.h"
#include "image/image.h"
#include "image/facts.h"
#include "report/report.h"

static int info_one(const char *path)
{
	struct image *image CLEANUP(image_close) = NULL;
	struct facts facts CLEANUP(facts_release) = { 0 };
	struct buf out CLEANUP(buf_release) = BUF_INIT;
	struct err err = { 0 };
	struct disk *disk;

	if (image_open(path, NULL, &image, &err) < 0) {
		say_error(&err);
		return STATUS_UNDETERMINED;
	}
	if (image_disk(image, &disk, &err) < 0) {
		facts_of(image, &facts);
		report_head(&out, &facts);
		print(&out);
		say_error(&err);
		return STATUS_UNDETERMINED;
	}
	report_info(&out, image, terminal_width());
	return print(&out);
}

static int info(const struct verb *verb, int argc, char **argv)
{
	static const struct option longs[] = { { "help", no_argument, NULL, 'h' }, { 0 } };
	int opt, status = STATUS_OK;

	while ((opt = next_option(verb, argc, argv, ":h", longs)) != -1) {
		if (opt == 'h')
			return say_help(verb);
		return STATUS_USAGE;
	}
	if (optind == argc)
		return say_usage(verb, "no image given");
	for (int i = optind; i < argc; i++) {
		int one;

		if (i > optind)
			fputs("\n", stdout);
		one = info_one(argv[i]);
		status = one ? one : status;
	}
	return status;
}

const struct verb verb_info = {
	.name = "info",
	.synopsis = "IMAGE...",
	.summary = "draw an image's layout: partitions to scale, file systems, loaders, kernels",
	.run = info,
};
