/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host may touch of guest memory: nothing, but for what a service was granted. The address sanitizer holds it
 * to that, and without one these functions do nothing. The processor's library is not instrumented.
 */
#ifndef ARMVM_FIRMWARE_MEM_GRANT_H
#define ARMVM_FIRMWARE_MEM_GRANT_H

#include "base/sanitizer.h"
#include "firmware/mem/ram.h"

#if UNDER_ASAN

/* All of it is forbidden; or, before it is unmapped, allowed. */
void grant_begin(struct guest_ram *ram);
void grant_end(struct guest_ram *ram);
void grant_add(struct guest_ram *ram, struct gaddr a, uint64_t len);
void grant_revoke(struct guest_ram *ram);
/* What is to be written holds something that nobody put there. */
void grant_scramble(uint8_t *p, uint64_t len);

#else

static inline void grant_begin(struct guest_ram *ram)
{
	(void)ram;
}

static inline void grant_end(struct guest_ram *ram)
{
	(void)ram;
}

static inline void grant_add(struct guest_ram *ram, struct gaddr a, uint64_t len)
{
	(void)ram, (void)a, (void)len;
}

static inline void grant_revoke(struct guest_ram *ram)
{
	(void)ram;
}

static inline void grant_scramble(uint8_t *p, uint64_t len)
{
	(void)p, (void)len;
}

#endif

#endif
