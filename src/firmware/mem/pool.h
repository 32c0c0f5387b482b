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

struct pool *pool_new(struct pages *pages);
void pool_free_all(struct pool *pool);

efi_status pool_allocate(struct pool *pool, uint32_t type, uint64_t size, struct gaddr *out);
/* EFI_INVALID_PARAMETER when a is not the start of a live block. */
efi_status pool_free(struct pool *pool, struct gaddr a);

/* Adds which blocks there are and which will be next to sum. */
void pool_sum(const struct pool *pool, struct sha256_ctx *sum);

#endif
