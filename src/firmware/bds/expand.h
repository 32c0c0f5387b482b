/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a boot option names to full device paths of programs that exist
 * on this machine, as of now (UEFI 2.10 3.1.2, 3.5.1).
 */
#ifndef ARMVM_FIRMWARE_BDS_EXPAND_H
#define ARMVM_FIRMWARE_BDS_EXPAND_H

#include "base/buf.h"

struct machine;

struct candidate {
	uint8_t *path;
	size_t size;
};

struct candidates {
	struct candidate *v;
	size_t n;
};

void candidates_release(struct candidates *c);
DEFINE_RELEASE(struct candidates, candidates_release)

/*
 * Appends where a path may lead: itself when it names a file on a device that
 * is there; for short forms (HD(...) or a file alone) the partitions that
 * match; for a device, the default loader on it. Nothing when it is stale.
 */
void expand_option(struct machine *m, const uint8_t *path, size_t size, struct candidates *out);
/* The default behaviour of 3.3: removable media, fixed media, LoadFile. */
void expand_default(struct machine *m, struct candidates *out);

#endif
