/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authenticode: the digest of a PE as Secure Boot computes it ("Windows
 * Authenticode Portable Executable Signature Format"; UEFI 2.10 32.5.3.3), the
 * signatures in its certificate table, and the certificates that a shim
 * carries in .vendor_cert.
 *
 * GnuTLS does the cryptography: this room is shared with a GPL-2.0-only
 * program. Times of validity are facts, never reasons to distrust: firmware
 * has no clock to trust and ignores them. Revocation lists and what is in a
 * machine's db are left out.
 */
#ifndef ARMVM_PE_AUTHENTICODE_H
#define ARMVM_PE_AUTHENTICODE_H

#include <time.h>

#include "pe/pe.h"

enum pe_hash {
	PE_HASH_NONE,
	PE_HASH_SHA1,
	PE_HASH_SHA256,
	PE_HASH_SHA384,
	PE_HASH_SHA512,
	PE_HASHES,
};

#define PE_DIGEST_MAX 64

/* "SHA-256" ... */
const char *pe_hash_name(enum pe_hash hash);
size_t pe_hash_len(enum pe_hash hash);

/* The Authenticode digest; reads the whole file once, in chunks. Returns -EBADMSG when the layout is so damaged that there is none. */
int pe_digest(const struct pe *pe, const struct pe_source *src, enum pe_hash hash,
	uint8_t out[PE_DIGEST_MAX], struct err *err);

struct pe_der {
	uint8_t *bytes;
	size_t len;
};

/* One signature: a certificate table entry of type PKCS #7, or of the GUID that means the same. */
struct pe_signature {
	char *problem; /* why it could not be read; then what follows is unset */
	enum pe_hash hash;
	uint8_t signed_digest[PE_DIGEST_MAX];
	uint8_t digest[PE_DIGEST_MAX]; /* of the file as it is */
	bool digest_ok;                /* both are the same */
	bool signature_ok;             /* the signer's key really signed signed_digest */
	bool by_guid;                  /* of the latter kind, which shim passes over */
	bool has_signer;               /* the signer's certificate is enclosed */
	bool has_others;               /* it has further signers, of whom nothing is said here */
	char *signer; /* subject of the signer's certificate; "" when it is not enclosed */
	char *issuer;
	time_t not_before, not_after; /* of the signer's certificate */
	struct pe_der *certs;         /* all enclosed certificates, the signer's first */
	size_t n_certs;
	/* What the signer's key made, and the time stamp (RFC 3161) of that: timestamp.h. Empty: there is none. */
	struct pe_der value, stamp;
};

struct pe_signatures {
	struct pe_signature *v;
	size_t n;
	bool digested; /* digest and digest_ok are set */
};

/* Reads and verifies all; n is 0 for an unsigned file. *s is initialised in any case. */
int pe_signatures_read(
	const struct pe *pe, const struct pe_source *src, struct pe_signatures *s, struct err *err);
/*
 * The same without reading the whole file: digest and digest_ok stay unset,
 * so that pe_trusted() judges by the signers alone.
 */
int pe_signatures_peek(
	const struct pe *pe, const struct pe_source *src, struct pe_signatures *s, struct err *err);
void pe_signatures_release(struct pe_signatures *s);
DEFINE_RELEASE(struct pe_signatures, pe_signatures_release)

/*
 * Whether the signer's certificate is one of anchors, or the certificates that are enclosed lead
 * from it to one, as firmware and shim see it: by RSA alone, through authorities.
 */
bool pe_signature_leads_to(
	const struct pe_signature *s, const struct pe_der *anchors, size_t n_anchors);

/* What a shim trusts and distrusts by itself, beside the firmware's db. */
struct pe_vendor_certs {
	struct pe_der *certs; /* DER certificates */
	size_t n_certs;
	struct pe_der *hashes; /* SHA-256 digests of allowed programs */
	size_t n_hashes;
	struct pe_der *denied_certs;
	size_t n_denied_certs;
	struct pe_der *denied_hashes;
	size_t n_denied_hashes;
};

/* Returns -ENOENT when there is no .vendor_cert section, -EBADMSG when it makes no sense. */
int pe_vendor_certs_read(const struct pe *shim, const struct pe_source *src,
	struct pe_vendor_certs *out, struct err *err);
void pe_vendor_certs_release(struct pe_vendor_certs *v);
DEFINE_RELEASE(struct pe_vendor_certs, pe_vendor_certs_release)

/* The subject of a DER certificate, or NULL when it is none. The caller frees it. */
char *pe_cert_subject(const struct pe_der *cert);
/* Whether this is a DER certificate with an RSA key. */
bool pe_cert_is_rsa(const struct pe_der *cert);

enum pe_trust {
	PE_TRUST_NONE,   /* no signature leads to what the shim carries */
	PE_TRUST_DENIED, /* its digest or a certificate is on the shim's own list of revoked ones */
	PE_TRUST_CERT,   /* a valid signature leads to a certificate of the shim */
	PE_TRUST_HASH,   /* its digest is on the shim's list */
};

/*
 * Whether a shim that carries these would run a program with these signatures
 * and this SHA-256 digest (NULL: hash lists are not consulted), the firmware's
 * db and MOKs left aside.
 */
enum pe_trust pe_trusted(
	const struct pe_vendor_certs *v, const struct pe_signatures *s, const uint8_t *sha256);

#endif
