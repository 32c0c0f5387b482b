/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system that another process has opened: what a worker, which may start
 * nothing, asks of the one that its supervisor started for it (base/broker.h).
 * remote.c asks, serve.c answers. Neither believes the other.
 *
 * A request is what rootfs_ops has for arguments, as a message (base/message.h)
 * behind its length; an answer is 0 or an errno value, then what was asked for or
 * the error's text and hint. The first answer, to no request, is the facts.
 */
#ifndef ARMVM_ROOTFS_REMOTE_H
#define ARMVM_ROOTFS_REMOTE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/message.h"

enum remote_op {
	REMOTE_STAT,
	REMOTE_LSTAT,
	REMOTE_READLINK,
	REMOTE_LIST,
	REMOTE_READ,
	REMOTE_OPS
};

/* A piece of a file in one answer. */
#define REMOTE_READ_MAX ((size_t)1 << 20)
/* A whole message: a folder of the most entries that are read. */
#define REMOTE_MAX      ((size_t)64 << 20)

/* One message each way, whole; -EPIPE when the other end is gone. */
int remote_send(int fd, const struct buf *message, struct err *err);
int remote_receive(int fd, struct buf *message, struct message *m, struct err *err);

#endif
