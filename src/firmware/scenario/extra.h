/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the room: the one partition of the disks that are attached beside the
 * image.
 */
#ifndef ARMVM_FIRMWARE_SCENARIO_EXTRA_H
#define ARMVM_FIRMWARE_SCENARIO_EXTRA_H

#include "base/guid.h"

#define EXTRA_PARTITION_LBA    64u
#define EXTRA_PARTITION_BLOCKS 2048u

/* Its unique GUID. */
struct guid extra_partition(char letter);

#endif
