/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that variants have each for itself (platform_each()). They wait until there is an event for
 * all of them, or the boot is over: so variants may split meanwhile, and those that have the same
 * ones emit them once.
 */
#ifndef ARMVM_FIRMWARE_EXPLORE_PENDING_H
#define ARMVM_FIRMWARE_EXPLORE_PENDING_H

#include "firmware/explore/variants.h"

struct pending; /* opaque; variants.pending */

void pending_free(struct pending *p);

/* What is emitted between these two is for the variant with this index alone. Variants must not split there. */
void pending_begin(struct variants *vs, size_t i);
void pending_end(struct variants *vs, size_t i);

/* The boot is over. Variants that have different events since the last one for all of them split. */
void pending_finish(struct variants *vs);

#endif
