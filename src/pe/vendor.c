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

#include "base/bytes.h"
#include "base/checked.h"
#include "base/xalloc.h"
#include "pe/authenticode.h"
#include "pe/internal.h"
#include "pe/siglist.h"

#define VENDOR_MAX   (256 * 1024)
#define SHA256_LEN   32
#define DER_SEQUENCE 0x30

/* .vendor_cert: sizes and offsets (from its start) of what is allowed and denied. */
#define VENDOR_ALLOWED_SIZE 0
#define VENDOR_DENIED_SIZE  4
#define VENDOR_ALLOWED_OFF  8
#define VENDOR_DENIED_OFF   12
#define VENDOR_HEADER       16

/* Both lists that one half of .vendor_cert fills. */
struct lists {
	struct pe_der **certs, **hashes;
	size_t *n_certs, *n_hashes;
};

static void add(struct pe_der **v, size_t *n, const uint8_t *p, size_t len)
{
	*v = xreallocarray(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = (struct pe_der){ xmemdup(p, len), len };
}

static void add_list(const struct siglist *l, struct lists *out)
{
	size_t len = l->entry_size - SIGLIST_OWNER;

	for (size_t i = 0; i < l->n; i++) {
		if (l->kind == SIGLIST_X509)
			add(out->certs, out->n_certs, siglist_signature(l, i), len);
		else if (l->kind == SIGLIST_SHA256 && len == SHA256_LEN)
			add(out->hashes, out->n_hashes, siglist_signature(l, i), len);
	}
}

static bool parse_half(const uint8_t *p, size_t len, struct lists *out)
{
	struct siglists lists = { p, len };
	struct der in = { p, len }, body;
	struct siglist list;

	if (len && p[0] == DER_SEQUENCE && der_take(&in, DER_SEQUENCE, &body)) {
		add(out->certs, out->n_certs, p, len - in.n);
		return true;
	}
	while (siglist_take(&lists, &list))
		add_list(&list, out);
	return lists.len == 0;
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
	p = (const uint8_t *)buf_text(&b);
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

static bool in_list(const struct pe_der *v, size_t n, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].len == len && memcmp(v[i].bytes, bytes, len) == 0)
			return true;
	return false;
}

enum pe_trust pe_trusted(
	const struct pe_vendor_certs *v, const struct pe_signatures *s, const uint8_t *sha256)
{
	if (sha256 && in_list(v->denied_hashes, v->n_denied_hashes, sha256, SHA256_LEN))
		return PE_TRUST_DENIED;
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].by_guid &&
			pe_signature_leads_to(&s->v[i], v->denied_certs, v->n_denied_certs))
			return PE_TRUST_DENIED;
	if (sha256 && in_list(v->hashes, v->n_hashes, sha256, SHA256_LEN))
		return PE_TRUST_HASH;
	for (size_t i = 0; i < s->n; i++) {
		const struct pe_signature *sig = &s->v[i];

		if (!sig->problem && !sig->by_guid && (sig->digest_ok || !s->digested) &&
			sig->signature_ok && pe_signature_leads_to(sig, v->certs, v->n_certs))
			return PE_TRUST_CERT;
	}
	return PE_TRUST_NONE;
}
