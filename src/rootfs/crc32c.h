/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32C (Castagnoli), which xfs and btrfs protect their metadata with.
 */
#ifndef ARMVM_ROOTFS_CRC32C_H
#define ARMVM_ROOTFS_CRC32C_H

#include "base/base.h"

/* Goes on from crc; begin with ~0u. Neither the start nor the result is inverted. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

#endif
