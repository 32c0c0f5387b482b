/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a check writes its findings into: the result that verdict.c keeps.
 * For checks/, worker/, which puts results together from what another process
 * reported, and tests.
 */
#ifndef ARMVM_CHECKS_FINDINGS_H
#define ARMVM_CHECKS_FINDINGS_H

#include "checks/verdict.h"

struct findings {
	struct check_result *result;
};

#endif
