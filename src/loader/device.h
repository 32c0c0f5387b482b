/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices as GRUB names them (GRUB manual, "How to specify devices"): "hd0,gpt2", "lvm/vg-root", "md/root",
 * "mduuid/...", "cryptouuid/...". The image is disk 0.
 */
#ifndef ARMVM_LOADER_DEVICE_H
#define ARMVM_LOADER_DEVICE_H

#include "loader/volume.h"

/* The caller frees it. disk: the number that the image's disk has. */
char *device_name(const struct volume *v, unsigned disk);

/* "(hd0,gpt2)/path"; the caller frees it. */
char *device_path(const struct volume *v, const char *path);

/* What is put together from partitions, by name: "lvm/vg-root"; NULL: none is called that. */
const struct volume *device_stacked(const struct chain_view *view, const char *name);

/*
 * The volume that a name like "(lvm/vg-root)/path" begins with, and behind it *path (all of name, when there is no
 * device in it). NULL: the image has none of that name.
 */
const struct volume *device_split(
	const struct chain_view *view, const char *name, const char **path);

#endif
