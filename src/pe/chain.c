/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which certificates a signature leads to, as firmware and shim see it: both have OpenSSL look for
 * a chain that ends at one certificate which is trusted, of any purpose and whatever the date, with RSA alone. The
 * chain goes on through what is enclosed until it comes to the trusted one; when there is none above it, the signer's
 * own may be that, and then all that was found has to be in order as well.
 */
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "pe/internal.h"

#define CHAIN_MAX 8
#define OID_MAX   64

#define OID_NETSCAPE_TYPE "2.16.840.1.113730.1.1"
#define NETSCAPE_CA       0x07 /* of SSL, of S/MIME, of objects */

#define DER_BITS 0x03

/*
 * Debian's CA has a critical extension that GnuTLS doesn't know (Netscape's certificate type); which of them count is
 * said below.
 */
#define VERIFY_FLAGS                                                                               \
	(GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |           \
		GNUTLS_VERIFY_DISABLE_CA_SIGN | GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT |           \
		GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 | GNUTLS_VERIFY_IGNORE_UNKNOWN_CRIT_EXTENSIONS)

DEFINE_CLEANUP(struct gnutls_x509_crt_int, gnutls_x509_crt_deinit)

/* ---- one certificate ---- */

/* Those that OpenSSL takes where they are critical. */
static const char *const known_extensions[] = {
	OID_NETSCAPE_TYPE, "2.5.29.15", /* key usage */
	"2.5.29.17",                    /* alternative names of the subject */
	"2.5.29.19",                    /* basic constraints */
	"2.5.29.30",                    /* name constraints */
	"2.5.29.31",                    /* where revocations are */
	"2.5.29.32",                    /* policies */
	"2.5.29.33",                    /* policy mappings */
	"2.5.29.36",                    /* policy constraints */
	"2.5.29.37",                    /* extended key usage */
	"2.5.29.54",                    /* inhibit any policy */
	"1.3.6.1.5.5.7.1.14",           /* proxies */
	"1.3.6.1.5.5.7.48.1.5",         /* no OCSP */
};

static bool is_known_extension(const char *oid)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_extensions); i++)
		if (strcmp(oid, known_extensions[i]) == 0)
			return true;
	return false;
}

static bool has_unknown_critical(gnutls_x509_crt_t crt)
{
	for (unsigned i = 0;; i++) {
		char oid[OID_MAX];
		size_t len = sizeof(oid);
		unsigned critical = 0;
		int r = gnutls_x509_crt_get_extension_info(crt, i, oid, &len, &critical);

		if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
		/* A name that is longer than this is none of the known ones. */
		if (r < 0 || (critical && !is_known_extension(oid)))
			return true;
	}
}

static bool is_netscape_ca(gnutls_x509_crt_t crt)
{
	uint8_t bytes[16];
	size_t len = sizeof(bytes);
	unsigned critical;
	struct der in, bits;

	if (gnutls_x509_crt_get_extension_by_oid(
		    crt, OID_NETSCAPE_TYPE, 0, bytes, &len, &critical) < 0)
		return false;
	in = (struct der){ bytes, len };
	return der_take(&in, DER_BITS, &bits) && bits.n >= 2 && (bits.p[1] & NETSCAPE_CA);
}

/*
 * Whether it may issue others; *depth is how many authorities may be below it, -1 is any number. Only of one at the
 * end of a chain something else than its basic constraints may say so.
 */
static bool is_authority(gnutls_x509_crt_t crt, bool is_end, int *depth)
{
	unsigned usage = 0, critical, ca = 0;
	bool restricted = gnutls_x509_crt_get_key_usage(crt, &usage, &critical) >= 0;

	*depth = -1;
	if (restricted && !(usage & GNUTLS_KEY_KEY_CERT_SIGN))
		return false;
	if (gnutls_x509_crt_get_basic_constraints(crt, &critical, &ca, depth) >= 0)
		return ca;
	return is_end && (restricted || is_netscape_ca(crt) ||
				 (gnutls_x509_crt_get_version(crt) == 1 &&
					 gnutls_x509_crt_check_issuer(crt, crt)));
}

static bool is_rsa(gnutls_x509_crt_t crt)
{
	return gnutls_x509_crt_get_pk_algorithm(crt, NULL) == GNUTLS_PK_RSA;
}

/* Whether issuer's key signed crt; without a key that is known, nobody is an issuer. */
static bool issued(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned status = 0;

	return is_rsa(issuer) && gnutls_x509_crt_check_issuer(crt, issuer) &&
	       gnutls_x509_crt_verify(crt, &issuer, 1, VERIFY_FLAGS, &status) >= 0 && status == 0;
}

/* ---- chains ---- */

static bool is_same(const struct pe_der *a, const struct pe_der *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* The enclosed certificate whose key signed `at`, which is `crt`; NULL: there is none but itself. */
static const struct pe_der *next_up(
	const struct pe_signature *s, const struct pe_der *at, gnutls_x509_crt_t crt)
{
	for (size_t i = 1; i < s->n_certs; i++) {
		CLEANUP(gnutls_x509_crt_deinit)
		gnutls_x509_crt_t up = pe_cert_import(&s->certs[i]);

		if (up && !is_same(&s->certs[i], at) && issued(crt, up))
			return &s->certs[i];
	}
	return NULL;
}

/* What may stand at a place of a chain that has so many below it, all but the first of them authorities. */
static bool may_stand(gnutls_x509_crt_t crt, unsigned below, bool is_end)
{
	int depth;

	if (!is_rsa(crt) || has_unknown_critical(crt))
		return false;
	return !below ||
	       (is_authority(crt, is_end, &depth) && (depth < 0 || (int)below - 1 <= depth));
}

/* From the signer upwards to this certificate, or to the end, when it is the signer's own. */
static bool leads_to(const struct pe_signature *s, const struct pe_der *anchor)
{
	CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t trusted = pe_cert_import(anchor);
	const struct pe_der *at = s->n_certs ? &s->certs[0] : NULL;

	for (unsigned below = 0; trusted && at && below < CHAIN_MAX; below++) {
		CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = pe_cert_import(at);
		bool is_trusted = is_same(at, anchor);
		const struct pe_der *up = NULL;

		if (!crt)
			return false;
		if (!is_trusted && issued(crt, trusted))
			return may_stand(crt, below, false) && may_stand(trusted, below + 1, true);
		if (!is_trusted || !below)
			up = next_up(s, at, crt);
		if (!may_stand(crt, below, !up))
			return false;
		if (!up)
			return is_trusted || is_same(&s->certs[0], anchor);
		at = up;
	}
	return false;
}

/* Of several signers each would have to lead there; only the first is known. */
bool pe_signature_leads_to(
	const struct pe_signature *s, const struct pe_der *anchors, size_t n_anchors)
{
	for (size_t i = 0; !s->has_others && i < n_anchors; i++)
		if (leads_to(s, &anchors[i]))
			return true;
	return false;
}
