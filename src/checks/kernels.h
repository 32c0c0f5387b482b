/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where else in the image a kernel is, when the one that an entry names is not found.
 */
#ifndef ARMVM_CHECKS_KERNELS_H
#define ARMVM_CHECKS_KERNELS_H

struct chain_entry;
struct chain_view;

/*
 * What to do about an entry whose kernel is missing, when it stands in another file system: one of
 * the same UUID, one that the loader does not look at. NULL: it is nowhere. Freed by the caller.
 */
char *kernel_elsewhere(const struct chain_view *view, const struct chain_entry *entry);

/* A file system that has a kernel in / or /boot, as "partition 2: /boot/vmlinuz-6.1"; NULL: none. Freed by the caller. */
char *kernel_anywhere(const struct chain_view *view);

#endif
