/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debconf's database /var/cache/debconf/config.dat: stanzas of "Name: value"
 * lines with blank lines between. It is how Debian's and Ubuntu's grub
 * packages are set to keep away from NVRAM (SPEC.md's table), so single
 * values are read and changed here, and everything else stays as it is.
 */
#ifndef ARMVM_ROOTFS_DEBCONF_H
#define ARMVM_ROOTFS_DEBCONF_H

#include "base/buf.h"

#define DEBCONF_CONFIG "/var/cache/debconf/config.dat"

/* The value of question name ("grub2/update_nvram"); the caller frees it. NULL: not there, or unset. */
char *debconf_get(const char *text, const char *name);

/*
 * Appends text to out with the question's value set, its "seen" flag added,
 * and owner among its owners; a question that is missing becomes a new stanza
 * with that template, where debconf's sorted order wants it. The rest is
 * copied byte for byte.
 */
void debconf_set(
	const char *text, const char *name, const char *value, const char *owner, struct text *out);

#endif
