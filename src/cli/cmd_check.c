/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image check: judge images.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "checks/policy.h"
#include "cli/cli.h"
#include "image/image.h"
#include "report/facts.h"
#include "report/report.h"

struct job {
	struct image_options image;
	struct selection selection;
	struct policy policy;
	const char *config; /* --config */
	unsigned flags;     /* REPORT_* */
	bool json;
	bool boots_named; /* --boot was given */
};

static void job_release(struct job *job)
{
	selection_release(&job->selection);
	policy_release(&job->policy);
}
DEFINE_RELEASE(struct job, job_release)

static int add_boots(const struct verb *verb, struct job *job, const char *list)
{
	struct strlist words CLEANUP(strlist_release) = { 0 };

	add_words(&words, list);
	/* What is named is all that is done. */
	if (!job->boots_named)
		job->image.boot_emulator = false;
	job->boots_named = true;
	for (size_t i = 0; i < words.n; i++) {
		if (strcmp(words.v[i], "emulator") == 0)
			job->image.boot_emulator = true;
		else if (strcmp(words.v[i], "edk2") == 0)
			job->image.boot_edk2 = true;
		else if (strcmp(words.v[i], "u-boot") == 0)
			job->image.boot_uboot = true;
		else if (strcmp(words.v[i], "none") != 0)
			return say_usage(
				verb, "--boot %s: not none, emulator, edk2 or u-boot", words.v[i]);
	}
	return STATUS_OK;
}

static int set_until(const struct verb *verb, struct job *job, const char *word)
{
	static const char *const stages[] = { "kernel", "init", "login" };

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		if (strcmp(stages[i], word) == 0) {
			job->image.until = stages[i];
			return STATUS_OK;
		}
	return say_usage(verb, "--until %s: not kernel, init or login", word);
}

enum {
	OPT_BOOT = 256,
	OPT_UNTIL,
	OPT_TIMEOUT,
	OPT_SELECT,
	OPT_IGNORE,
	OPT_CONFIG,
	OPT_JSON
};

