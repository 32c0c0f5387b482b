/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's end: sending to the supervisor, and getting helpers from it
 * (base/broker.h). One thread at a time uses it.
 */
#ifndef ARMVM_WORKER_LINK_H
#define ARMVM_WORKER_LINK_H

#include "worker/frame.h"

struct link;

/* What the worker has to work on. */
int link_fd(const struct link *link); /* the image, open for reading; it belongs to the link */

/* Sends a frame. When the supervisor is gone there is nobody to work for: the process ends. */
void link_send(struct link *link, const struct buf *frame);

/* FRAME_OUTPUT of all of text, in as many frames as it takes. */
void link_output(struct link *link, const char *text, size_t len);
/* FRAME_SAID. */
void link_said(struct link *link, const char *text);
/* FRAME_FAILED. */
void link_failed(struct link *link, const struct err *why);

/* For the pool: makes the end of this process; socket and fd stay open as long as it lives. */
struct link *link_new(int socket, int fd);

#endif
