/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signatures of a PE: each PKCS #7 entry of the certificate table holds an
 * SpcIndirectDataContent with the digest of the file, signed by a certificate
 * that is enclosed ("Windows Authenticode Portable Executable Signature
 * Format"). Who is trusted is not decided here; see vendor.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/pkcs7.h>

#include "base/checked.h"
#include "base/xalloc.h"
#include "pe/authenticode.h"
#include "pe/internal.h"
#include "uefi/protocols.h"

#define SIGNATURE_MAX (256 * 1024)

#define DER_SEQUENCE 0x30
#define DER_OID      0x06
#define DER_OCTETS   0x04

#define OID_SPC_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"

static void datum_release(gnutls_datum_t *d)
{
	gnutls_free(d->data);
}
DEFINE_RELEASE(gnutls_datum_t, datum_release)
DEFINE_CLEANUP(struct gnutls_pkcs7_int, gnutls_pkcs7_deinit)

bool der_take(struct der *in, uint8_t tag, struct der *content)
{
	size_t len, header = 2;

	if (in->n < 2 || in->p[0] != tag)
		return false;
	len = in->p[1];
	if (len >= 0x80) {
		size_t bytes = len & 0x7f;

		/* Longer than three bytes of length means more than 16 MiB; zero means BER's indefinite form. */
		if (bytes == 0 || bytes > 3 || in->n < 2 + bytes)
			return false;
		len = 0;
		for (size_t i = 0; i < bytes; i++)
			len = len << 8 | in->p[2 + i];
		header += bytes;
	}
	if (!range_within(header, len, in->n))
		return false;
	*content = (struct der){ in->p + header, len };
	in->p += header + len;
	in->n -= header + len;
	return true;
}

static const struct {
	uint8_t len;
	uint8_t oid[9];
	enum pe_hash hash;
} oids[] = {
	{ 5, { 0x2b, 0x0e, 0x03, 0x02, 0x1a }, PE_HASH_SHA1 },
	{ 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 }, PE_HASH_SHA256 },
	{ 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 }, PE_HASH_SHA384 },
	{ 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 }, PE_HASH_SHA512 },
};

enum pe_hash pe_hash_of_oid(struct der oid)
{
	for (size_t i = 0; i < ARRAY_SIZE(oids); i++)
		if (oid.n == oids[i].len && memcmp(oid.p, oids[i].oid, oid.n) == 0)
			return oids[i].hash;
	return PE_HASH_NONE;
}

/* SpcIndirectDataContent: SEQUENCE { data SEQUENCE, messageDigest SEQUENCE { SEQUENCE { OID ... }, OCTET STRING } }. */
static bool parse_indirect_data(struct pe_signature *s, struct der content)
{
	struct der data, info, algorithm, oid, digest;

	if (!der_take(&content, DER_SEQUENCE, &data) || !der_take(&content, DER_SEQUENCE, &info) ||
		!der_take(&info, DER_SEQUENCE, &algorithm) ||
		!der_take(&algorithm, DER_OID, &oid) || !der_take(&info, DER_OCTETS, &digest))
		return false;
	s->hash = pe_hash_of_oid(oid);
	if (s->hash == PE_HASH_NONE || digest.n != pe_hash_len(s->hash))
		return false;
	memcpy(s->signed_digest, digest.p, digest.n);
	return true;
}

static bool read_indirect_data(struct pe_signature *s, gnutls_pkcs7_t pkcs7)
{
	CLEANUP(datum_release) gnutls_datum_t raw = { 0 };
	const char *oid = gnutls_pkcs7_get_embedded_data_oid(pkcs7);
	struct der outer, content;

	if (!oid || strcmp(oid, OID_SPC_INDIRECT_DATA) != 0 ||
		gnutls_pkcs7_get_embedded_data(pkcs7, GNUTLS_PKCS7_EDATA_GET_RAW, &raw) < 0)
		return false;
	outer = (struct der){ raw.data, raw.size };
	return der_take(&outer, DER_SEQUENCE, &content) && parse_indirect_data(s, content);
}

static void read_pkcs7(struct pe_signature *s, const gnutls_datum_t *blob)
{
	CLEANUP(gnutls_pkcs7_deinit) gnutls_pkcs7_t pkcs7 = NULL;

	if (gnutls_pkcs7_init(&pkcs7) < 0 ||
		gnutls_pkcs7_import(pkcs7, blob, GNUTLS_X509_FMT_DER) < 0)
		s->problem = xstrdup("it is not PKCS #7");
	else if (!read_indirect_data(s, pkcs7))
		s->problem = xstrdup("it holds no Authenticode digest that is known here");
	else
		pe_signature_take_signer(s, pkcs7, NULL);
}

