/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's distribution in libosinfo's words, which Glance's os_distro and
 * os_version are to be written in.
 */
#ifndef ARMVM_GLANCE_OSINFO_H
#define ARMVM_GLANCE_OSINFO_H

#include "base/base.h"

struct os_release;

/*
 * What libosinfo calls the distribution ("opensuse" for opensuse-leap); static.
 * NULL when libosinfo has no such word. *version gets its version as libosinfo
 * writes it, the caller's, or NULL where it has none or os-release names none.
 */
const char *osinfo_distro(const struct os_release *os, char **version);

#endif
