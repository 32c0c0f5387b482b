/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What iasl makes of dsdt.asl when armvm-firmware is built: the DSDT behind its header.
 */
#ifndef ARMVM_FIRMWARE_HW_DSDT_H
#define ARMVM_FIRMWARE_HW_DSDT_H

#include "base/base.h"

extern const uint8_t hw_dsdt[];
extern const size_t hw_dsdt_size;

#endif
