/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 by nettle, which picks the processor's own instructions on every
 * release of Debian. GnuTLS 3.8.9 does not where the processor has AVX, too: it
 * takes four times as long, which shows in the time of a boot.
 */
#ifndef ARMVM_BASE_SHA256_H
#define ARMVM_BASE_SHA256_H

#include <stdio.h>

#include <nettle/sha2.h>

#include "base/base.h"

/* Bytes of a digest in hexadecimal, with NUL. */
#define SHA256_HEX (2 * SHA256_DIGEST_SIZE + 1)

/* The digest of @len bytes; @out may be the bytes' own place. */
static inline void sha256_of(const void *bytes, size_t len, uint8_t out[SHA256_DIGEST_SIZE])
{
	struct sha256_ctx sum;

	sha256_init(&sum);
	sha256_update(&sum, len, bytes);
	sha256_digest(&sum, SHA256_DIGEST_SIZE, out);
}

/* Ends @sum: its digest in lower case. */
static inline void sha256_hex(struct sha256_ctx *sum, char hex[SHA256_HEX])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(sum, SHA256_DIGEST_SIZE, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

#endif
