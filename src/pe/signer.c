/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who made a signature: the signer's certificate among those that PKCS #7 encloses, and
 * whether its key did it, whatever the date. Which certificates it leads to is chain.c's.
 */
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509.h>

#include "base/sha256.h"
#include "base/xalloc.h"
#include "pe/authenticode.h"
#include "pe/internal.h"
#include "pe/signed_data.h"

#define CERTS_MAX  16
#define SERIAL_MAX 64
#define NAME_MAX_  256

#define DER_SEQUENCE 0x30

#define OID_RFC3161 "1.3.6.1.4.1.311.3.3.1" /* as Authenticode names it */

static void datum_release(gnutls_datum_t *d)
{
	gnutls_free(d->data);
}
DEFINE_RELEASE(gnutls_datum_t, datum_release)
DEFINE_CLEANUP(struct gnutls_x509_crt_int, gnutls_x509_crt_deinit)

static void add_cert(struct pe_signature *s, const gnutls_datum_t *der)
{
	s->certs = xreallocarray(s->certs, s->n_certs + 1, sizeof(*s->certs));
	s->certs[s->n_certs++] = (struct pe_der){ xmemdup(der->data, der->size), der->size };
}

static char *dn_text(
	gnutls_x509_crt_t crt, int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned))
{
	CLEANUP(datum_release) gnutls_datum_t dn = { 0 };

	if (get(crt, &dn, 0) < 0)
		return xstrdup("");
	return xstrndup((const char *)dn.data, dn.size);
}

static bool is_signer(gnutls_x509_crt_t crt, const gnutls_pkcs7_signature_info_st *info)
{
	uint8_t serial[SERIAL_MAX];
	size_t len = sizeof(serial);
	CLEANUP(datum_release) gnutls_datum_t issuer = { 0 };

	return gnutls_x509_crt_get_serial(crt, serial, &len) >= 0 &&
	       len == info->signer_serial.size &&
	       memcmp(serial, info->signer_serial.data, len) == 0 &&
	       gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) >= 0 &&
	       issuer.size == info->issuer_dn.size &&
	       memcmp(issuer.data, info->issuer_dn.data, issuer.size) == 0;
}

/* GnuTLS 3.7 leaks a public key that it cannot read in the middle of verifying, so that this is tried before. */
static bool has_key_for(gnutls_x509_crt_t crt, gnutls_sign_algorithm_t algorithm)
{
	gnutls_pubkey_t key;
	bool readable;

	if (gnutls_pubkey_init(&key) < 0)
		return false;
	readable = gnutls_pubkey_import_x509(key, crt, 0) >= 0 &&
		   gnutls_sign_supports_pk_algorithm(
			   algorithm, gnutls_pubkey_get_pk_algorithm(key, NULL));
	gnutls_pubkey_deinit(key);
	return readable;
}

/*
 * GnuTLS verifies the signature first and then complains about times whatever
 * the flags say, so that those two codes mean a good signature.
 */
static bool made_signature(gnutls_pkcs7_t pkcs7, gnutls_x509_crt_t crt,
	const gnutls_pkcs7_signature_info_st *info, const gnutls_datum_t *content)
{
	int r;

	if (!has_key_for(crt, info->algo))
		return false;
	r = gnutls_pkcs7_verify_direct(pkcs7, crt, 0, content,
		GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1);
	return r >= 0 || r == GNUTLS_E_EXPIRED || r == GNUTLS_E_NOT_YET_ACTIVATED;
}

/* Notes the certificate and, when it is the signer's, what it says and whether its key made the signature. */
static void take_cert(struct pe_signature *s, gnutls_pkcs7_t pkcs7, const gnutls_datum_t *der,
	const gnutls_pkcs7_signature_info_st *info, const gnutls_datum_t *content)
{
	CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
	struct pe_der first;

	if (gnutls_x509_crt_init(&crt) < 0 ||
		gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) < 0)
		return;
	add_cert(s, der);
	if (s->has_signer || !is_signer(crt, info))
		return;
	s->has_signer = true;
	free(s->signer);
	free(s->issuer);
	s->signer = dn_text(crt, gnutls_x509_crt_get_dn3);
	s->issuer = dn_text(crt, gnutls_x509_crt_get_issuer_dn3);
	s->not_before = gnutls_x509_crt_get_activation_time(crt);
	s->not_after = gnutls_x509_crt_get_expiration_time(crt);
	s->signature_ok = made_signature(pkcs7, crt, info, content);
	first = s->certs[0];
	s->certs[0] = s->certs[s->n_certs - 1];
	s->certs[s->n_certs - 1] = first;
}

