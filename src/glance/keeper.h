/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that outlives us and takes away what must not stay: temporary
 * files, and an image in Glance whose upload did not end well. It does so when
 * this process ends, in whatever way: by an interrupt, killed, or by itself.
 */
#ifndef ARMVM_GLANCE_KEEPER_H
#define ARMVM_GLANCE_KEEPER_H

#include <sys/types.h>

#include "base/err.h"

struct keeper {
	pid_t pid; /* 0: none was started */
	int socket;
};

int keeper_start(struct keeper *k, struct err *err);

/* The file at this absolute path is to be removed in the end. */
int keeper_add_file(struct keeper *k, const char *path, struct err *err);
/* So is the image of this id, which may come to be later; keeper_keep_image() takes that back. */
int keeper_add_image(struct keeper *k, const char *id, struct err *err);
int keeper_keep_image(struct keeper *k, struct err *err);

/*
 * Has all that removed now and waits for it. -EIO when an image could not be
 * deleted. Accepts a zeroed struct.
 */
int keeper_end(struct keeper *k, struct err *err);

/* The same for CLEANUP(). */
void keeper_release(struct keeper *k);
DEFINE_RELEASE(struct keeper, keeper_release)

#endif
