/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files that play scenarios share.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_PLAY_PRIVATE_H
#define ARMVM_FIRMWARE_EXPLORE_PLAY_PRIVATE_H

#include <nettle/sha2.h>

#include "firmware/explore/play.h"
#include "firmware/explore/variants.h"
#include "firmware/explore/verify.h"
#include "firmware/explore/worker.h"
#include "firmware/lifecycle/course.h"
#include "firmware/machine/recorder.h"

struct recording;

struct play {
	const struct run_config *config;
	struct worker *worker;
	struct power power;
	struct variants *vs;                 /* that its machine plays */
	struct course courses[VARIANTS_MAX]; /* by a variant's id */
	bool alone;                          /* forking is forbidden */
	struct recorder recorder;            /* of the machine */
	struct sha256_ctx inputs;    /* its input hash, while the boot may have a recording */
	struct recording *recording; /* that this boot leaves, or NULL */
	struct buf journal;          /* of the recording */
	bool reused;                 /* the boot's end was another worker's */
	struct boot_end expected;    /* what the boot should come to, while that is verified */
	uint64_t body, body_end;     /* where in the worker's text the boot's own is */
};

/* ---- play.c ---- */

/* By the variant's place. */
const struct scenario *scenario_of(const struct play *p, size_t variant);
/* A token was taken: the process goes on for that long, by that connection to the disks. */
void go_on_with_token(struct play *p, uint64_t wall_ms);

/* ---- reuse.c ---- */

/* Before and after a boot: see checkpoint.h. In between play.reused may become true, and it is over. */
void reuse_begin(struct play *p);
void reuse_end(struct play *p);

#endif
