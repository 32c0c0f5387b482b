/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loader entries (the UAPI Boot Loader Specification, type 1) as
 * rust-hypervisor-firmware reads them before it looks for a default loader. On
 * AArch64 none of them ever boots: the kernel that an entry names is read as
 * an x86 one, with the header of its boot protocol, and refused for not having
 * it. So no program is run here, and no initrd is offered to one; what is emitted
 * is why. Its way of finding an entry is reproduced because it can stop there.
 *
 * Events: boot-skip.
 */
#ifndef ARMVM_FIRMWARE_BDS_ENTRIES_H
#define ARMVM_FIRMWARE_BDS_ENTRIES_H

#include "base/base.h"

struct fs;
struct machine;

/* Looks for an entry on a system partition. NULL: it goes on; else in words why it stops for ever. */
const char *entries_look(struct machine *m, struct fs *fs);

/*
 * Whether a file's name matches a pattern of ? and *, where a backslash takes
 * the next character as it is. *stops: the pattern has a set in brackets at a
 * place that counts, for which the firmware stops.
 */
bool entries_match(const char *name, const char *pattern, bool *stops);

#endif
