/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One scenario, from its first power-on to its verdict. */
#ifndef ARMVM_FIRMWARE_LIFECYCLE_CYCLES_H
#define ARMVM_FIRMWARE_LIFECYCLE_CYCLES_H

#include "firmware/lifecycle/course.h"
#include "firmware/lifecycle/power.h"
#include "firmware/machine/platform.h"
#include "firmware/vars/var_store.h"

/* power.m is the machine as its verdict left it. */
struct cycles {
	struct power power;
	struct var_store_plain store;
	struct platform_fixed platform;
	struct course course;
};

/* Events go to the machine's trace, the verdict last. c may hold nothing before, and is released after. */
int cycles_play(struct cycles *c, const struct power_config *config, const struct scenario *s,
	struct err *err);
void cycles_release(struct cycles *c);
DEFINE_RELEASE(struct cycles, cycles_release)

#endif
