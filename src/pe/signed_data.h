/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PKCS #7 SignedData over bytes that are elsewhere, as authenticated variables have it
 * (UEFI 2.10 8.2.2).
 */
#ifndef ARMVM_PE_SIGNED_DATA_H
#define ARMVM_PE_SIGNED_DATA_H

#include "base/buf.h"
#include "pe/authenticode.h"

/*
 * Reads DER, with or without the ContentInfo around it, and verifies its first signer over
 * content. *s then is what pe_signatures_read() makes of a signature, but for digests; its hash is the
 * first that SignedData names. The caller releases it.
 */
void signed_data_read(struct pe_signature *s, const void *der, size_t len, const void *content,
	size_t content_len);
void signed_data_release(struct pe_signature *s);
DEFINE_RELEASE(struct pe_signature, signed_data_release)

/*
 * By what a private variable's owner is known later on, as edk2 does it: the signer's common
 * name, and what was signed of his certificate. False when there is no signer, or nobody could trust him.
 */
bool signed_data_owner(const struct pe_signature *s, uint8_t sha256[32]);

#endif
