/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share and others don't need. */
#ifndef ARMVM_PE_INTERNAL_H
#define ARMVM_PE_INTERNAL_H

#include "pe/authenticode.h"

/* Reads len bytes; -EIO when they are not all inside of the file. */
int pe_src_read(const struct pe_source *src, uint64_t off, void *buf, size_t len, struct err *err);

/* The text gets who refuses it at its end: whoever refuses most of this code, or those named. */
void pe_problem_add(struct pe *pe, enum pe_problem_code code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void pe_problem_add_refused(struct pe *pe, enum pe_problem_code code, unsigned refusers,
	const char *fmt, ...) PRINTF_LIKE(4, 5);

unsigned pe_problem_refusers(enum pe_problem_code code);
const char *pe_refusers_text(unsigned refusers);

/* What the first n bytes of a file of this size look like; PE_LOOKS_PE when they begin with MZ. */
enum pe_looks pe_looks_like(const uint8_t *p, size_t n, uint64_t size);

/* The judgements that need the whole section table: layout, entry point, relocations, directories, certificates. */
void pe_judge_layout(struct pe *pe);
int pe_judge_relocs(struct pe *pe, const struct pe_source *src, struct err *err);
int pe_judge_directories(struct pe *pe, const struct pe_source *src, struct err *err);
int pe_read_certs(struct pe *pe, const struct pe_source *src, struct err *err);

struct gnutls_pkcs7_int;
struct gnutls_x509_crt_int;

/*
 * What the first signer of PKCS #7 is: signer, issuer, times, certs and signature_ok, or problem.
 * content (a gnutls_datum_t): what was signed; NULL: it is enclosed.
 */
void pe_signature_take_signer(
	struct pe_signature *s, struct gnutls_pkcs7_int *pkcs7, const void *content);

void pe_signature_release(struct pe_signature *s);

/* NULL when it is none; the caller deinitialises it. What follows its DER is passed over. */
struct gnutls_x509_crt_int *pe_cert_import(const struct pe_der *cert);

/* DER, so far as SpcIndirectDataContent and signature lists need it. */
struct der {
	const uint8_t *p;
	size_t n;
};

/* Takes the next element off *in when it has this tag; false when it has not, or is cut or too long. */
MUST_CHECK bool der_take(struct der *in, uint8_t tag, struct der *content);

/* The digest of bytes; false for PE_HASH_NONE. */
bool pe_digest_bytes(enum pe_hash hash, const void *bytes, size_t len, uint8_t out[PE_DIGEST_MAX]);
/* Of what was signed of a certificate, which dbx names it by (UEFI 2.10 32.4.1); false when it is none. */
bool pe_cert_tbs_digest(const struct pe_der *cert, enum pe_hash hash, uint8_t out[PE_DIGEST_MAX]);

/* The digest that an OID's content means; PE_HASH_NONE when it is unknown here. */
enum pe_hash pe_hash_of_oid(struct der oid);

#endif
