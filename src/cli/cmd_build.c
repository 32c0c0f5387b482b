/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image build: make a portable image of a root file system.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/xalloc.h"
#include "build/build.h"
#include "cli/cli.h"
#include "loader/install.h"
#include "report/report.h"

enum {
	OPT_FORMAT = 256,
	OPT_COMPRESS,
	OPT_FORCE,
	OPT_SIZE,
	OPT_ESP_SIZE,
	OPT_LOADER,
	OPT_SEED,
	OPT_NO_VERIFY
};

static int set_format(const struct verb *verb, struct build_options *opts, const char *word)
{
	if (strcmp(word, "raw") == 0)
		opts->format = BUILD_RAW;
	else if (strcmp(word, "qcow2") == 0)
		opts->format = BUILD_QCOW2;
	else
		return say_usage(verb, "--format %s: not raw or qcow2", word);
	return STATUS_OK;
}

static int set_loader(const struct verb *verb, struct build_options *opts, const char *word)
{
	enum install_kind kind;

	if (!strchr(word, '/') && !install_kind_parse(word, &kind))
		return say_usage(verb,
			"--loader %s: not auto, shim, grub, systemd-boot, uki or a path with a slash in it",
			word);
	opts->loader = word;
	return STATUS_OK;
}

static int set_option(
	const struct verb *verb, struct build_options *opts, int opt, const char *value)
{
	switch (opt) {
	case 'o':
		opts->out = value;
		return STATUS_OK;
	case OPT_FORMAT:
		return set_format(verb, opts, value);
	case OPT_COMPRESS:
		opts->compress = true;
		return STATUS_OK;
	case OPT_FORCE:
		opts->force = true;
		return STATUS_OK;
	case OPT_SIZE:
		return read_size(verb, "--size", value, &opts->size);
	case OPT_ESP_SIZE:
		return read_size(verb, "--esp-size", value, &opts->esp_size);
	case OPT_LOADER:
		return set_loader(verb, opts, value);
	case OPT_SEED:
		opts->seed = value;
		return STATUS_OK;
	case OPT_NO_VERIFY:
		opts->verify = false;
		return STATUS_OK;
	default:
		return STATUS_USAGE;
	}
}

/* STATUS_OK: go on; anything else, and with *done, ends the program. */
static int read_options(
	const struct verb *verb, int argc, char **argv, struct build_options *opts, bool *done)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "compress", no_argument, NULL, OPT_COMPRESS },
		{ "force", no_argument, NULL, OPT_FORCE },
		{ "size", required_argument, NULL, OPT_SIZE },
		{ "esp-size", required_argument, NULL, OPT_ESP_SIZE },
		{ "loader", required_argument, NULL, OPT_LOADER },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "no-verify", no_argument, NULL, OPT_NO_VERIFY },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, ret = STATUS_OK;

	while (ret == STATUS_OK && (opt = next_option(verb, argc, argv, ":ho:", longs)) != -1) {
		if (opt == 'h') {
			*done = true;
			return say_help(verb);
		}
		ret = set_option(verb, opts, opt, optarg);
	}
	if (ret != STATUS_OK)
		return ret;
	if (optind == argc)
		return say_usage(verb, "no root file system given");
	if (optind + 1 < argc)
		return say_usage(verb, "%s: one root file system at a time", argv[optind + 1]);
	opts->rootfs = argv[optind];
	return STATUS_OK;
}

/* https://reproducible-builds.org/specs/source-date-epoch: it asks for repeatable bytes. */
static int read_epoch(const struct verb *verb, struct build_options *opts)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end;

	if (!text || !*text)
		return STATUS_OK;
	errno = 0;
	opts->epoch = strtoll(text, &end, 10);
	/* Later times than FAT's and ext's common range of 32 bits are a mistake. */
	if (errno || *end || opts->epoch < 0 || opts->epoch > UINT32_MAX)
		return say_usage(
			verb, "SOURCE_DATE_EPOCH=%s: not a time in seconds since 1970", text);
	if (!opts->seed)
		opts->seed = text;
	return STATUS_OK;
}

