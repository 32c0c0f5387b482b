/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bootconfig behind an initrd (Linux Documentation/admin-guide/bootconfig.rst), as far as it becomes a
 * part of the kernel's command line: the keys below "kernel".
 */
#ifndef ARMVM_LOADER_BOOTCONFIG_H
#define ARMVM_LOADER_BOOTCONFIG_H

#include "base/buf.h"

#define BOOTCONFIG_TEXT_MAX ((size_t)32767)
/* What has to be read of an initrd's end to find it: the text, its size and sum, the mark, and padding. */
#define BOOTCONFIG_TAIL     (BOOTCONFIG_TEXT_MAX + 1 + 8 + 12 + 3)

/* The text in the last bytes of an initrd; false: there is none, or not one that the kernel takes. */
bool bootconfig_find(const uint8_t *tail, size_t len, const char **text, size_t *text_len);

/*
 * Adds what the kernel puts in front of its command line: "root=UUID=1234 quiet ". False: the text is not one that
 * the kernel reads, and it ignores all of it.
 */
bool bootconfig_cmdline(const char *text, size_t len, struct text *out);

#endif
