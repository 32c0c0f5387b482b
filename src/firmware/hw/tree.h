/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a device tree that a kernel is handed is the machine's own. Loaders
 * change the tree that the firmware gives them: they fill in /chosen, take
 * out the memory, add nodes. One that they bring themselves is of another machine.
 */
#ifndef ARMVM_FIRMWARE_HW_TREE_H
#define ARMVM_FIRMWARE_HW_TREE_H

#include "base/base.h"

/* Of a tree of at most len bytes. */
enum tree_state {
	TREE_WHOLE,
	TREE_DAMAGED, /* somewhere behind its header */
	TREE_REFUSED, /* Linux, which looks at the header, takes none of it */
};
enum tree_state tree_check(const uint8_t *fdt, size_t len);

/* These are asked of whole ones. */

/* Whether it describes nothing, so that Linux on AArch64 uses ACPI: it has /chosen alone, and what Xen says (arch/arm64/kernel/acpi.c). */
bool tree_is_empty(const uint8_t *fdt);
/* Whether all that the firmware's tree has is in there, but for /chosen and memory. */
bool tree_has_all(const uint8_t *fdt, const uint8_t *of_firmware);
/* The first name of the machine that it is of; NULL: it has none. */
const char *tree_compatible(const uint8_t *fdt);

#endif
