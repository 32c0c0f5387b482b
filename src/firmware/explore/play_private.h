/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files that play scenarios share.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_PLAY_PRIVATE_H
#define ARMVM_FIRMWARE_EXPLORE_PLAY_PRIVATE_H

#include <nettle/sha2.h>

#include "firmware/explore/worker.h"
#include "firmware/explore/play.h"
#include "firmware/explore/variants.h"
#include "firmware/explore/verify.h"

struct recording;

#define DISKS_MAX (RUN_DISKS_MAX + 8)

/* What comes after a boot. */
enum next {
	NEXT_NOTHING,
	NEXT_RESET,
	NEXT_AGAIN, /* it is switched off and on */
};

/* By a lane's id. */
struct course {
	struct vars *first; /* the store when it was first on, as the firmware completed it */
	struct vars *start; /* the same of the boot that runs */
	struct vars *after; /* what the next boot begins with */
	bool was_again;     /* it was switched on again already */
	enum next next;
};

struct play {
	const struct run_config *config;
	struct worker *worker;
	struct machine *m;
	struct variants *vs; /* that it plays */
	struct course courses[VARIANTS_MAX];
	struct disk_attachment disks[DISKS_MAX];
	size_t n_disks;
	unsigned boot, resets, same_resets;
	bool alone;                  /* forking is forbidden */
	struct sha256_ctx history;   /* of the machine, while it may have a recording */
	struct recording *recording; /* that this boot leaves, or NULL */
	struct buf journal;          /* of the recording */
	bool reused;                 /* the boot's end was another worker's */
	struct boot_end expected;    /* what the boot should come to, while that is verified */
	uint64_t body, body_end;     /* where in the worker's text the boot's own is */
};

/* ---- play.c ---- */

/* By the lane's place. */
const struct scenario *scenario_of(const struct play *p, size_t lane);
/* Of enum lane_fact. */
unsigned facts_of(const struct run_config *config, const struct scenario *s);
/* Whether nothing was written to any. */
bool disks_clean(const struct play *p);
/* A token was taken: the process goes on for that long, by that connection to the disks. */
void go_on_with_token(struct play *p, uint64_t wall_ms);

/* ---- follow.c ---- */

/* Before and after a boot: see checkpoint.h. In between play.reused may become true, and it is over. */
void reuse_begin(struct play *p);
void reuse_end(struct play *p);

#endif
