/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts about the guest in an image that go beyond its inventory: its tables
 * of mounts, what the kernel that will boot has, what its initrd holds. Like
 * those of image.h: gathered once, belonging to the image.
 */
#ifndef ARMVM_IMAGE_GUEST_H
#define ARMVM_IMAGE_GUEST_H

#include "image/image.h"
#include "loader/kernel_content.h"
#include "rootfs/fstab.h"
#include "rootfs/inventory.h"
#include "rootfs/mounts.h"

/*
 * What the guest mounts, by its fstab, its units and the types of its partitions (rootfs/mounts.h): the one answer to what
 * is at a path, which fstab_find() gives. Owned by the image.
 */
int image_mounts(struct image *image, const struct fstab **out, struct err *err);
/* What else decides that, for mounts_read() of another root than image_rootfs(). */
struct mount_parts image_mount_parts(const struct image *image);
/* The volume that is mounted at path; NULL: none of its own, or it is not known which. */
const struct volume *image_mount_at(struct image *image, const char *path);

struct image_guest {
	const struct fstab *fstab; /* image_mounts() */
	struct crypttab crypttab;
	/*
	 * The kernel that the default entry boots, or the newest: of the inventory, with version, modules and
	 * configuration as its content says they are. NULL: none.
	 */
	const struct guest_kernel *kernel;
	struct kernel_drivers drivers; /* of kernel */
	struct bars bars; /* what modprobe.d says of modules; those of its initrd are its own */
};

/* -ENOENT when the image has no root file system. */
int image_guest(struct image *image, const struct image_guest **out, struct err *err);

struct image_kernel {
	struct kernel_content content;
	char *where; /* its file: "/boot/vmlinuz-6.1.0", "ESP:/EFI/Linux/linux.efi" */
};

/*
 * What is in the kernel that boots: the one at the end of the chain, the one inside a UKI, or else the
 * guest's newest. -ENOENT: there is none.
 */
int image_kernel(struct image *image, const struct image_kernel **out, struct err *err);

struct image_initrd {
	struct initrd initrd;
	char *where; /* the file, or the first of several: "/boot/initrd.img-6.1.0", "ESP:/EFI/..." */
};

/*
 * The initrd that is loaded with the kernel that boots: the one of the
 * default entry, the one inside a UKI, or the one that lies beside the newest kernel.
 * -ENOENT: there is none. It is unpacked in the background from image_chain() on.
 */
int image_initrd(struct image *image, const struct image_initrd **out, struct err *err);

#endif
