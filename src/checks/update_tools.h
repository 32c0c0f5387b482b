/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest has that writes its loader's configuration when a kernel is installed, for the checks of whether
 * that is what is booted.
 */
#ifndef ARMVM_CHECKS_UPDATE_TOOLS_H
#define ARMVM_CHECKS_UPDATE_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

struct rootfs;

/* Whether one of the paths is there. */
bool tools_exist(struct rootfs *root, const char *const *paths, size_t n);
bool tools_package_manager(struct rootfs *root);

/* Whether a file in one of the folders, or in those where a person's hooks stand, has the word, in either case. */
bool tools_mention(struct rootfs *root, const char *const *folders, size_t n, const char *word);
bool tools_hooks_mention(struct rootfs *root, const char *word);

/* What makes GRUB's configuration, and the file that it writes; NULL: nothing does. */
struct tools_generator {
	const char *tool, *output;
};
const struct tools_generator *tools_generator(struct rootfs *root);

/* Tools that copy each kernel to the ESP and write its entry, whatever it is called there. */
bool tools_boot_manager(struct rootfs *root);
/* Whether something writes entries below loader/entries, and unified kernel images. */
bool tools_write_entries(struct rootfs *root);
bool tools_build_ukis(struct rootfs *root);

/* Whether something makes the kernel that it installs systemd-boot's default, and the one that GRUB has saved. */
bool tools_move_default(struct rootfs *root);
bool tools_move_saved(struct rootfs *root);
/* GRUB_DEFAULT, and the file that sets it last; NULL: none does. The caller frees both. */
char *tools_grub_default(struct rootfs *root, char **file);

#endif
