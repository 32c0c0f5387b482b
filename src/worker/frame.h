/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker and its supervisor send each other: frames, one packet each. A
 * frame is its kind and then what the kind has, as a message (base/message.h).
 * The supervisor believes nothing of what a worker sends: whoever takes a
 * frame reads it by message_number() and message_text() with the bounds here, and asks
 * message_is_read() at the end.
 */
#ifndef ARMVM_WORKER_FRAME_H
#define ARMVM_WORKER_FRAME_H

#include "base/message.h"

#define FRAME_MAX      ((size_t)64 << 10)
/* Of a text in a frame; a frame has at most five. */
#define FRAME_TEXT_MAX ((size_t)12 << 10)

enum frame_kind {
	/* from a worker: what it found; see results.h for most */
	FRAME_STEP = 1, /* the check that comes next: its number, how many there are */
	FRAME_FACTS,
	FRAME_PART,     /* of the facts: a partition */
	FRAME_PROPERTY, /* of Glance's: name, value, reason */
	FRAME_RESULT,
	FRAME_FINDING,
	FRAME_FACT,
	FRAME_SCENARIO,
	FRAME_OUTPUT, /* bytes for standard output */
	FRAME_SAID,   /* a text for standard error */
	FRAME_FAILED, /* the image could not be looked at: code, text, hint */
	/* what it wants written; see writes.h */
	FRAME_BLOCKS, /* of a disk: where, bytes */
	FRAME_CHANGE, /* of a file in a file system; its bytes follow */
	FRAME_FILE,   /* a file of its own; its bytes follow */
	FRAME_BYTES,  /* the next bytes of what came last */
	/* of a root file system that is built from; see build/reading.h */
	FRAME_ROOT,
	FRAME_SENTENCE,
	FRAME_END, /* it has done its work: a number for the one who gave the task */
	/* from a worker: what it wants of its supervisor; see helpers.h */
	FRAME_START, /* a helper: struct helper_request */
	FRAME_STOP,  /* a helper: its number, whether to kill it */
	FRAME_USED,  /* a helper: its number; how many milliseconds of CPU time it used? */
	/* to a worker, in answer to these two */
	FRAME_REPLY, /* code, text, hint; or 0, a number, whether in and out are among the descriptors */
	FRAME_KINDS
};

struct frame {
	enum frame_kind kind;
	struct message body;
};

/* Begins a frame in b, which is emptied. */
void frame_begin(struct buf *b, enum frame_kind kind);
/* False when it is no frame. frame->body borrows bytes. */
MUST_CHECK bool frame_open(struct frame *frame, const void *bytes, size_t len);

/* An error as a frame of this kind, and back; false when it is none. */
void frame_put_error(struct buf *b, enum frame_kind kind, const struct err *err);
MUST_CHECK bool frame_take_error(struct frame *frame, struct err *err);

/*
 * Sends one frame with descriptors beside it, which stay the caller's. -EPIPE: the
 * other end is gone.
 */
int frame_send(int socket, const struct buf *b, const int *fds, size_t n_fds, struct err *err);

/*
 * Receives one. fds has room for max_fds; those that come are the caller's. 0 with
 * *len 0: the other end is gone; -EAGAIN: nothing is there (a non-blocking socket).
 */
int frame_receive(int socket, void *bytes, size_t *len, int *fds, size_t max_fds, size_t *n_fds,
	struct err *err);

#endif
