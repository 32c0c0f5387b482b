/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UEFI's compression (UEFI 2.10 19.2): LZ77 with Huffman codes for each block.
 */
#ifndef ARMVM_UEFI_DECOMPRESS_H
#define ARMVM_UEFI_DECOMPRESS_H

#include "base/base.h"

#define COMPRESSED_HEADER 8 /* the sizes of what follows, and of what it was */

/* The size of what len bytes at from were; false when they end before what their header says. */
bool compressed_size(const uint8_t *from, size_t len, uint32_t *size);
/* Writes that much to `to`; false, and some of it is written, when the bytes are malformed. */
bool decompress(const uint8_t *from, size_t len, uint8_t *to);

#endif
