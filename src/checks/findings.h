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
	const struct selection *selection; /* what was asked for; NULL: everything */
};

/* What was added last is what this check has against the image started from elsewhere. */
void finding_of(struct findings *f, const struct check *check);
/* Runs the check that r, otherwise zeroed, names, and what it needs first. check_result_release() frees what r then holds. */
void check_run(struct check_result *r, struct image *image, const struct selection *sel);
void check_result_release(struct check_result *r);
DEFINE_RELEASE(struct check_result, check_result_release)

#endif
