/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What verbs share that work on many images: which ones, how far it is, and a ^C.
 */
#ifndef ARMVM_CLI_MANY_H
#define ARMVM_CLI_MANY_H

#include "base/buf.h"
#include "base/err.h"

/*
 * The images that the arguments name, in their order: a folder stands for the
 * files in it and in its folders, by name, without those that begin with a dot; "-"
 * for the names on standard input, one a line, or with nul ended by NUL. -ENOENT: a folder
 * without files.
 */
int many_names(char **arguments, size_t n, bool nul, struct strlist *names, struct err *err);

/* Reads -j's word: 1 to 256. */
MUST_CHECK bool many_jobs(const char *word, unsigned *jobs);

/* Set by SIGINT, SIGTERM and SIGHUP from many_catch_signals() on: its number. */
extern volatile int many_stop;
void many_catch_signals(void);
/* In a process forked after that: they end it again. */
void many_default_signals(void);

/* Says which of the images are left, from the first that is. */
void many_say_left(const struct strlist *names, size_t left);

/* Takes FRAME_OUTPUT's bytes into text, made safe; false when they make it longer than max. */
struct frame;
MUST_CHECK bool many_take_output(struct frame *frame, size_t max, struct text *text);

/* A line on a terminal's standard error; without one nothing is shown. Starts zeroed. */
struct progress {
	bool wanted, shown;
	double started;
	size_t failed; /* images with errors, or undetermined */
};

void progress_begin(struct progress *p);
/* Of several images: a bar. */
void progress_images(struct progress *p, size_t done, size_t total);
/* Of one: its step, from the first second on, or at once. */
void progress_step(struct progress *p, const char *step, size_t done, size_t total, bool at_once);
/* Takes the line away, so that other text can come. */
void progress_clear(struct progress *p);

#endif
