/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worlds that have become alike again. Where shim is refused a write it notes the
 * status in its log, and goes on as it would have for any other status: from
 * then on two worlds differ in some bytes that nobody looks at any more. So at a
 * boot's milestone (services/milestone.h) each world leaves a portrait of its
 * machine for the others, and then a trail: which pages it looked at, what it asked the
 * variables, what it came to. A world that finds a portrait which equals its own but
 * for pages that the trail never enters, and whose variables answer the trail's
 * questions in the same way, would go the same way: it is told the end of the other.
 *
 * Why that is so. What the firmware does depends on what it did since power-on: on
 * calls, what they found in guest memory (both in the machine's history), on
 * memory's map and pool, time and variables. All are compared. What a program does depends on
 * registers, on memory and on what the firmware answers.
 */
#ifndef ARMVM_FIRMWARE_TWINS_H
#define ARMVM_FIRMWARE_TWINS_H

#include "base/err.h"
#include "firmware/machine.h"

/* In memory that all worlds of a matrix share. */
struct twins;
struct trail;

/* A machine at a milestone. */
struct portrait;

/* Before there are worlds. */
int twins_open(struct twins **out, struct err *err);

/*
 * The machine with the history that it has so far; key is what its lanes may not differ
 * in. NULL when it can't be portrayed.
 */
struct portrait *portrait_take(struct machine *m, const char *key);
void portrait_free(struct portrait *p);
DEFINE_CLEANUP(struct portrait, portrait_free)

/*
 * A trail that begins with this portrait; text: the length of the world's text. NULL when there is
 * no room for one more.
 */
struct trail *trail_begin(struct twins *t, const struct portrait *p, uint32_t world, uint64_t text);
/* The next older trail from *at on (begin with 0) whose portrait is the same but for pages; NULL: none. */
const struct trail *trail_older(const struct twins *t, const struct trail *own, unsigned *at);
/* What its first lane was asked so far (vars/diary.h): whole entries. */
void trail_ask(struct trail *t, const struct buf *diary);
/* The kernel was reached, if ok; text: the length of the world's text by now. */
void trail_end(struct trail *t, struct machine *m, uint64_t text, bool ok);

/* Whether it isn't over. */
bool trail_is_open(const struct trail *t);
/* Its diary so far. */
const uint8_t *trail_diary(const struct trail *t, size_t *len);
/* Whether it came to the kernel without a look at what is different in the portrait. */
bool trail_fits(const struct trail *t, const struct portrait *p);
/* The machine gets the time and the verdict of one that fits. */
void trail_follow(const struct trail *t, struct machine *m);
/* Whose text it is, and which part of it. */
uint32_t trail_text(const struct trail *t, uint64_t *from, uint64_t *to);

#endif
