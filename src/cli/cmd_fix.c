/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image fix: mend images.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "fix/fix.h"
#include "report/fix.h"

struct job {
	struct fix_options fix;
	struct selection only;
	unsigned flags; /* REPORT_* */
	bool json;
};

static void job_release(struct job *job)
{
	selection_release(&job->only);
}
DEFINE_RELEASE(struct job, job_release)

enum {
	OPT_IN_PLACE = 256,
	OPT_DRY_RUN,
	OPT_ONLY,
	OPT_FORCE,
	OPT_NO_VERIFY,
	OPT_JSON
};

static int set_option(struct job *job, int opt)
{
	switch (opt) {
	case 'o':
		job->fix.out = optarg;
		return STATUS_OK;
	case OPT_IN_PLACE:
		job->fix.in_place = true;
		return STATUS_OK;
	case OPT_DRY_RUN:
		job->fix.dry_run = true;
		return STATUS_OK;
	case OPT_ONLY:
		add_words(&job->only.select, optarg);
		return STATUS_OK;
	case OPT_FORCE:
		job->fix.force = true;
		return STATUS_OK;
	case OPT_NO_VERIFY:
		job->fix.verify = false;
		return STATUS_OK;
	case OPT_JSON:
		job->json = true;
		return STATUS_OK;
	case 'q':
		job->flags |= REPORT_BRIEF;
		return STATUS_OK;
	default:
		return STATUS_USAGE;
	}
}

/* STATUS_OK: go on; anything else, and with *done, ends the program. */
static int read_options(const struct verb *verb, int argc, char **argv, struct job *job, bool *done)
{
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "in-place", no_argument, NULL, OPT_IN_PLACE },
		{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
		{ "only", required_argument, NULL, OPT_ONLY },
		{ "force", no_argument, NULL, OPT_FORCE },
		{ "no-verify", no_argument, NULL, OPT_NO_VERIFY },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, ret = STATUS_OK;

	while (ret == STATUS_OK && (opt = next_option(verb, argc, argv, ":ho:q", longs)) != -1) {
		if (opt == 'h') {
			*done = true;
			return say_help(verb);
		}
		ret = set_option(job, opt);
	}
	if (ret != STATUS_OK)
		return ret;
	if (optind == argc)
		return say_usage(verb, "no image given");
	if (job->fix.out && job->fix.in_place)
		return say_usage(verb, "-o and --in-place: one of them");
	if (job->fix.out && argc - optind > 1)
		return say_usage(verb, "-o %s: one image, then", job->fix.out);
	return STATUS_OK;
}

/* https://reproducible-builds.org/specs/source-date-epoch: the time of what is changed. */
static int read_epoch(const struct verb *verb, struct job *job)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end;

	job->fix.now = time(NULL);
	if (!text || !*text)
		return STATUS_OK;
	errno = 0;
	job->fix.now = strtoll(text, &end, 10);
	if (errno || *end || job->fix.now < 0 || job->fix.now > UINT32_MAX)
		return say_usage(
			verb, "SOURCE_DATE_EPOCH=%s: not a time in seconds since 1970", text);
	return STATUS_OK;
}

/* A line on a terminal that says what takes so long. */
static void show_progress(void *ctx, const char *step)
{
	(void)ctx;
	fprintf(stderr, "\r\033[K%s", step);
	fflush(stderr);
}

static int fix_one(struct job *job, const char *path, struct report_json *json)
{
	struct fix_result result CLEANUP(fix_result_release) = { 0 };
	struct buf out CLEANUP(buf_release) = BUF_INIT;
	struct err err = { 0 };
	int ret, status;

	job->fix.image = path;
	ret = fix_image(&job->fix, &result, &err);
	if (job->fix.progress)
		fprintf(stderr, "\r\033[K");
	if (ret < 0) {
		say_error(&err);
		if (json)
			report_json_failed(json, path, &err);
		return STATUS_FOUND;
	}
	status = fix_exit_status(&result);
	if (json) {
		report_json_fix(json, path, &result);
		return status;
	}
	report_fix(&out, path, &result, job->flags, terminal_width());
	return print(&out) == STATUS_OK ? status : STATUS_FOUND;
}

static int fix(const struct verb *verb, int argc, char **argv)
{
	struct job job CLEANUP(job_release) = { .fix.verify = true, .flags = terminal_flags() };
	struct buf out CLEANUP(buf_release) = BUF_INIT;
	struct report_json *json;
	struct err err = { 0 };
	bool done = false;
	int status = read_options(verb, argc, argv, &job, &done);

	if (status == STATUS_OK && !done)
		status = read_epoch(verb, &job);
	if (status != STATUS_OK || done)
		return status;
	if (selection_verify(&job.only, &err) < 0) {
		say_error(&err);
		return STATUS_USAGE;
	}
	job.fix.only = &job.only;
	if (isatty(STDERR_FILENO))
		job.fix.progress = show_progress;
	json = job.json ? report_json_begin() : NULL;
	for (int i = optind; i < argc; i++) {
		if (i > optind && !json && !(job.flags & REPORT_BRIEF))
			fputs("\n", stdout);
		status = worse_status(status, fix_one(&job, argv[i], json));
	}
	if (json) {
		report_json_end(json, &out);
		if (print(&out) != STATUS_OK)
			return STATUS_FOUND;
	}
	return status;
}

const struct verb verb_fix = {
	.name = "fix",
	.synopsis = "[-o OUT | --in-place] [--dry-run] [--only ID] [--force] [--no-verify]\n"
		    "       [--json] [-q] IMAGE...",
	.summary =
		"make images portable: mend what check finds, in a copy that is checked and booted",
	.options =
		"  -o, --output OUT   the image to write; default: IMAGE.portable.EXT beside IMAGE\n"
		"  --in-place         replace IMAGE, in one step\n"
		"  --dry-run          show what would be done, and write nothing\n"
		"  --only ID[,ID]...  mend only what these checks find; a family or a pattern will do\n"
		"  --force            replace OUT when it exists, and do what may lose something\n"
		"  --no-verify        check the result, but do not boot it\n"
		"  --json             report as JSON\n"
		"  -q, --quiet        one line for each image\n"
		"\n"
		"Exit status: 0 portable now or nothing to do, 1 errors are left or it failed, 2 wrong\n"
		"usage, 3 could not be determined.\n",
	.run = fix,
};
