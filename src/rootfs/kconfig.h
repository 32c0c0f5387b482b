/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel's configuration (/boot/config-VERSION): lines of CONFIG_NAME=value,
 * or "# CONFIG_NAME is not set".
 */
#ifndef ARMVM_ROOTFS_KCONFIG_H
#define ARMVM_ROOTFS_KCONFIG_H

#include "base/base.h"

enum kconfig_value {
	KCONFIG_ABSENT, /* not mentioned: the option does not exist there, or its parent is off */
	KCONFIG_NO,     /* "is not set" */
	KCONFIG_MODULE,
	KCONFIG_YES,
	KCONFIG_OTHER, /* a number or text */
};

/* name without CONFIG_. text is the whole file; each call goes through it once (0.1 ms). */
enum kconfig_value kconfig_get(const char *text, size_t len, const char *name);

#endif
