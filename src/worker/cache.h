/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts that are kept in a folder, an entry for each image and each way to judge it. An
 * entry holds the frames that a worker sent, so that reading one believes as
 * little as hearing a worker does. It counts only when it is a regular file of this user's or
 * root's, whole (it ends with its SHA-256), and about the same image and task, which it names in full.
 *
 * An image is known by device, inode, size and its times in nanoseconds, or by its content. What
 * could not be determined is not kept, nor what was read while the image changed. Waivers are no
 * part of an entry: they are applied to what comes out of it.
 */
#ifndef ARMVM_WORKER_CACHE_H
#define ARMVM_WORKER_CACHE_H

#include <sys/stat.h>

#include "worker/judge.h"

struct cache;

enum cache_identity {
	CACHE_FILE,   /* an image is its file: device, inode, size, times */
	CACHE_CONTENT /* an image is its bytes */
};

/*
 * Opens the folder and makes it when it is missing. What options and limits say is part of every entry's
 * name, and so are version, size and date of this program and of armvm-firmware. Once *stop is set no
 * image is hashed to its end.
 */
int cache_open(const char *path, enum cache_identity identity, const struct judge_options *options,
	const struct worker_limits *limits, const volatile int *stop, struct cache **out,
	struct err *err);
void cache_close(struct cache *c);
DEFINE_CLEANUP(struct cache, cache_close)

/* One image's place in the cache. Starts zeroed. */
struct cache_item {
	bool keep;         /* a verdict can be kept */
	int fd;            /* the image; 0 and below: none */
	struct stat was;   /* what it was like before it was read */
	struct text about; /* what an entry has to be about */
	struct buf frames; /* what the worker sent so far */
	char name[72];     /* of the entry */
};

/*
 * Looks for the image that is open at fd. True: r, which was begun, is complete. False: it has to
 * be judged; item then wants cache_record() with every frame, and cache_store().
 */
bool cache_find(const struct cache *c, int fd, struct cache_item *item, struct results *r);
/* To be called before the frame is taken. */
void cache_record(struct cache_item *item, const struct frame *frame);
/* Keeps r, what has become of the image, if that can be. Whoever finds the entry finds all of it. */
int cache_store(
	const struct cache *c, struct cache_item *item, const struct results *r, struct err *err);
void cache_item_release(struct cache_item *item);

#endif
