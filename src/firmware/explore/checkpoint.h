/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boots that have become the same again. Where shim is refused a write it logs the status, and goes on
 * as it does for any other status: from then on two workers differ in some bytes that no program
 * reads any more. So at a boot's milestone (services/milestone.h) each worker leaves a checkpoint
 * of its machine for the others: a hash of each page, and of all that the firmware knows. From there it
 * records its boot: an access log of memory, a journal of what variables were asked and answered, and
 * the end. A worker whose checkpoint equals another one, but for pages that the access log does not
 * have, and whose variables answer the journal's questions in the same way, goes the same way: it reuses
 * the other one's end.
 *
 * Why that is sound. What the firmware does depends on what it did since power-on: on calls and what
 * they found in guest memory (the input hash), on the map of memory, on its pool (mem/pool.h: an
 * arena for each program, of which only those count that the recorded boot uses), on time and on
 * variables. All are compared. What a program does depends on registers, on memory and on what
 * the firmware answers.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_CHECKPOINT_H
#define ARMVM_FIRMWARE_EXPLORE_CHECKPOINT_H

#include "base/err.h"
#include "firmware/machine/machine.h"

/* In memory that all workers share. */
struct recordings;
struct recording;

/* A machine at a milestone. */
struct checkpoint;
struct difference;

/* Before there are workers. */
int recordings_open(struct recordings **out, struct err *err);
void recordings_close(struct recordings *t);

/*
 * The machine with the input hash that it has so far; key is what its variants may not differ
 * in. NULL when it can't be recorded.
 */
struct checkpoint *checkpoint_take(struct machine *m, const char *key);
void checkpoint_free(struct checkpoint *p);
DEFINE_CLEANUP(struct checkpoint, checkpoint_free)

/*
 * A recording that begins with this checkpoint; text: the length of the worker's text. NULL when there is
 * no room for one more.
 */
struct recording *recording_begin(
	struct recordings *t, const struct checkpoint *p, uint32_t worker, uint64_t text);
/* The next older recording from *at on (begin with 0) whose checkpoint is the same but for memory; NULL: none. */
const struct recording *recording_older(
	const struct recordings *t, const struct recording *own, unsigned *at);

/* From here on the recording shows where the machine looks; not any more in a copy of the machine. */
void recording_watch(struct recording *t, struct machine *m);
void recording_unwatch(struct machine *m);
/* What its first variant was asked so far (explore/journal.h): whole entries. */
void recording_add_journal(struct recording *t, const struct buf *journal);
/* The kernel was reached, if ok; text: the length of the worker's text by now. */
void recording_end(struct recording *t, struct machine *m, uint64_t text, bool ok);

/* Where a checkpoint differs from the recording's. NULL when code that runs unseen may lie there, or for nonsense. */
struct difference *recording_compare(const struct recording *t, const struct checkpoint *p);
void difference_free(struct difference *d);
DEFINE_CLEANUP(struct difference, difference_free)
/* Whether the recording never looked there so far. */
bool recording_avoids(const struct recording *t, const struct difference *d);

enum recording_state {
	RECORDING_NONE, /* not yet, or it is being begun */
	RECORDING_OPEN,
	RECORDING_KERNEL,
	RECORDING_LOST, /* to nothing that can be reused */
};
enum recording_state recording_state(const struct recording *t);
/* Its journal so far. */
const uint8_t *recording_journal(const struct recording *t, size_t *len);
/* The machine gets the time and the verdict of one that came to the kernel. */
void recording_adopt(const struct recording *t, struct machine *m);
/* Whose text it is, and which part of it. */
uint32_t recording_text(const struct recording *t, uint64_t *from, uint64_t *to);

#endif
