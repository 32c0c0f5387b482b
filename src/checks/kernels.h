/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where else in the image a kernel is, when the one that an entry names is not found, and what GRUB
 * cannot read on its way to it.
 */
#ifndef ARMVM_CHECKS_KERNELS_H
#define ARMVM_CHECKS_KERNELS_H

#include "base/base.h"

struct boot_chain;
struct chain_entry;
struct chain_step;
struct chain_view;
struct guest_kernel;
struct image;

/*
 * What to do about an entry whose kernel is missing, when it stands in another file system: one of
 * the same UUID, one that the loader does not look at. NULL: it is nowhere. Freed by the caller.
 */
char *kernel_elsewhere(const struct chain_view *view, const struct chain_entry *entry);

/* A file system that has a kernel in / or /boot, as "partition 2: /boot/vmlinuz-6.1"; NULL: none. Freed by the caller. */
char *kernel_anywhere(const struct chain_view *view);

/*
 * Whether another check says already what is wrong with this kernel of the guest's: the default entry's file has its
 * bytes, and is certain to be none that its loader starts.
 */
bool kernel_is_the_loaders(struct image *image, const struct guest_kernel *kernel);

/*
 * The next step behind after (NULL: the first) that lies on an ext4 with features that GRUB is known not to
 * read; one for each file system. NULL: there is none, or no GRUB on the way.
 */
const struct chain_step *unread_by_grub(
	const struct image *image, const struct boot_chain *chain, const struct chain_step *after);

#endif
