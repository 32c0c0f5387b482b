/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays several scenarios: machines that are switched on, reset and switched off, until each
 * scenario has its verdict. One machine plays them as long as they are alike (variants.h), and
 * copies of this process from then on.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_PLAY_H
#define ARMVM_FIRMWARE_EXPLORE_PLAY_H

#include "firmware/explore/run.h"

struct worker;

/*
 * A variant for each of config->played, its id the place in there. Events and verdicts go to the worker;
 * this function returns in every process of the scenarios' that it made.
 */
int play(const struct run_config *config, struct worker *worker, struct err *err);

#endif
