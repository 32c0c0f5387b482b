/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flattened device tree in a file, as far as loaders and Linux look at it before they take it
 * (Devicetree Specification v0.4, 5.2 to 5.4), and the name of the machine that it is of.
 */
#ifndef ARMVM_UEFI_DEVICETREE_H
#define ARMVM_UEFI_DEVICETREE_H

#include "base/base.h"

#define DEVICETREE_MAX ((size_t)2 << 20) /* of what an arm64 kernel takes (Linux, booting.rst) */

/* Whether GRUB and Linux take it for one: what they ask of its header. */
bool devicetree_valid(const uint8_t *bytes, size_t len);

/* The first of the names in the root's compatible, "raspberrypi,4-model-b". The caller frees it; NULL: there is none. */
char *devicetree_compatible(const uint8_t *bytes, size_t len);

/* Whether a machine of that name is a virtual one: what QEMU and its like, and Xen, call theirs. */
bool devicetree_is_virtual(const char *compatible);

#endif