/* A line on a terminal that says what takes so long, from the first second on. */
struct progress {
	struct timespec start;
	bool shown;
};

static void show_progress(void *ctx, const char *step, uint64_t done, uint64_t total)
{
	struct progress *p = ctx;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!p->shown && now.tv_sec - p->start.tv_sec < 1 && total)
		return;
	p->shown = true;
	if (total)
		fprintf(stderr, "\r\033[K%s: %d%%", step,
			(int)(100.0 * (double)done / (double)total));
	else
		fprintf(stderr, "\r\033[K%s", step);
	fflush(stderr);
}

static void add_lines(struct text *out, const char *word, const struct strlist *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		text_printf(out, "  %-8s %s\n", i ? "" : word, lines->v[i]);
}

static void describe(struct text *out, const struct build_result *r)
{
	char disk[16], esp[16], root[16];

	text_printf(out, "%s: %s\n", r->out, r->system);
	text_printf(out, "  disk     %s: ESP %s, root %s\n", report_size(r->disk_size, disk),
		report_size(r->esp_size, esp), report_size(r->root_size, root));
	text_printf(out, "  loader   %s\n", r->loader);
	add_lines(out, "changed", &r->changes);
	add_lines(out, "warning", &r->warnings);
}

static int failed(int code, const struct build_result *r, const struct err *err)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;

	say_error(err);
	add_lines(&out, code == -ENODATA ? "unknown" : "error", &r->problems);
	fputs(text_str(&out), stderr);
	return code == -ENODATA ? STATUS_UNDETERMINED : STATUS_FOUND;
}

static int build(const struct verb *verb, int argc, char **argv)
{
	struct build_options opts = { .epoch = -1, .verify = true };
	struct build_result result CLEANUP(build_result_release) = { 0 };
	struct text out CLEANUP(text_release) = TEXT_INIT;
	struct progress progress = { 0 };
	struct err err = { 0 };
	bool done = false;
	int ret, status = read_options(verb, argc, argv, &opts, &done);

	if (status == STATUS_OK && !done)
		status = read_epoch(verb, &opts);
	if (status != STATUS_OK || done)
		return status;
	clock_gettime(CLOCK_MONOTONIC, &progress.start);
	if (isatty(STDERR_FILENO)) {
		opts.progress = show_progress;
		opts.progress_ctx = &progress;
	}
	outfile_clean_up_on_signals();
	ret = build_image(&opts, &result, &err);
	if (progress.shown)
		fprintf(stderr, "\r\033[K");
	if (ret < 0)
		return failed(ret, &result, &err);
	describe(&out, &result);
	return print(&out);
}

const struct verb verb_build = {
	.name = "build",
	.synopsis = "[-o OUT] [--format raw|qcow2] [--compress] [--force] [--size SIZE]\n"
		    "       [--esp-size SIZE] [--loader LOADER] [--seed SEED] [--no-verify] ROOTFS",
	.summary = "make a portable disk image of a root file system",
	.options =
		"  -o, --output OUT    the image; default: ROOTFS's name with .qcow2 or .raw, here\n"
		"  --format raw|qcow2  default qcow2\n"
		"  --compress          compress the clusters of a qcow2 image\n"
		"  --force             replace OUT when it exists\n"
		"  --size SIZE         of the disk, like 8G; the file system grows with it\n"
		"  --esp-size SIZE     of the EFI System Partition; default: room for updates\n"
		"  --loader LOADER     auto (the best that ROOTFS ships), shim, grub, systemd-boot, uki,\n"
		"                      or the path of an EFI application, with a slash in it\n"
		"  --seed SEED         the same ROOTFS and SEED give the same bytes\n"
		"  --no-verify         check the image, but do not boot it\n"
		"\n"
		"Exit status: 0 built, 1 failed or not portable (nothing is written), 2 wrong usage,\n"
		"3 could not be determined whether it boots (nothing is written).\n",
	.run = build,
};
