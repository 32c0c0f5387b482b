/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processes that play several scenarios send, frame by frame
 * (worker.h), put together again, scenario by scenario, so that each has the
 * text that it has when it is played alone. Whatever the frames are, no more is
 * kept than TEXT_MAX says.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_REPORT_H
#define ARMVM_FIRMWARE_EXPLORE_REPORT_H

#include "firmware/explore/run.h"

struct report;

/* config: which scenarios are played, and where the events go; it must outlive the report. */
struct report *report_new(const struct run_config *config);
void report_free(struct report *x);
DEFINE_CLEANUP(struct report, report_free)

/* Takes all frames that are whole; what is left of the bytes is the beginning of one. */
size_t report_take(struct report *x, const char *bytes, size_t len);

/* Whether no further frame can change the result: nonsense, no time, or a wrong reuse. */
bool report_is_over(const struct report *x);

/* Whether all that was to be verified is right. It concerns no image, so there is no verdict. */
int report_check(const struct report *x, struct err *err);

/* The events of all scenarios, and the exit status that goes with them. */
void report_emit(struct report *x, int *status);

/* What it took, on stderr; not as an event, as it depends on who came first. */
void report_cost(const struct report *x);

#endif
