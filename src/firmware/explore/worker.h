/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that play several scenarios. Each worker plays one machine for the variants that
 * are alike so far, and forks where they split. Workers send the coordinator (report.h) what
 * happens through one pipe; a worker's text is its parent's up to the fork, and then its own, so
 * nothing is sent twice.
 *
 * As many workers run at once as there are tokens; a token is the number of the connection by which
 * its holder reads disks, too.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_WORKER_H
#define ARMVM_FIRMWARE_EXPLORE_WORKER_H

#include "base/err.h"
#include "firmware/host/usage.h"

#define WORKERS_MAX USAGE_PROCESSES
#define TOKENS_MAX  8u
#define FRAME_BYTES 4096u /* PIPE_BUF: such writes of several processes don't mix */

enum frame_type {
	FRAME_BEGIN, /* a new worker: its parent, and in `from` the length of the parent's text */
	FRAME_TEXT,  /* bytes follow */
	FRAME_NOTE, /* bytes follow, which belong to these variants alone, at this point of the text */
	FRAME_AGAIN, /* the text of the worker `parent` from `from` up to `to` is said again */
	FRAME_CLAIM, /* what these variants emit from here to the check is what FRAME_AGAIN would repeat */
	FRAME_CHECK, /* bytes follow: why the claim is wrong; none when the worker knows no reason */
	FRAME_TAIL,  /* bytes follow that belong to the next end alone */
	FRAME_END,   /* for these variants it is over, with this verdict */
};

struct frame {
	uint32_t type, worker;
	uint64_t variants; /* bit n: the variant with the id n */
	uint64_t from, to;
	uint32_t parent, verdict, len;
	uint32_t spent; /* of an end: real time ran out, as it will for others */
};

#define FRAME_PAYLOAD (FRAME_BYTES - sizeof(struct frame))

struct digests;
struct recordings;

struct worker_shared {
	uint32_t workers;    /* how many were numbered; atomic */
	volatile int cancel; /* not 0: whoever still plays is to stop */
	struct usage usage;  /* by the workers' numbers */
};

struct worker {
	int frames[2], tokens[2]; /* pipes: reading end, writing end */
	struct worker_shared *shared;
	struct recordings *recordings; /* of all workers */
	struct digests *digests;
	uint32_t number; /* of this worker */
	uint64_t len;    /* of this worker's text, its parents' included */
	unsigned token;  /* that this process holds */
	struct usage_limits limits;
};

/* n_tokens: 1 to TOKENS_MAX. The caller gets no token. limits: of all workers. */
int worker_open(
	struct worker *c, unsigned n_tokens, const struct usage_limits *limits, struct err *err);

/*
 * Forks: a new worker. 1 in the new process, once it has a token; 0 in the old
 * one; -errno when there could be no process, of which nothing was sent.
 */
int worker_fork(struct worker *c);

/*
 * A worker that waits for another one lets go of its token, and takes one again before it goes on.
 * worker_wait() lets some time pass; when nobody listens any more, the process ends.
 */
void worker_rest(struct worker *c);
void worker_wait(struct worker *c);
void worker_resume(struct worker *c);

/* What a worker sends. When nobody listens any more, the process ends. */
void worker_text(struct worker *c, const char *bytes, size_t len);
void worker_note(struct worker *c, uint64_t variants, const char *bytes, size_t len);
/* worker: whose text it is. */
void worker_again(struct worker *c, uint32_t worker, uint64_t from, uint64_t to);
/*
 * These variants have the same text, from here up to worker_check(): to be compared. why: what
 * else differs from what was claimed, or NULL.
 */
void worker_claim(struct worker *c, uint64_t variants, uint32_t worker, uint64_t from, uint64_t to);
void worker_check(struct worker *c, const char *why);
/* For these variants it is over, by this verdict, which is emitted last; spent: see struct frame. */
void worker_end(struct worker *c, uint64_t variants, unsigned verdict, bool spent, const char *tail,
	size_t len);

/* Ends a worker: its token goes to the next. */
_Noreturn void worker_leave(struct worker *c);

#endif
