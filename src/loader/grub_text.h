/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a grub.cfg for a root file system that has none. Names from the
 * guest are hostile: they are quoted so that GRUB's shell takes each as one
 * word and runs nothing of it.
 */
#ifndef ARMVM_LOADER_GRUB_TEXT_H
#define ARMVM_LOADER_GRUB_TEXT_H

#include "base/buf.h"
#include "loader/install.h"

struct grub_text {
	const char *title;         /* of the system */
	const char *root_uuid;     /* of the file system that the kernels are in */
	const char *root_partuuid; /* for a kernel without an initrd, which can find no other */
	const char *args;          /* words added to every kernel's command line */
	const struct install_kernel *kernels; /* the default first */
	size_t n_kernels;
};

void grub_text_config(struct text *out, const struct grub_text *text);

/* Adds s as one word, in single quotes unless it is plain; control characters are left out. */
void grub_text_word(struct text *out, const char *s);

#endif
