/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trust that a shim carries in itself: .vendor_cert holds what its vendor
 * allows (one DER certificate, or UEFI signature lists) and denies (signature
 * lists, UEFI 2.10 32.4.1). Trusted means here what it means to shim: a valid
 * signature whose certificate is one of these or leads to one, whatever the
 * date. Certificate digests in lists (X509_SHA256) are left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/guid.h"
#include "base/xalloc.h"
#include "pe/authenticode.h"
#include "pe/internal.h"

#define VENDOR_MAX   (256 * 1024)
#define ENTRIES_MAX  4096
#define CHAIN_MAX    8
#define SHA256_LEN   32
#define DER_SEQUENCE 0x30

/* .vendor_cert: sizes and offsets (from its start) of what is allowed and denied. */
#define VENDOR_ALLOWED_SIZE 0
#define VENDOR_DENIED_SIZE  4
#define VENDOR_ALLOWED_OFF  8
#define VENDOR_DENIED_OFF   12
#define VENDOR_HEADER       16

/* EFI_SIGNATURE_LIST */
#define LIST_TYPE        0
#define LIST_SIZE        16
#define LIST_HEADER_SIZE 20
#define LIST_ENTRY_SIZE  24
#define LIST_HEADER      28
#define LIST_OWNER       16 /* bytes in front of each entry's data */

#define GUID_X509   "a5c059a1-94e4-4aa7-87b5-ab155c2bf072"
#define GUID_SHA256 "c1c41626-504c-4092-aca9-41f936934328"

/* Debian's CA has a critical extension that GnuTLS doesn't know (Netscape's certificate type). */
#define VERIFY_FLAGS                                                                               \
	(GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |           \
		GNUTLS_VERIFY_DISABLE_CA_SIGN | GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT |           \
		GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 | GNUTLS_VERIFY_IGNORE_UNKNOWN_CRIT_EXTENSIONS)

DEFINE_CLEANUP(struct gnutls_x509_crt_int, gnutls_x509_crt_deinit)

/* Both lists that one half of .vendor_cert fills. */
struct lists {
	struct pe_der **certs, **hashes;
	size_t *n_certs, *n_hashes;
};

static void add(struct pe_der **v, size_t *n, const uint8_t *p, size_t len)
{
	if (*n == ENTRIES_MAX)
		return;
	*v = xreallocarray(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = (struct pe_der){ xmemdup(p, len), len };
}

static bool guid_is(const uint8_t *p, const char *text)
{
	struct guid g;

	return guid_parse(text, &g) && guid_eq(guid_load(p), g);
}

/* One signature list of exactly len bytes. */
static bool parse_list(const uint8_t *p, size_t len, struct lists *out)
{
	uint32_t header = le32(p + LIST_HEADER_SIZE), entry = le32(p + LIST_ENTRY_SIZE);
	uint64_t at;

	if (entry <= LIST_OWNER || !range_within(LIST_HEADER, header, len))
		return false;
	for (at = (uint64_t)LIST_HEADER + header; at + entry <= len; at += entry) {
		const uint8_t *data = p + at + LIST_OWNER;
		size_t n = entry - LIST_OWNER;

		if (guid_is(p + LIST_TYPE, GUID_X509))
			add(out->certs, out->n_certs, data, n);
		else if (guid_is(p + LIST_TYPE, GUID_SHA256) && n == SHA256_LEN)
			add(out->hashes, out->n_hashes, data, n);
	}
	return at == len;
}

static bool parse_half(const uint8_t *p, size_t len, struct lists *out)
{
	struct der in = { p, len }, body;

	if (len && p[0] == DER_SEQUENCE && der_take(&in, DER_SEQUENCE, &body)) {
		add(out->certs, out->n_certs, p, len - in.n);
		return true;
	}
	while (len >= LIST_HEADER) {
		uint32_t size = le32(p + LIST_SIZE);

		if (size < LIST_HEADER || size > len || !parse_list(p, size, out))
			return false;
		p += size;
		len -= size;
	}
	return len == 0;
}

int pe_vendor_certs_read(const struct pe *shim, const struct pe_source *src,
	struct pe_vendor_certs *out, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	const struct pe_section *section = pe_section(shim, ".vendor_cert", 0);
	struct lists allowed = { &out->certs, &out->hashes, &out->n_certs, &out->n_hashes };
	struct lists denied = { &out->denied_certs, &out->denied_hashes, &out->n_denied_certs,
		&out->n_denied_hashes };
	const uint8_t *p;
	uint32_t n_allowed, n_denied, o_allowed, o_denied;
	int r;

	memset(out, 0, sizeof(*out));
	if (!section)
		return err_set(err, ENOENT, "no .vendor_cert section");
	r = pe_section_read(shim, src, section, VENDOR_MAX, &b, err);
	if (r < 0)
		return r == -EFBIG ? err_set(err, EBADMSG, ".vendor_cert is too big") : r;
	p = (const uint8_t *)buf_str(&b);
	if (b.len < VENDOR_HEADER)
		return err_set(err, EBADMSG, ".vendor_cert has %zu bytes", b.len);
	n_allowed = le32(p + VENDOR_ALLOWED_SIZE);
	n_denied = le32(p + VENDOR_DENIED_SIZE);
	o_allowed = le32(p + VENDOR_ALLOWED_OFF);
	o_denied = le32(p + VENDOR_DENIED_OFF);
	if ((n_allowed && (!range_within(o_allowed, n_allowed, b.len) ||
				  !parse_half(p + o_allowed, n_allowed, &allowed))) ||
		(n_denied && (!range_within(o_denied, n_denied, b.len) ||
				     !parse_half(p + o_denied, n_denied, &denied))))
		return err_set(err, EBADMSG, ".vendor_cert is malformed");
	return 0;
}

static void free_list(struct pe_der *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].bytes);
	free(v);
}

