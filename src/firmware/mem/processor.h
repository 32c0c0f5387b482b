/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory for the processor, which has it mapped. What a program reads and writes is not recorded:
 * registers and memory, all that it depends on, are compared themselves.
 */
#ifndef ARMVM_FIRMWARE_MEM_PROCESSOR_H
#define ARMVM_FIRMWARE_MEM_PROCESSOR_H

#include "firmware/mem/guest.h"

/* Where a page of RAM lies in the host, to be mapped for the guest. */
uint8_t *guest_mapping(struct guest_ram *ram, struct gaddr a);

/*
 * From now on called before the host writes, for translated code that lies there must be forgotten.
 * NULL: there is none.
 */
typedef void guest_written_fn(void *ctx, struct gaddr a, uint64_t len);
void guest_on_write(struct guest_ram *ram, guest_written_fn *written, void *ctx);

/*
 * What the processor does for a program at once, such as a loop that copies: views of what is read, and of
 * what is written, within one callback; NULL when it is not RAM.
 */
const uint8_t *guest_fetch(struct guest_ram *ram, struct gaddr a, uint64_t len);
uint8_t *guest_store(struct guest_ram *ram, struct gaddr a, uint64_t len);

/* The program reads, or writes, bytes of the last page that is watched (watch.h). */
void guest_exact_get(struct guest_ram *ram, uint64_t offset, void *to, size_t len);
void guest_exact_put(struct guest_ram *ram, uint64_t offset, const void *from, size_t len);

/* The guest gets a way to a part: it may read there, and write. */
void guest_reach(struct guest_ram *ram, uint64_t part);
/* From now on bits are set in this map, one for each part that somebody looks at, or writes; NULL: no more. */
void guest_log_access(struct guest_ram *ram, uint8_t *accessed);

#endif
