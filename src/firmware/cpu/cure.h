/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cure for libunicorn's slow stores and large buffer; see cure.c.
 */
#ifndef ARMVM_FIRMWARE_CPU_CURE_H
#define ARMVM_FIRMWARE_CPU_CURE_H

#include "firmware/mem/processor.h"

/*
 * Bytes of translated code that the library keeps before it drops them all. GRUB
 * and shim need less than half; dropping it means to clear it.
 */
#define CURE_BUFFER (32u << 20)

/*
 * Begins anew for a processor with one block of RAM of ram_size bytes at
 * ram_base, virtual and physical addresses being the same. One processor at a
 * time can be cured: libunicorn's functions carry no context of ours.
 */
void cure_attach(uint64_t ram_base, uint64_t ram_size);
/* before is called ahead of every translation of a block of code. */
void cure_watch(void (*before)(void *ctx, uint64_t pc), void *ctx);
/*
 * From now on RAM knows (guest_reach()) what the guest gets a way to. The library keeps the ways;
 * cure_forget_ways() makes it look for each again.
 */
void cure_mark(struct guest_ram *ram);
void cure_forget_ways(void);
void cure_detach(void);
/* How many stores of the guest went the slow way, since the program began. */
uint64_t cure_slow_stores(void);
/* Whether there may be translated code in [a, a + len). */
bool cure_has_code(uint64_t a, uint64_t len);

#endif
