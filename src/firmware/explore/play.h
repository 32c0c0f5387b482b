/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays scenarios: machines that are switched on, reset and switched off, until
 * each scenario has its verdict. Several are played by one machine as long as
 * they are alike (vars/lanes.h), and by copies of this process from then on.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_PLAY_H
#define ARMVM_FIRMWARE_EXPLORE_PLAY_H

#include "firmware/explore/run.h"

struct worker;

/* Resets in a row after which nothing had changed that make a loop; and resets at all. */
#define PLAY_SAME_RESETS 3
#define PLAY_RESETS      16

/*
 * A lane for each of config->played, its id the place in there. With a worker,
 * events and verdicts go there; this function then returns in every process of
 * the scenarios' that it made. Without one (there is one scenario), events go to
 * the machine's trace, and *last (may be NULL) is the machine as its verdict left it.
 */
int play(const struct run_config *config, struct worker *worker, struct machine **last,
	struct err *err);

#endif
