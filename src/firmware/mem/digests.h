/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digests that several machines share. All of them load the same kernel and initrd, whose
 * SHA-256 is emitted; who finds the bytes known doesn't compute it once more. What is known is found
 * by a fingerprint: UMAC (RFC 4418) with a key that is drawn by chance and never leaves these
 * processes, so that nobody can make other bytes for a fingerprint.
 */
#ifndef ARMVM_FIRMWARE_MEM_DIGESTS_H
#define ARMVM_FIRMWARE_MEM_DIGESTS_H

#include "base/err.h"
#include "firmware/mem/guest.h"

#define FINGERPRINT_BYTES 16
#define SHA256_BYTES      32

struct digests; /* opaque; NULL: a machine that is alone, which computes all by itself */

/* Before there are processes that share them. */
int digests_open(struct digests **out, struct err *err);
void digests_close(struct digests *d);

void digests_fingerprint(
	struct digests *d, const void *bytes, size_t len, uint8_t out[FINGERPRINT_BYTES]);
/* Of a part of guest memory; false when it is all zeroes. */
bool digests_part(
	struct digests *d, struct guest_ram *ram, uint64_t part, uint8_t out[FINGERPRINT_BYTES]);
/* NULL @d: computed always. */
void digests_sha256(struct digests *d, const void *bytes, size_t len, uint8_t out[SHA256_BYTES]);

#endif
