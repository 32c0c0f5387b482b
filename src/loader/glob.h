/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell patterns over names that come from an image. Unlike fnmatch(3) this
 * takes time of at most pattern times text, whatever the pattern says.
 */
#ifndef ARMVM_LOADER_GLOB_H
#define ARMVM_LOADER_GLOB_H

#include "base/base.h"

enum glob_flags {
	GLOB_FOLD = 1, /* letters match either case */
	GLOB_NO_NEGATION =
		2, /* '!' and '^' in a set stand for themselves, as systemd-boot has it */
	GLOB_NO_QUOTING =
		4, /* '\\' stands for itself, and ']' always ends a set, as in systemd-boot until 251 */
};

/* '*', '?', [set], [!set] and '\\' before a plain character; flags are enum glob_flags. */
bool glob_match(const char *pattern, const char *text, unsigned flags);

#endif
