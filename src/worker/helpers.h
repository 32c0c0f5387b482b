/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that a supervisor starts beside a worker, because that asks for them. What is
 * run is decided here, by the kind; a worker chooses a format, a scenario, a machine, never a
 * file, a program or an option. All end with their worker.
 */
#ifndef ARMVM_WORKER_HELPERS_H
#define ARMVM_WORKER_HELPERS_H

#include "base/broker.h"
#include "worker/frame.h"

/* At one time, and for one image in all. */
#define HELPERS_MAX       16
#define HELPERS_TOTAL_MAX 64

/* What the supervisor knows of the image. Borrowed. */
struct helper_subject {
	const char *path;
	int fd;
	const char *screenshot; /* where armvm-firmware saves the screen; NULL: nowhere */
	bool may_boot;          /* armvm-firmware and QEMU may be started */
};

struct helpers {
	const struct helper_subject *subject;
	struct running_helper {
		struct child child;
		int number;   /* 0: a free place */
		bool awaited; /* the worker waits for its end */
	} running[HELPERS_MAX];
	unsigned started;
};

/* A request as part of a frame, and back; false when it makes no sense. */
void helper_put_request(struct buf *b, const struct helper_request *q);
MUST_CHECK bool helper_take_request(struct frame *frame, struct helper_request *q);

/* Answers FRAME_START, FRAME_STOP and FRAME_USED at the worker's socket. -errno: the worker is not to be dealt with. */
int helpers_answer(struct helpers *hs, struct frame *frame, int socket, struct err *err);

/* Answers who waits for a helper that has ended by now; true: somebody still waits. */
bool helpers_poll(struct helpers *hs, int socket);

/* Whether any runs. */
bool helpers_any(const struct helpers *hs);

/* Kills all. */
void helpers_end(struct helpers *hs);

#endif
