/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signature lists (EFI_SIGNATURE_LIST, UEFI 2.10 32.4.1): what PK, KEK, db, dbx and
 * the .vendor_cert section of a shim are made of.
 */
#ifndef ARMVM_PE_SIGLIST_H
#define ARMVM_PE_SIGLIST_H

#include "base/base.h"
#include "base/guid.h"

enum siglist_kind {
	SIGLIST_UNKNOWN,
	SIGLIST_X509,
	SIGLIST_SHA1,
	SIGLIST_SHA224,
	SIGLIST_SHA256,
	SIGLIST_SHA384,
	SIGLIST_SHA512,
	SIGLIST_RSA2048,
	SIGLIST_RSA2048_SHA1,
	SIGLIST_RSA2048_SHA256,
	SIGLIST_X509_SHA256, /* the digest of what a certificate's issuer signed, and a time */
	SIGLIST_X509_SHA384,
	SIGLIST_X509_SHA512,
};

/* Bytes in front of each signature: who it belongs to. */
#define SIGLIST_OWNER 16

struct siglist {
	enum siglist_kind kind;
	const uint8_t *head; /* of the list, `head_size` bytes in front of its signatures */
	size_t head_size;
	const uint8_t *entries; /* n of entry_size bytes each, SIGLIST_OWNER among them */
	size_t n, entry_size;
	bool fits_kind; /* header and size are those of its kind */
};

struct siglists {
	const uint8_t *bytes;
	size_t len;
};

/*
 * Takes the first list off. False at the end, and when what is left is no list
 * (then len is not 0). A list has at least one byte behind each owner, and holds whole signatures.
 */
MUST_CHECK bool siglist_take(struct siglists *in, struct siglist *out);

/* The GUID that lists of a kind have, which is not SIGLIST_UNKNOWN. */
struct guid siglist_type(enum siglist_kind kind);
/* The i-th signature's bytes behind its owner, entry_size - SIGLIST_OWNER of them. */
static inline const uint8_t *siglist_signature(const struct siglist *l, size_t i)
{
	return l->entries + i * l->entry_size + SIGLIST_OWNER;
}

#endif