void pe_vendor_certs_release(struct pe_vendor_certs *v)
{
	free_list(v->certs, v->n_certs);
	free_list(v->hashes, v->n_hashes);
	free_list(v->denied_certs, v->n_denied_certs);
	free_list(v->denied_hashes, v->n_denied_hashes);
	memset(v, 0, sizeof(*v));
}

static gnutls_x509_crt_t import(const struct pe_der *der)
{
	gnutls_datum_t d = { der->bytes, (unsigned)der->len };
	gnutls_x509_crt_t crt = NULL;

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
	CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = import(cert);
	gnutls_datum_t dn = { 0 };
	char *text;

	if (!crt || gnutls_x509_crt_get_dn3(crt, &dn, 0) < 0)
		return NULL;
	text = xstrndup((const char *)dn.data, dn.size);
	gnutls_free(dn.data);
	return text;
}

static bool in_list(const struct pe_der *v, size_t n, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].len == len && memcmp(v[i].bytes, bytes, len) == 0)
			return true;
	return false;
}

/* Whether issuer's key signed crt. */
static bool issued(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned status = 0;

	return gnutls_x509_crt_check_issuer(crt, issuer) &&
	       gnutls_x509_crt_verify(crt, &issuer, 1, VERIFY_FLAGS, &status) >= 0 && status == 0;
}

/* Climbs from the signer's certificate through the enclosed ones until one of anchors is met. */
static bool leads_to(const struct pe_signature *s, const struct pe_der *anchors, size_t n_anchors)
{
	const struct pe_der *at = s->n_certs ? &s->certs[0] : NULL;

	for (unsigned depth = 0; at && depth < CHAIN_MAX; depth++) {
		CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = import(at);
		const struct pe_der *next = NULL;

		if (!crt)
			return false;
		if (in_list(anchors, n_anchors, at->bytes, at->len))
			return true;
		for (size_t i = 0; i < n_anchors; i++) {
			CLEANUP(gnutls_x509_crt_deinit)
			gnutls_x509_crt_t anchor = import(&anchors[i]);

			if (anchor && issued(crt, anchor))
				return true;
		}
		for (size_t i = 1; i < s->n_certs && !next; i++) {
			CLEANUP(gnutls_x509_crt_deinit)
			gnutls_x509_crt_t up = import(&s->certs[i]);

			if (up && &s->certs[i] != at && issued(crt, up))
				next = &s->certs[i];
		}
		at = next;
	}
	return false;
}

enum pe_trust pe_trusted(
	const struct pe_vendor_certs *v, const struct pe_signatures *s, const uint8_t *sha256)
{
	if (sha256 && in_list(v->denied_hashes, v->n_denied_hashes, sha256, SHA256_LEN))
		return PE_TRUST_DENIED;
	for (size_t i = 0; i < s->n; i++)
		if (leads_to(&s->v[i], v->denied_certs, v->n_denied_certs))
			return PE_TRUST_DENIED;
	if (sha256 && in_list(v->hashes, v->n_hashes, sha256, SHA256_LEN))
		return PE_TRUST_HASH;
	for (size_t i = 0; i < s->n; i++) {
		const struct pe_signature *sig = &s->v[i];

		if (!sig->problem && (sig->digest_ok || !s->digested) && sig->signature_ok &&
			leads_to(sig, v->certs, v->n_certs))
			return PE_TRUST_CERT;
	}
	return PE_TRUST_NONE;
}
