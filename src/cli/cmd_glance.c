/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image glance: what OpenStack should know of an image, and the gate
 * before it: nothing is uploaded that is not portable.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "checks/policy.h"
#include "cli/cli.h"
#include "glance/input.h"
#include "glance/properties.h"
#include "glance/refuse.h"
#include "glance/upload.h"
#include "report/report.h"
#include "worker/confine.h"
#include "worker/judge.h"

enum format {
	FORMAT_IS_TEXT,
	FORMAT_IS_JSON,
	FORMAT_IS_ARGS,
	FORMAT_IS_ENV
};

/* Unpacked or converted images beyond this are not made unless --max-size says so. */
#define MAX_SIZE (UINT64_C(64) << 30)

/* What a compressed file may want for its window, and what libraries take beside. */
#define UNPACK_MEMORY (UINT64_C(2) << 30)

struct glance_job {
	struct image_options image;
	struct glance_input_request input;
	struct policy policy;
	struct strlist allowed;
	enum format format;
	const char *upload; /* the name in Glance; NULL: nothing is uploaded */
	const char *config;
};

static void glance_job_release(struct glance_job *job)
{
	policy_release(&job->policy);
	strlist_release(&job->allowed);
}
DEFINE_RELEASE(struct glance_job, glance_job_release)

/* ---- options ---- */

enum {
	OPT_FORMAT = 256,
	OPT_BOOT,
	OPT_TIMEOUT,
	OPT_ALLOW,
	OPT_CONFIG,
	OPT_UPLOAD,
	OPT_UNPACK,
	OPT_MAX_SIZE,
	OPT_CONVERT,
};

static const struct option longs[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "boot", required_argument, NULL, OPT_BOOT },
	{ "boot-timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "upload", required_argument, NULL, OPT_UPLOAD },
	{ "unpack", no_argument, NULL, OPT_UNPACK },
	{ "max-size", required_argument, NULL, OPT_MAX_SIZE },
	{ "convert", required_argument, NULL, OPT_CONVERT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int set_format(const struct verb *verb, struct glance_job *job, const char *word)
{
	static const char *const words[] = { "text", "json", "args", "env" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], word) == 0) {
			job->format = (enum format)i;
			return STATUS_OK;
		}
	return say_usage(verb, "--format %s: not text, json, args or env", word);
}

static int set_boot(const struct verb *verb, struct glance_job *job, const char *word)
{
	bool emulator = strcmp(word, "emulator") == 0;

	if (!emulator && strcmp(word, "none") != 0)
		return say_usage(verb, "--boot %s: not none or emulator", word);
	job->image.boot_emulator = job->image.boot_scenarios = emulator;
	return STATUS_OK;
}

static int set_convert(const struct verb *verb, struct glance_job *job, const char *word)
{
	if (strcmp(word, "raw") != 0 && strcmp(word, "qcow2") != 0)
		return say_usage(verb, "--convert %s: not raw or qcow2", word);
	job->input.convert = word;
	return STATUS_OK;
}

static int set_upload(const struct verb *verb, struct glance_job *job, const char *name)
{
	if (!*name || strlen(name) > 255)
		return say_usage(verb, "--upload: a name of 1 to 255 bytes is wanted");
	job->upload = name;
	return STATUS_OK;
}

/* Ids alone, for they become a property of the image. */
static int add_allowed(const struct verb *verb, struct glance_job *job, const char *list)
{
	size_t from = job->allowed.n;

	add_words(&job->allowed, list);
	for (size_t i = from; i < job->allowed.n; i++) {
		const char *id = job->allowed.v[i];

		if (!check_by_id(id))
			return say_usage(verb, "--allow %s: no check has this id", id);
		policy_add(&job->policy, false, id, "allowed", "--allow", NULL);
	}
	return STATUS_OK;
}

static int take_option(const struct verb *verb, struct glance_job *job, int opt)
{
	switch (opt) {
	case OPT_FORMAT:
		return set_format(verb, job, optarg);
	case OPT_BOOT:
		return set_boot(verb, job, optarg);
	case OPT_TIMEOUT:
		return read_seconds(verb, optarg, &job->image.boot_seconds);
	case OPT_ALLOW:
		return add_allowed(verb, job, optarg);
	case OPT_CONFIG:
		job->config = optarg;
		return STATUS_OK;
	case OPT_UPLOAD:
		return set_upload(verb, job, optarg);
	case OPT_UNPACK:
		job->input.unpack = true;
		return STATUS_OK;
	case OPT_MAX_SIZE:
		return read_size(verb, "--max-size", optarg, &job->input.max_size);
	case OPT_CONVERT:
		return set_convert(verb, job, optarg);
	default:
		return STATUS_USAGE;
	}
}

