/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a plan comes to, as texts and numbers that need neither the plan nor the
 * image any more: for reports, of what will be done and of what was done.
 */
#ifndef ARMVM_PLAN_RECORD_H
#define ARMVM_PLAN_RECORD_H

#include "base/buf.h"
#include "plan/plan.h"

struct record_change {
	const char
		*action; /* "create", "change", "remove", "link", "folder", "repair", "rewrite" */
	char *place;     /* "ESP", "partition 2", "partition table", "container" */
	char *path;      /* NULL: the place as a whole */
	char *diff;      /* lines with "-" and "+" in front; NULL: not text */
	char *note;      /* "link to /dev/null", "fsck.fat"; NULL: none */
	uint64_t before, after; /* bytes of the file; 0 where there is none */
};

struct record_mend {
	const char *id; /* of the check */
	char *text;
};

/* Starts zeroed; several plans, one after the other, add up. */
struct record {
	struct record_mend *mends;
	size_t n_mends;
	struct record_change *changes;
	size_t n_changes;
};

void record_plan(struct record *record, const struct plan *plan);
/* A change to a place as a whole; action and place are constants. */
void record_add(struct record *record, const char *action, const char *place, char *take_note);
void record_release(struct record *record);
DEFINE_RELEASE(struct record, record_release)

#endif