/* STATUS_OK: go on; anything else, and with *done, ends the program. */
static int read_options(const struct verb *verb, int argc, char **argv, struct job *job, bool *done)
{
	static const struct option longs[] = {
		{ "boot", required_argument, NULL, OPT_BOOT },
		{ "until", required_argument, NULL, OPT_UNTIL },
		{ "boot-timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "select", required_argument, NULL, OPT_SELECT },
		{ "ignore", required_argument, NULL, OPT_IGNORE },
		{ "config", required_argument, NULL, OPT_CONFIG },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, ret = STATUS_OK;

	while (ret == STATUS_OK && (opt = next_option(verb, argc, argv, ":hqv", longs)) != -1) {
		switch (opt) {
		case OPT_BOOT:
			ret = add_boots(verb, job, optarg);
			break;
		case OPT_UNTIL:
			ret = set_until(verb, job, optarg);
			break;
		case OPT_TIMEOUT:
			ret = read_seconds(verb, optarg, &job->image.boot_seconds);
			break;
		case OPT_SELECT:
			add_words(&job->selection.select, optarg);
			break;
		case OPT_IGNORE:
			add_words(&job->selection.ignore, optarg);
			break;
		case OPT_CONFIG:
			job->config = optarg;
			break;
		case OPT_JSON:
			job->json = true;
			break;
		case 'q':
			job->flags |= REPORT_BRIEF;
			break;
		case 'v':
			job->flags |= REPORT_VERBOSE;
			break;
		case 'h':
			*done = true;
			return say_help(verb);
		default:
			ret = STATUS_USAGE;
		}
	}
	if (ret == STATUS_OK && optind == argc)
		return say_usage(verb, "no image given");
	return ret == STATUS_OK ? read_config(&job->policy, job->config) : ret;
}

/* A line on a terminal that says what takes so long, from the first second on. */
struct progress {
	struct timespec start;
	bool shown;
};

static void show_progress(void *ctx, const struct check *check, size_t done, size_t total)
{
	struct progress *p = ctx;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!p->shown && now.tv_sec - p->start.tv_sec < 1 && strncmp(check->id, "boot.", 5) != 0)
		return;
	p->shown = true;
	fprintf(stderr, "\r\033[K%zu of %zu: %s", done + 1, total, check->title);
	fflush(stderr);
}

static int check_one(const struct job *job, const char *path, struct report_json *json)
{
	struct image *image CLEANUP(image_close) = NULL;
	struct verdict v CLEANUP(verdict_release) = { 0 };
	struct facts facts CLEANUP(facts_release) = { 0 };
	struct buf out CLEANUP(buf_release) = BUF_INIT;
	struct progress progress = { 0 };
	struct err err = { 0 };
	int status;

	clock_gettime(CLOCK_MONOTONIC, &progress.start);
	if (image_open(path, &job->image, &image, &err) < 0) {
		say_error(&err);
		if (json)
			report_json_failed(json, path, &err);
		return STATUS_UNDETERMINED;
	}
	verdict_of(image, &job->selection, isatty(STDERR_FILENO) ? show_progress : NULL, &progress,
		&v);
	policy_apply(&job->policy, path, &v);
	if (progress.shown)
		fprintf(stderr, "\r\033[K");
	/* One line tells nothing of the guest, which may be slow to look at. */
	if (job->json || !(job->flags & REPORT_BRIEF))
		facts_of(image, &facts);
	else
		facts.path = xstrdup(path);
	if (json) {
		report_json_image(json, &facts, &v);
		return verdict_exit_status(&v);
	}
	report_text(&out, &facts, &v, job->flags, terminal_width());
	status = print(&out);
	return status == STATUS_OK ? verdict_exit_status(&v) : status;
}

/* Of several images: errors found count for more than doubt, doubt more than nothing. */
static int worse(int a, int b)
{
	static const int rank[] = {
		[STATUS_OK] = 0, [STATUS_UNDETERMINED] = 1, [STATUS_FOUND] = 2
	};

	return rank[b] > rank[a] ? b : a;
}

static int check(const struct verb *verb, int argc, char **argv)
{
	struct job job CLEANUP(job_release) = {
		.image.boot_emulator = true,
		.flags = terminal_flags(),
	};
	struct buf out CLEANUP(buf_release) = BUF_INIT;
	struct report_json *json;
	struct err err = { 0 };
	bool done = false;
	int status = read_options(verb, argc, argv, &job, &done);

	if (status != STATUS_OK || done)
		return status;
	if (selection_verify(&job.selection, &err) < 0) {
		say_error(&err);
		return STATUS_USAGE;
	}
	job.image.boot_scenarios = selection_has_scenarios(&job.selection);
	json = job.json ? report_json_begin() : NULL;
	for (int i = optind; i < argc; i++) {
		if (i > optind && !json && !(job.flags & REPORT_BRIEF))
			fputs("\n", stdout);
		status = worse(status, check_one(&job, argv[i], json));
	}
	if (json) {
		report_json_end(json, &out);
		if (print(&out) != STATUS_OK)
			return STATUS_FOUND;
	}
	return status;
}

const struct verb verb_check = {
	.name = "check",
	.synopsis =
		"[--boot none|emulator|edk2|u-boot] [--until kernel|init|login] [--select ID] [--ignore ID]\n"
		"       [--config FILE] [--json] [-q|-v] IMAGE...",
	.summary = "judge whether images are portable: what is wrong, why, and how to mend it",
	.options =
		"  --boot FIRMWARE[,FIRMWARE]...\n"
		"                            emulator (the bundled one, the default), edk2 or u-boot (in\n"
		"                            QEMU), or none\n"
		"  --until kernel|init|login what counts as booted in QEMU; default kernel\n"
		"  --boot-timeout SECONDS    patience with each boot\n"
		"  --select ID[,ID]...       run only these checks; a family or a pattern will do\n"
		"  --ignore ID[,ID]...       leave these out\n"
		"  --config FILE             waivers; default: .armvm-image.conf, if there is one\n"
		"  --json                    report as JSON\n"
		"  -q, --quiet               one line for each image\n"
		"  -v, --verbose             every check on a line\n"
		"\n"
		"Exit status: 0 portable, 1 errors found, 2 wrong usage, 3 could not be determined.\n",
	.run = check,
};
