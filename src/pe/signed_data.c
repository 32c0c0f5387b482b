/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SignedData without its content. See signed_data.h. */
#include <stdlib.h>

#include <gnutls/gnutls.h>
#include <gnutls/pkcs7.h>

#include "base/xalloc.h"
#include "pe/internal.h"
#include "pe/signed_data.h"

#define SIGNED_MAX (256 * 1024)

#define DER_INTEGER  0x02
#define DER_OID      0x06
#define DER_SEQUENCE 0x30
#define DER_SET      0x31
#define DER_EXPLICIT 0xa0

DEFINE_CLEANUP(struct gnutls_pkcs7_int, gnutls_pkcs7_deinit)

static void put_head(struct buf *out, uint8_t tag, size_t len)
{
	const uint8_t head[] = { tag, 0x83, (uint8_t)(len >> 16), (uint8_t)(len >> 8),
		(uint8_t)len };

	buf_add(out, head, sizeof(head));
}

/* ContentInfo: SEQUENCE { OID signedData, [0] SignedData } (RFC 2315, 7), which GnuTLS insists on. */
static void wrap(struct buf *out, const uint8_t *der, size_t len)
{
	static const uint8_t oid[] = { DER_OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
		0x02 };

	put_head(out, DER_SEQUENCE, sizeof(oid) + 5 + len);
	buf_add(out, oid, sizeof(oid));
	put_head(out, DER_EXPLICIT, len);
	buf_add(out, der, len);
}

/* The SignedData in *der, of exactly its own length; false when this is none. Only ContentInfo may have more behind it. */
static bool find_signed_data(struct der *der)
{
	struct der in = *der, body, oid;

	if (!der_take(&in, DER_SEQUENCE, &body))
		return false;
	if (der_take(&body, DER_OID, &oid))
		return der_take(&body, DER_EXPLICIT, der) && find_signed_data(der);
	return in.n == 0;
}

/* SignedData: SEQUENCE { version, digestAlgorithms SET of SEQUENCE { OID ... }, ... }. */
static enum pe_hash first_hash(struct der in)
{
	struct der body, version, set, algorithm, oid;

	if (!der_take(&in, DER_SEQUENCE, &body) || !der_take(&body, DER_INTEGER, &version) ||
		!der_take(&body, DER_SET, &set) || !der_take(&set, DER_SEQUENCE, &algorithm) ||
		!der_take(&algorithm, DER_OID, &oid))
		return PE_HASH_NONE;
	return pe_hash_of_oid(oid);
}

void signed_data_read(struct pe_signature *s, const void *der, size_t len, const void *content,
	size_t content_len)
{
	CLEANUP(gnutls_pkcs7_deinit) gnutls_pkcs7_t pkcs7 = NULL;
	CLEANUP(buf_release) struct buf wrapped = BUF_INIT;
	struct der in = { der, len };
	gnutls_datum_t blob, signed_bytes = { (void *)content, (unsigned)content_len };

	*s = (struct pe_signature){ .problem = NULL };
	if (len > SIGNED_MAX || content_len > UINT32_MAX || !find_signed_data(&in)) {
		s->problem = xstrdup("it is not PKCS #7");
		return;
	}
	s->hash = first_hash(in);
	wrap(&wrapped, in.p, in.n);
	blob = (gnutls_datum_t){ (void *)buf_edit(&wrapped), (unsigned)wrapped.len };
	if (gnutls_pkcs7_init(&pkcs7) < 0 ||
		gnutls_pkcs7_import(pkcs7, &blob, GNUTLS_X509_FMT_DER) < 0)
		s->problem = xstrdup("it is not PKCS #7");
	else
		pe_signature_take_signer(s, pkcs7, &signed_bytes);
}

void signed_data_release(struct pe_signature *s)
{
	pe_signature_release(s);
}
