/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What checks of names that a boot waits for share.
 */
#ifndef ARMVM_CHECKS_GUEST_WAITS_H
#define ARMVM_CHECKS_GUEST_WAITS_H

#include "checks/check.h"

struct fstab;
struct name;

/* Bits of enum initrd_kind: what makes the guest's initrds, or is in the one that is booted. */
unsigned guest_initrd_kinds(struct image *image);

/* Whether systemd-remount-fs.service mounts the root once more, for writing, with the options that it has in fstab. */
bool guest_root_is_remounted(struct image *image, const struct fstab *mounts);

/* Whether a mount with one of these types (a list with commas; "auto": any) of what is there, in libblkid's words, must fail. */
bool guest_type_is_refused(const char *wanted, const char *there);

/* Whether a boot elsewhere does not find what the name is of, or another; *why then goes on behind the name. */
bool guest_name_is_dead(const struct name *name, const char **why);

#endif
