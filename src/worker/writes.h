/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker wants to be written, which it may not write: blocks of a disk, changes of
 * files in a file system. Its supervisor takes them, with bounds, and decides where they go.
 */
#ifndef ARMVM_WORKER_WRITES_H
#define ARMVM_WORKER_WRITES_H

#include "rootfs/staged.h"
#include "worker/link.h"

struct disk;

/* Bytes in one frame. */
#define WRITES_PIECE ((size_t)32 << 10)

/* FRAME_BYTES of these, in as many frames as it takes. */
void writes_send_bytes(struct link *link, const void *bytes, size_t len);

/* All blocks that an overlay keeps. Fails when it cannot be read. */
int writes_send_blocks(struct link *link, struct disk *overlay, struct err *err);
/* Takes FRAME_BLOCKS into a disk that can be written. -EPROTO: it makes no sense. */
int writes_take_blocks(struct frame *frame, struct disk *to, struct err *err);

/* One change of a file. */
void writes_send_change(struct link *link, const struct staged_change *c);

/* Changes as they were sent. Starts zeroed. */
struct writes_changes {
	struct staged_change *v;
	size_t n;
	uint64_t bytes; /* of all, when they are complete */
	uint64_t left;  /* what the last one lacks of them */
};

/* Takes FRAME_CHANGE, or FRAME_BYTES of the last one. -EPROTO: it makes no sense. */
int writes_take_change(struct writes_changes *to, struct frame *frame, struct err *err);
void writes_changes_release(struct writes_changes *changes);
DEFINE_RELEASE(struct writes_changes, writes_changes_release)

#endif
