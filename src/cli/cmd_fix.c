/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image fix: mend images, each in a process of its own, several at a time.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/keys.h"
#include "cli/many.h"
#include "fix/fix.h"
#include "report/fix.h"

struct job {
	struct fix_options fix;
	struct selection only;
	struct image_keys keys;
	unsigned flags; /* REPORT_* */
	unsigned jobs;  /* images at a time; 0: one */
	bool nul;       /* names on standard input end with NUL */
	bool json, json_lines;
};

static void job_release(struct job *job)
{
	selection_release(&job->only);
	image_keys_release(&job->keys);
}
DEFINE_RELEASE(struct job, job_release)

enum {
	OPT_IN_PLACE = 256,
	OPT_DRY_RUN,
	OPT_ONLY,
	OPT_FORCE,
	OPT_NO_VERIFY,
	OPT_JSON,
	OPT_KEY
};

static int set_json(const struct verb *verb, struct job *job, const char *word)
{
	if (word && strcmp(word, "lines") != 0)
		return say_usage(verb, "--json=%s: not lines", word);
	job->json = true;
	job->json_lines = word != NULL;
	return STATUS_OK;
}

static int set_option(const struct verb *verb, struct job *job, int opt)
{
	switch (opt) {
	case 'j':
		if (many_jobs(optarg, &job->jobs))
			return STATUS_OK;
		return say_usage(verb, "--jobs %s: not a number from 1 to 256", optarg);
	case '0':
		job->nul = true;
		return STATUS_OK;
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
		return set_json(verb, job, optarg);
	case OPT_KEY:
		return read_key(verb, optarg, &job->keys);
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
		{ "json", optional_argument, NULL, OPT_JSON },
		{ "key", required_argument, NULL, OPT_KEY },
		{ "jobs", required_argument, NULL, 'j' },
		{ "null", no_argument, NULL, '0' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, ret = STATUS_OK;

	while (ret == STATUS_OK && (opt = next_option(verb, argc, argv, ":0hj:o:q", longs)) != -1) {
		if (opt == 'h') {
			*done = true;
			return say_help(verb);
		}
		ret = set_option(verb, job, opt);
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

/* ---- one image, in a process of its own ---- */

/* What a process sends of its image: bytes for standard output and standard error. */
struct slot {
	pid_t pid; /* 0: not begun, or ended */
	int out, err;
	bool ended;
	int status;
};

static void write_fd(int fd, const struct text *text)
{
	for (size_t at = 0; at < text->len;) {
		ssize_t n = write(fd, text_str(text) + at, text->len - at);

		if (n <= 0)
			_exit(STATUS_FOUND);
		at += (size_t)n;
	}
}

static int fix_one(struct job *job, const char *path, struct text *out, struct text *said)
{
	struct fix_result result CLEANUP(fix_result_release) = { 0 };
	struct report_json *json = job->json ? report_json_begin() : NULL;
	struct err err = { 0 };
	int ret, status = STATUS_FOUND;

	job->fix.image = path;
	ret = fix_image(&job->fix, &result, &err);
	if (job->fix.progress)
		fprintf(stderr, "\r\033[K");
	if (ret < 0) {
		text_printf(said, "armvm-image: %s\n", err.text);
		if (*err.hint)
			text_printf(said, "  %s\n", err.hint);
		if (json)
			report_json_failed(json, path, &err);
	} else {
		status = fix_exit_status(&result);
		if (json)
			report_json_fix(json, path, &result);
		else
			report_fix(out, path, &result, job->flags, terminal_width());
	}
	if (json) {
		struct text rest CLEANUP(text_release) = TEXT_INIT;

		report_json_lines(json, out);
		report_json_end(json, &rest);
	}
	return status;
}

static int start(struct job *job, const char *path, struct slot *slot, struct err *err)
{
	struct text out = TEXT_INIT, said = TEXT_INIT;
	pid_t parent = getpid();
	int status;

	slot->out = memfd_create("fix", MFD_CLOEXEC);
	slot->err = memfd_create("fix", MFD_CLOEXEC);
	if (slot->out < 0 || slot->err < 0)
		return err_sys(err, "memfd_create");
	slot->pid = fork();
	if (slot->pid < 0)
		return err_sys(err, "fork");
	if (slot->pid)
		return 0;
	many_default_signals();
	outfile_clean_up_on_signals();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(STATUS_FOUND);
	status = fix_one(job, path, &out, &said);
	write_fd(slot->out, &out);
	write_fd(slot->err, &said);
	_exit(status);
}

/* ---- all of them ---- */

struct run {
	struct job *job;
	const struct strlist *names;
	struct slot *slots;
	struct report_json *json; /* NULL: text, or lines */
	size_t counts[STATUS_UNDETERMINED + 1];
	size_t printed;
	int status;
};

static void read_fd(int fd, struct text *text)
{
	off_t len = lseek(fd, 0, SEEK_END);

	if (len > 0 && pread(fd, text_reserve(text, (size_t)len), (size_t)len, 0) == len)
		text_added(text, (size_t)len);
	close(fd);
}

static int print_result(struct run *run, size_t i)
{
	struct text out CLEANUP(text_release) = TEXT_INIT, said CLEANUP(text_release) = TEXT_INIT;
	struct slot *slot = &run->slots[i];
	bool died = !WIFEXITED(slot->status) || WEXITSTATUS(slot->status) > STATUS_UNDETERMINED;
	int status = died ? STATUS_FOUND : WEXITSTATUS(slot->status);

	read_fd(slot->out, &out);
	read_fd(slot->err, &said);
	if (died)
		text_printf(&said,
			"armvm-image: %s: the process that worked on it died of signal %d\n",
			run->names->v[i], WIFSIGNALED(slot->status) ? WTERMSIG(slot->status) : 0);
	run->counts[status]++;
	run->status = worse_status(run->status, status);
	if (run->printed++ && !run->job->json && !(run->job->flags & REPORT_BRIEF))
		fputs("\n", stdout);
	fputs(text_str(&said), stderr);
	if (run->json) {
		report_json_parsed(run->json, text_str(&out));
		return STATUS_OK;
	}
	return print(&out);
}

static void remember_end(struct run *run, pid_t pid, int status)
{
	for (size_t i = 0; i < run->names->n; i++)
		if (pid > 0 && run->slots[i].pid == pid) {
			run->slots[i].pid = 0;
			run->slots[i].ended = true;
			run->slots[i].status = status;
		}
}

static void on_child(int number)
{
	(void)number;
}

/* Waits for one to end, or for the signal to stop. */
static void wait_for_one(struct run *run)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	sigset_t blocked, before;
	pid_t pid;
	int status;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaddset(&blocked, numbers[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	while ((pid = waitpid(-1, &status, WNOHANG)) == 0 && !many_stop)
		sigsuspend(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	remember_end(run, pid, status);
}

/* Each removes what it has written so far. */
static void stop_all(struct run *run)
{
	for (size_t i = 0; i < run->names->n; i++)
		if (run->slots[i].pid)
			kill(run->slots[i].pid, SIGTERM);
	for (size_t i = 0; i < run->names->n; i++)
		if (run->slots[i].pid)
			waitpid(run->slots[i].pid, NULL, 0);
}

static int run_all(struct run *run, size_t *printed, struct err *err)
{
	size_t jobs = run->job->jobs ? run->job->jobs : 1, begun = 0, running = 0;

	while (*printed < run->names->n && !many_stop) {
		while (begun < run->names->n && running < jobs) {
			int ret = start(run->job, run->names->v[begun], &run->slots[begun], err);

			if (ret < 0)
				return ret;
			begun++;
			running++;
		}
		wait_for_one(run);
		running--;
		while (*printed < begun && run->slots[*printed].ended)
			if (print_result(run, (*printed)++) != STATUS_OK)
				return err_set(err, EIO, "the report could not be written");
	}
	return 0;
}

static int fix_all(struct job *job, const struct strlist *names)
{
	struct run run = {
		.job = job,
		.names = names,
		.slots = xcalloc(names->n, sizeof(*run.slots)),
		.json = job->json && !job->json_lines ? report_json_begin() : NULL,
	};
	const struct sigaction action = { .sa_handler = on_child };
	struct text out CLEANUP(text_release) = TEXT_INIT;
	struct err err = { 0 };
	size_t printed = 0;

	if (names->n == 1 && isatty(STDERR_FILENO))
		job->fix.progress = show_progress;
	many_catch_signals();
	sigaction(SIGCHLD, &action, NULL);
	if (run_all(&run, &printed, &err) < 0) {
		say_error(&err);
		run.status = STATUS_FOUND;
	}
	stop_all(&run);
	free(run.slots);
	if (run.json) {
		report_json_end(run.json, &out);
		if (print(&out) != STATUS_OK)
			run.status = STATUS_FOUND;
	}
	if (many_stop && printed < names->n) {
		many_say_left(names, names->n - printed);
		return worse_status(run.status, STATUS_UNDETERMINED);
	}
	if (names->n > 1)
		fprintf(stderr,
			"%zu images: %zu portable, %zu with errors left, %zu could not be determined\n",
			names->n, run.counts[STATUS_OK], run.counts[STATUS_FOUND],
			run.counts[STATUS_UNDETERMINED]);
	return run.status;
}

static int fix(const struct verb *verb, int argc, char **argv)
{
	struct job job CLEANUP(job_release) = { .fix.verify = true, .flags = terminal_flags() };
	struct strlist names CLEANUP(strlist_release) = { 0 };
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
	if (many_names(argv + optind, (size_t)(argc - optind), job.nul, &names, &err) < 0) {
		say_error(&err);
		return STATUS_UNDETERMINED;
	}
	job.fix.only = &job.only;
	job.fix.keys = &job.keys;
	return fix_all(&job, &names);
}

const struct verb verb_fix = {
	.name = "fix",
	.synopsis = "[-o OUT | --in-place] [--dry-run] [--only ID] [--force] [--no-verify]\n"
		    "       [--json] [--key KEY] [-j N] [-0] [-q] IMAGE...",
	.summary =
		"make images portable: mend what check finds, in a copy that is checked and booted",
	.options =
		"  -o, --output OUT   the image to write; default: IMAGE.portable.EXT beside IMAGE\n"
		"  --in-place         replace IMAGE, in one step\n"
		"  --dry-run          show what would be done, and write nothing\n"
		"  --only ID[,ID]...  mend only what these checks find; a family or a pattern will do\n"
		"  --force            replace OUT when it exists, and do what may lose something\n"
		"  --no-verify        check the result, but do not boot it\n"
		"  --json[=lines]     report as JSON; with lines, an object a line for each image\n"
		"  --key ID[:file:NAME]  open an encrypted volume; without a file its key is asked for\n"
		"  -j, --jobs N       work on N images at a time\n"
		"  -0, --null         the names on standard input (-) end with NUL\n"
		"  -q, --quiet        one line for each image\n"
		"\n"
		"Exit status: 0 portable now or nothing to do, 1 errors are left or it failed, 2 wrong\n"
		"usage, 3 could not be determined.\n",
	.run = fix,
};
