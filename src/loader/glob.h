/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell patterns over names that come from an image. Unlike fnmatch(3) this
 * takes time of at most pattern times text, whatever the pattern says.
 */
#ifndef ARMVM_LOADER_GLOB_H
#define ARMVM_LOADER_GLOB_H

#include "base/base.h"

/* '*', '?', [set], [!set] and '\\' before a plain character; fold: letters match either case. */
bool glob_match(const char *pattern, const char *text, bool fold);

#endif
