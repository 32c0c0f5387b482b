/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image check: judge images.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "checks/policy.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/keys.h"
#include "cli/many.h"
#include "report/report.h"
#include "worker/cache.h"
#include "worker/judge.h"

struct job {
	struct judge_options judge;
	struct selection selection;
	struct policy policy;
	struct image_keys keys;
	struct strlist fix_options; /* what fix needs of what was given here */
	const char *config;         /* --config */
	const char *cache;          /* --cache: the folder; NULL: none */
	enum cache_identity identity;
	struct worker_limits limits;
	struct report_files files;
	unsigned jobs;
	unsigned flags; /* REPORT_* */
	bool json;
	bool json_lines;  /* a document for each image */
	bool nul;         /* names on standard input end with NUL */
	bool boots_named; /* --boot was given */
};

static void job_release(struct job *job)
{
	selection_release(&job->selection);
	policy_release(&job->policy);
	image_keys_release(&job->keys);
	strlist_release(&job->fix_options);
}
DEFINE_RELEASE(struct job, job_release)

static int add_boots(const struct verb *verb, struct job *job, const char *list)
{
	struct strlist words CLEANUP(strlist_release) = { 0 };

	add_words(&words, list);
	/* What is named is all that is done. */
	if (!job->boots_named)
		job->judge.image.boot_emulator = false;
	job->boots_named = true;
	for (size_t i = 0; i < words.n; i++) {
		if (strcmp(words.v[i], "emulator") == 0)
			job->judge.image.boot_emulator = true;
		else if (strcmp(words.v[i], "edk2") == 0)
			job->judge.image.boot_edk2 = true;
		else if (strcmp(words.v[i], "u-boot") == 0)
			job->judge.image.boot_uboot = true;
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
			job->judge.image.until = stages[i];
			return STATUS_OK;
		}
	return say_usage(verb, "--until %s: not kernel, init or login", word);
}

enum {
	OPT_BOOT = 256,
	OPT_UNTIL,
	OPT_TIMEOUT,
	OPT_VERIFY_REUSE,
	OPT_SELECT,
	OPT_IGNORE,
	OPT_CONFIG,
	OPT_JSON,
	OPT_FILES,
	OPT_FILES_LAST = OPT_FILES + REPORT_FILES - 1,
	OPT_MAX_CPU,
	OPT_MAX_MEMORY,
	OPT_CACHE,
	OPT_KEY
};

static int add_key(const struct verb *verb, struct job *job, const char *word)
{
	strlist_add(&job->fix_options, "--key");
	strlist_take(&job->fix_options, key_shown(word));
	return read_key(verb, word, &job->keys);
}

static int set_json(const struct verb *verb, struct job *job, const char *form)
{
	job->json = true;
	job->json_lines = form != NULL;
	return !form || strcmp(form, "lines") == 0 ? STATUS_OK
						   : say_usage(verb, "--json=%s: not lines", form);
}

/* A folder of this name is "./digest". */
static int set_cache(const struct verb *verb, struct job *job, const char *word)
{
	if (!*word)
		return say_usage(verb, "--cache: a folder is wanted");
	if (strcmp(word, "digest") == 0)
		job->identity = CACHE_CONTENT;
	else
		job->cache = word;
	return STATUS_OK;
}

static int set_limit(const struct verb *verb, struct job *job, int opt, const char *word)
{
	char *end;
	unsigned long n;

	if (opt == 'j')
		return many_jobs(word, &job->jobs)
			       ? STATUS_OK
			       : say_usage(verb, "-j %s: not a number from 1 to 256", word);
	errno = 0;
	n = strtoul(word, &end, 10);
	if (errno || *end || end == word || *word == '-' || n == 0 || n > 1000000)
		return say_usage(verb, "--max-%s %s: not a number from 1 to 1000000",
			opt == OPT_MAX_CPU ? "cpu" : "memory", word);
	if (opt == OPT_MAX_CPU)
		job->limits.cpu_seconds = (unsigned)n;
	else
		job->limits.memory = (uint64_t)n << 20;
	return STATUS_OK;
}

