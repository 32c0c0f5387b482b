/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this process is doing, where another one can read it after a crash: the
 * step, the file, and whether memory has run out. A process that nobody watches
 * notes nothing.
 */
#ifndef ARMVM_BASE_ACTIVITY_H
#define ARMVM_BASE_ACTIVITY_H

#include "base/base.h"

#define ACTIVITY_TEXT_MAX 256

/*
 * Lies in memory that both processes share, so whoever reads it must expect
 * anything in it: use activity_read().
 */
struct activity {
	uint32_t changes; /* counts the notes, as a sign of life */
	bool out_of_memory;
	char step[ACTIVITY_TEXT_MAX]; /* "esp.variable-store" */
	char file[ACTIVITY_TEXT_MAX]; /* in the image; "": none */
};

/* Shared memory, zeroed; NULL when there is none to be had. */
struct activity *activity_new(void);
void activity_free(struct activity *shared);

/* From now on this process notes there. */
void activity_watch(struct activity *shared);

void activity_step(const char *step);
void activity_file(const char *path);
/* Something came from outside, of which there is nothing to say. */
void activity_alive(void);
void activity_out_of_memory(void);

/* A copy of what is there now, its texts ended. */
void activity_read(const struct activity *shared, struct activity *copy);

#endif
