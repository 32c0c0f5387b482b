/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worlds that have become alike again. Where shim is refused a write it notes the
 * status in its log, and goes on as it would have for any other status: from
 * then on two worlds differ in some bytes that nobody looks at any more. So at a
 * boot's milestone (services/milestone.h) each world leaves a portrait of its
 * machine for the others, and then a trail: where it looked, what it asked the
 * variables, what it came to. A world that finds a portrait which equals its own but
 * for what the trail never enters, and whose variables answer the trail's
 * questions in the same way, would go the same way: it is told the end of the other.
 *
 * Why that is so. What the firmware does depends on what it did since power-on: on
 * calls and what they found in guest memory (the machine's history), on the map of memory,
 * on its pool (mem/pool.h: an arena for each program, of which only those count that the trail
 * uses), on time and on variables. All are compared. What a program does depends on registers,
 * on memory and on what the firmware answers.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_CHECKPOINT_H
#define ARMVM_FIRMWARE_EXPLORE_CHECKPOINT_H

#include "base/err.h"
#include "firmware/machine/machine.h"

/* In memory that all worlds of a matrix share. */
struct twins;
struct trail;

/* A machine at a milestone. */
struct portrait;
struct difference;

/* Before there are worlds. */
int twins_open(struct twins **out, struct err *err);
void twins_close(struct twins *t);

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
/* The next older trail from *at on (begin with 0) whose portrait is the same but for memory; NULL: none. */
const struct trail *trail_older(const struct twins *t, const struct trail *own, unsigned *at);

/* From here on the trail shows where the machine looks; not any more in a copy of the machine. */
void trail_go(struct trail *t, struct machine *m);
void trail_leave(struct machine *m);
/* What its first lane was asked so far (vars/diary.h): whole entries. */
void trail_ask(struct trail *t, const struct buf *diary);
/* The kernel was reached, if ok; text: the length of the world's text by now. */
void trail_end(struct trail *t, struct machine *m, uint64_t text, bool ok);

/* Where a portrait differs from the trail's. NULL when code that runs unseen may lie there, or for nonsense. */
struct difference *trail_compare(const struct trail *t, const struct portrait *p);
void difference_free(struct difference *d);
DEFINE_CLEANUP(struct difference, difference_free)
/* Whether the trail never looked there so far. */
bool trail_keeps_off(const struct trail *t, const struct difference *d);

enum trail_state {
	TRAIL_NONE, /* not yet, or it is being begun */
	TRAIL_OPEN,
	TRAIL_KERNEL,
	TRAIL_LOST, /* to nothing that can be followed */
};
enum trail_state trail_state(const struct trail *t);
/* Its diary so far. */
const uint8_t *trail_diary(const struct trail *t, size_t *len);
/* The machine gets the time and the verdict of one that came to the kernel. */
void trail_follow(const struct trail *t, struct machine *m);
/* Whose text it is, and which part of it. */
uint32_t trail_text(const struct trail *t, uint64_t *from, uint64_t *to);

#endif
