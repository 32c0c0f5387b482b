/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The course of a scenario: what its machine has in its variables from one boot to the next, and what
 * comes after a boot.
 */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_COURSE_H
#define ARMVM_FIRMWARE_LIFECYCLE_COURSE_H

#include "firmware/machine/machine.h"

struct scenario;
struct vars;

enum next {
	NEXT_NOTHING,
	NEXT_RESET,
	NEXT_AGAIN, /* it is switched off and on */
};

/* Starts zeroed. */
struct course {
	struct vars *first; /* the store when it was first on, as the firmware completed it */
	struct vars *start; /* the same of the boot that runs */
	struct vars *after; /* what the next boot begins with */
	bool was_again;     /* it was switched on again already */
	enum next next;
};

/* The firmware is ready to boot, with this store. */
void course_start(struct course *c, const struct vars *vars);
/* A boot ended so, with this store: sets next and, unless that is NEXT_NOTHING, after. */
void course_plan(struct course *c, const struct scenario *s, enum verdict_kind verdict,
	const struct vars *vars);
/* Whether the next boot begins with what this one began with. */
bool course_is_same(const struct course *c);
/* Why the machine comes on again, in words. */
const char *course_because(const struct course *c);
void course_release(struct course *c);

#endif
