/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that variants are told each for itself (platform_each()). They wait until there is an event for
 * all of them, or the boot is over: so variants may split meanwhile, and those that were told
 * the same have it in common.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_PENDING_H
#define ARMVM_FIRMWARE_EXPLORE_PENDING_H

#include "firmware/explore/variants.h"

struct pending; /* opaque; variants.pending */

void pending_free(struct pending *p);

/* What is told between these two is for the variant with this index alone. Variants must not split there. */
void pending_begin(struct variants *vs, size_t i);
void pending_end(struct variants *vs, size_t i);

/* The boot is over. Variants that were told different things since the last event for all of them split. */
void pending_finish(struct variants *vs);

#endif
