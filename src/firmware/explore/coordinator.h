/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays several scenarios: starts the processes that do (worker.h), and has their report emitted. */
#ifndef ARMVM_FIRMWARE_EXPLORE_COORDINATOR_H
#define ARMVM_FIRMWARE_EXPLORE_COORDINATOR_H

#include "firmware/explore/run.h"

/* See run(). Events go to config->machine.trace_fd. */
int report_run(const struct run_config *config, int *status, struct err *err);

#endif
