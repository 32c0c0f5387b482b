/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An initrd that dracut's module "squash" made: a small archive whose init mounts a file system image that lies in
 * it, and goes on with what is in there (modules.d/99squash and 95squash-erofs of dracut). What the initrd holds
 * is what the image holds. Private to rootfs/.
 */
#ifndef ARMVM_ROOTFS_INITRD_IMAGE_H
#define ARMVM_ROOTFS_INITRD_IMAGE_H

#include "base/buf.h"
#include "rootfs/cpio.h"

/* What an image may take in memory: dracut's have 10 to 40 MiB. */
#define INITRD_IMAGE_MAX ((size_t)64 << 20)

/* Whether a file of the archive is such an image; the path has no slashes before it. */
bool initrd_image_is(const char *path);

/*
 * Goes through the image as through an archive; names are as in one, links' content is where they lead. An entry
 * that may have content has the length 1.
 * -ENOTSUP: another file system than squashfs, or a compression that is not read here; -EUCLEAN: damaged;
 * -EFBIG: more than 100,000 files, 10,000 in a folder, or 4096 that are asked for.
 */
int initrd_image_walk(const struct buf *image, const struct cpio_visitor *visitor, struct err *err);

#endif