/* STATUS_OK: go on; anything else, and with *done, ends the program. */
static int read_options(
	const struct verb *verb, int argc, char **argv, struct glance_job *job, bool *done)
{
	int opt, ret = STATUS_OK;

	while (ret == STATUS_OK && (opt = next_option(verb, argc, argv, ":h", longs)) != -1) {
		*done = opt == 'h';
		if (*done)
			return say_help(verb);
		ret = take_option(verb, job, opt);
	}
	if (ret == STATUS_OK && optind != argc - 1)
		return say_usage(verb, optind == argc ? "no image given" : "one image at a time");
	if (ret != STATUS_OK)
		return ret;
	job->input.path = argv[optind];
	ret = read_config(&job->policy, job->config);
	glance_policy(&job->policy);
	return ret;
}

/* ---- the image ---- */

/* What is known of an image when it was judged. */
struct judged {
	struct stat stat; /* of the file, before */
	bool unpacked;    /* it lay in another */
	struct results results;
};

static void judged_release(struct judged *j)
{
	results_release(&j->results);
}
DEFINE_RELEASE(struct judged, judged_release)

static int judge(const struct glance_job *job, const char *path, struct judged *j, struct err *err)
{
	const struct selection all = { 0 };
	const struct judge_options options = {
		.image = job->image,
		.selection = &all,
		.extras = RESULTS_FACTS | RESULTS_PROPERTIES,
	};
	int ret;

	if (stat(path, &j->stat) < 0)
		return err_sys(err, "%s", path);
	ret = judge_image(path, &options, NULL, NULL, NULL, &j->results, err);
	if (ret < 0)
		return ret;
	policy_apply(&job->policy, job->input.path, &j->results.verdict);
	j->results.facts.path = xstrdup(job->input.path);
	return 0;
}

/* The ids of what was found and does not count, for those who get the image. */
static void add_waived(struct judged *j)
{
	struct text ids CLEANUP(text_release) = TEXT_INIT;

	for (size_t i = 0; i < j->results.verdict.n; i++)
		if (j->results.verdict.results[i].waived)
			text_printf(&ids, "%s%s", ids.len ? "," : "",
				j->results.verdict.results[i].check->id);
	if (ids.len)
		glance_property_add(&j->results.properties, "armvm_waived", text_str(&ids),
			"what was found and waived");
}

/* ---- the answer ---- */

static int print_json(const struct judged *j)
{
	struct report_json *json = report_json_begin();
	struct text out CLEANUP(text_release) = TEXT_INIT;

	report_json_image(json, &j->results.facts, &j->results.verdict);
	report_json_properties(json, &j->results.properties);
	report_json_end(json, &out);
	return print(&out);
}

/* What was packed is mended when it is unpacked. */
static void add_report(struct text *out, const struct judged *j, unsigned flags, unsigned width)
{
	const struct strlist none = { 0 };

	report_text(out, &j->results.facts, &j->results.verdict, flags, width);
	if (!j->unpacked)
		report_mending(out, j->results.facts.path, &j->results.verdict, &none, width);
}

static int print_text(const struct judged *j)
{
	unsigned flags = terminal_flags(), width = terminal_width();
	struct text out CLEANUP(text_release) = TEXT_INIT;

	add_report(&out, j, flags, width);
	text_puts(&out, "\n");
	report_properties_text(&out, &j->results.properties, flags, width);
	return print(&out);
}

/* Whether Glance has a word for the format, without which it takes an image for raw bytes. */
static bool has_format(const struct judged *j)
{
	return glance_property(&j->results.properties, "disk_format") != NULL;
}

static int verify_format(const struct judged *j)
{
	const struct glance_properties *p = &j->results.properties;
	struct text out CLEANUP(text_release) = TEXT_INIT;

	for (size_t i = 0; i < p->n && !has_format(j); i++)
		if (strcmp(p->v[i].name, "disk_format") == 0)
			report_safe(&out, p->v[i].reason);
	if (has_format(j))
		return STATUS_OK;
	fprintf(stderr, "armvm-image: no disk_format: %s\n", text_str(&out));
	return STATUS_FOUND;
}

/* For a program that takes what it is given: nothing of an image that is not to be used. */
static int print_words(const struct glance_job *job, const struct judged *j)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;

	if (j->results.verdict.conclusion != PORTABLE) {
		add_report(&out, j, 0, 0);
		fputs(text_str(&out), stderr);
		return STATUS_OK;
	}
	if (!has_format(j))
		return STATUS_OK;
	if (job->format == FORMAT_IS_ARGS)
		report_properties_args(&out, &j->results.properties);
	else
		report_properties_env(&out, &j->results.properties);
	return print(&out);
}

