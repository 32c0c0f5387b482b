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

struct sha256_ctx;

/* Parts of memory of which is known whether they are used: the processor's pages. */
#define PART_BYTES UINT64_C(1024)

struct guest_ram {
	uint8_t *host; /* RAM_BASE is here */
	uint64_t size; /* bytes, a multiple of 64 KiB */
	/*
	 * Set by the processor: called before the host writes, for translated
	 * code that lies there must be forgotten. NULL: there is none.
	 */
	void (*written)(void *ctx, struct gaddr a, uint64_t len);
	void *written_ctx;
	/*
	 * Of each part, kept by guest_span(), guest_view() and the processor's cure: a byte that is not
	 * 0 when something may have been written there (all else is zero); and a bit that is set
	 * when somebody looks there, or writes, in a map of who wants to know (NULL: nobody).
	 */
	uint8_t *used, *seen;
	/* What guest_view() shows is added to it; NULL: nobody asks. */
	struct sha256_ctx *history;
	/*
	 * Pages at the end of RAM, from this one on, that the processor has no way to until it
	 * looks for one: called with its number, from 0, before it or a service on behalf of a
	 * guest first touches it or one behind it, and maybe again. 0: there are none.
	 */
	struct gaddr watched;
	void (*touched)(void *ctx, unsigned page);
	void *touched_ctx;
	/*
	 * One of these pages (0: none) that is not for the processor itself: looked() is called with the
	 * place in it before each access, so that some bytes may be settled late and others read before.
	 */
	struct gaddr exact;
	void (*looked)(void *ctx, uint64_t offset, uint64_t len);
};

static inline uint64_t guest_part(uint64_t address)
{
	return (address - RAM_BASE) / PART_BYTES;
}

static inline void guest_see(const struct guest_ram *ram, uint64_t part)
{
	if (ram->seen)
		ram->seen[part / 8] |= (uint8_t)(1u << part % 8);
}

/* Maps size bytes of zeroed memory; aborts when the host has none. */
void guest_ram_init(struct guest_ram *ram, uint64_t size);
void guest_ram_release(struct guest_ram *ram);

/* Whether [a, a + len) is RAM. Address 0 is not. */
bool guest_ok(const struct guest_ram *ram, struct gaddr a, uint64_t len);

/*
 * Copies between guest and host. False, and nothing copied, when the range is
 * not RAM: a service answers EFI_INVALID_PARAMETER then.
 */
MUST_CHECK bool guest_read(const struct guest_ram *ram, struct gaddr a, void *to, size_t len);
MUST_CHECK bool guest_write(struct guest_ram *ram, struct gaddr a, const void *from, size_t len);
MUST_CHECK bool guest_fill(struct guest_ram *ram, struct gaddr a, uint8_t byte, uint64_t len);

/*
 * What was given back: filled with 0xaf, so that a guest which reads it is
 * found out; of large areas the inner part becomes zero instead, and costs the
 * host no memory any more.
 */
MUST_CHECK bool guest_discard(struct guest_ram *ram, struct gaddr a, uint64_t len);

MUST_CHECK bool guest_read8(const struct guest_ram *ram, struct gaddr a, uint8_t *v);
MUST_CHECK bool guest_read16(const struct guest_ram *ram, struct gaddr a, uint16_t *v);
MUST_CHECK bool guest_read32(const struct guest_ram *ram, struct gaddr a, uint32_t *v);
MUST_CHECK bool guest_read64(const struct guest_ram *ram, struct gaddr a, uint64_t *v);
MUST_CHECK bool guest_read_addr(const struct guest_ram *ram, struct gaddr a, struct gaddr *v);
MUST_CHECK bool guest_read_guid(const struct guest_ram *ram, struct gaddr a, struct guid *v);
MUST_CHECK bool guest_write8(struct guest_ram *ram, struct gaddr a, uint8_t v);
MUST_CHECK bool guest_write16(struct guest_ram *ram, struct gaddr a, uint16_t v);
MUST_CHECK bool guest_write32(struct guest_ram *ram, struct gaddr a, uint32_t v);
MUST_CHECK bool guest_write64(struct guest_ram *ram, struct gaddr a, uint64_t v);
MUST_CHECK bool guest_write_guid(struct guest_ram *ram, struct gaddr a, struct guid v);

/*
 * A NUL-terminated UTF-16 string of at most max units, as UTF-8 that the
 * caller frees; NULL when it runs out of RAM or is longer.
 */
char *guest_string16(const struct guest_ram *ram, struct gaddr a, size_t max);
/* Units before the NUL, at most max; -1 when it runs out of RAM or is longer. */
int64_t guest_strlen16(const struct guest_ram *ram, struct gaddr a, size_t max);
/* A NUL-terminated string of bytes, freed by the caller; NULL as above. */
char *guest_string8(const struct guest_ram *ram, struct gaddr a, size_t max);

/*
 * The host's view of a range, for reading it in place within one service call.
 */
const uint8_t *guest_view(const struct guest_ram *ram, struct gaddr a, uint64_t len);
/*
 * The host's view of a range that is written, for bulk work (reading blocks, hashing) within
 * one service call; NULL when it is not RAM. It is never kept.
 */
uint8_t *guest_span(struct guest_ram *ram, struct gaddr a, uint64_t len);

#endif