static const struct option longs[] = {
	{ "boot", required_argument, NULL, OPT_BOOT },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "boot-timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "verify-reuse", no_argument, NULL, OPT_VERIFY_REUSE },
	{ "select", required_argument, NULL, OPT_SELECT },
	{ "ignore", required_argument, NULL, OPT_IGNORE },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "json", optional_argument, NULL, OPT_JSON },
	{ "report", required_argument, NULL, OPT_FILES },
	{ "junit", required_argument, NULL, OPT_FILES + 1 },
	{ "sarif", required_argument, NULL, OPT_FILES + 2 },
	{ "code-quality", required_argument, NULL, OPT_FILES + 3 },
	{ "max-cpu", required_argument, NULL, OPT_MAX_CPU },
	{ "max-memory", required_argument, NULL, OPT_MAX_MEMORY },
	{ "cache", required_argument, NULL, OPT_CACHE },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "jobs", required_argument, NULL, 'j' },
	{ "null", no_argument, NULL, '0' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void set_flag(struct job *job, int opt)
{
	switch (opt) {
	case OPT_VERIFY_REUSE:
		job->judge.image.verify_reuse = true;
		break;
	case '0':
		job->nul = true;
		break;
	case 'q':
		job->flags |= REPORT_BRIEF;
		break;
	case 'v':
		job->flags |= REPORT_VERBOSE;
		break;
	}
}

static int set_option(const struct verb *verb, struct job *job, int opt, const char *value)
{
	switch (opt) {
	case OPT_BOOT:
		return add_boots(verb, job, value);
	case OPT_UNTIL:
		return set_until(verb, job, value);
	case OPT_TIMEOUT:
		return read_seconds(verb, value, &job->judge.image.boot_seconds);
	case OPT_SELECT:
		add_words(&job->selection.select, value);
		return STATUS_OK;
	case OPT_IGNORE:
		add_words(&job->selection.ignore, value);
		return STATUS_OK;
	case OPT_CONFIG:
		job->config = value;
		return STATUS_OK;
	case OPT_FILES ... OPT_FILES_LAST:
		return report_files_take(verb, &job->files, opt - OPT_FILES, value);
	case OPT_JSON:
		return set_json(verb, job, value);
	case OPT_CACHE:
		return set_cache(verb, job, value);
	case OPT_KEY:
		return add_key(verb, job, value);
	case OPT_MAX_CPU:
	case OPT_MAX_MEMORY:
	case 'j':
		return set_limit(verb, job, opt, value);
	case '?':
		return STATUS_USAGE;
	default:
		set_flag(job, opt);
		return STATUS_OK;
	}
}

/* STATUS_OK: go on; anything else, and with *done, ends the program. */
static int read_options(const struct verb *verb, int argc, char **argv, struct job *job, bool *done)
{
	int opt, ret = STATUS_OK;

	while (ret == STATUS_OK && (opt = next_option(verb, argc, argv, ":hqvj:0", longs)) != -1) {
		if (opt == 'h') {
			*done = true;
			return say_help(verb);
		}
		ret = set_option(verb, job, opt, optarg);
	}
	if (ret == STATUS_OK && optind == argc)
		return say_usage(verb, "no image given");
	if (ret == STATUS_OK && job->identity == CACHE_CONTENT && !job->cache)
		return say_usage(verb, "--cache=digest: wants a folder, too: --cache DIR");
	if (ret == STATUS_OK && job->cache && job->keys.n)
		return say_usage(
			verb, "--cache: what a key opens is not kept: leave out --key or it");
	return ret == STATUS_OK ? read_config(&job->policy, job->config) : ret;
}

/* ---- one image after the other, or several at a time ---- */

/* What is known of one image until it is its turn to be printed. */
struct slot {
	struct results results;
	struct cache_item kept;
	struct digest_task digest;
	bool begun;
	struct err failed; /* code 0: it could be opened */
};

struct run {
	const struct job *job;
	struct cache *cache; /* NULL: none */
	size_t known;        /* images whose verdict was in it */
	bool unkept;         /* that one could not be kept was said */
	const struct strlist *names;
	struct slot *slots;
	struct report_json *json; /* NULL: text */
	struct report_files files;
	struct progress progress;
	bool partial;                           /* not all was judged that could be wrong */
	size_t counts[STATUS_UNDETERMINED + 1]; /* images, by their exit status */
	size_t printed;
	int status;
};

/* Whether no more images than are judged at a time wait to be printed before this one. */
static bool is_next(const struct run *run, size_t item)
{
	size_t printed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(run->counts); i++)
		printed += run->counts[i];
	return item < printed + (run->job->jobs ? run->job->jobs : 1);
}