static int read_one(const struct pe_source *src, const struct pe_cert *cert, struct pe_signature *s,
	struct err *err)
{
	CLEANUP(xfree) uint8_t *bytes = NULL;
	struct der in, body;
	gnutls_datum_t blob;
	int r;

	if (cert->len > SIGNATURE_MAX) {
		s->problem = xasprintf("it has %u bytes", cert->len);
		return 0;
	}
	bytes = xmalloc(cert->len + 1);
	r = pe_src_read(src, cert->off, bytes, cert->len, err);
	if (r < 0)
		return err_push(err, "reading a signature");
	/* The entry may be padded behind its PKCS #7, which GnuTLS would not have. */
	in = (struct der){ bytes, cert->len };
	if (!der_take(&in, DER_SEQUENCE, &body)) {
		s->problem = xstrdup("it is not PKCS #7");
		return 0;
	}
	blob = (gnutls_datum_t){ bytes, (unsigned)(in.p - bytes) };
	read_pkcs7(s, &blob);
	return 0;
}

/* Whether this is an entry of PKCS #7: *cert is then without the GUID that may say so. */
static int take_pkcs7(const struct pe_source *src, struct pe_cert *cert, struct err *err)
{
	uint8_t guid[PE_CERT_GUID];
	int r;

	if (cert->type != PE_CERT_EFI_GUID || cert->len < sizeof(guid))
		return cert->type == PE_CERT_PKCS7;
	r = pe_src_read(src, cert->off, guid, sizeof(guid), err);
	if (r < 0)
		return err_push(err, "reading the kind of a signature");
	cert->off += PE_CERT_GUID;
	cert->len -= PE_CERT_GUID;
	return guid_eq(guid_load(guid), uefi_cert_type_pkcs7);
}

int pe_signatures_peek(
	const struct pe *pe, const struct pe_source *src, struct pe_signatures *s, struct err *err)
{
	*s = (struct pe_signatures){ .v = NULL };
	for (unsigned i = 0; i < pe->n_certs; i++) {
		struct pe_cert cert = pe->certs[i];
		struct pe_signature *sig;
		int r = take_pkcs7(src, &cert, err);

		if (r < 0)
			return r;
		if (!r)
			continue;
		s->v = xreallocarray(s->v, s->n + 1, sizeof(*s->v));
		sig = &s->v[s->n++];
		*sig = (struct pe_signature){ .by_guid = cert.type == PE_CERT_EFI_GUID };
		r = read_one(src, &cert, sig, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int pe_signatures_read(
	const struct pe *pe, const struct pe_source *src, struct pe_signatures *s, struct err *err)
{
	uint8_t digests[PE_HASHES][PE_DIGEST_MAX];
	bool have[PE_HASHES] = { false };
	int r = pe_signatures_peek(pe, src, s, err);

	s->digested = true;
	for (size_t i = 0; i < s->n && r == 0; i++) {
		struct pe_signature *sig = &s->v[i];

		if (sig->problem)
			continue;
		if (!have[sig->hash]) {
			r = pe_digest(pe, src, sig->hash, digests[sig->hash], err);
			have[sig->hash] = r == 0;
		}
		if (r == -EBADMSG) {
			sig->problem = xstrdup(
				"the file's layout is damaged, so that it has no digest");
			err_clear(err);
			r = 0;
			continue;
		}
		memcpy(sig->digest, digests[sig->hash], PE_DIGEST_MAX);
		sig->digest_ok = r == 0 &&
				 memcmp(sig->digest, sig->signed_digest, PE_DIGEST_MAX) == 0;
	}
	return r;
}

void pe_signature_release(struct pe_signature *s)
{
	for (size_t i = 0; i < s->n_certs; i++)
		free(s->certs[i].bytes);
	free(s->certs);
	free(s->value.bytes);
	free(s->stamp.bytes);
	free(s->problem);
	free(s->signer);
	free(s->issuer);
}

void pe_signatures_release(struct pe_signatures *s)
{
	for (size_t i = 0; i < s->n; i++)
		pe_signature_release(&s->v[i]);
	free(s->v);
	*s = (struct pe_signatures){ .v = NULL };
}
