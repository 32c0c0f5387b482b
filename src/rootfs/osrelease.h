/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * os-release(5) and other files of NAME=value lines as a shell reads them
 * (/etc/default/grub, /etc/sysconfig/bootloader): the last assignment counts,
 * single and double quotes and backslashes are resolved, nothing is expanded.
 */
#ifndef ARMVM_ROOTFS_OSRELEASE_H
#define ARMVM_ROOTFS_OSRELEASE_H

#include "base/base.h"

/* The value of the last NAME=value line of text; the caller frees it. NULL when there is none. */
char *shell_assignment(const char *text, const char *name);

/* Every member is heap memory or NULL (absent). */
struct os_release {
	char *id;          /* "debian"; "linux" when the file has no ID */
	char *id_like;     /* "rhel fedora" */
	char *version_id;  /* "12" */
	char *pretty_name; /* "Debian GNU/Linux 12 (bookworm)" */
	char *codename;    /* "bookworm" */
};

/* text is a whole os-release file. */
void os_release_parse(struct os_release *os, const char *text);
void os_release_release(struct os_release *os);
DEFINE_RELEASE(struct os_release, os_release_release)

/* Whether the system is name or says that it is like it ("debian" is true for Ubuntu). */
bool os_release_is_like(const struct os_release *os, const char *name);

#endif
