/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image boot: boot an image and show its console, in the bundled firmware
 * emulator or in QEMU. The image is not changed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/many.h"
#include "disk/disk.h"
#include "image/image.h"
#include "report/report.h"
#include "verify/emulator.h"
#include "verify/verify.h"
#include "worker/judge.h"

struct boot_job {
	const char *image;
	const char *firmware; /* "emulator", "edk2", "u-boot" */
	const char *screenshot;
	const char *scenario, *quirks;
	enum boot_stage until;
	unsigned seconds;
	bool trace;
};

/* Of one boot. */
struct boot_run {
	const struct boot_job *job;
	struct err failed; /* code 0: it did not */
	int status;
};

enum {
	OPT_FIRMWARE = 256,
	OPT_SCENARIO,
	OPT_QUIRKS,
	OPT_UNTIL,
	OPT_TIMEOUT,
	OPT_TRACE,
	OPT_SCREENSHOT
};

static const struct option longs[] = {
	{ "firmware", required_argument, NULL, OPT_FIRMWARE },
	{ "scenario", required_argument, NULL, OPT_SCENARIO },
	{ "quirks", required_argument, NULL, OPT_QUIRKS },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "boot-timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "screenshot", required_argument, NULL, OPT_SCREENSHOT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool is_emulator(const struct boot_job *job)
{
	return strcmp(job->firmware, "emulator") == 0;
}

static int set_firmware(const struct verb *verb, struct boot_job *job, const char *word)
{
	static const char *const words[] = { "emulator", "edk2", "u-boot" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0) {
			job->firmware = words[i];
			return STATUS_OK;
		}
	return say_usage(verb, "--firmware %s: not emulator, edk2 or u-boot", word);
}

static int take_option(const struct verb *verb, struct boot_job *job, int opt)
{
	switch (opt) {
	case OPT_FIRMWARE:
		return set_firmware(verb, job, optarg);
	case OPT_SCENARIO:
		job->scenario = optarg;
		return STATUS_OK;
	case OPT_QUIRKS:
		job->quirks = optarg;
		return STATUS_OK;
	case OPT_UNTIL:
		if (boot_stage_parse(optarg, &job->until))
			return STATUS_OK;
		return say_usage(verb, "--until %s: not kernel, init or login", optarg);
	case OPT_TIMEOUT:
		return read_seconds(verb, optarg, &job->seconds);
	case OPT_TRACE:
		job->trace = true;
		return STATUS_OK;
	case OPT_SCREENSHOT:
		job->screenshot = optarg;
		return STATUS_OK;
	default:
		return STATUS_USAGE;
	}
}

/* What an option asks of the other firmware must not be left out in silence. */
static int judge_options(const struct verb *verb, const struct boot_job *job)
{
	if (is_emulator(job) && job->until != BOOT_KERNEL)
		return say_usage(verb,
			"the emulator ends where the kernel begins: --until %s "
			"needs --firmware edk2 or u-boot",
			boot_stage_name(job->until));
	if (!is_emulator(job) && (job->trace || job->screenshot || job->scenario || job->quirks))
		return say_usage(verb,
			"--scenario, --quirks, --trace and --screenshot need --firmware emulator");
	/* One machine's console at a time. */
	if (job->scenario && (strchr(job->scenario, ',') || strcmp(job->scenario, "all") == 0))
		return say_usage(verb, "--scenario %s: one scenario is wanted", job->scenario);
	return STATUS_OK;
}

/* ---- in the worker ---- */

static void show_line(void *ctx, const char *line)
{
	struct link *link = ctx;

	link_output(link, line, strlen(line));
	link_output(link, "\n", 1);
}

static int conclude(struct link *link, enum boot_outcome outcome, const char *said, double seconds)
{
	static const int statuses[] = {
		[BOOT_REACHED] = STATUS_OK,
		[BOOT_NOT_REACHED] = STATUS_FOUND,
		[BOOT_INCONCLUSIVE] = STATUS_UNDETERMINED,
	};
	char *text CLEANUP(xfree) = xasprintf("after %.1f s: %s", seconds, said);

	link_said(link, text);
	return statuses[outcome];
}

static int boot_emulator(const struct boot_job *job, struct link *link, struct err *err)
{
	struct emulation e CLEANUP(emulation_release) = { 0 };
	const struct emulator_request request = {
		.path = job->image,
		.scenario = job->scenario,
		.quirks = job->quirks,
		.seconds = job->seconds,
		.trace = job->trace,
		.screenshot = job->screenshot,
		.line = show_line,
		.event = job->trace ? show_line : NULL,
		.ctx = link,
	};

	if (emulator_run(&request, &e, err) < 0)
		return err->code == EINVAL ? STATUS_USAGE : STATUS_UNDETERMINED;
	return conclude(link, e.outcome, e.reason ? e.reason : e.verdict, e.seconds);
}

static int boot_qemu(
	const struct boot_job *job, const char *format, struct link *link, struct err *err)
{
	struct boot_verdict v CLEANUP(boot_verdict_release) = { 0 };
	struct text reached CLEANUP(text_release) = TEXT_INIT;
	const struct boot_request request = {
		.path = job->image,
		.format = format,
		.firmware = strcmp(job->firmware, "edk2") == 0 ? BOOT_EDK2 : BOOT_UBOOT,
		.until = job->until,
		.seconds = job->seconds,
		.line = show_line,
		.progress_ctx = link,
	};

	if (boot_run(&request, &v, err) < 0)
		return STATUS_UNDETERMINED;
	text_printf(&reached, "the %s was reached",
		job->until == BOOT_LOGIN ? "login prompt" : boot_stage_name(job->until));
	return conclude(link, v.outcome,
		v.outcome == BOOT_REACHED ? text_str(&reached) : text_str(&v.reason), v.seconds);
}

static uint64_t boot_item(void *ctx, size_t item, struct link *link)
{
	const struct boot_run *run = ctx;
	const struct boot_job *job = run->job;
	struct image *image;
	struct err err = { 0 };
	struct disk *disk;
	int status = STATUS_UNDETERMINED;

	(void)item;
	/* A container that refers to other files must not reach QEMU. */
	if (image_open_fd(link_fd(link), job->image, NULL, &image, &err) == 0 &&
		image_disk(image, &disk, &err) == 0)
		status = is_emulator(job)
				 ? boot_emulator(job, link, &err)
				 : boot_qemu(job, disk_format_name(image_header(image)->format),
					   link, &err);
	if (err.code)
		link_failed(link, &err);
	return (uint64_t)status;
}

/* ---- in the supervisor ---- */

static int open_image(void *ctx, size_t item, struct helper_subject *subject)
{
	const struct judge_options boots = { .image = { .boot_emulator = true } };
	struct boot_run *run = ctx;
	int ret = judge_open(run->job->image, &boots, subject, &run->failed);

	(void)item;
	subject->screenshot = run->job->screenshot;
	return ret < 0;
}

static int take_frame(void *ctx, size_t item, struct frame *frame, struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	struct boot_run *run = ctx;
	char *said;

	(void)item;
	if (frame->kind == FRAME_OUTPUT && many_take_output(frame, SIZE_MAX, &text))
		return print(&text) == STATUS_OK ? 0
						 : err_set(err, EIO, "more than can be printed");
	if (frame->kind == FRAME_FAILED && frame_take_error(frame, &run->failed))
		return 0;
	if (frame->kind != FRAME_SAID)
		return err_set(err, EPROTO, "an answer that makes no sense");
	said = message_text(&frame->body, FRAME_TEXT_MAX);
	report_safe(&text, said);
	free(said);
	fprintf(stderr, "armvm-image: %s\n", text_str(&text));
	return 0;
}

static void end_item(void *ctx, size_t item, const struct pool_end *end)
{
	struct boot_run *run = ctx;

	(void)item;
	run->status = end->number <= STATUS_UNDETERMINED ? (int)end->number : STATUS_UNDETERMINED;
	if (!end->why)
		return;
	run->status = STATUS_UNDETERMINED;
	/* What the process sent says more than how it ended. */
	if (!run->failed.code)
		err_set(&run->failed, EIO, "%s: %s", run->job->image, end->why);
}

static int deliver(void *ctx, size_t item)
{
	const struct boot_run *run = ctx;

	(void)item;
	if (run->failed.code)
		say_error(&run->failed);
	return 0;
}

/* Seconds beyond the boot's own patience, for the appliance of a check of the image, and an end. */
#define GRACE 120

static int boot_image(const struct boot_job *job)
{
	struct boot_run run = { .job = job, .status = STATUS_UNDETERMINED };
	unsigned seconds = job->seconds ? job->seconds : boot_default_seconds(job->until);
	const struct pool_task task = {
		.n = 1,
		/* A boot that emits every call has much to read. */
		.limits = { .memory = judge_limits.memory, .cpu_seconds = seconds + GRACE },
		.patience = seconds + GRACE,
		.deadline = 4 * (seconds + GRACE),
		.ctx = &run,
		.open = open_image,
		.work = boot_item,
		.take = take_frame,
		.end = end_item,
		.deliver = deliver,
	};
	struct err err = { 0 };

	if (pool_run(&task, NULL, NULL, &err) < 0) {
		say_error(&err);
		return STATUS_UNDETERMINED;
	}
	return run.status;
}

static int boot(const struct verb *verb, int argc, char **argv)
{
	struct boot_job job = { .firmware = "emulator", .until = BOOT_KERNEL };
	int opt, status = STATUS_OK;

	while (status == STATUS_OK && (opt = next_option(verb, argc, argv, ":h", longs)) != -1) {
		if (opt == 'h')
			return say_help(verb);
		status = take_option(verb, &job, opt);
	}
	if (status == STATUS_OK && optind != argc - 1)
		return say_usage(verb, "one image is wanted");
	if (status == STATUS_OK)
		status = judge_options(verb, &job);
	if (status != STATUS_OK)
		return status;
	job.image = argv[optind];
	return boot_image(&job);
}

const struct verb verb_boot = {
	.name = "boot",
	.synopsis = "[--firmware emulator|edk2|u-boot] [--scenario NAME] [--quirks NAME]\n"
		    "       [--until kernel|init|login] [--boot-timeout SECONDS] [--trace]\n"
		    "       [--screenshot FILE] IMAGE",
	.summary = "boot an image and show its console; the image is not changed",
	.options =
		"  --firmware FIRMWARE       emulator (the bundled one, the default), edk2 or u-boot\n"
		"  --scenario NAME           the machine of armvm-image-scenarios(7) that it is booted\n"
		"                            on; default first-boot\n"
		"  --quirks NAME             with the deviations of edk2, u-boot or\n"
		"                            rust-hypervisor-firmware: see armvm-firmware(1)\n"
		"  --until kernel|init|login where to stop in QEMU; default kernel\n"
		"  --boot-timeout SECONDS    patience with the boot\n"
		"  --trace                   show every call of a firmware service, as JSON lines\n"
		"  --screenshot FILE         save the screen as a PNG\n"
		"\n"
		"Exit status: 0 booted, 1 not booted, 2 wrong usage, 3 could not be determined.\n",
	.run = boot,
};
