/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of which lanes (vars/lanes.h) are told each its own. They wait until
 * there is an event for all of them, or the boot is over: so lanes may part
 * meanwhile, and those that were told the same have it in common.
 */
#ifndef ARMVM_FIRMWARE_CORE_TOLD_H
#define ARMVM_FIRMWARE_CORE_TOLD_H

#include "base/base.h"

struct machine;
struct buf;
struct told; /* opaque; m->told */

void told_free(struct told *told);

/* What is told between these two is for the lane with this index alone. Lanes must not part there. */
void told_begin(struct machine *m, size_t lane);
void told_end(struct machine *m, size_t lane);
/* The same with lines that were put aside. */
void told_add(struct machine *m, size_t lane, const struct buf *lines);

/* The boot is over. Lanes that were told different things since the last event for all of them part. */
void told_over(struct machine *m);

#endif
