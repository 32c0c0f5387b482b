/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What checks of the kernel's drivers share.
 */
#ifndef ARMVM_CHECKS_GUEST_DRIVERS_H
#define ARMVM_CHECKS_GUEST_DRIVERS_H

#include "checks/check.h"

struct image_guest;

/* 1: the drivers of the kernel that boots are known; 0: they are not, and the check is skipped. */
int guest_drivers_known(
	struct image *image, struct findings *f, const struct image_guest **g, struct err *err);

#endif
