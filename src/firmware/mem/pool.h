/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AllocatePool() and FreePool() (UEFI 2.10 7.2.4, 7.2.5) on top of pages:
 * 16-byte aligned blocks, of each memory type from pages of that type. The
 * book-keeping is the host's, so a guest cannot corrupt it. Freed blocks are
 * filled with 0xaf.
 */
#ifndef ARMVM_FIRMWARE_MEM_POOL_H
#define ARMVM_FIRMWARE_MEM_POOL_H

#include "firmware/mem/pages.h"

struct pool; /* opaque */

/*
 * Each owner, a program by its address, has an arena of its own, so that where its blocks lie
 * does not depend on what others allocated. There are so many; the last one is shared by all
 * who come late.
 */
#define POOL_ARENAS   16
#define POOL_FIRMWARE 0
#define POOL_SUM      16 /* bytes of a digest that are kept */

struct pool *pool_new(struct pages *pages);
void pool_free_all(struct pool *pool);

efi_status pool_allocate_for(
	struct pool *pool, uint64_t owner, uint32_t type, uint64_t size, struct gaddr *out);
/* For the firmware itself. */
efi_status pool_allocate(struct pool *pool, uint32_t type, uint64_t size, struct gaddr *out);
/* EFI_INVALID_PARAMETER when a is not the start of a live block. */
efi_status pool_free(struct pool *pool, struct gaddr a);

/*
 * What there is in each arena, and what would be next; how many arenas there are. For comparing
 * machines.
 */
unsigned pool_sums(const struct pool *pool, uint8_t sums[POOL_ARENAS][POOL_SUM]);
/* From now on bits are set in *accessed for arenas in which something is allocated, freed or looked for; NULL: no more. */
void pool_log_access(struct pool *pool, uint32_t *accessed);

#endif