static struct pe_der copy_of(const gnutls_datum_t *d)
{
	return (struct pe_der){ xmemdup(d->data, d->size), d->size };
}

/* The last time stamp among what is not signed counts, as in edk2. */
static void take_stamp(struct pe_signature *s, const gnutls_pkcs7_signature_info_st *info)
{
	char *oid = NULL;

	s->value = copy_of(&info->sig);
	for (unsigned i = 0;; i++) {
		CLEANUP(datum_release) gnutls_datum_t token = { 0 };

		if (gnutls_pkcs7_get_attr(info->unsigned_attrs, i, &oid, &token, 0) < 0)
			return;
		if (strcmp(oid, OID_RFC3161) != 0)
			continue;
		free(s->stamp.bytes);
		s->stamp = copy_of(&token);
	}
}

void pe_signature_take_signer(struct pe_signature *s, gnutls_pkcs7_t pkcs7, const void *content)
{
	gnutls_pkcs7_signature_info_st info;
	int n;

	if (gnutls_pkcs7_get_signature_info(pkcs7, 0, &info) < 0) {
		s->problem = xstrdup("it holds no signer");
		return;
	}
	s->has_others = gnutls_pkcs7_get_signature_count(pkcs7) > 1;
	s->signer = xstrdup("");
	s->issuer = xstrdup("");
	take_stamp(s, &info);
	n = gnutls_pkcs7_get_crt_count(pkcs7);
	for (int i = 0; i < n && i < CERTS_MAX; i++) {
		CLEANUP(datum_release) gnutls_datum_t der = { 0 };

		if (gnutls_pkcs7_get_crt_raw2(pkcs7, (unsigned)i, &der) >= 0)
			take_cert(s, pkcs7, &der, &info, content);
	}
	gnutls_pkcs7_signature_info_deinit(&info);
}

/* ---- certificates ---- */

gnutls_x509_crt_t pe_cert_import(const struct pe_der *der)
{
	struct der in = { der->bytes, der->len }, content;
	gnutls_datum_t d = { der->bytes, (unsigned)der->len };
	gnutls_x509_crt_t crt = NULL;

	if (der_take(&in, DER_SEQUENCE, &content))
		d.size = (unsigned)(in.p - der->bytes);
	if (gnutls_x509_crt_init(&crt) < 0)
		return NULL;
	if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER) < 0) {
		gnutls_x509_crt_deinit(crt);
		return NULL;
	}
	return crt;
}

char *pe_cert_subject(const struct pe_der *cert)
{
	CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = pe_cert_import(cert);
	CLEANUP(datum_release) gnutls_datum_t dn = { 0 };

	if (!crt || gnutls_x509_crt_get_dn3(crt, &dn, 0) < 0)
		return NULL;
	return xstrndup((const char *)dn.data, dn.size);
}

bool pe_cert_is_rsa(const struct pe_der *cert)
{
	CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = pe_cert_import(cert);

	return crt && gnutls_x509_crt_get_pk_algorithm(crt, NULL) == GNUTLS_PK_RSA;
}

/* ---- owners ---- */

/* The DER of what the issuer signed: Certificate is SEQUENCE { TBSCertificate SEQUENCE, ... }. */
static bool find_tbs(const struct pe_der *cert, struct der *tbs)
{
	struct der in = { cert->bytes, cert->len }, rest, content;

	if (!der_take(&in, DER_SEQUENCE, &rest))
		return false;
	*tbs = rest;
	if (!der_take(&rest, DER_SEQUENCE, &content))
		return false;
	tbs->n -= rest.n;
	return true;
}

bool pe_cert_tbs_digest(const struct pe_der *cert, enum pe_hash hash, uint8_t out[PE_DIGEST_MAX])
{
	struct der tbs;

	return find_tbs(cert, &tbs) && pe_digest_bytes(hash, tbs.p, tbs.n, out);
}

bool signed_data_owner(const struct pe_signature *s, uint8_t sha256[32])
{
	CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
	char name[NAME_MAX_];
	size_t len = sizeof(name);
	struct sha256_ctx sum;
	struct der tbs;

	if (!s->signature_ok || !pe_signature_leads_to(s, &s->certs[0], 1))
		return false;
	crt = pe_cert_import(&s->certs[0]);
	if (!crt || !find_tbs(&s->certs[0], &tbs))
		return false;
	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len) < 0)
		len = 0;
	sha256_init(&sum);
	sha256_update(&sum, len, (const uint8_t *)name);
	sha256_update(&sum, tbs.n, tbs.p);
	sha256_digest(&sum, SHA256_DIGEST_SIZE, sha256);
	return true;
}
