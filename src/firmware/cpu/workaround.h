/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workarounds for libunicorn's slow stores and large buffer; see workaround.c.
 */
#ifndef ARMVM_FIRMWARE_CPU_WORKAROUND_H
#define ARMVM_FIRMWARE_CPU_WORKAROUND_H

#include "firmware/mem/processor.h"

/*
 * Bytes of translated code that the library keeps before it drops them all. GRUB
 * and shim need less than half; dropping it means to clear it.
 */
#define WORKAROUND_BUFFER (32u << 20)

/*
 * Begins anew for a processor with one block of RAM of ram_size bytes at
 * ram_base, virtual and physical addresses being the same. One processor at a
 * time can be had: libunicorn's functions carry no context of ours.
 */
void workaround_attach(uint64_t ram_base, uint64_t ram_size);
/* before is called ahead of every translation of a block of code. */
void workaround_watch(void (*before)(void *ctx, uint64_t pc), void *ctx);
/*
 * From now on RAM knows (guest_reach()) which pages the library's TLB maps; workaround_flush_tlb() makes it
 * look for each again.
 */
void workaround_mark(struct guest_ram *ram);
void workaround_flush_tlb(void);
void workaround_detach(void);
/* How many stores of the guest went the slow way, since the program began. */
uint64_t workaround_slow_stores(void);
/* Whether there may be translated code in [a, a + len). */
bool workaround_has_code(uint64_t a, uint64_t len);

#endif