static int open_image(void *ctx, size_t item, struct helper_subject *subject)
{
	struct run *run = ctx;
	struct slot *slot = &run->slots[item];

	if (judge_open(run->names->v[item], &run->job->judge, subject, &slot->failed) < 0)
		return 1;
	slot->begun = true;
	results_begin(&slot->results, &run->job->selection);
	if (!run->cache || !cache_find(run->cache, subject->fd, &slot->kept, &slot->results)) {
		if (is_next(run, item))
			report_files_prepare(&run->files, run->names->v[item], &slot->digest);
		return 0;
	}
	cache_item_release(&slot->kept);
	close(subject->fd);
	run->known++;
	return 1;
}

static uint64_t judge_item(void *ctx, size_t item, struct link *link)
{
	const struct run *run = ctx;

	judge_work(run->names->v[item], &run->job->judge, link);
	return 0;
}

static int take_frame(void *ctx, size_t item, struct frame *frame, struct err *err)
{
	struct run *run = ctx;
	struct results *r = &run->slots[item].results;
	const struct check *check;
	int ret;

	if (run->cache)
		cache_record(&run->slots[item].kept, frame);
	ret = results_take(r, frame, err);
	if (ret < 0 || frame->kind != FRAME_STEP || run->names->n > 1)
		return ret;
	check = r->verdict.results[r->step].check;
	progress_step(&run->progress, check->title, r->step, r->verdict.n,
		strncmp(check->id, "boot.", 5) == 0);
	return 0;
}

/* Once: the verdicts are as good without a cache. */
static void say_not_kept(struct run *run, struct err *err)
{
	if (run->unkept)
		return;
	run->unkept = true;
	progress_clear(&run->progress);
	err_push(err, "warning: verdicts are not kept");
	say_error(err);
}

static void end_item(void *ctx, size_t item, const struct pool_end *end)
{
	struct run *run = ctx;
	struct slot *slot = &run->slots[item];
	struct err err = { 0 };

	judge_end(&slot->results, end);
	if (!run->cache)
		return;
	if (cache_store(run->cache, &slot->kept, &slot->results, &err) < 0)
		say_not_kept(run, &err);
	cache_item_release(&slot->kept);
}

static void count_image(struct run *run, int status)
{
	run->counts[status]++;
	run->progress.failed += status != STATUS_OK;
	run->status = worse_status(run->status, status);
}

static int print_json(struct run *run)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;

	if (!run->job->json_lines)
		return 0;
	report_json_lines(run->json, &out);
	return print(&out) == STATUS_OK ? 0 : -EIO;
}

/* An image that could not be opened, or whose header could not be read. */
static int print_failed(struct run *run, const char *path, const struct err *why)
{
	say_error(why);
	count_image(run, STATUS_UNDETERMINED);
	report_files_failed(&run->files, path, why);
	if (!run->json)
		return 0;
	report_json_failed(run->json, path, why);
	return print_json(run);
}

