/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files behind inventory.h share; nobody else includes this.
 */
#ifndef ARMVM_ROOTFS_KERNELS_H
#define ARMVM_ROOTFS_KERNELS_H

#include "rootfs/inventory.h"

/* Fills inv's kernels. */
int kernels_find(struct inventory *inv, struct rootfs *root, struct rootfs *boot, struct err *err);

/* How many are read of one kernel, or of one initrd. */
#define MODULES_MAX 50000

/*
 * The module's name in a path like "kernel/drivers/block/virtio_blk.ko.xz",
 * as "virtio_blk" into name; false when the path is not a module's.
 */
#define MODULE_NAME_MAX 128
bool module_name(const char *path, size_t len, char name[MODULE_NAME_MAX]);

#endif
