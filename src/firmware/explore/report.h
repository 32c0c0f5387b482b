/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays several scenarios: the coordinator of the processes that do (worker.h).
 * It puts the events together again, scenario by scenario, so that each has the
 * text that it has when it is played alone.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_REPORT_H
#define ARMVM_FIRMWARE_EXPLORE_REPORT_H

#include "firmware/explore/run.h"

/* See run(). Events go to config->machine.trace_fd. */
int matrix_run(const struct run_config *config, int *status, struct err *err);

#endif
