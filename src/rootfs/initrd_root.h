/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an initrd's own files say of the root file system, gathered while the archive goes by: see struct
 * initrd_root. Private to rootfs/.
 */
#ifndef ARMVM_ROOTFS_INITRD_ROOT_H
#define ARMVM_ROOTFS_INITRD_ROOT_H

#include "rootfs/inventory.h"

/* Of one archive. Starts with root and zeroes. */
struct initrd_gather {
	struct initrd_root *root;
	const struct initrd_source
		*source; /* what the file is that goes by; NULL: nothing to read */
	char *path;
	struct buf content;
};

/* The next entry of the archive, its path without slashes before it; true: its content is asked for. */
bool initrd_gather_entry(struct initrd_gather *g, const char *path, const struct cpio_entry *entry);
/* A piece of its content; false: enough. */
bool initrd_gather_data(struct initrd_gather *g, const void *bytes, size_t len);
/* Takes in what has been gathered; ends each entry, and the archive. */
void initrd_gather_end(struct initrd_gather *g);

void initrd_root_release(struct initrd_root *root);

#endif
