/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages whose bytes are resolved when somebody first looks at them: the last ones of RAM. The processor has no
 * way to one of them until it looks for it; to the last one it never has, so that each access is announced.
 */
#ifndef ARMVM_FIRMWARE_MEM_WATCH_H
#define ARMVM_FIRMWARE_MEM_WATCH_H

#include "firmware/mem/guest.h"

/*
 * Called with the page's number, from 0, before it or one behind it is first touched, and maybe again. Not
 * for the last page.
 */
typedef void guest_touched_fn(void *ctx, unsigned page);
/* Called with the place in the last page, before each access. */
typedef void guest_looked_fn(void *ctx, uint64_t offset, uint64_t len);

/* From here on RAM is watched. Callbacks may follow, and get this ctx. */
void guest_watch(struct guest_ram *ram, struct gaddr from, void *ctx);
void guest_on_touch(struct guest_ram *ram, guest_touched_fn *touched);
void guest_on_look(struct guest_ram *ram, guest_looked_fn *looked);
/* Where watched pages begin, and the last one; 0: there are none. */
struct gaddr guest_watched(const struct guest_ram *ram);
struct gaddr guest_exact(const struct guest_ram *ram);

/* Somebody comes to a page, or to bytes of the last one. */
void guest_touch(const struct guest_ram *ram, unsigned page);
void guest_look(const struct guest_ram *ram, uint64_t offset, uint64_t len);

/* As guest_in() and guest_out(), past the watch: for whoever resolves the bytes. */
const uint8_t *guest_in_unwatched(struct guest_ram *ram, struct gaddr a, uint64_t len);
uint8_t *guest_out_unwatched(struct guest_ram *ram, struct gaddr a, uint64_t len);

#endif
