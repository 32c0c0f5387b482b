/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One worker as its supervisor sees it: from fork() to what it died of. Private to
 * worker/.
 */
#ifndef ARMVM_WORKER_PROCESS_H
#define ARMVM_WORKER_PROCESS_H

#include "worker/pool.h"

struct process;

/* Starts a worker for an item. subject->fd is closed in any case. */
int process_start(const struct pool_task *task, size_t item, const struct helper_subject *subject,
	struct process **out, struct err *err);

size_t process_item(const struct process *p);
int process_socket(const struct process *p);
/* Whether it waits for the end of a helper. */
bool process_is_waiting(const struct process *p);

/* Hears what it sends, as poll(2) says; false when nothing more will come. */
bool process_hear(struct process *p, short events);

/* Ends it and its helpers, calls task->end(), and frees it. */
void process_end(struct process *take_p, bool interrupted);

#endif
