/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many images. See many.h.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/many.h"
#include "report/report.h"
#include "worker/frame.h"

#define DEPTH_MAX   32
#define BAR_COLUMNS 20
#define LEFT_MAX    10

volatile int many_stop;

/* ---- names ---- */

static int add_folder(const char *path, unsigned depth, struct strlist *names, struct err *err);

/* Names that begin with a dot are nobody's images; what is neither file nor folder is none. */
static int add_entry(const char *folder, const char *name, unsigned depth, struct strlist *names,
	struct err *err)
{
	size_t len = strlen(folder);
	char *path = xasprintf("%s%s%s", folder, len && folder[len - 1] == '/' ? "" : "/", name);
	struct stat st;
	int ret = 0;

	if (*name == '.' || lstat(path, &st) < 0) {
		free(path);
		return 0;
	}
	if (S_ISDIR(st.st_mode)) {
		ret = add_folder(path, depth + 1, names, err);
		free(path);
		return ret;
	}
	/* A link to a folder could lead round in a circle. */
	if (S_ISREG(st.st_mode) ||
		(S_ISLNK(st.st_mode) && stat(path, &st) == 0 && S_ISREG(st.st_mode)))
		strlist_take(names, path);
	else
		free(path);
	return 0;
}

static int add_folder(const char *path, unsigned depth, struct strlist *names, struct err *err)
{
	struct strlist entries CLEANUP(strlist_release) = { 0 };
	DIR *dir = depth < DEPTH_MAX ? opendir(path) : NULL;
	const struct dirent *e;
	int ret = 0;

	if (depth == DEPTH_MAX)
		errno = ELOOP;
	if (!dir)
		return err_sys(err, "%s", path);
	while ((e = readdir(dir)))
		strlist_add(&entries, e->d_name);
	closedir(dir);
	strlist_sort(&entries);
	for (size_t i = 0; i < entries.n && ret == 0; i++)
		ret = add_entry(path, entries.v[i], depth, names, err);
	return ret;
}

static int add_input(bool nul, struct strlist *names, struct err *err)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getdelim(&line, &room, nul ? '\0' : '\n', stdin)) >= 0) {
		if (len && line[len - 1] == (nul ? '\0' : '\n'))
			line[--len] = '\0';
		if (len)
			strlist_add(names, line);
	}
	free(line);
	return ferror(stdin) ? err_sys(err, "standard input") : 0;
}

static int add_argument(const char *argument, bool nul, struct strlist *names, struct err *err)
{
	size_t before = names->n;
	struct stat st;
	int ret;

	if (strcmp(argument, "-") == 0) {
		ret = add_input(nul, names, err);
		/* Whoever makes the list may have failed. */
		if (ret == 0 && names->n == before)
			ret = err_set(err, ENOENT, "standard input: no names of images");
		return ret;
	}
	if (stat(argument, &st) < 0 || !S_ISDIR(st.st_mode)) {
		strlist_add(names, argument);
		return 0;
	}
	ret = add_folder(argument, 0, names, err);
	if (ret == 0 && names->n == before)
		ret = err_set(err, ENOENT, "%s: a folder without a file in it", argument);
	return ret;
}

int many_names(char **arguments, size_t n, bool nul, struct strlist *names, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < n && ret == 0; i++)
		ret = add_argument(arguments[i], nul, names, err);
	return ret;
}

bool many_jobs(const char *word, unsigned *jobs)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	*jobs = (unsigned)n;
	return end != word && !*end && *word != '-' && n >= 1 && n <= 256;
}

/* ---- the end ---- */

static void on_signal(int number)
{
	many_stop = number;
}

static void set_signals(void (*handler)(int), void (*except)(int))
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = handler };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct sigaction before;

		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != except)
			sigaction(numbers[i], &action, NULL);
	}
}

/* What nohup(1) and the like have switched off stays off. */
void many_catch_signals(void)
{
	set_signals(on_signal, SIG_IGN);
}

void many_default_signals(void)
{
	set_signals(SIG_DFL, SIG_IGN);
}

void many_say_left(const struct strlist *names, size_t left)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;
	size_t first = names->n - left;

	fprintf(stderr, "armvm-image: interrupted: %zu of %zu image%s not done\n", left, names->n,
		left == 1 ? "" : "s");
	for (size_t i = first; i < names->n && i < first + LEFT_MAX; i++) {
		text_reset(&text);
		report_safe(&text, names->v[i]);
		fprintf(stderr, "  %s\n", text_str(&text));
	}
	if (left > LEFT_MAX)
		fprintf(stderr, "  and %zu more\n", left - LEFT_MAX);
}

bool many_take_output(struct frame *frame, size_t max, struct text *text)
{
	CLEANUP(xfree) char *bytes = message_text(&frame->body, FRAME_MAX);

	if (!message_is_read(&frame->body) || text->len + strlen(bytes) > max)
		return false;
	report_safe_lines(text, bytes);
	return true;
}

/* ---- progress ---- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_begin(struct progress *p)
{
	const char *term = getenv("TERM");

	*p = (struct progress){ .wanted = isatty(STDERR_FILENO) &&
					  !(term && strcmp(term, "dumb") == 0),
		.started = now() };
}

void progress_images(struct progress *p, size_t done, size_t total)
{
	double passed = now() - p->started;
	char bar[BAR_COLUMNS + 1];
	size_t full = total ? done * BAR_COLUMNS / total : 0;
	unsigned left;

	if (!p->wanted || passed < 0.5)
		return;
	memset(bar, '.', BAR_COLUMNS);
	memset(bar, '#', full);
	bar[BAR_COLUMNS] = '\0';
	fprintf(stderr, "\r\033[K[%s] %zu of %zu images", bar, done, total);
	if (p->failed)
		fprintf(stderr, ", %zu not portable", p->failed);
	if (done && done < total) {
		left = (unsigned)(passed / (double)done * (double)(total - done) + 0.5);
		fprintf(stderr, ", %u:%02u left", left / 60, left % 60);
	}
	fflush(stderr);
	p->shown = true;
}

void progress_step(struct progress *p, const char *step, size_t done, size_t total, bool at_once)
{
	if (!p->wanted || (!p->shown && !at_once && now() - p->started < 1))
		return;
	fprintf(stderr, "\r\033[K%zu of %zu: %s", done + 1, total, step);
	fflush(stderr);
	p->shown = true;
}

void progress_clear(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}