static int answer(const struct glance_job *job, const struct judged *j)
{
	switch (job->format) {
	case FORMAT_IS_TEXT:
		return print_text(j);
	case FORMAT_IS_JSON:
		return print_json(j);
	default:
		return print_words(job, j);
	}
}

static int upload(const struct glance_job *job, const char *path, const struct judged *j,
	struct keeper *keeper)
{
	const struct glance_upload request = {
		.path = path,
		.name = job->upload,
		.properties = &j->results.properties,
		.judged = &j->stat,
	};
	char id[GLANCE_ID_LEN + 1];
	struct err err = { 0 }, undone = { 0 };

	if (glance_upload(&request, keeper, id, &err) == 0) {
		fprintf(stderr, "armvm-image: uploaded as %s, which holds what was judged\n", id);
		return STATUS_OK;
	}
	say_error(&err);
	if (keeper_end(keeper, &undone) < 0)
		say_error(&undone);
	return STATUS_FOUND;
}

static int run(const struct glance_job *job)
{
	struct keeper keeper CLEANUP(keeper_release) = { 0 };
	struct glance_input input CLEANUP(glance_input_release) = { 0 };
	struct judged j CLEANUP(judged_release) = { 0 };
	struct err err = { 0 };
	int ret = 0, status;

	if (job->upload || job->input.unpack || job->input.convert)
		ret = keeper_start(&keeper, &err);
	if (ret == 0)
		ret = glance_input_prepare(&job->input, &keeper, &input, &err);
	if (ret == 0)
		ret = judge(job, input.path, &j, &err);
	j.unpacked = input.unpacked.tmp != NULL;
	if (ret < 0) {
		say_error(&err);
		return STATUS_UNDETERMINED;
	}
	add_waived(&j);
	status = answer(job, &j);
	if (status == STATUS_OK)
		status = verdict_exit_status(&j.results.verdict);
	if (status == STATUS_OK)
		status = verify_format(&j);
	if (status == STATUS_OK && job->upload)
		status = upload(job, input.path, &j, &keeper);
	else if (job->upload)
		fprintf(stderr, "armvm-image: nothing is uploaded\n");
	return status;
}

/* Archives are a stranger's as images are. */
static int confine(const int *fds, size_t n, struct err *err)
{
	static const struct worker_limits limits = { .memory = UNPACK_MEMORY };
	int ret = worker_keep_only(fds, n, err);

	return ret < 0 ? ret : worker_confine(&limits, err);
}

static int glance(const struct verb *verb, int argc, char **argv)
{
	struct glance_job job CLEANUP(glance_job_release) = {
		.image.boot_emulator = true,
		.image.boot_scenarios = true,
		.input.max_size = MAX_SIZE,
		.input.confine = confine,
	};
	bool done = false;
	int status = read_options(verb, argc, argv, &job, &done);

	return status != STATUS_OK || done ? status : run(&job);
}

const struct verb verb_glance = {
	.name = "glance",
	.synopsis =
		"[--format text|json|args|env] [--boot none|emulator] [--boot-timeout SECONDS]\n"
		"       [--allow ID] [--config FILE] [--unpack] [--max-size SIZE]\n"
		"       [--convert raw|qcow2] [--upload NAME] IMAGE",
	.summary =
		"tell what OpenStack's Glance should know of an image; upload it if it is portable",
	.options =
		"  --format FORMAT         text (the default), json, args (for openstack image create),\n"
		"                          or env (NAME=value lines)\n"
		"  --boot none|emulator    whether to boot it; default: emulator, in every scenario\n"
		"  --boot-timeout SECONDS  patience with each boot\n"
		"  --allow ID[,ID]...      let these findings pass; recorded as a property\n"
		"  --config FILE           waivers; default: .armvm-image.conf, if there is one\n"
		"  --unpack                judge and upload what is in a .xz, .gz, .zst, tar or OVA file\n"
		"  --max-size SIZE         of what is unpacked or converted; default: 64G\n"
		"  --convert raw|qcow2     convert first, and judge what comes of it\n"
		"  --upload NAME           upload it by the openstack client if it is portable\n"
		"\n"
		"Exit status: 0 portable (and uploaded), 1 errors found, or the upload failed, 2 wrong\n"
		"usage, 3 could not be determined.\n",
	.run = glance,
};
