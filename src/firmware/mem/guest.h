/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory, the only way to it. A guest address is a struct, so that the
 * compiler refuses to take one for a pointer; every access names its length
 * and is checked against the RAM. Host and guest never share a struct: fields
 * are loaded and stored one by one at offsets named after the specification.
 *
 * All of RAM is one flat mapping from RAM_BASE on; the MMU is off while boot
 * services run, so virtual and physical addresses are the same.
 */
#ifndef ARMVM_FIRMWARE_MEM_GUEST_H
#define ARMVM_FIRMWARE_MEM_GUEST_H

#include "base/base.h"
#include "base/buf.h"
#include "base/guid.h"

#define RAM_BASE  UINT64_C(0x40000000)
#define PAGE_SIZE UINT64_C(4096)

struct gaddr {
	uint64_t v;
};

#define GADDR_NULL ((struct gaddr){ 0 })

static inline struct gaddr gaddr(uint64_t v)
{
	return (struct gaddr){ v };
}

static inline struct gaddr gaddr_add(struct gaddr a, uint64_t n)
{
	return (struct gaddr){ a.v + n };
}

/* Parts of memory of which is known whether they are used: the processor's pages. */
#define PART_BYTES UINT64_C(1024)

struct guest_ram; /* opaque */
struct sha256_ctx;

static inline uint64_t guest_part(uint64_t address)
{
	return (address - RAM_BASE) / PART_BYTES;
}

/* Maps size bytes of zeroed memory; aborts when the host has none. */
struct guest_ram *guest_ram_new(uint64_t size);
void guest_ram_free(struct guest_ram *ram);
DEFINE_CLEANUP(struct guest_ram, guest_ram_free)

/* Bytes. */
uint64_t guest_size(const struct guest_ram *ram);
/* Whether [a, a + len) is RAM. Address 0 is not. */
bool guest_ok(const struct guest_ram *ram, struct gaddr a, uint64_t len);

/*
 * Access by intent, within one service call: what is read (it is recorded, when somebody asks), what is
 * written, and both. Who writes only writes every byte, and reads none before that. NULL when the range is not RAM:
 * a service answers EFI_INVALID_PARAMETER then. With the address sanitizer nothing else of guest memory can be
 * touched by the host, and the bytes to write hold nothing of use.
 */
const uint8_t *guest_in(struct guest_ram *ram, struct gaddr a, uint64_t len);
uint8_t *guest_out(struct guest_ram *ram, struct gaddr a, uint64_t len);
uint8_t *guest_both(struct guest_ram *ram, struct gaddr a, uint64_t len);
/* The service is over: what it was given is given no more. */
void guest_revoke(struct guest_ram *ram);

/*
 * A program was given [a, a + len), and may fill it: where it begins to fill a large page of the host, that
 * comes as one. It changes what a guest costs, and nothing that it can see. Up to half of RAM may come so, as
 * who uses a byte of each has them all.
 */
void guest_expect(struct guest_ram *ram, struct gaddr a, uint64_t len);

/* From now on all that the host reads is added to inputs; NULL: no more. */
void guest_record(struct guest_ram *ram, struct sha256_ctx *inputs);

/* The first part from this one on that may hold something else than zeroes; the number of parts when none does. */
uint64_t guest_next_used(const struct guest_ram *ram, uint64_t part);

/* Copies between guest and host. False, and nothing copied, when the range is not RAM. */
MUST_CHECK bool guest_read(struct guest_ram *ram, struct gaddr a, void *to, size_t len);
MUST_CHECK bool guest_write(struct guest_ram *ram, struct gaddr a, const void *from, size_t len);
MUST_CHECK bool guest_fill(struct guest_ram *ram, struct gaddr a, uint8_t byte, uint64_t len);

/*
 * What was given back: filled with 0xaf, so that a guest which reads it is
 * found out; of large areas the inner part becomes zero instead, and costs the
 * host no memory any more.
 */
MUST_CHECK bool guest_discard(struct guest_ram *ram, struct gaddr a, uint64_t len);

MUST_CHECK bool guest_read8(struct guest_ram *ram, struct gaddr a, uint8_t *v);
MUST_CHECK bool guest_read16(struct guest_ram *ram, struct gaddr a, uint16_t *v);
MUST_CHECK bool guest_read32(struct guest_ram *ram, struct gaddr a, uint32_t *v);
MUST_CHECK bool guest_read64(struct guest_ram *ram, struct gaddr a, uint64_t *v);
MUST_CHECK bool guest_read_addr(struct guest_ram *ram, struct gaddr a, struct gaddr *v);
MUST_CHECK bool guest_read_guid(struct guest_ram *ram, struct gaddr a, struct guid *v);
MUST_CHECK bool guest_write8(struct guest_ram *ram, struct gaddr a, uint8_t v);
MUST_CHECK bool guest_write16(struct guest_ram *ram, struct gaddr a, uint16_t v);
MUST_CHECK bool guest_write32(struct guest_ram *ram, struct gaddr a, uint32_t v);
MUST_CHECK bool guest_write64(struct guest_ram *ram, struct gaddr a, uint64_t v);
MUST_CHECK bool guest_write_guid(struct guest_ram *ram, struct gaddr a, struct guid v);

/*
 * A string, which ends with a NUL: recorded as far as it is read. In place, with its length in units without the
 * NUL; as UTF-8, or bytes, that the caller frees. NULL when it runs out of RAM or is longer than max units.
 */
const uint8_t *guest_in_string16(struct guest_ram *ram, struct gaddr a, size_t max, size_t *units);
char *guest_string16(struct guest_ram *ram, struct gaddr a, size_t max);
char *guest_string8(struct guest_ram *ram, struct gaddr a, size_t max);

#endif