static int print_text(struct run *run, const struct results *r)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;
	unsigned flags = run->job->flags, width = terminal_width();

	if (run->printed++ && !(flags & REPORT_BRIEF))
		text_puts(&out, "\n");
	report_text(&out, &r->facts, &r->verdict, flags, width);
	if (!(flags & REPORT_BRIEF))
		report_mending(&out, r->facts.path, &r->verdict, &run->job->fix_options, width);
	return print(&out) == STATUS_OK ? 0 : -EIO;
}

static int print_image(void *ctx, size_t item)
{
	struct run *run = ctx;
	struct slot *slot = &run->slots[item];
	struct results *r = &slot->results;
	const char *path = run->names->v[item];
	int ret;

	progress_clear(&run->progress);
	if (!slot->begun) {
		ret = print_failed(run, path, &slot->failed);
	} else if (r->failed) {
		ret = print_failed(run, path, &r->why);
	} else {
		r->facts.path = xstrdup(path);
		policy_apply(&run->job->policy, path, &r->verdict);
		run->partial |= r->verdict.partial;
		count_image(run, verdict_exit_status(&r->verdict));
		report_files_image(&run->files, &slot->digest, &r->facts, &r->verdict);
		if (run->json)
			report_json_image(run->json, &r->facts, &r->verdict);
		ret = run->json ? print_json(run) : print_text(run, r);
	}
	digest_task_release(&slot->digest);
	results_release(r);
	return ret;
}

static void show_progress(void *ctx, size_t done, size_t total)
{
	struct run *run = ctx;

	if (total > 1)
		progress_images(&run->progress, done, total);
}

static void print_summary(const struct run *run)
{
	fprintf(stderr, "%zu images: %zu portable, %zu not portable, %zu could not be determined",
		run->names->n, run->counts[STATUS_OK], run->counts[STATUS_FOUND],
		run->counts[STATUS_UNDETERMINED]);
	if (run->partial)
		fputs(", as far as selected", stderr);
	if (run->known)
		fprintf(stderr, "; %zu known from before", run->known);
	fputc('\n', stderr);
}

static int finish(struct run *run, int ret, size_t left, const struct err *err)
{
	struct text out CLEANUP(text_release) = TEXT_INIT;
	int written;

	progress_clear(&run->progress);
	written = report_files_end(&run->files);
	if (run->json) {
		report_json_end(run->json, &out);
		if (!run->job->json_lines && print(&out) != STATUS_OK)
			return STATUS_FOUND;
	}
	if (ret == -EINTR) {
		many_say_left(run->names, left);
		return worse_status(run->status, STATUS_UNDETERMINED);
	}
	if (ret < 0 && err->code)
		say_error(err);
	if (ret < 0)
		return STATUS_FOUND;
	if (run->names->n > 1)
		print_summary(run);
	return worse_status(run->status, written);
}

static int check_all(const struct job *job, struct cache *cache, const struct strlist *names)
{
	struct run run = {
		.job = job,
		.cache = cache,
		.names = names,
		.slots = xcalloc(names->n, sizeof(*run.slots)),
		.json = job->json ? report_json_begin() : NULL,
		.files = job->files,
	};
	const struct pool_task task = {
		.n = names->n,
		.jobs = job->jobs,
		.limits = job->limits,
		.patience = judge_patience(&job->judge),
		.deadline = judge_deadline(&job->judge, &job->limits),
		.ctx = &run,
		.open = open_image,
		.work = judge_item,
		.take = take_frame,
		.end = end_item,
		.deliver = print_image,
		.tick = show_progress,
	};
	struct err err = { 0 };
	size_t left = 0;
	int ret;

	report_files_begin(&run.files);
	progress_begin(&run.progress);
	many_catch_signals();
	ret = pool_run(&task, &many_stop, &left, &err);
	for (size_t i = names->n - left; i < names->n; i++) {
		digest_task_release(&run.slots[i].digest);
		results_release(&run.slots[i].results);
	}
	free(run.slots);
	return finish(&run, ret, left, &err);
}

