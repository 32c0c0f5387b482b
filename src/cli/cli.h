/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verbs share: exit statuses, how errors are said, options that
 * several verbs have. Private to cli/, the only room that prints or exits.
 */
#ifndef ARMVM_CLI_CLI_H
#define ARMVM_CLI_CLI_H

#include <getopt.h>

#include "base/buf.h"
#include "base/err.h"

enum exit_status {
	STATUS_OK = 0,          /* done; or: portable */
	STATUS_FOUND = 1,       /* errors were found, or the work failed */
	STATUS_USAGE = 2,       /* wrong usage */
	STATUS_UNDETERMINED = 3 /* it could not be determined */
};

struct verb {
	const char *name;
	const char *synopsis; /* what follows the verb, as in the manual */
	const char *summary;  /* one line */
	const char *options;  /* what -h says about them; NULL: there are none */
	int (*run)(const struct verb *verb, int argc, char **argv);
};

extern const struct verb verb_boot, verb_build, verb_check, verb_explain, verb_fix, verb_glance,
	verb_info;

/* Each prints to standard error and returns the status, for `return usage(...)`. */
int say_usage(const struct verb *verb, const char *fmt, ...) PRINTF_LIKE(2, 3);
void say_error(const struct err *err);

/* Of several images: errors found count for more than doubt, doubt more than nothing. */
int worse_status(int a, int b);

/* Prints -h's text for a verb to standard output; returns STATUS_OK. */
int say_help(const struct verb *verb);

/*
 * getopt_long() with our wording of its complaints: returns its value, or '?'
 * after having said what was wrong.
 */
int next_option(const struct verb *verb, int argc, char **argv, const char *shorts,
	const struct option *longs);

/* Reads --boot-timeout's word into *seconds; STATUS_USAGE, having said so, when it is none. */
int read_seconds(const struct verb *verb, const char *word, unsigned *seconds);

/* Reads a size like 900M or 8G into *bytes; STATUS_USAGE, having said so, when it is none. */
int read_size(const struct verb *verb, const char *option, const char *text, uint64_t *bytes);

/* Adds the words of a list that are separated by commas. */
void add_words(struct strlist *words, const char *list);

/*
 * Adds the rules of the file that --config names, or of .armvm-image.conf in
 * the current folder, when there is one, for NULL. STATUS_USAGE, having said so, when it is
 * wrong.
 */
struct policy;
int read_config(struct policy *policy, const char *path);

/* REPORT_COLOUR when standard output is a terminal and NO_COLOR is not set. */
unsigned terminal_flags(void);
/* Columns of the terminal on standard output; 0: it is none. */
unsigned terminal_width(void);

/* Writes all of it to standard output; STATUS_FOUND, having said so, when that fails. */
int print(const struct text *text);

#endif
