/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order that may come from outside, and overrides BootOrder. */
#ifndef ARMVM_FIRMWARE_BDS_OUTSIDE_H
#define ARMVM_FIRMWARE_BDS_OUTSIDE_H

#include "firmware/bds/list.h"

/*
 * Puts what the paths of the order name first: of each path the first active
 * option of the list that leads to a place below it, else (unless options are
 * saved for devices) the default loaders there. Then the options that are on
 * no device such a path could name; all others are dropped. When nothing is
 * named that exists, the list stays as it is, and false is returned. With
 * options that are saved, BootOrder is written and what was dropped deleted:
 * so edk2 does it.
 */
bool order_from_outside(struct machine *m, const struct bds_config *config, struct boot_list *list);

#endif
