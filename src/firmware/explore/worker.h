/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processes of a matrix share. Each process plays one world: a machine
 * with the lanes that are alike so far. Where lanes part, a world forks. Worlds
 * tell the coordinator (report.h) what happens through one pipe; a world's text is
 * its parent's up to the fork, and then its own, so nothing is told twice.
 *
 * As many worlds run at once as there are tokens; a token is the number of the
 * connection by which its holder reads disks, too.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_WORKER_H
#define ARMVM_FIRMWARE_EXPLORE_WORKER_H

#include "base/err.h"

#define WORLDS_MAX  256u
#define TOKENS_MAX  8u
#define FRAME_BYTES 4096u /* PIPE_BUF: such writes of several processes don't mix */

enum frame_type {
	FRAME_BEGIN, /* a new world: its parent, and in `from` the length of the parent's text */
	FRAME_TEXT,  /* bytes follow */
	FRAME_NOTE, /* bytes follow, which belong to these lanes alone, at this point of the text */
	FRAME_AGAIN, /* the text of the world `parent` from `from` up to `to` is said again */
	FRAME_CLAIM, /* what these lanes are told from here to the check is what FRAME_AGAIN would repeat */
	FRAME_CHECK, /* bytes follow: why the claim is wrong; none when the world knows no reason */
	FRAME_TAIL,  /* bytes follow that belong to the next end alone */
	FRAME_END,   /* for these lanes it is over, with this verdict */
};

struct frame {
	uint32_t type, world;
	uint64_t lanes; /* bit n: the lane with the id n */
	uint64_t from, to;
	uint32_t parent, verdict, len;
	uint32_t spent; /* of an end: real time ran out, as it will for others */
};

#define FRAME_PAYLOAD (FRAME_BYTES - sizeof(struct frame))

struct digests;
struct twins;

struct channel_shared {
	uint32_t worlds;     /* how many were numbered; atomic */
	volatile int cancel; /* not 0: whoever still plays is to stop */
};

struct channel {
	int frames[2], tokens[2]; /* pipes: reading end, writing end */
	struct channel_shared *shared;
	struct twins *twins; /* of its worlds; the matrix's */
	struct digests *digests;
	uint32_t world;
	uint64_t len;   /* of this world's text, its parents' included */
	unsigned token; /* that this process holds */
};

/* n_tokens: 1 to TOKENS_MAX. The caller gets no token. */
int channel_open(struct channel *c, unsigned n_tokens, struct err *err);

/*
 * Forks: a new world. 1 in the new process, once it has a token; 0 in the old
 * one; -errno when there could be no process, of which nothing was told.
 */
int channel_fork(struct channel *c);

/*
 * A world that waits for another one lets go of its token, and takes one again before it goes on.
 * channel_wait() lets some time pass; when nobody listens any more, the process ends.
 */
void channel_rest(struct channel *c);
void channel_wait(struct channel *c);
void channel_resume(struct channel *c);

/* What a world tells. When nobody listens any more, the process ends. */
void channel_text(struct channel *c, const char *bytes, size_t len);
void channel_note(struct channel *c, uint64_t lanes, const char *bytes, size_t len);
/* world: whose text it is. */
void channel_again(struct channel *c, uint32_t world, uint64_t from, uint64_t to);
/*
 * These lanes are told the same text, from here up to channel_check(): to be compared. why: what
 * else differs from what was claimed, or NULL.
 */
void channel_claim(struct channel *c, uint64_t lanes, uint32_t world, uint64_t from, uint64_t to);
void channel_check(struct channel *c, const char *why);
/* For these lanes it is over, by this verdict, which is told last; spent: see struct frame. */
void channel_end(struct channel *c, uint64_t lanes, unsigned verdict, bool spent, const char *tail,
	size_t len);

/* Ends a world: its token goes to the next. */
_Noreturn void channel_leave(struct channel *c);

#endif
