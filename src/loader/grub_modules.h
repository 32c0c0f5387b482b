/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's modules: ELF files, in the binary or in a folder of $prefix, which
 * bring its commands and readers of file systems. What a module is called and
 * needs stands in sections of its own; which commands it brings is said by the
 * texts in it, for distributions differ in that.
 */
#ifndef ARMVM_LOADER_GRUB_MODULES_H
#define ARMVM_LOADER_GRUB_MODULES_H

#include "base/buf.h"

#define GRUB_MODULE_MAX ((size_t)1 << 20) /* bytes of one module's file */

/* Starts zeroed. */
struct grub_modules {
	struct strlist names; /* "linux", "ext2"; empty: not known */
	struct buf texts;     /* their strings, each between NULs */
	bool more;            /* than are looked at */
};

/* Adds a module; the names that it needs go to needs (may be NULL). False: that is no module. */
bool grub_modules_add(
	struct grub_modules *m, const uint8_t *elf, size_t len, struct strlist *needs);

/* Whether a module among them brings this command. */
bool grub_modules_bring(const struct grub_modules *m, const char *command);

/* The module that reads a file system of this type (libblkid's word); NULL: none that is known. */
const char *grub_fs_module(const char *fstype);

/* The module that unpacks files of this format (rootfs/packed.h); NULL: none does. */
const char *grub_unpacking_module(const char *format);

void grub_modules_copy(struct grub_modules *to, const struct grub_modules *from);
/* Forgets what was added beyond these counts. */
void grub_modules_truncate(struct grub_modules *m, size_t n_names, size_t texts_len);
void grub_modules_release(struct grub_modules *m);
DEFINE_RELEASE(struct grub_modules, grub_modules_release)

#endif
