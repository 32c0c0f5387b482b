/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file system that a GRUB binary carries in itself, as its device
 * (memdisk): FAT or squashfs (Debian, Ubuntu), a tar archive (grub-mkstandalone)
 * or a cpio archive.
 */
#ifndef ARMVM_LOADER_MEMDISK_H
#define ARMVM_LOADER_MEMDISK_H

#include "loader/volume.h"

struct memdisk;

/* Of a copy of the bytes. NULL when it is of a kind that is not read. */
struct memdisk *memdisk_open(const void *bytes, size_t len);
const struct volume *memdisk_volume(const struct memdisk *m);
void memdisk_close(struct memdisk *m);
DEFINE_CLEANUP(struct memdisk, memdisk_close)

#endif
