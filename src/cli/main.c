/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * armvm-image: the verb table, and what the verbs say in the same way.
 */
#include <errno.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/standard.h"
#include "cli/cli.h"
#include "report/report.h"

static const struct verb *const verbs[] = {
	&verb_build,
	&verb_check,
	&verb_fix,
	&verb_boot,
	&verb_info,
	&verb_glance,
	&verb_explain,
};

int say_usage(const struct verb *verb, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "armvm-image %s: ", verb->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: armvm-image %s %s\n", verb->name, verb->synopsis);
	return STATUS_USAGE;
}

void say_error(const struct err *err)
{
	struct text text CLEANUP(text_release) = TEXT_INIT;

	text_puts(&text, "armvm-image: ");
	report_safe(&text, err->text);
	if (err->hint[0]) {
		text_puts(&text, "\n  ");
		report_safe(&text, err->hint);
	}
	fprintf(stderr, "%s\n", text_str(&text));
}

int worse_status(int a, int b)
{
	static const int rank[] = {
		[STATUS_OK] = 0, [STATUS_UNDETERMINED] = 1, [STATUS_FOUND] = 2
	};

	return rank[b] > rank[a] ? b : a;
}

static int flush(void)
{
	if (standard_flush())
		return STATUS_OK;
	fprintf(stderr, "armvm-image: standard output: %s\n", strerror(errno));
	return STATUS_FOUND;
}

int say_help(const struct verb *verb)
{
	printf("usage: armvm-image %s %s\n%s\n", verb->name, verb->synopsis, verb->summary);
	if (verb->options)
		printf("\n%s", verb->options);
	return flush();
}

int next_option(const struct verb *verb, int argc, char **argv, const char *shorts,
	const struct option *longs)
{
	int opt;

	opterr = 0;
	opt = getopt_long(argc, argv, shorts, longs, NULL);
	if (opt == ':')
		say_usage(verb, "%s: a value is missing", argv[optind - 1]);
	else if (opt == '?' && optopt && optopt < 256)
		say_usage(verb, "-%c: no such option", optopt);
	else if (opt == '?')
		say_usage(verb, "%s: no such option, or one that takes no value", argv[optind - 1]);
	return opt == ':' ? '?' : opt;
}

unsigned terminal_flags(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) ? REPORT_COLOUR : 0;
}

unsigned terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return 80;
	return size.ws_col;
}

int print(const struct text *text)
{
	fwrite(text_str(text), 1, text->len, stdout);
	return flush();
}

static void list_verbs(FILE *to)
{
	fprintf(to, "usage: armvm-image VERB [OPTION]... ARGUMENT...\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(to, "  %-8s %s\n", verbs[i]->name, verbs[i]->summary);
	fprintf(to, "\narmvm-image VERB -h tells more; armvm-image --version tells the version.\n");
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (!standard_hold())
		_exit(STATUS_UNDETERMINED);
	/* What the caller had open is for no program that is run here. */
	close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);

	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
		list_verbs(stdout);
		return flush();
	}
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		printf("armvm-image %s\n", ARMVM_VERSION);
		return flush();
	}
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i]->name, word) == 0)
			return verbs[i]->run(verbs[i], argc - 1, argv + 1);
	if (*word)
		fprintf(stderr, "armvm-image: %s: no such verb\n", word);
	list_verbs(stderr);
	return STATUS_USAGE;
}
