/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of a cache (cache.h) as bytes: what it is about, the frames that a worker sent, and
 * SHA-256 over all that. Private to worker/ and the fuzzers.
 */
#ifndef ARMVM_WORKER_ENTRY_H
#define ARMVM_WORKER_ENTRY_H

#include "worker/results.h"

#define ENTRY_ABOUT_MAX  ((size_t)64 << 10)
#define ENTRY_FRAMES_MAX ((size_t)8 << 20)
#define ENTRY_MAX        (ENTRY_FRAMES_MAX + ENTRY_ABOUT_MAX + FRAME_MAX)

/* Adds a frame to those of an entry. */
void entry_add_frame(struct buf *frames, const struct frame *frame);

void entry_compose(const struct text *about, const struct buf *frames, struct buf *entry);

/*
 * Completes r, which was begun, from an entry that is whole and about this; false: it is not, and r may
 * be half done.
 */
MUST_CHECK bool entry_take(
	const void *bytes, size_t len, const struct text *about, struct results *r);

#endif
