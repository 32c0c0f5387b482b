/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Glance and Nova refuse beyond what makes an image unfit to boot:
 * oslo.utils' format_inspector takes only some of the files that QEMU reads.
 */
#ifndef ARMVM_GLANCE_REFUSE_H
#define ARMVM_GLANCE_REFUSE_H

#include "checks/policy.h"

/* Adds rules to the policy that make errors of the findings for which OpenStack refuses an image. */
void glance_policy(struct policy *p);

#endif