static int check(const struct verb *verb, int argc, char **argv)
{
	struct job job CLEANUP(job_release) = {
		.judge.image.boot_emulator = true,
		.flags = terminal_flags(),
		.limits = judge_limits,
	};
	struct strlist names CLEANUP(strlist_release) = { 0 };
	struct cache *cache CLEANUP(cache_close) = NULL;
	struct err err = { 0 };
	bool done = false;
	int status = read_options(verb, argc, argv, &job, &done);

	if (status != STATUS_OK || done)
		return status;
	if (selection_verify(&job.selection, &err) < 0) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (many_names(argv + optind, (size_t)(argc - optind), job.nul, &names, &err) < 0) {
		say_error(&err);
		return STATUS_UNDETERMINED;
	}
	judge_with_keys(&job.judge, &job.limits, &job.keys);
	job.judge.selection = &job.selection;
	job.judge.image.boot_scenarios = selection_has_scenarios(&job.selection);
	/* One line says nothing of the guest, which may be slow to look at. */
	if (job.json || !(job.flags & REPORT_BRIEF) || report_files_any(&job.files))
		job.judge.extras = RESULTS_FACTS;
	if (job.cache && cache_open(job.cache, job.identity, &job.judge, &job.limits, &many_stop,
				 &cache, &err) < 0) {
		say_error(&err);
		return STATUS_USAGE;
	}
	return check_all(&job, cache, &names);
}

const struct verb verb_check = {
	.name = "check",
	.synopsis =
		"[--boot none|emulator|edk2|u-boot] [--until kernel|init|login] [--select ID] [--ignore ID]\n"
		"       [--config FILE] [--json[=lines]] [--report FILE] [--junit FILE]\n"
		"       [--sarif FILE] [--code-quality FILE] [--cache DIR] [--key KEY] [-j N]\n"
		"       [--max-cpu SECONDS] [--max-memory MIB] [-q|-v] [-0]\n"
		"       IMAGE|DIR|-...",
	.summary = "judge whether images are portable: what is wrong, why, and how to mend it",
	.options =
		"  --boot FIRMWARE[,FIRMWARE]...\n"
		"                            emulator (the bundled one, the default), edk2 or u-boot (in\n"
		"                            QEMU), or none\n"
		"  --until kernel|init|login what counts as booted in QEMU; default kernel\n"
		"  --boot-timeout SECONDS    patience with each boot\n"
		"  --verify-reuse            have the emulator check itself, which takes longer\n"
		"  --select ID[,ID]...       run only these checks; a family or a pattern will do\n"
		"  --ignore ID[,ID]...       leave these out\n"
		"  --config FILE             waivers; default: .armvm-image.conf, if there is one\n"
		"  --report FILE             write a page for people, in HTML\n"
		"  --junit FILE              write JUnit's XML\n"
		"  --sarif FILE              write SARIF, as GitHub shows it\n"
		"  --code-quality FILE       write GitLab's code quality JSON\n"
		"  --json[=lines]            report as JSON: one document, or one a line for each image\n"
		"  --cache DIR               keep verdicts there, and judge what has changed\n"
		"  --cache=digest            know an image by its bytes, not by its file's date and place\n"
		"  --key ID[:file:NAME]      open an encrypted volume; without a file its key is asked for\n"
		"  -j, --jobs N              images at a time; default 1\n"
		"  --max-cpu SECONDS         CPU time for reading an image; default 60\n"
		"  --max-memory MIB          memory for reading an image; default 1024\n"
		"  -0, --null                the names on standard input (-) end with NUL\n"
		"  -q, --quiet               one line for each image\n"
		"  -v, --verbose             every check on a line\n"
		"\n"
		"Exit status: 0 portable, 1 errors found, 2 wrong usage, 3 could not be determined.\n",
	.run = check,
};
